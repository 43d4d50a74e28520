/* The changes from one revision to another, metric by metric, and what may be said of each.
 * SPDX-License-Identifier: MIT
 */
#include "study/comparison.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const change_verdict_texts[CHANGE_VERDICT_COUNT] = {
    [CHANGE_IMPROVED] = "improved",
    [CHANGE_REGRESSED] = "regressed",
    [CHANGE_WITHIN_THRESHOLD] = "changed within the noise threshold",
    [CHANGE_NO_CHANGE] = "no change detected",
};

bool comparison_possible(
        const struct replications *before, const struct replications *after, uint64_t *missing)
{
    for (size_t i = 0; i < after->count; i++) {
        if (replications_find(before, after->seeds[i]) == before->count) {
            *missing = after->seeds[i];
            return false;
        }
    }
    return true;
}

/* --- pairs ------------------------------------------------------------------------------------ */

/* Room for the values of the pairs of one metric. */
struct pairs {
    size_t count;
    double *before, *after, *changes;
};

static void collect(struct pairs *pairs, const struct replications *before,
        const struct replications *after, size_t metric, struct change *change)
{
    const double *values_before = replications_of(before, metric);
    const double *values_after = replications_of(after, metric);
    pairs->count = 0;
    for (size_t i = 0; i < after->count; i++) {
        size_t at = replications_find(before, after->seeds[i]);
        assert(at < before->count);
        bool was = !isnan(values_before[at]), is = !isnan(values_after[i]);
        change->measured_before += was ? 1u : 0u;
        change->measured_after += is ? 1u : 0u;
        if (was && is) {
            pairs->before[pairs->count] = values_before[at];
            pairs->after[pairs->count] = values_after[i];
            pairs->count++;
        }
    }
}

int comparison_make(
        const struct replications *before, const struct replications *after, struct change *changes)
{
    double *room = malloc(3 * after->count * sizeof *room);
    if (room == NULL) {
        return -1;
    }
    struct pairs pairs = { 0, room, room + after->count, room + 2 * after->count };
    int count = 0;
    for (size_t m = 0; m < HEADLINE_COUNT; m++) {
        struct change change = { .metric = &headlines[m], .verdict = CHANGE_NO_CHANGE };
        collect(&pairs, before, after, m, &change);
        change.difference =
                statistics_paired(pairs.before, pairs.after, pairs.changes, pairs.count);
        change.p_adjusted = change.difference.p;
        if (change.measured_before > 0 || change.measured_after > 0) {
            changes[count++] = change;
        }
    }
    free(room);
    return count;
}

/* --- verdicts --------------------------------------------------------------------------------- */

double change_relative(const struct change *change)
{
    double by = change->difference.changes.mean;
    return by == 0 ? 0.0 : by / fabs(change->difference.before);
}

bool change_is_none(const struct change *change)
{
    return change->measured_before == change->measured_after
           && change->difference.count == change->measured_after
           && change->difference.changes.mean == 0 && !(change->difference.changes.deviation > 0);
}

static bool is_lost(const struct change *change)
{
    return change->measured_before > 0 && change->measured_after == 0;
}

static enum change_verdict judge(const struct change *change, double threshold)
{
    if (is_lost(change)) {
        return CHANGE_REGRESSED;
    }
    if (isnan(change->p_adjusted) || change->p_adjusted > COMPARISON_LEVEL) {
        return CHANGE_NO_CHANGE;
    }
    if (fabs(change_relative(change)) <= threshold) {
        return CHANGE_WITHIN_THRESHOLD;
    }
    bool higher = change->difference.changes.mean > 0;
    return higher == change->metric->higher_is_better ? CHANGE_IMPROVED : CHANGE_REGRESSED;
}

