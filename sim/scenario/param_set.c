/* Sets one scenario member from text, or says what would be right.
 * SPDX-License-Identifier: MIT
 */
#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenario/scenario_table.h"

struct target {
    const struct param *param;
    void *member;
    const char *text;
    struct scenario_place place;
    struct scenario_errors *errors;
};

#define WORD_MAX 63u

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Letters to change, insert, drop or swap with their neighbour (optimal string alignment), for
 * words of up to WORD_MAX letters. */
static unsigned word_distance(const char *a, const char *b)
{
    unsigned rows[3][WORD_MAX + 1]; /* of letters i - 2, i - 1 and i of `a`, in turns */
    size_t length_a = strlen(a), length_b = strlen(b);
    if (length_a > WORD_MAX || length_b > WORD_MAX) {
        return WORD_MAX + 1;
    }
    for (unsigned j = 0; j <= length_b; j++) {
        rows[0][j] = j;
    }
    for (unsigned i = 1; i <= length_a; i++) {
        const unsigned *above = rows[(i - 1) % 3];
        unsigned *row = rows[i % 3];
        row[0] = i;
        for (unsigned j = 1; j <= length_b; j++) {
            unsigned change = above[j - 1] + (a[i - 1] == b[j - 1] ? 0u : 1u);
            row[j] = least(change, least(above[j], row[j - 1]) + 1u);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                row[j] = least(row[j], rows[(i - 2) % 3][j - 2] + 1u);
            }
        }
    }
    return rows[length_a % 3][length_b];
}

/* Who writes DR9 means a number, not another one. */
static bool digits_differ_only(const char *a, const char *b)
{
    for (; *a != '\0' && *b != '\0'; a++, b++) {
        if (*a != *b && (!isdigit((unsigned char)*a) || !isdigit((unsigned char)*b))) {
            return false;
        }
    }
    return *a == *b;
}

const char *nearest_word(const char *word, const char *const *candidates)
{
    const char *best = NULL;
    size_t length = strlen(word);
    unsigned best_distance = length <= 4 ? 2u : (unsigned)length / 2u + 1u;
    for (size_t i = 0; candidates[i] != NULL; i++) {
        unsigned distance = word_distance(word, candidates[i]);
        if (distance < best_distance && !digits_differ_only(word, candidates[i])) {
            best_distance = distance;
            best = candidates[i];
        }
    }
    return best;
}

static bool out_of_range(const struct target *t)
{
    char low[40], high[40];
    quantity_format(low, sizeof low, t->param->dimension, t->param->min);
    quantity_format(high, sizeof high, t->param->dimension, t->param->max);
    scenario_errors_add(
            t->errors, t->place, "%s = %s is outside %s .. %s", t->param->path, t->text, low, high);
    return false;
}

/* Reads a number in the base unit and checks its range. */
static bool read_number(const struct target *t, double *value)
{
    switch (quantity_parse(t->text, t->param->dimension, value)) {
    case QUANTITY_OK:
        break;
    case QUANTITY_UNIT_MISSING:
        scenario_errors_add(t->errors, t->place, "%s = %s needs a unit: one of %s", t->param->path,
                t->text, quantity_units(t->param->dimension));
        return false;
    case QUANTITY_UNIT_UNKNOWN:
        if (t->param->dimension == DIMENSION_NONE) {
            scenario_errors_add(t->errors, t->place, "%s = '%s' should be a bare number",
                    t->param->path, t->text);
        } else {
            scenario_errors_add(t->errors, t->place,
                    "%s = '%s' has a wrong unit: should be one of %s", t->param->path, t->text,
                    quantity_units(t->param->dimension));
        }
        return false;
    case QUANTITY_NOT_A_NUMBER:
    default:
        scenario_errors_add(
                t->errors, t->place, "%s = '%s' is not a number", t->param->path, t->text);
        return false;
    }
    return (*value >= t->param->min && *value <= t->param->max) ? true : out_of_range(t);
}

static bool set_u32(const struct target *t)
{
    double value;
    if (!read_number(t, &value)) {
        return false;
    }
    if (value != floor(value)) {
        scenario_errors_add(
                t->errors, t->place, "%s = %s should be a whole number", t->param->path, t->text);
        return false;
    }
    *(uint32_t *)t->member = (uint32_t)value;
    return true;
}

static bool set_u64(const struct target *t)
{
    char *end;
    errno = 0;
    unsigned long long value = strtoull(t->text, &end, 0);
    if (end == t->text || *end != '\0' || errno != 0 || strchr(t->text, '-') != NULL) {
        scenario_errors_add(t->errors, t->place,
                "%s = '%s' should be a whole number from 0 to 2^64 - 1", t->param->path, t->text);
        return false;
    }
    *(uint64_t *)t->member = value;
    return true;
}

