/* The points of a study: every combination of its axes that its conditions allow.
 * SPDX-License-Identifier: MIT
 */
#include "study/plan.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "study/digest.h"
#include "study/study_check.h"

struct candidate {
    const struct study *study;
    const struct plan_point *point;
};

static const char *value_of(const void *context, const char *word)
{
    const struct candidate *candidate = context;
    size_t axis, key;
    return study_find_key(candidate->study, word, &axis, &key)
                   ? candidate->study->axes[axis]
                             .keys[key]
                             .values[candidate->point->values[axis]]
                             .text
                   : NULL;
}

static bool is_allowed(const struct study *study, const struct plan_point *point)
{
    const struct candidate candidate = { study, point };
    for (size_t c = 0; c < study->condition_count; c++) {
        if (!condition_holds(&study->conditions[c], value_of, &candidate)) {
            return false;
        }
    }
    return true;
}

/* The next combination; false after the last. */
static bool advance(const struct study *study, struct plan_point *point)
{
    for (size_t a = study->axis_count; a-- > 0;) {
        if (++point->values[a] < study->axes[a].keys[0].value_count) {
            return true;
        }
        point->values[a] = 0;
    }
    return false;
}

static size_t combinations(const struct study *study)
{
    size_t count = 1;
    for (size_t a = 0; a < study->axis_count && count <= STUDY_POINTS_MAX; a++) {
        count *= study->axes[a].keys[0].value_count;
    }
    return count;
}

/* False after a mistake. */
static bool find_points(struct plan *plan, struct scenario_errors *errors)
{
    const struct study *study = plan->study;
    struct scenario_place whole = { study->path, 0, 0 };
    struct plan_point point = { .values = { 0 } };
    size_t most = combinations(study);
    if (most > STUDY_POINTS_MAX) {
        scenario_errors_add(errors, whole, "more than %u combinations of values", STUDY_POINTS_MAX);
        return false;
    }
    plan->points = calloc(most, sizeof *plan->points);
    if (plan->points == NULL) {
        scenario_errors_add(errors, whole, "out of memory");
        return false;
    }
    do {
        if (is_allowed(study, &point)) {
            plan->points[plan->point_count++] = point;
        }
    } while (advance(study, &point));
    if (plan->point_count == 0) {
        scenario_errors_add(errors, study->conditions[0].place, "where: no point is left");
    }
    return plan->point_count > 0;
}

size_t plan_labels(
        const struct plan *plan, size_t point, struct store_label labels[STUDY_RUN_SETS_MAX])
{
    size_t count = 0;
    for (size_t a = 0; a < plan->study->axis_count; a++) {
        const struct study_axis *axis = &plan->study->axes[a];
        for (size_t k = 0; k < axis->key_count; k++) {
            const struct study_key *key = &axis->keys[k];
            labels[count++] = (struct store_label){ key->name,
                key->values[plan->points[point].values[a]].text };
        }
    }
    return count;
}

/* With their places. */
static size_t placed_sets(
        const struct plan *plan, size_t point, struct scenario_set sets[STUDY_RUN_SETS_MAX])
{
    const struct study *study = plan->study;
    size_t count = 0;
    for (; count < study->set_count; count++) {
        const struct study_set *set = &study->sets[count];
        sets[count] = (struct scenario_set){ set->text, set->key_place, set->place };
    }
    for (size_t a = 0; a < study->axis_count; a++) {
        for (size_t k = 0; k < study->axes[a].key_count; k++) {
            const struct study_key *key = &study->axes[a].keys[k];
            const struct study_value *value = &key->values[plan->points[point].values[a]];
            sets[count++] = (struct scenario_set){ value->set, key->place, value->place };
        }
    }
    return count;
}

size_t plan_sets(const struct plan *plan, size_t point, const char *sets[STUDY_RUN_SETS_MAX])
{
    struct scenario_set placed[STUDY_RUN_SETS_MAX];
    size_t count = placed_sets(plan, point, placed);
    for (size_t i = 0; i < count; i++) {
        sets[i] = placed[i].text;
    }
    return count;
}