bool comparison_judge(struct change *changes, size_t count, double threshold)
{
    double *p = malloc((count + 1) * sizeof *p);
    size_t *order = malloc((count + 1) * sizeof *order);
    bool room = p != NULL && order != NULL;
    if (room) {
        for (size_t i = 0; i < count; i++) {
            p[i] = changes[i].difference.p;
        }
        statistics_holm(p, order, count);
        for (size_t i = 0; i < count; i++) {
            changes[i].p_adjusted = p[i];
            changes[i].verdict = judge(&changes[i], threshold);
        }
    }
    free(p);
    free(order);
    return room;
}

/* --- texts ------------------------------------------------------------------------------------ */

/* "from 11.3 to 11.6 J" */
static void format_means(const struct change *change, char *text, size_t size)
{
    snprintf(text, size, "from %.6g to %.6g%s%s", change->difference.before,
            change->difference.after, change->metric->unit[0] != '\0' ? " " : "",
            change->metric->unit);
}

double change_scale(const struct change *change)
{
    double base = fabs(change->difference.before);
    return base > 0 ? 100.0 / base : 1.0;
}

const char *change_unit(const struct change *change)
{
    return fabs(change->difference.before) > 0 ? " %" : "";
}

/* "by +3.01 % (95 % interval +2.95 to +3.07 %)" */
static void format_amount(const struct change *change, char *text, size_t size)
{
    const struct mean_estimate *by = &change->difference.changes;
    double scale = change_scale(change);
    const char *unit = change_unit(change);
    snprintf(text, size, "by %+.3g%s (95 %% interval %+.3g to %+.3g%s)", scale * by->mean, unit,
            scale * by->low, scale * by->high, unit);
}

void change_format(const struct change *change, char *text, size_t size)
{
    char amount[160], means[120];
    const char *verdict = change_verdict_texts[change->verdict];
    format_amount(change, amount, sizeof amount);
    format_means(change, means, sizeof means);
    if (is_lost(change)) {
        snprintf(text, size, "%s: measured on %zu seeds before, on none now", verdict,
                change->measured_before);
    } else if (change_is_none(change)) {
        snprintf(text, size, "%s: equal on all %zu seeds", verdict, change->measured_after);
    } else if (change->difference.count < 2) {
        snprintf(text, size, "%s: only %zu seeds have a value before and now", verdict,
                change->difference.count);
    } else if (change->verdict == CHANGE_NO_CHANGE) {
        snprintf(text, size, "%s: %s, p %.2g, %s", verdict, amount, change->p_adjusted, means);
    } else {
        snprintf(text, size, "%s %s, p %.2g, %s", verdict, amount, change->p_adjusted, means);
    }
}

/* --- hashes ----------------------------------------------------------------------------------- */

size_t comparison_hashes_moved(const struct replications *before, const struct replications *after,
        enum replication_hash hash)
{
    size_t moved = 0;
    for (size_t i = 0; i < after->count; i++) {
        size_t at = replications_find(before, after->seeds[i]);
        assert(at < before->count);
        const char *was = replications_hash(before, hash, at);
        const char *is = replications_hash(after, hash, i);
        moved += was[0] != '\0' && is[0] != '\0' && strcmp(was, is) != 0 ? 1u : 0u;
    }
    return moved;
}

bool comparison_layers_format(const struct replications *before, const struct replications *after,
        char *text, size_t size)
{
    static const char prefix[] = "fingerprints.";
    size_t moved = comparison_hashes_moved(before, after, REPLICATION_HASH_ALL);
    if (moved == 0) {
        return false;
    }
    int length = snprintf(text, size,
            "trace hash moved on %zu of %zu seeds; layers that moved:", moved, after->count);
    const char *separator = " ";
    for (enum replication_hash h = REPLICATION_HASH_TIME; h < REPLICATION_HASH_COUNT; h++) {
        if (comparison_hashes_moved(before, after, h) > 0 && (size_t)length < size) {
            length += snprintf(text + length, size - (size_t)length, "%s%s", separator,
                    replication_hash_keys[h] + strlen(prefix));
            separator = ", ";
        }
    }
    if (separator[0] == ' ' && (size_t)length < size) {
        snprintf(text + length, size - (size_t)length, " not known");
    }
    return true;
}
