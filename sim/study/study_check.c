/* What must hold between the keys of a study, and between them and its scenario.
 * SPDX-License-Identifier: MIT
 */
#include "study/study_check.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool study_find_key(const struct study *study, const char *name, size_t *axis, size_t *key)
{
    for (*axis = 0; *axis < study->axis_count; ++*axis) {
        const struct study_axis *candidate = &study->axes[*axis];
        for (*key = 0; *key < candidate->key_count; ++*key) {
            if (strcmp(candidate->keys[*key].name, name) == 0) {
                return true;
            }
        }
    }
    return false;
}

static void no_such_key(const struct study *study, const char *name, struct scenario_place place,
        struct scenario_errors *errors)
{
    const char *names[STUDY_AXES_MAX * STUDY_KEYS_MAX + 1];
    size_t count = 0;
    for (size_t a = 0; a < study->axis_count; a++) {
        for (size_t k = 0; k < study->axes[a].key_count; k++) {
            names[count++] = study->axes[a].keys[k].name;
        }
    }
    names[count] = NULL;
    const char *near = nearest_word(name, names);
    scenario_errors_add(errors, place, "where: '%s' is no key of an axis%s%s%s", name,
            near != NULL ? " (did you mean '" : "", near != NULL ? near : "",
            near != NULL ? "'?)" : "");
}

static void check_order(const struct study_key *key, const char *word, struct scenario_place place,
        struct scenario_errors *errors)
{
    for (size_t v = 0; v < key->value_count; v++) {
        if (!condition_comparable(key->values[v].text, word)) {
            scenario_errors_add(errors, place, "where: '%s' of %s and '%s' have no order",
                    key->values[v].text, key->name, word);
            return;
        }
    }
}

/* The left side is a key of an axis, the right side one or a value that fits it. */
static void check_term(const struct study *study, const struct condition_term *term,
        struct scenario_place place, struct scenario_errors *errors)
{
    size_t axis, key, other_axis, other_key;
    bool order = term->op != CONDITION_EQ && term->op != CONDITION_NE;
    if (!study_find_key(study, term->left, &axis, &key)) {
        no_such_key(study, term->left, place, errors);
        return;
    }
    const struct study_key *left = &study->axes[axis].keys[key];
    if (!study_find_key(study, term->right, &other_axis, &other_key)) {
        if (order) {
            check_order(left, term->right, place, errors);
        }
        return;
    }
    const struct study_key *right = &study->axes[other_axis].keys[other_key];
    for (size_t v = 0; order && v < right->value_count; v++) {
        check_order(left, right->values[v].text, place, errors);
    }
}

static void check_conditions(const struct study *study, struct scenario_errors *errors)
{
    for (size_t c = 0; c < study->condition_count; c++) {
        const struct study_condition *condition = &study->conditions[c];
        for (size_t t = 0; t < condition->term_count; t++) {
            check_term(study, &condition->terms[t], condition->place, errors);
        }
    }
}

/* The type of the key takes any number of 64 bits. */
static void check_seed(const struct study *study, const struct scenario_places *places,
        struct scenario_errors *errors)
{
    const struct scenario_place *place = scenario_places_find(places, &study->seed);
    if (place != NULL && study->seed > STUDY_SEED_MAX) {
        scenario_errors_add(errors, *place, "seed = %" PRIu64 " is outside 0 .. %llu", study->seed,
                (unsigned long long)STUDY_SEED_MAX);
    }
}

static void check_counts(const struct study *study, const struct scenario_places *places,
        struct scenario_errors *errors)
{
    const struct scenario_place *place = scenario_places_find(places, &study->replications_max);
    if (study->precision_count > 0 && study->replications_max < study->replications) {
        scenario_errors_add(errors,
                place != NULL ? *place : (struct scenario_place){ study->path, 0, 0 },
                "replications_max = %" PRIu32 " is below replications = %" PRIu32,
                study->replications_max, study->replications);
    }
    size_t sets = study->set_count + 1;
    for (size_t a = 0; a < study->axis_count; a++) {
        sets += study->axes[a].key_count;
    }
    if (sets > STUDY_RUN_SETS_MAX) {
        scenario_errors_add(errors, (struct scenario_place){ study->path, 0, 0 },
                "more than %u keys in 'set' and on axes", STUDY_RUN_SETS_MAX - 1);
    }
}

static size_t value_count(const struct study *study)
{
    size_t count = 0;
    for (size_t a = 0; a < study->axis_count; a++) {
        for (size_t k = 0; k < study->axes[a].key_count; k++) {
            count += study->axes[a].keys[k].value_count;
        }
    }
    return count;
}

static size_t add_values(struct scenario_set *sets, const struct study_axis *axis)
{
    size_t count = 0;
    for (size_t k = 0; k < axis->key_count; k++) {
        const struct study_key *key = &axis->keys[k];
        for (size_t v = 0; v < key->value_count; v++) {
            sets[count++] =
                    (struct scenario_set){ key->values[v].set, key->place, key->values[v].place };
        }
    }
    return count;
}

/* Every set, and every value of every axis one after another. */
static void try_values(const struct study *study, struct scenario_errors *errors)
{
    struct scenario_set *sets = calloc(study->set_count + value_count(study) + 1, sizeof *sets);
    size_t count = 0;
    if (sets == NULL) {
        scenario_errors_add(errors, (struct scenario_place){ study->path, 0, 0 }, "out of memory");
        return;
    }
    for (; count < study->set_count; count++) {
        const struct study_set *set = &study->sets[count];
        sets[count] = (struct scenario_set){ set->text, set->key_place, set->place };
    }
    for (size_t a = 0; a < study->axis_count; a++) {
        count += add_values(sets + count, &study->axes[a]);
    }
    scenario_try_sets(study->scenario, sets, count, errors);
    free(sets);
}

void study_check(const struct study *study, const struct scenario_places *places, bool whole,
        struct scenario_errors *errors)
{
    check_seed(study, places, errors);
    if (whole) {
        check_counts(study, places, errors);
        check_conditions(study, errors);
    }
    if (access(study->scenario, R_OK) == 0) {
        try_values(study, errors);
    }
}
