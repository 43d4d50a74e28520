/* Which runs of a study are to be played, in which order, and what becomes of their results.
 * SPDX-License-Identifier: MIT
 */
#include "study/sweep.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "study/statistics.h"

enum run_state {
    RUN_WAITS = 0,
    RUN_PLAYS,
    RUN_DONE,
    RUN_FAILED
};

struct point_runs {
    uint32_t target; /* replications that are wanted */
    uint32_t done;   /* of these */
    uint32_t known;  /* of any: length of the arrays */
    uint8_t *states;
    double *values[STUDY_PRECISIONS_MAX]; /* of the metrics with a precision; NaN: not measured */
    size_t timed;                         /* runs whose duration is known */
    double time_s;                        /* of these in all */
};

/* A run that plays: what its job points to. */
struct playing {
    struct playing *next;
    size_t index;
    const char *sets[STUDY_RUN_SETS_MAX];
    char seed[32];
};

struct sweep {
    struct sweep_settings settings;
    const struct study *study;
    struct point_runs *points;
    struct playing *playing;
    size_t played, failed;
    double timed_size, timed_s; /* over all points: seconds for a size */
    bool broken;
    char error[STORE_ERROR_SIZE];
};

/* --- runs of a point -------------------------------------------------------------------------- */

static size_t index_of(size_t point, uint32_t replication)
{
    return point << 32 | replication;
}

static size_t point_of(size_t index)
{
    return index >> 32;
}

static uint32_t replication_of(size_t index)
{
    return (uint32_t)index;
}

static bool out_of_memory(struct sweep *sweep)
{
    sweep->broken = true;
    snprintf(sweep->error, sizeof sweep->error, "out of memory");
    return false;
}

/* Makes a point's arrays hold `count` replications. */
static bool know(struct sweep *sweep, struct point_runs *runs, uint32_t count)
{
    if (count <= runs->known) {
        return true;
    }
    uint8_t *states = realloc(runs->states, count);
    if (states == NULL) {
        return out_of_memory(sweep);
    }
    runs->states = states;
    for (size_t p = 0; p < sweep->study->precision_count; p++) {
        double *values = realloc(runs->values[p], count * sizeof *values);
        if (values == NULL) {
            return out_of_memory(sweep);
        }
        runs->values[p] = values;
        for (uint32_t i = runs->known; i < count; i++) {
            values[i] = NAN;
        }
    }
    memset(states + runs->known, RUN_WAITS, count - runs->known);
    runs->known = count;
    return true;
}

static bool is_precise(const double *values, uint32_t count, double fraction)
{
    for (uint32_t i = 0; i < count; i++) {
        if (isnan(values[i])) {
            return false;
        }
    }
    struct mean_estimate estimate = statistics_estimate(values, count);
    return (estimate.high - estimate.low) / 2.0 <= fraction * fabs(estimate.mean);
}

/* Adds a round to a point whose runs are done, while an interval is too wide. */
static bool add_rounds(struct sweep *sweep, struct point_runs *runs)
{
    const struct study *study = sweep->study;
    while (runs->done == runs->target && runs->target < study->replications_max) {
        bool precise = true;
        for (size_t p = 0; p < study->precision_count; p++) {
            precise = is_precise(runs->values[p], runs->target, study->precisions[p].fraction)
                      && precise;
        }
        if (precise) {
            return true;
        }
        uint32_t from = runs->target;
        runs->target += study->round;
        runs->target =
                runs->target < study->replications_max ? runs->target : study->replications_max;
        if (!know(sweep, runs, runs->target)) {
            return false;
        }
        for (uint32_t i = from; i < runs->target; i++) {
            runs->done += runs->states[i] == RUN_DONE ? 1u : 0u;
        }
    }
    return true;
}

static void note_values(const struct study *study, struct point_runs *runs, uint32_t replication,
        const struct summary *summary)
{
    for (size_t p = 0; p < study->precision_count; p++) {
        double value;
        runs->values[p][replication] =
                summary_value(summary, study->precisions[p].metric, &value) ? value : NAN;
    }
}

static void note_time(struct sweep *sweep, size_t point, double wall_s)
{
    sweep->points[point].timed++;
    sweep->points[point].time_s += wall_s;
    sweep->timed_size += sweep->settings.plan->points[point].size;
    sweep->timed_s += wall_s;
}

/* Seconds that a run of the point is expected to take; without any experience, of any scale. */
static double expected_s(const struct sweep *sweep, size_t point)
{
    const struct point_runs *runs = &sweep->points[point];
    double size = sweep->settings.plan->points[point].size;
    if (runs->timed > 0) {
        return runs->time_s / (double)runs->timed;
    }
    return sweep->timed_size > 0.0 ? size * sweep->timed_s / sweep->timed_size : size;
}

