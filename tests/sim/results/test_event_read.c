/* Events that are read back are those that were observed.
 * SPDX-License-Identifier: MIT
 *
 * Goal: a line of events.jsonl holds the whole observation, to the nanosecond and to each of its
 * numbers, whatever its kind; a line that is damaged, or is of another scenario, is named with its
 * place. Method: an observer beside the writer keeps what happens in a run that has most kinds.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "results/event_read.h"
#include "support/silenced_fleet.h"
#include "support/trial.h"

static char path[300];

static void make_path(void)
{
    const char *parent = getenv("TMPDIR");
    snprintf(path, sizeof path, "%.200s/fleetcast-read-XXXXXX", parent != NULL ? parent : "/tmp");
    int descriptor = mkstemp(path);
    cr_assert_geq(descriptor, 0);
    close(descriptor);
}

static void remove_path(void)
{
    cr_expect_eq(unlink(path), 0);
}

TestSuite(event_read, .init = make_path, .fini = remove_path);

struct seen {
    struct observation *items;
    size_t count, room;
};

static void keep(void *context, const struct observation *o)
{
    struct seen *seen = context;
    if (seen->count == seen->room) {
        seen->room = 2 * seen->room + 1024;
        seen->items = realloc(seen->items, seen->room * sizeof *seen->items);
        cr_assert_not_null(seen->items);
    }
    seen->items[seen->count++] = *o;
}

static void write_all(struct trial *trial, struct seen *seen)
{
    char error[400];
    struct event_filter filter;
    event_filter_init(&filter);
    struct events *events = events_open(path, &filter, trial->world, error, sizeof error);
    cr_assert_not_null(events, "%s", error);
    engine_observer_add(trial->world->engine, OBSERVE_ALL, events_observe, events);
    engine_observer_add(trial->world->engine, OBSERVE_ALL, keep, seen);
    trial_play(trial);
    cr_assert(events_close(events, error, sizeof error), "%s", error);
}

static bool is_equal(const struct observation *a, const struct observation *b)
{
    return a->at_ns == b->at_ns && a->entity == b->entity && a->kind == b->kind && a->a == b->a
           && a->b == b->b && a->c == b->c;
}

Test(event_read, every_event_is_what_was_observed)
{
    char error[400] = "";
    struct seen seen = { 0 };
    struct observation o;
    struct trial *trial = trial_create(silenced_fleet, NULL, 0);
    write_all(trial, &seen);
    struct event_reader *reader = event_reader_open(path, trial->world, error, sizeof error);
    cr_assert_not_null(reader, "%s", error);
    uint64_t kinds = 0;
    size_t count = 0;
    while (event_reader_next(reader, &o, error, sizeof error) == EVENT_READ) {
        cr_assert_lt(count, seen.count);
        cr_assert(is_equal(&o, &seen.items[count]), "line %zu: kind %u, %lld %lld %lld", count + 1,
                o.kind, (long long)o.a, (long long)o.b, (long long)o.c);
        kinds |= OBSERVE_BIT(o.kind);
        count++;
    }
    cr_expect_str_eq(error, "");
    cr_expect_eq(count, seen.count);
    cr_expect_neq(kinds & OBSERVE_BIT(OBSERVE_CAMPAIGN_GROUP_RESTART), 0);
    cr_expect_neq(kinds & OBSERVE_BIT(OBSERVE_NODE_RESET), 0);
    event_reader_close(reader);
    free(seen.items);
    trial_destroy(trial);
}

static void expect_fault(const char *line, const char *says)
{
    char error[400] = "";
    struct observation o;
    struct trial *trial = trial_create(silenced_fleet, NULL, 0);
    FILE *out = fopen(path, "w");
    cr_assert_not_null(out);
    fputs(line, out);
    fclose(out);
    struct event_reader *reader = event_reader_open(path, trial->world, error, sizeof error);
    cr_assert_not_null(reader, "%s", error);
    cr_expect_eq(event_reader_next(reader, &o, error, sizeof error), EVENT_FAULT, "%s", line);
    cr_expect_not_null(strstr(error, ":1:1: error: "), "%s", error);
    cr_expect_not_null(strstr(error, says), "%s", error);
    event_reader_close(reader);
    trial_destroy(trial);
}

Test(event_read, what_is_no_event_is_named)
{
    expect_fault("{\"time_s\": 1.000000000, \"kind\": \"node_res", "no JSON");
    expect_fault("{\"time_s\": 1.5, \"kind\": \"node_reset\", \"device\": 1, \"reset_cause\": 0}\n",
            "time_s");
    expect_fault("{\"time_s\": 1.000000000, \"kind\": \"frame_eaten\", \"device\": 1}\n", "kind");
    expect_fault(
            "{\"time_s\": 1.000000000, \"kind\": \"node_reset\", \"device\": 1}\n", "reset_cause");
    expect_fault("{\"time_s\": 1.000000000, \"kind\": \"node_reset\", \"device\": 4, "
                 "\"reset_cause\": 0}\n",
            "no such number");
    expect_fault("{\"time_s\": 1.000000000, \"kind\": \"campaign_phase\", \"phase\": \"bulk\", "
                 "\"campaign\": 1, \"round\": 1}\n",
            "no such number");
    expect_fault("{\"time_s\": 1.000000000, \"kind\": \"campaign_phase\", \"phase\": \"hull\", "
                 "\"campaign\": 0, \"round\": 1}\n",
            "phase");
}

Test(event_read, a_file_that_is_not_there_is_named)
{
    char error[400] = "";
    struct trial *trial = trial_create(silenced_fleet, NULL, 0);
    cr_expect_null(event_reader_open("/nonexistent/events", trial->world, error, sizeof error));
    cr_expect_not_null(strstr(error, "/nonexistent/events: error: cannot read: "), "%s", error);
    trial_destroy(trial);
}
