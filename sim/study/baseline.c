/* A baseline: what the runs of one scenario measured with one revision, kept as a file beside it.
 * SPDX-License-Identifier: MIT
 */
#include "study/baseline.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "results/summary_text.h"
#include "results/whole_file.h"

#define FOLDER "baselines"

bool baseline_name_is_good(const char *name)
{
    for (const char *c = name; *c != '\0'; c++) {
        if (!isalnum((unsigned char)*c) && strchr("._-", *c) == NULL) {
            return false;
        }
    }
    return name[0] != '\0' && name[0] != '.' && strlen(name) < 64;
}

bool baseline_path(const char *scenario, const char *name, char path[BASELINE_PATH_MAX])
{
    const char *slash = strrchr(scenario, '/');
    const char *file = slash != NULL ? slash + 1 : scenario;
    const char *dot = strrchr(file, '.');
    int stem = (int)(dot != NULL && dot != file ? (size_t)(dot - file) : strlen(file));
    int length = snprintf(path, BASELINE_PATH_MAX, "%.*s%s/%s/%.*s.json", (int)(file - scenario),
            scenario, FOLDER, name, stem, file);
    return length > 0 && (size_t)length < BASELINE_PATH_MAX;
}

/* --- writing ---------------------------------------------------------------------------------- */

/* Six digits as in summary.json, more only where they say more. */
static void write_number(FILE *out, double value)
{
    char text[40];
    snprintf(text, sizeof text, "%.6g", value);
    if (isnan(value)) {
        fputs("null", out);
    } else if (strtod(text, NULL) == value) {
        fputs(text, out);
    } else {
        fprintf(out, "%.17g", value);
    }
}

static void write_member(FILE *out, const char *name, const char *text)
{
    fprintf(out, ",\n  \"%s\": ", name);
    json_write_text(out, text);
}

static void write_hashes(FILE *out, const struct replications *replications)
{
    fputs(",\n  \"hashes\": {", out);
    for (enum replication_hash h = 0; h < REPLICATION_HASH_COUNT; h++) {
        fprintf(out, "%s\n    \"%s\": [", h > 0 ? "," : "", replication_hash_keys[h]);
        for (size_t i = 0; i < replications->count; i++) {
            fputs(i > 0 ? ", " : "", out);
            json_write_text(out, replications_hash(replications, h, i));
        }
        fputc(']', out);
    }
    fputs("\n  }", out);
}

static void write_metrics(FILE *out, const struct replications *replications)
{
    fputs(",\n  \"metrics\": {", out);
    for (size_t m = 0; m < HEADLINE_COUNT; m++) {
        fprintf(out, "%s\n    \"%s\": [", m > 0 ? "," : "", headlines[m].key);
        const double *values = replications_of(replications, m);
        for (size_t i = 0; i < replications->count; i++) {
            fputs(i > 0 ? ", " : "", out);
            write_number(out, values[i]);
        }
        fputc(']', out);
    }
    fputs("\n  }", out);
}

static void write_baseline(FILE *out, void *context)
{
    const struct baseline *baseline = context;
    const struct replications *replications = baseline->replications;
    fprintf(out, "{\n  \"baseline\": %d", BASELINE_FORMAT);
    write_member(out, "version", baseline->version);
    write_member(out, "commit", baseline->commit);
    write_member(out, "scenario_sha256", baseline->scenario_sha256);
    fputs(",\n  \"seeds\": [", out);
    for (size_t i = 0; i < replications->count; i++) {
        fprintf(out, "%s%" PRIu64, i > 0 ? ", " : "", replications->seeds[i]);
    }
    fputc(']', out);
    write_hashes(out, replications);
    write_metrics(out, replications);
    fputs("\n}\n", out);
}

static bool make_folders(const char *path, char *error, size_t size)
{
    char folder[BASELINE_PATH_MAX];
    for (const char *at = path + 1; (at = strchr(at, '/')) != NULL; at++) {
        snprintf(folder, sizeof folder, "%.*s", (int)(at - path), path);
        if (mkdir(folder, 0777) != 0 && errno != EEXIST) {
            snprintf(error, size, "cannot make the folder %s: %s", folder, strerror(errno));
            return false;
        }
    }
    return true;
}

bool baseline_save(const char *path, const struct baseline *baseline, char *error, size_t size)
{
    struct baseline written = *baseline;
    return make_folders(path, error, size)
           && whole_file_write(path, write_baseline, &written, error, size);
}

/* --- reading ---------------------------------------------------------------------------------- */

struct reading {
    const json_t *root;
    struct baseline *baseline;
    char *error;
    size_t error_size;
};

static bool fail(const struct reading *reading, const char *what)
{
    snprintf(reading->error, reading->error_size, "%s", what);
    return false;
}

static bool read_text(const struct reading *reading, const char *key, char *text, size_t size)
{
    const char *found = json_string_value(json_object_get(reading->root, key));
    if (found == NULL || strlen(found) >= size) {
        snprintf(reading->error, reading->error_size, "'%s' should be a text", key);
        return false;
    }
    snprintf(text, size, "%s", found);
    return true;
}

static bool take_seeds(const json_t *list, uint64_t *seeds, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const json_t *seed = json_array_get(list, i);
        json_int_t value = json_integer_value(seed);
        if (!json_is_integer(seed) || value < 0 || (i > 0 && (uint64_t)value <= seeds[i - 1])) {
            return false;
        }
        seeds[i] = (uint64_t)value;
    }
    return count > 0;
}