static bool set_enum(const struct target *t)
{
    const char *const *names = t->param->names;
    for (int i = 0; names[i] != NULL; i++) {
        if (strcmp(names[i], t->text) == 0) {
            *(int *)t->member = i;
            return true;
        }
    }
    char known[256];
    size_t used = 0;
    for (size_t i = 0; names[i] != NULL && used < sizeof known; i++) {
        used += (size_t)snprintf(
                known + used, sizeof known - used, "%s%s", i == 0 ? "" : ", ", names[i]);
    }
    const char *near = nearest_word(t->text, names);
    scenario_errors_add(t->errors, t->place, "%s = '%s' should be one of: %s%s%s%s", t->param->path,
            t->text, known, near != NULL ? " (did you mean '" : "", near != NULL ? near : "",
            near != NULL ? "'?)" : "");
    return false;
}

static bool set_bool(const struct target *t)
{
    bool yes = strcmp(t->text, "true") == 0;
    if (!yes && strcmp(t->text, "false") != 0) {
        scenario_errors_add(
                t->errors, t->place, "%s = '%s' should be true or false", t->param->path, t->text);
        return false;
    }
    *(bool *)t->member = yes;
    return true;
}

static bool set_string(const struct target *t)
{
    size_t size = (size_t)t->param->max;
    size_t length = strlen(t->text);
    if (length == 0 || length >= size) {
        scenario_errors_add(t->errors, t->place, "%s should have 1 to %zu characters",
                t->param->path, size - 1);
        return false;
    }
    memcpy(t->member, t->text, length + 1);
    return true;
}

static bool set_version(const struct target *t)
{
    unsigned major, minor, patch;
    char rest;
    if (sscanf(t->text, "%3u.%3u.%5u%c", &major, &minor, &patch, &rest) != 3 || major > 255
            || minor > 255 || patch > 65535) {
        scenario_errors_add(t->errors, t->place,
                "%s = '%s' should be major.minor.patch, as in 2.0.0", t->param->path, t->text);
        return false;
    }
    *(uint32_t *)t->member = major << 24 | minor << 16 | patch;
    return true;
}

/* The two flags lie side by side in struct scenario_campaign. */
static bool set_verify(const struct target *t)
{
    static const char *const names[] = { "block-mic", "signature", NULL };
    bool flags[2] = { false, false };
    char words[128];
    snprintf(words, sizeof words, "%s", t->text);
    char *rest = NULL;
    for (char *word = strtok_r(words, " ", &rest); word != NULL;
            word = strtok_r(NULL, " ", &rest)) {
        int i = strcmp(word, names[0]) == 0 ? 0 : strcmp(word, names[1]) == 0 ? 1 : -1;
        if (i < 0) {
            const char *near = nearest_word(word, names);
            scenario_errors_add(t->errors, t->place,
                    "%s: '%s' should be block-mic or signature%s%s%s", t->param->path, word,
                    near != NULL ? " (did you mean '" : "", near != NULL ? near : "",
                    near != NULL ? "'?)" : "");
            return false;
        }
        flags[i] = true;
    }
    memcpy(t->member, flags, sizeof flags);
    return true;
}

bool param_set(const struct param *param, void *object, const char *text,
        struct scenario_place place, struct scenario_errors *errors)
{
    struct target t = { param, (char *)object + param->offset, text, place, errors };
    double value;
    switch (param->type) {
    case PARAM_DOUBLE:
        if (!read_number(&t, &value)) {
            return false;
        }
        *(double *)t.member = value;
        return true;
    case PARAM_TIME:
        if (!read_number(&t, &value)) {
            return false;
        }
        *(sim_ns *)t.member = (sim_ns)llround(value * (double)SIM_NS_PER_S);
        return true;
    case PARAM_U32:
        return set_u32(&t);
    case PARAM_U64:
        return set_u64(&t);
    case PARAM_ENUM:
        return set_enum(&t);
    case PARAM_BOOL:
        return set_bool(&t);
    case PARAM_STRING:
        return set_string(&t);
    case PARAM_VERSION:
        return set_version(&t);
    case PARAM_VERIFY:
        return set_verify(&t);
    default:
        assert(false && "param type");
        return false;
    }
}

void params_set_defaults(const struct param *params, size_t count, void *object)
{
    for (size_t i = 0; i < count; i++) {
        struct scenario_place nowhere = { "default", 0, 0 };
        /* A default that does not parse is a mistake in the table: no errors are collected. */
        struct scenario_errors *errors = scenario_errors_create();
        bool ok = errors != NULL
                  && param_set(&params[i], object, params[i].standard, nowhere, errors);
        assert(ok);
        (void)ok;
        scenario_errors_destroy(errors);
    }
}
