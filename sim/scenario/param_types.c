/* The member types of parameters: each sets its member from text, or says what would be right.
 * SPDX-License-Identifier: MIT
 */
#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "scenario/param.h"
#include "sim_time.h"

static bool out_of_range(const struct param_text *t)
{
    char low[40], high[40];
    quantity_format(low, sizeof low, t->param->dimension, t->param->min);
    quantity_format(high, sizeof high, t->param->dimension, t->param->max);
    scenario_errors_add(
            t->errors, t->place, "%s = %s is outside %s .. %s", t->path, t->text, low, high);
    return false;
}

bool param_read_number(const struct param_text *t, double *value)
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
        scenario_errors_add(t->errors, t->place, "%s = %s needs a unit: one of %s", t->path,
                t->text, quantity_units(t->param->dimension));
        return false;
    case QUANTITY_UNIT_UNKNOWN:
        if (t->param->dimension == DIMENSION_NONE) {
            scenario_errors_add(
                    t->errors, t->place, "%s = '%s' should be a bare number", t->path, t->text);
        } else {
            scenario_errors_add(t->errors, t->place,
                    "%s = '%s' has a wrong unit: should be one of %s", t->path, t->text,
                    quantity_units(t->param->dimension));
        }
        return false;
    case QUANTITY_NOT_A_NUMBER:
    default:
        scenario_errors_add(t->errors, t->place, "%s = '%s' is not a number", t->path, t->text);
        return false;
    }
    return (*value >= t->param->min && *value <= t->param->max) ? true : out_of_range(t);
}

static bool read_whole_number(const struct param_text *t, double *value)
{
    if (!param_read_number(t, value)) {
        return false;
    }
    if (*value != floor(*value)) {
        scenario_errors_add(
                t->errors, t->place, "%s = %s should be a whole number", t->path, t->text);
        return false;
    }
    return true;
}

static bool set_double(const struct param_text *t)
{
    double value;
    if (!param_read_number(t, &value)) {
        return false;
    }
    *(double *)t->member = value;
    return true;
}

static bool set_u32(const struct param_text *t)
{
    double value;
    if (!read_whole_number(t, &value)) {
        return false;
    }
    *(uint32_t *)t->member = (uint32_t)(int64_t)value; /* a word is UINT32_MAX - i */
    return true;
}

static bool set_i32(const struct param_text *t)
{
    double value;
    if (!read_whole_number(t, &value)) {
        return false;
    }
    *(int32_t *)t->member = (int32_t)value;
    return true;
}

static bool set_u16(const struct param_text *t)
{
    double value;
    assert(t->param->max <= UINT16_MAX);
    if (!read_whole_number(t, &value)) {
        return false;
    }
    *(uint16_t *)t->member = (uint16_t)(int64_t)value;
    return true;
}

static bool set_u8(const struct param_text *t)
{
    double value;
    assert(t->param->max <= UINT8_MAX);
    if (!read_whole_number(t, &value)) {
        return false;
    }
    *(uint8_t *)t->member = (uint8_t)(int64_t)value;
    return true;
}

static bool set_hz(const struct param_text *t)
{
    double value;
    if (!param_read_number(t, &value)) {
        return false;
    }
    *(uint32_t *)t->member = (uint32_t)llround(value);
    return true;
}

static bool set_mdb(const struct param_text *t)
{
    double value;
    if (!param_read_number(t, &value)) {
        return false;
    }
    *(int32_t *)t->member = (int32_t)lround(value * 1000.0);
    return true;
}

static bool set_ppb(const struct param_text *t)
{
    double value;
    if (!param_read_number(t, &value)) {
        return false;
    }
    *(uint32_t *)t->member = (uint32_t)lround(value * 1000.0);
    return true;
}

/* "123 ns": whole nanoseconds are taken exactly, beyond what a double holds. */
static bool is_whole_ns(const char *text, sim_ns *time_ns)
{
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    bool number = end != text && errno == 0;
    end += strspn(end, " ");
    *time_ns = value;
    return number && strcmp(end, "ns") == 0;
}

static bool set_time(const struct param_text *t)
{
    double value;
    if (!param_read_number(t, &value)) {
        return false;
    }
    if (is_whole_ns(t->text, t->member)) {
        return true;
    }
    /* A word is no time: -1, not minus one second. Rows with words have no times below zero. */
    bool word = value < 0.0 && t->param->names != NULL;
    *(sim_ns *)t->member = word ? (sim_ns)value : (sim_ns)llround(value * (double)SIM_NS_PER_S);
    return true;
}

static bool set_u64(const struct param_text *t)
{
    char *end;
    errno = 0;
    unsigned long long value = strtoull(t->text, &end, 0);
    if (end == t->text || *end != '\0' || errno != 0 || strchr(t->text, '-') != NULL) {
        scenario_errors_add(t->errors, t->place,
                "%s = '%s' should be a whole number from 0 to 2^64 - 1", t->path, t->text);
        return false;
    }
    *(uint64_t *)t->member = value;
    return true;
}

bool param_unknown_name(const struct param_text *t)
{
    const char *const *names = t->param->names;
    char known[256];
    size_t used = 0;
    for (size_t i = 0; names[i] != NULL && used < sizeof known; i++) {
        used += (size_t)snprintf(
                known + used, sizeof known - used, "%s%s", i == 0 ? "" : ", ", names[i]);
    }
    const char *near = nearest_word(t->text, names);
    scenario_errors_add(t->errors, t->place, "%s = '%s' should be one of: %s%s%s%s", t->path,
            t->text, known, near != NULL ? " (did you mean '" : "", near != NULL ? near : "",
            near != NULL ? "'?)" : "");
    return false;
}

