/* Reads summary.json back into a summary.
 * SPDX-License-Identifier: MIT
 */
#include "results/summary_read.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

struct reading {
    struct summary *summary;
    char *error;
    size_t error_size;
};

static bool refuse(const struct reading *reading, const char *path, const char *why)
{
    snprintf(reading->error, reading->error_size, "the summary's '%s' %s", path, why);
    return false;
}

static bool read_text(const struct reading *reading, const char *path, const json_t *value)
{
    const struct summary_item *item = NULL;
    if (json_string_length(value) >= sizeof item->text) {
        return refuse(reading, path, "is longer than a summary's texts are");
    }
    summary_add_text(reading->summary, path, json_string_value(value));
    return true;
}

static bool read_value(const struct reading *reading, const char *path, const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_INTEGER:
        if (json_integer_value(value) >= 0) {
            summary_add_count(reading->summary, path, (uint64_t)json_integer_value(value));
        } else {
            summary_add_number(reading->summary, path, (double)json_integer_value(value));
        }
        return true;
    case JSON_REAL:
        summary_add_number(reading->summary, path, json_real_value(value));
        return true;
    case JSON_TRUE:
    case JSON_FALSE:
        summary_add_bool(reading->summary, path, json_is_true(value));
        return true;
    case JSON_NULL:
        summary_add_null(reading->summary, path);
        return true;
    case JSON_STRING:
        return read_text(reading, path, value);
    case JSON_ARRAY:
    case JSON_OBJECT:
    default:
        return refuse(reading, path, "is a list; a summary holds none");
    }
}

/* `prefix`: the path of `object` with its dot. The depth is bounded by the length of a path. */
static bool read_object(const struct reading *reading, const char *prefix, json_t *object)
{
    const char *key;
    json_t *value;
    bool ok = true;
    json_object_foreach(object, key, value)
    {
        char path[SUMMARY_PATH_SIZE], section[SUMMARY_PATH_SIZE];
        int length = snprintf(path, sizeof path, "%s%s", prefix, key);
        if (key[0] == '\0' || length < 0 || (size_t)length + 1 >= sizeof path) {
            return refuse(reading, prefix, "holds a key that is empty or too long");
        }
        if (json_is_object(value)) {
            snprintf(section, sizeof section, "%.*s.", length, path);
            ok = read_object(reading, section, value);
        } else {
            ok = read_value(reading, path, value);
        }
        if (!ok) {
            break;
        }
    }
    return ok;
}

struct summary *summary_read_json(const char *text, size_t size, char *error, size_t error_size)
{
    json_error_t fault;
    json_t *root = json_loadb(text, size, JSON_REJECT_DUPLICATES, &fault);
    if (root == NULL || !json_is_object(root)) {
        snprintf(error, error_size, "no summary in JSON: %s",
                root == NULL ? fault.text : "it is no object");
        json_decref(root);
        return NULL;
    }
    struct reading reading = { summary_create(), error, error_size };
    bool ok = reading.summary != NULL && read_object(&reading, "", root);
    if (reading.summary == NULL || reading.summary->incomplete) {
        snprintf(error, error_size, "out of memory");
        ok = false;
    }
    json_decref(root);
    if (!ok) {
        summary_destroy(reading.summary);
        return NULL;
    }
    return reading.summary;
}
