/* Sets one scenario member from text, or says what would be right.
 * SPDX-License-Identifier: MIT
 */
#include <assert.h>
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
    for (int i = 0; t->param->names != NULL && t->param->names[i] != NULL; i++) {
        if (strcmp(t->param->names[i], t->text) == 0) {
            *value = -1.0 - i;
            return true;
        }
    }
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

static bool read_whole_number(const struct target *t, double *value)
{
    if (!read_number(t, value)) {
        return false;
    }
    if (*value != floor(*value)) {
        scenario_errors_add(
                t->errors, t->place, "%s = %s should be a whole number", t->param->path, t->text);
        return false;
    }
    return true;
}

static bool set_u32(const struct target *t)
{
    double value;
    if (!read_whole_number(t, &value)) {
        return false;
    }
    *(uint32_t *)t->member = (uint32_t)value;
    return true;
}

static bool set_i32(const struct target *t)
{
    double value;
    if (!read_whole_number(t, &value)) {
        return false;
    }
    *(int32_t *)t->member = (int32_t)value;
    return true;
}

static bool set_time(const struct target *t)
{
    double value;
    if (!read_number(t, &value)) {
        return false;
    }
    /* A word is no time: -1, not minus one second. */
    *(sim_ns *)t->member =
            value < 0.0 ? (sim_ns)value : (sim_ns)llround(value * (double)SIM_NS_PER_S);
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

static bool unknown_name(const struct target *t)
{
    const char *const *names = t->param->names;
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

static int find_name(const struct target *t)
{
    for (int i = 0; t->param->names[i] != NULL; i++) {
        if (strcmp(t->param->names[i], t->text) == 0) {
            return i;
        }
    }
    return -1;
}

static bool set_enum(const struct target *t)
{
    int index = find_name(t);
    if (index < 0) {
        return unknown_name(t);
    }
    *(int *)t->member = index;
    return true;
}

static bool set_bool(const struct target *t)
{
    static const char *const plain[] = { "false", "true", NULL };
    const char *const *names = t->param->names != NULL ? t->param->names : plain;
    bool yes = strcmp(t->text, names[1]) == 0;
    if (!yes && strcmp(t->text, names[0]) != 0) {
        scenario_errors_add(t->errors, t->place, "%s = '%s' should be %s or %s", t->param->path,
                t->text, names[1], names[0]);
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
    for (char *word = strtok_r(words, " ,", &rest); word != NULL;
            word = strtok_r(NULL, " ,", &rest)) {
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

#define LIST_MAX 64u

/* Numbers between commas; their count, or -1 after a message. */
static int read_numbers(const struct target *t, double values[LIST_MAX])
{
    char items[512];
    int count = 0;
    snprintf(items, sizeof items, "%s", t->text);
    char *rest = NULL;
    for (char *item = strtok_r(items, ",", &rest); item != NULL;
            item = strtok_r(NULL, ",", &rest)) {
        struct target one = *t;
        one.text = item + strspn(item, " ");
        if (count == (int)LIST_MAX || !read_number(&one, &values[count++])) {
            return -1;
        }
    }
    return count;
}

static bool set_channels(const struct target *t)
{
    double values[LIST_MAX];
    int count = read_numbers(t, values);
    if (count > (int)SCENARIO_CHANNELS_MAX) {
        scenario_errors_add(t->errors, t->place, "%s: %d channels, at most %u", t->param->path,
                count, SCENARIO_CHANNELS_MAX);
    }
    if (count < 0 || count > (int)SCENARIO_CHANNELS_MAX) {
        return false;
    }
    struct scenario_channels channels = { .count = (uint32_t)count };
    for (int i = 0; i < count; i++) {
        channels.hz[i] = (uint32_t)llround(values[i]);
        for (int j = 0; j < i; j++) {
            if (channels.hz[j] == channels.hz[i]) {
                scenario_errors_add(t->errors, t->place, "%s: %.10g MHz stands twice",
                        t->param->path, values[i] / 1e6);
                return false;
            }
        }
    }
    *(struct scenario_channels *)t->member = channels;
    return true;
}

/* A table's name, or a level for each of SF7..SF12. */
static bool set_sensitivity(const struct target *t)
{
    struct scenario_sensitivity sensitivity = { .table = find_name(t) };
    if (sensitivity.table < 0) {
        double values[LIST_MAX];
        if (strpbrk(t->text, "0123456789,") == NULL || strstr(t->text, "dBm") == NULL) {
            return unknown_name(t);
        }
        int count = read_numbers(t, values);
        if (count >= 0 && count != 6) {
            scenario_errors_add(t->errors, t->place,
                    "%s has %d levels; should have six, of SF7 to SF12", t->param->path, count);
        }
        if (count != 6) {
            return false;
        }
        memcpy(sensitivity.level_dbm, values, sizeof sensitivity.level_dbm);
    }
    *(struct scenario_sensitivity *)t->member = sensitivity;
    return true;
}

static bool set_tx_levels(const struct target *t)
{
    double values[LIST_MAX];
    const int wanted = PARAM_TX_LEVEL_COUNT;
    int count = read_numbers(t, values);
    if (count >= 0 && count != wanted) {
        scenario_errors_add(t->errors, t->place, "%s has %d numbers; should have %d",
                t->param->path, count, wanted);
    }
    if (count != wanted) {
        return false;
    }
    memcpy(t->member, values, (size_t)count * sizeof values[0]);
    return true;
}

bool param_takes_list(const struct param *param)
{
    return param->type == PARAM_VERIFY || param->type == PARAM_CHANNELS
           || param->type == PARAM_SENSITIVITY || param->type == PARAM_TX_LEVELS;
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
        return set_time(&t);
    case PARAM_I32:
        return set_i32(&t);
    case PARAM_CHANNELS:
        return set_channels(&t);
    case PARAM_SENSITIVITY:
        return set_sensitivity(&t);
    case PARAM_TX_LEVELS:
        return set_tx_levels(&t);
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