int param_find_name(const struct param_text *t)
{
    for (int i = 0; t->param->names[i] != NULL; i++) {
        if (strcmp(t->param->names[i], t->text) == 0) {
            return i;
        }
    }
    return -1;
}

static bool set_enum(const struct param_text *t)
{
    int index = param_find_name(t);
    if (index < 0) {
        return param_unknown_name(t);
    }
    *(int *)t->member = index;
    return true;
}

static bool set_enum_u8(const struct param_text *t)
{
    int index = param_find_name(t);
    if (index < 0) {
        return param_unknown_name(t);
    }
    *(uint8_t *)t->member = (uint8_t)index;
    return true;
}

const char *const param_truth_names[] = { "false", "true", NULL };

static bool set_bool(const struct param_text *t)
{
    const char *const *names = t->param->names != NULL ? t->param->names : param_truth_names;
    bool yes = strcmp(t->text, names[1]) == 0;
    if (!yes && strcmp(t->text, names[0]) != 0) {
        scenario_errors_add(t->errors, t->place, "%s = '%s' should be %s or %s", t->path, t->text,
                names[1], names[0]);
        return false;
    }
    *(bool *)t->member = yes;
    return true;
}

static bool set_string(const struct param_text *t)
{
    size_t size = t->param->size;
    size_t length = strlen(t->text);
    if (length == 0 || length >= size) {
        scenario_errors_add(
                t->errors, t->place, "%s should have 1 to %zu characters", t->path, size - 1);
        return false;
    }
    memcpy(t->member, t->text, length + 1);
    return true;
}

int param_read_numbers(const struct param_text *t, double values[PARAM_NUMBERS_MAX])
{
    char items[512];
    int count = 0;
    snprintf(items, sizeof items, "%s", t->text);
    char *rest = NULL;
    for (char *item = strtok_r(items, ",", &rest); item != NULL;
            item = strtok_r(NULL, ",", &rest)) {
        struct param_text one = *t;
        one.text = item + strspn(item, " ");
        if (count == (int)PARAM_NUMBERS_MAX || !param_read_number(&one, &values[count++])) {
            return -1;
        }
    }
    return count;
}

static void print_words(char *text, size_t size, const char *const *names)
{
    size_t used = 0;
    for (size_t n = 0; names[n] != NULL && used < size; n++) {
        used += (size_t)snprintf(text + used, size - used, "%s%s", n == 0 ? "" : " | ", names[n]);
    }
}

static void print_range(const struct param *param, char *text, size_t size)
{
    char low[32], high[32], words[256] = "";
    quantity_format(low, sizeof low, param->dimension, param->min);
    quantity_format(high, sizeof high, param->dimension, param->max);
    if (param->names != NULL) {
        print_words(words, sizeof words, param->names);
    }
    snprintf(text, size, "%s .. %s%s%s", low, high, words[0] != '\0' ? " | " : "", words);
}

void param_print_values(const struct param *param, char *text, size_t size)
{
    text[0] = '\0';
    if (param->type->values != NULL) {
        snprintf(text, size, "%s", param->type->values);
    } else if (param->type->form == PARAM_NUMBER || param->type->form == PARAM_WHOLE) {
        print_range(param, text, size);
    } else if (param->type->form == PARAM_TRUTH || param->type->form == PARAM_NAME) {
        print_words(text, size, param->names != NULL ? param->names : param_truth_names);
    }
}

#define TYPE(type, set, form)                                                                      \
    {                                                                                              \
        sizeof(type), set, form, false, 0, 0, NULL, NULL                                           \
    }

/* clang-format off */
const struct param_type param_double = TYPE(double, set_double, PARAM_NUMBER);
const struct param_type param_time = TYPE(sim_ns, set_time, PARAM_NUMBER);
const struct param_type param_u8 = TYPE(uint8_t, set_u8, PARAM_WHOLE);
const struct param_type param_u16 = TYPE(uint16_t, set_u16, PARAM_WHOLE);
const struct param_type param_u32 = TYPE(uint32_t, set_u32, PARAM_WHOLE);
const struct param_type param_i32 = TYPE(int32_t, set_i32, PARAM_WHOLE);
const struct param_type param_hz = TYPE(uint32_t, set_hz, PARAM_NUMBER);
const struct param_type param_mdb = TYPE(int32_t, set_mdb, PARAM_NUMBER);
const struct param_type param_ppb = TYPE(uint32_t, set_ppb, PARAM_NUMBER);
const struct param_type param_enum = TYPE(int, set_enum, PARAM_NAME);
const struct param_type param_enum_u8 = TYPE(uint8_t, set_enum_u8, PARAM_NAME);
const struct param_type param_bool = TYPE(bool, set_bool, PARAM_TRUTH);
const struct param_type param_string = { .parse = set_string, .form = PARAM_TEXT };
const struct param_type param_u64 = { .size = sizeof(uint64_t), .parse = set_u64, .form = PARAM_WHOLE, .values = "0 .. 2^64 - 1" };
/* clang-format on */

bool param_set(const struct param *param, void *object, const char *prefix, const char *text,
        struct scenario_place place, struct scenario_errors *errors)
{
    /* A row of a wrong type would write beyond its member. */
    assert(param->type->size == 0 || param->type->size == param->size);
    char path[128];
    snprintf(path, sizeof path, "%s%s", prefix, param->path);
    struct param_text value = { param, path, (char *)object + param->offset, text, place, errors };
    return param->type->parse(&value);
}