/* --- the database ----------------------------------------------------------------------------- */

/* Precision may be asked of a metric that earlier runs were not told to keep. */
static bool check_kept(struct sweep *sweep, const struct summary *summary)
{
    for (size_t p = 0; p < sweep->study->precision_count; p++) {
        const char *metric = sweep->study->precisions[p].metric;
        if (!summary_has(summary, metric)) {
            sweep->broken = true;
            snprintf(sweep->error, sizeof sweep->error,
                    "'%s' does not keep '%s', of which a precision is wanted; nothing was changed: "
                    "use another database (--db)",
                    store_path(sweep->settings.store), metric);
            return false;
        }
    }
    return true;
}

/* A run that is there already. Rows of points or replications that no study has are left alone. */
static bool know_run(void *context, const struct store_row *row)
{
    struct sweep *sweep = context;
    if (row->point >= sweep->settings.plan->point_count
            || row->replication >= STUDY_REPLICATIONS_MAX) {
        return true;
    }
    struct point_runs *runs = &sweep->points[row->point];
    if (!know(sweep, runs, row->replication + 1)) {
        return false;
    }
    if (sweep->study->precision_count > 0) {
        struct summary *summary = store_summary(sweep->settings.store, row->id);
        if (summary == NULL) {
            return out_of_memory(sweep);
        }
        bool kept = check_kept(sweep, summary);
        note_values(sweep->study, runs, row->replication, summary);
        summary_destroy(summary);
        if (!kept) {
            return false;
        }
    }
    runs->states[row->replication] = RUN_DONE;
    runs->done += row->replication < runs->target ? 1u : 0u;
    note_time(sweep, row->point, row->wall_s);
    return true;
}

static bool know_points(struct sweep *sweep)
{
    bool ok = true;
    for (size_t i = 0; ok && i < sweep->settings.plan->point_count; i++) {
        sweep->points[i].target = sweep->study->replications;
        ok = know(sweep, &sweep->points[i], sweep->study->replications);
    }
    ok = ok && store_each_run(sweep->settings.store, know_run, sweep) && !sweep->broken;
    for (size_t i = 0; ok && i < sweep->settings.plan->point_count; i++) {
        ok = add_rounds(sweep, &sweep->points[i]);
    }
    return ok;
}

struct sweep *sweep_create(const struct sweep_settings *settings, char *error, size_t error_size)
{
    struct sweep *sweep = calloc(1, sizeof *sweep);
    if (sweep != NULL) {
        sweep->settings = *settings;
        sweep->study = settings->plan->study;
        sweep->points = calloc(settings->plan->point_count, sizeof *sweep->points);
    }
    if (sweep == NULL || sweep->points == NULL) {
        snprintf(error, error_size, "out of memory");
    } else if (study_facts_claim(
                       settings->store, settings->plan, &settings->program, error, error_size)) {
        if (know_points(sweep)) {
            return sweep;
        }
        snprintf(error, error_size, "%s",
                sweep->broken ? sweep->error : store_error(settings->store));
    }
    sweep_destroy(sweep);
    return NULL;
}

void sweep_destroy(struct sweep *sweep)
{
    if (sweep == NULL) {
        return;
    }
    for (size_t i = 0; sweep->points != NULL && i < sweep->settings.plan->point_count; i++) {
        free(sweep->points[i].states);
        for (size_t p = 0; p < STUDY_PRECISIONS_MAX; p++) {
            free(sweep->points[i].values[p]);
        }
    }
    free(sweep->points);
    while (sweep->playing != NULL) {
        struct playing *playing = sweep->playing;
        sweep->playing = playing->next;
        free(playing);
    }
    free(sweep);
}

/* --- playing ---------------------------------------------------------------------------------- */

/* UINT32_MAX: none waits. */
static uint32_t waiting_replication(const struct point_runs *runs)
{
    for (uint32_t i = 0; i < runs->target; i++) {
        if (runs->states[i] == RUN_WAITS) {
            return i;
        }
    }
    return UINT32_MAX;
}

static bool find_longest(const struct sweep *sweep, size_t *point, uint32_t *replication)
{
    double longest = -1.0;
    for (size_t i = 0; i < sweep->settings.plan->point_count; i++) {
        uint32_t waiting = waiting_replication(&sweep->points[i]);
        double expected = expected_s(sweep, i);
        if (waiting != UINT32_MAX && expected > longest) {
            longest = expected;
            *point = i;
            *replication = waiting;
        }
    }
    return longest >= 0.0;
}