static bool read_seeds(const struct reading *reading)
{
    const json_t *list = json_object_get(reading->root, "seeds");
    size_t count = json_array_size(list);
    count = count <= REPLICATIONS_MAX ? count : 0;
    uint64_t *seeds = malloc((count + 1) * sizeof *seeds);
    bool good = seeds != NULL && take_seeds(list, seeds, count);
    if (good) {
        reading->baseline->replications = replications_create(seeds, count);
    } else {
        fail(reading, "'seeds' should be a list of whole numbers from 0 on that ascend");
    }
    free(seeds);
    return good && (reading->baseline->replications != NULL || fail(reading, "out of memory"));
}

static bool read_values(const struct reading *reading, const char *key, const json_t *list)
{
    struct replications *replications = reading->baseline->replications;
    double *values = replications->values + headline_index(key) * replications->count;
    bool good = json_array_size(list) == replications->count;
    for (size_t i = 0; good && i < replications->count; i++) {
        const json_t *value = json_array_get(list, i);
        good = json_is_number(value) || json_is_null(value);
        values[i] = json_is_number(value) ? json_number_value(value) : NAN;
    }
    if (!good) {
        snprintf(reading->error, reading->error_size,
                "'metrics.%s' should have a number or null for each seed", key);
    }
    return good;
}

static void note(char *notes, size_t size, const char *key, const char *what)
{
    size_t length = strlen(notes);
    snprintf(notes + length, size - length, "%s%s %s", length > 0 ? "; " : "", key, what);
}

static bool read_metrics(const struct reading *reading, char *notes, size_t notes_size)
{
    const json_t *metrics = json_object_get(reading->root, "metrics");
    if (!json_is_object(metrics)) {
        return fail(reading, "'metrics' should hold the values of each metric");
    }
    for (size_t m = 0; m < HEADLINE_COUNT; m++) {
        const json_t *list = json_object_get(metrics, headlines[m].key);
        if (list == NULL) {
            note(notes, notes_size, headlines[m].key, "is not in it");
        } else if (!read_values(reading, headlines[m].key, list)) {
            return false;
        }
    }
    const char *key;
    json_t *list;
    json_object_foreach((json_t *)(uintptr_t)metrics, key, list)
    {
        if (headline_index(key) == HEADLINE_COUNT) {
            note(notes, notes_size, key, "is no headline metric any more");
        }
    }
    return true;
}

static bool take_hashes(const json_t *list, char (*hashes)[REPLICATION_HASH_SIZE], size_t count)
{
    bool good = json_array_size(list) == count;
    for (size_t i = 0; good && i < count; i++) {
        const char *text = json_string_value(json_array_get(list, i));
        good = text != NULL && strlen(text) < REPLICATION_HASH_SIZE;
        snprintf(hashes[i], REPLICATION_HASH_SIZE, "%s", good ? text : "");
    }
    return good;
}

/* Hashes that it lacks are those of a program that had none. */
static bool read_hashes(const struct reading *reading)
{
    struct replications *replications = reading->baseline->replications;
    const json_t *hashes = json_object_get(reading->root, "hashes");
    for (size_t h = 0; h < REPLICATION_HASH_COUNT; h++) {
        const json_t *list = json_object_get(hashes, replication_hash_keys[h]);
        if (list != NULL
                && !take_hashes(list, replications->hashes + h * replications->count,
                        replications->count)) {
            snprintf(reading->error, reading->error_size,
                    "'hashes.%s' should have a text for each seed", replication_hash_keys[h]);
            return false;
        }
    }
    return true;
}

static bool read_format(const struct reading *reading)
{
    const json_t *format = json_object_get(reading->root, "baseline");
    if (!json_is_integer(format)) {
        return fail(reading, "it is no baseline of fleetcast");
    }
    if (json_integer_value(format) != BASELINE_FORMAT) {
        snprintf(reading->error, reading->error_size,
                "its format is %" JSON_INTEGER_FORMAT ", this program reads format %d",
                json_integer_value(format), BASELINE_FORMAT);
        return false;
    }
    return true;
}

bool baseline_load(const char *path, struct baseline *baseline, char *notes, size_t notes_size,
        char *error, size_t error_size)
{
    json_error_t where;
    *baseline = (struct baseline){ 0 };
    notes[0] = '\0';
    json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES, &where);
    if (root == NULL) {
        if (where.line > 0) {
            snprintf(error, error_size, "line %d, column %d: %s", where.line, where.column,
                    where.text);
        } else {
            snprintf(error, error_size, "%s", where.text);
        }
        return false;
    }
    const struct reading reading = { root, baseline, error, error_size };
    bool good = read_format(&reading)
                && read_text(&reading, "version", baseline->version, sizeof baseline->version)
                && read_text(&reading, "commit", baseline->commit, sizeof baseline->commit)
                && read_text(&reading, "scenario_sha256", baseline->scenario_sha256,
                        sizeof baseline->scenario_sha256)
                && read_seeds(&reading) && read_hashes(&reading)
                && read_metrics(&reading, notes, notes_size);
    json_decref(root);
    if (!good) {
        baseline_finish(baseline);
    }
    return good;
}

void baseline_finish(struct baseline *baseline)
{
    replications_destroy(baseline->replications);
    *baseline = (struct baseline){ 0 };
}
