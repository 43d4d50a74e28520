/* A run as text, to be compared with the same run with other settings that change nothing in it.
 * SPDX-License-Identifier: MIT
 */
#include "support/thread_twin.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "results/device_table.h"

#define WHOLE "whole" /* the first line of a run that did not fail */

static void add(uint64_t *hash, uint64_t value)
{
    *hash = (*hash ^ value) * UINT64_C(0x9E3779B97F4A7C15);
    *hash ^= *hash >> 29;
}

/* Depends on the order of all observations, which the trace hash does not. */
static void observe(void *context, const struct observation *o)
{
    uint64_t *hash = context;
    add(hash, (uint64_t)o->at_ns);
    add(hash, (uint64_t)o->entity << 32 | o->kind);
    add(hash, (uint64_t)o->a);
    add(hash, (uint64_t)o->b);
    add(hash, (uint64_t)o->c);
}

static char *play(const char *text, const char *const *sets, size_t set_count,
        struct run_settings settings, struct node_fleet_stats *stats)
{
    struct trial *trial = trial_create_with(text, sets, set_count, settings);
    uint64_t hash = 1;
    char *left = NULL;
    size_t size = 0;
    engine_observer_add(trial->world->engine, OBSERVE_ALL, observe, &hash);
    while (trial_go(trial, trial->scenario.duration_ns)) {
    }
    const char *failure = trial_failure(trial);
    char *summary = trial_summary(trial);
    FILE *out = open_memstream(&left, &size);
    fprintf(out, "%s\n%s\n%016" PRIx64 "\n", failure != NULL ? failure : WHOLE, summary, hash);
    device_table_write(trial->world, trial->recorders, false, out);
    fclose(out);
    free(summary);
    if (stats != NULL) {
        node_fleet_stats(trial->world->nodes, stats);
    }
    trial_destroy(trial);
    return left;
}

char *thread_twin_play(
        const char *text, const char *const *sets, size_t set_count, unsigned threads)
{
    const struct run_settings settings = { .crypto_memo = true, .threads = threads };
    return play(text, sets, set_count, settings, NULL);
}

char *thread_twin_play_as(
        const char *text, struct run_settings settings, struct node_fleet_stats *stats)
{
    return play(text, NULL, 0, settings, stats);
}

char *thread_twin_failure(const char *left)
{
    size_t length = strcspn(left, "\n");
    return strncmp(left, WHOLE, length) == 0 ? NULL : strndup(left, length);
}

void thread_twin_expect_same_as(const char *one, const char *other, const char *how)
{
    size_t line = 0;
    for (size_t i = 0; one[i] == other[i] && one[i] != '\0'; i++) {
        line = one[i] == '\n' ? i + 1 : line;
    }
    cr_assert(strcmp(one, other) == 0, "%.*s\n%s: %.*s", (int)strcspn(one + line, "\n"), one + line,
            how, (int)strcspn(other + line, "\n"), other + line);
}

void thread_twin_expect_same(const char *one, const char *other, unsigned threads)
{
    char how[32];
    snprintf(how, sizeof how, "%u threads", threads);
    thread_twin_expect_same_as(one, other, how);
}