bool sweep_next(void *context, struct job *job, size_t *index)
{
    struct sweep *sweep = context;
    size_t point = 0;
    uint32_t replication = 0;
    if (sweep->broken || !find_longest(sweep, &point, &replication)) {
        return false;
    }
    struct playing *playing = calloc(1, sizeof *playing);
    if (playing == NULL) {
        return out_of_memory(sweep);
    }
    *index = index_of(point, replication);
    *playing = (struct playing){ .next = sweep->playing, .index = *index };
    sweep->playing = playing;
    size_t count = plan_sets(sweep->settings.plan, point, playing->sets);
    snprintf(
            playing->seed, sizeof playing->seed, "seed=%" PRIu64, sweep->study->seed + replication);
    playing->sets[count++] = playing->seed;
    sweep->points[point].states[replication] = RUN_PLAYS;
    *job = (struct job){ NULL, sweep->study->scenario, count, playing->sets };
    return true;
}

/* The run no longer plays. */
static void forget(struct sweep *sweep, size_t index)
{
    for (struct playing **at = &sweep->playing; *at != NULL; at = &(*at)->next) {
        if ((*at)->index == index) {
            struct playing *found = *at;
            *at = found->next;
            free(found);
            return;
        }
    }
}

/* The part of a summary that the study keeps; NULL: out of memory. */
static struct summary *kept_of(const struct study *study, const struct summary *summary)
{
    struct summary *kept = summary_create();
    for (size_t i = 0; kept != NULL && i < summary->count; i++) {
        if (study_keeps(study, summary->items[i].path)) {
            summary_add_item(kept, &summary->items[i]);
        }
    }
    if (kept != NULL && kept->incomplete) {
        summary_destroy(kept);
        return NULL;
    }
    return kept;
}

/* False: the sweep is broken. */
static bool commit(struct sweep *sweep, size_t index, const struct job_result *result)
{
    struct store_label labels[STUDY_RUN_SETS_MAX];
    const struct sweep_program *program = &sweep->settings.program;
    size_t point = point_of(index);
    const struct store_run run = {
        .study = sweep->study->name,
        .point = (uint32_t)point,
        .replication = replication_of(index),
        .seed = sweep->study->seed + replication_of(index),
        .scenario_hash = sweep->settings.plan->points[point].hash,
        .version = program->version,
        .commit = program->commit,
        .dirty = program->dirty,
        .status = result->status,
        .cpu_s = result->cpu_s,
        .wall_s = result->wall_s,
        .label_count = plan_labels(sweep->settings.plan, point, labels),
        .labels = labels,
    };
    struct summary *kept = kept_of(sweep->study, result->summary);
    if (kept == NULL) {
        return out_of_memory(sweep);
    }
    bool ok = store_begin_run(sweep->settings.store, &run, kept)
              && store_commit_run(sweep->settings.store);
    summary_destroy(kept);
    if (!ok) {
        sweep->broken = true;
        snprintf(sweep->error, sizeof sweep->error, "%s", store_error(sweep->settings.store));
    }
    return ok;
}

static void fail(struct sweep *sweep, size_t index, const struct job_result *result)
{
    sweep->points[point_of(index)].states[replication_of(index)] = RUN_FAILED;
    sweep->failed++;
    if (sweep->settings.failed != NULL) {
        sweep->settings.failed(
                sweep->settings.context, point_of(index), replication_of(index), result->message);
    }
}

void sweep_finished(void *context, size_t index, struct job_result *result)
{
    struct sweep *sweep = context;
    struct point_runs *runs = &sweep->points[point_of(index)];
    uint32_t replication = replication_of(index);
    forget(sweep, index);
    if (sweep->broken || runs->states[replication] == RUN_DONE) {
        return;
    }
    if (!job_result_complete(result)) {
        fail(sweep, index, result);
        return;
    }
    if (commit(sweep, index, result)) {
        runs->states[replication] = RUN_DONE;
        runs->done++;
        note_values(sweep->study, runs, replication, result->summary);
        note_time(sweep, point_of(index), result->wall_s);
        sweep->played++;
        add_rounds(sweep, runs);
    }
}

void sweep_lost(struct sweep *sweep, size_t index)
{
    uint8_t *state = &sweep->points[point_of(index)].states[replication_of(index)];
    forget(sweep, index);
    *state = *state == RUN_PLAYS ? RUN_WAITS : *state;
}

bool sweep_broken(const struct sweep *sweep)
{
    return sweep->broken;
}

const char *sweep_error(const struct sweep *sweep)
{
    return sweep->error;
}

void sweep_state(const struct sweep *sweep, struct sweep_state *state)
{
    *state = (struct sweep_state){ .played = sweep->played, .failed = sweep->failed };
    for (size_t i = 0; i < sweep->settings.plan->point_count; i++) {
        const struct point_runs *runs = &sweep->points[i];
        state->wanted += runs->target;
        state->done += runs->done;
        state->left_s += expected_s(sweep, i) * (runs->target - runs->done);
    }
    state->left_s = sweep->timed_s > 0.0 ? state->left_s : NAN;
}