void plan_describe(const struct plan *plan, size_t point, char *text, size_t size)
{
    struct store_label labels[STUDY_RUN_SETS_MAX];
    size_t count = plan_labels(plan, point, labels), used = 0;
    snprintf(text, size, "%s", count == 0 ? "the one point" : "");
    for (size_t i = 0; i < count && used < size; i++) {
        int length = snprintf(text + used, size - used, "%s%s=%s", i > 0 ? " " : "", labels[i].key,
                labels[i].value);
        used += length > 0 ? (size_t)length : 0;
    }
}

/* Reads the point's scenario for its mistakes, its hash and its size. */
static bool read_point(
        struct plan *plan, size_t number, struct scenario *scenario, struct scenario_errors *errors)
{
    struct scenario_set placed[STUDY_RUN_SETS_MAX];
    const char *sets[STUDY_RUN_SETS_MAX];
    struct plan_point *point = &plan->points[number];
    size_t count = placed_sets(plan, number, placed);
    if (!scenario_read_placed(scenario, plan->study->scenario, placed, count, errors)) {
        return false;
    }
    plan_sets(plan, number, sets);
    if (!digest_scenario(scenario, sets, count, point->hash)) {
        scenario_errors_add(errors, (struct scenario_place){ plan->study->path, 0, 0 },
                "out of memory, or a file of the scenario cannot be read");
        return false;
    }
    point->devices = scenario_device_count(scenario);
    point->size = (double)point->devices * (double)scenario->duration_ns / (double)SIM_NS_PER_S;
    return true;
}

static void take_seed(struct study *study, uint64_t seed, struct scenario_errors *errors)
{
    study->seed = seed;
    study->seed_given = true;
    if (seed > STUDY_SEED_MAX) {
        scenario_errors_add(errors, (struct scenario_place){ study->path, 0, 0 },
                "the scenario's seed is above %llu: the study should have a key 'seed'",
                (unsigned long long)STUDY_SEED_MAX);
    }
}

static bool read_points(struct plan *plan, struct study *study, struct scenario_errors *errors)
{
    struct scenario *scenario = malloc(sizeof *scenario);
    struct scenario_place whole = { study->path, 0, 0 };
    size_t bad = 0, first_bad = 0;
    if (scenario == NULL) {
        scenario_errors_add(errors, whole, "out of memory");
        return false;
    }
    for (size_t i = 0; i < plan->point_count; i++) {
        if (!read_point(plan, i, scenario, errors)) {
            first_bad = bad++ == 0 ? i : first_bad;
        } else if (!study->seed_given) {
            take_seed(study, scenario->seed, errors);
        }
    }
    free(scenario);
    if (bad > 0) {
        char text[400];
        plan_describe(plan, first_bad, text, sizeof text);
        scenario_errors_add(errors, whole, "%zu of %zu points cannot be played, first: %s", bad,
                plan->point_count, text);
    }
    return bad == 0 && study->seed <= STUDY_SEED_MAX;
}

static void hash_plan(struct plan *plan)
{
    char seed[24], text[1024];
    struct digest digest;
    snprintf(seed, sizeof seed, "%" PRIu64, plan->study->seed);
    digest_begin(&digest);
    digest_text(&digest, plan->study->name);
    digest_text(&digest, seed);
    for (size_t i = 0; i < plan->study->metric_count; i++) {
        digest_text(&digest, plan->study->metrics[i].text);
    }
    for (size_t i = 0; i < plan->point_count; i++) {
        plan_describe(plan, i, text, sizeof text);
        digest_text(&digest, text);
        digest_text(&digest, plan->points[i].hash);
    }
    digest_end(&digest, plan->hash);
}

struct plan *plan_create(struct study *study, struct scenario_errors *errors)
{
    struct plan *plan = calloc(1, sizeof *plan);
    if (plan == NULL) {
        scenario_errors_add(errors, (struct scenario_place){ study->path, 0, 0 }, "out of memory");
        return NULL;
    }
    plan->study = study;
    if (!find_points(plan, errors) || !read_points(plan, study, errors)) {
        plan_destroy(plan);
        return NULL;
    }
    hash_plan(plan);
    return plan;
}

void plan_destroy(struct plan *plan)
{
    if (plan != NULL) {
        free(plan->points);
        free(plan);
    }
}
