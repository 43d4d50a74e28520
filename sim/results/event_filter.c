/* Which observations of a run are written as events.
 * SPDX-License-Identifier: MIT
 */
#include "results/event_filter.h"

#include <assert.h>
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenario/quantity.h"

#define WORD_SIZE 256u

void event_kind_name(enum observation_kind kind, char name[EVENT_KIND_SIZE])
{
    static const char *const names[OBSERVATION_KIND_COUNT] = {
#define X(name, layer, a, b, c) #name,
        OBSERVATION_KINDS(X)
#undef X
    };
    assert(kind < OBSERVATION_KIND_COUNT && strlen(names[kind]) < EVENT_KIND_SIZE);
    size_t i = 0;
    for (; names[kind][i] != '\0'; i++) {
        name[i] = (char)tolower((unsigned char)names[kind][i]);
    }
    name[i] = '\0';
}

void event_filter_init(struct event_filter *filter)
{
    *filter = (struct event_filter){ .kinds = OBSERVE_ALL,
        .first_device = UINT32_MAX,
        .last_device = UINT32_MAX,
        .from_ns = INT64_MIN,
        .to_ns = INT64_MAX };
}

static bool parse_kind(const char *word, size_t length, uint64_t *kinds)
{
    for (int kind = 0; kind < OBSERVATION_KIND_COUNT; kind++) {
        char name[EVENT_KIND_SIZE];
        event_kind_name((enum observation_kind)kind, name);
        if (strlen(name) == length && strncmp(word, name, length) == 0) {
            *kinds |= OBSERVE_BIT(kind);
            return true;
        }
    }
    return false;
}

static bool parse_kinds(const char *value, struct event_filter *filter, char *error, size_t size)
{
    filter->kinds = 0;
    for (;;) {
        size_t length = strcspn(value, ",");
        if (!parse_kind(value, length, &filter->kinds)) {
            snprintf(error, size, "'%.*s' is no kind of event: docs/outputs.md lists them",
                    (int)length, value);
            return false;
        }
        if (value[length] == '\0') {
            return true;
        }
        value += length + 1;
    }
}

static bool parse_number(const char *text, char **end, uint32_t *number)
{
    unsigned long long value =
            isdigit((unsigned char)text[0]) ? strtoull(text, end, 10) : UINT64_MAX;
    *number = (uint32_t)value;
    return value < UINT32_MAX;
}

static bool parse_devices(const char *value, struct event_filter *filter, char *error, size_t size)
{
    char *end = NULL;
    bool ok = parse_number(value, &end, &filter->first_device);
    filter->last_device = filter->first_device;
    if (ok && strncmp(end, "..", 2) == 0) {
        ok = parse_number(end + 2, &end, &filter->last_device);
    }
    ok = ok && *end == '\0' && filter->first_device <= filter->last_device;
    if (!ok) {
        snprintf(error, size, "'device=%s' should be a number or a range, as device=10..19", value);
    }
    return ok;
}

static bool parse_time(const char *value, sim_ns *time_ns, char *error, size_t size)
{
    double seconds = 0.0;
    bool ok = quantity_parse(value, DIMENSION_TIME, &seconds) == QUANTITY_OK && seconds >= 0.0
              && seconds < 1e9;
    *time_ns = ok ? llround(seconds * 1e9) : 0;
    if (!ok) {
        snprintf(error, size, "'%s' is no time with a unit, as 90min or 2h", value);
    }
    return ok;
}

static bool parse_word(const char *word, struct event_filter *filter, char *error, size_t size)
{
    if (strncmp(word, "kind=", 5) == 0) {
        return parse_kinds(word + 5, filter, error, size);
    }
    if (strncmp(word, "device=", 7) == 0) {
        return parse_devices(word + 7, filter, error, size);
    }
    if (strncmp(word, "from=", 5) == 0) {
        return parse_time(word + 5, &filter->from_ns, error, size);
    }
    if (strncmp(word, "to=", 3) == 0) {
        return parse_time(word + 3, &filter->to_ns, error, size);
    }
    snprintf(error, size, "'%s' should begin with device=, kind=, from= or to=", word);
    return false;
}

bool event_filter_parse(
        const char *text, struct event_filter *filter, char *error, size_t error_size)
{
    event_filter_init(filter);
    for (text += strspn(text, " "); *text != '\0'; text += strspn(text, " ")) {
        char word[WORD_SIZE];
        size_t length = strcspn(text, " ");
        if (length >= sizeof word) {
            snprintf(error, error_size, "a word has at most %u letters", WORD_SIZE - 1);
            return false;
        }
        snprintf(word, sizeof word, "%.*s", (int)length, text);
        if (!parse_word(word, filter, error, error_size)) {
            return false;
        }
        text += length;
    }
    return true;
}
