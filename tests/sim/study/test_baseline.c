/* Baselines as files: written, read back, and what is said of a broken one.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "study/baseline.h"

static char folder[64];
static char path[BASELINE_PATH_MAX];
static char error[512], notes[1024];

static void make_folder(void)
{
    snprintf(folder, sizeof folder, "/tmp/fleetcast_baseline_XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/city.json", folder);
}

static void remove_folder(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    cr_assert_eq(system(command), 0);
}

TestSuite(baseline, .init = make_folder, .fini = remove_folder);

static struct baseline sample(void)
{
    static const uint64_t seeds[] = { 3, 4, 9 };
    struct baseline baseline = { .version = "1.2", .commit = "c0ffee-dirty" };
    memset(baseline.scenario_sha256, 'a', 64);
    baseline.replications = replications_create(seeds, 3);
    double *values = baseline.replications->values + 3 * headline_index("energy_j.mean");
    values[0] = 14.2694;
    values[1] = 1.0 / 3.0; /* needs more than six digits */
    values[2] = 1234567;
    snprintf(baseline.replications->hashes[1], REPLICATION_HASH_SIZE, "00ee146687d57414");
    return baseline;
}

Test(baseline, what_is_saved_is_loaded)
{
    struct baseline saved = sample(), loaded;
    cr_assert(baseline_save(path, &saved, error, sizeof error), "%s", error);
    cr_assert(baseline_load(path, &loaded, notes, sizeof notes, error, sizeof error), "%s", error);
    cr_assert_str_eq(notes, "");
    cr_assert_str_eq(loaded.version, "1.2");
    cr_assert_str_eq(loaded.commit, "c0ffee-dirty");
    cr_assert_str_eq(loaded.scenario_sha256, saved.scenario_sha256);
    cr_assert_eq(loaded.replications->count, 3);
    cr_assert_arr_eq(loaded.replications->seeds, saved.replications->seeds, 3 * sizeof(uint64_t));
    for (size_t i = 0; i < 3 * HEADLINE_COUNT; i++) {
        double was = saved.replications->values[i], is = loaded.replications->values[i];
        cr_assert(
                (isnan(was) && isnan(is)) || was == is, "value %zu: %.17g, not %.17g", i, is, was);
    }
    cr_assert_str_eq(
            replications_hash(loaded.replications, REPLICATION_HASH_ALL, 1), "00ee146687d57414");
    baseline_finish(&saved);
    baseline_finish(&loaded);
}

Test(baseline, folders_are_made_and_stand_beside_the_scenario)
{
    struct baseline saved = sample();
    char scenario[128], expected[160];
    snprintf(scenario, sizeof scenario, "%s/some.city.yaml", folder);
    snprintf(expected, sizeof expected, "%s/baselines/v1/some.city.json", folder);
    cr_assert(baseline_path(scenario, "v1", path));
    cr_assert_str_eq(path, expected);
    cr_assert(baseline_save(path, &saved, error, sizeof error), "%s", error);
    cr_assert_eq(access(expected, R_OK), 0);
    cr_assert(baseline_path("city.yaml", "v1", path));
    cr_assert_str_eq(path, "baselines/v1/city.json");
    baseline_finish(&saved);
}

Test(baseline, names_are_words_that_stay_in_their_folder)
{
    cr_assert(baseline_name_is_good("main") && baseline_name_is_good("v1.2-rc_3"));
    static const char *const bad[] = { "", ".", "..", "../main", "a/b", ".hidden", "two words" };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        cr_assert_not(baseline_name_is_good(bad[i]), "%s", bad[i]);
    }
}

/* Saves the sample, replaces `old` by `new` in its text, and loads it. */
static bool load_changed(const char *old, const char *new, struct baseline *loaded)
{
    static char text[16384], changed[16384];
    struct baseline saved = sample();
    cr_assert(baseline_save(path, &saved, error, sizeof error), "%s", error);
    baseline_finish(&saved);
    FILE *file = fopen(path, "r");
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    const char *at = strstr(text, old);
    cr_assert_not_null(at, "%s", old);
    snprintf(changed, sizeof changed, "%.*s%s%s", (int)(at - text), text, new, at + strlen(old));
    file = fopen(path, "w");
    fputs(changed, file);
    fclose(file);
    return baseline_load(path, loaded, notes, sizeof notes, error, sizeof error);
}

Test(baseline, each_mistake_has_its_message)
{
    static const struct {
        const char *old, *new, *message;
    } rows[] = {
        { "\"baseline\": 1", "\"baseline\": 2", "its format is 2, this program reads format 1" },
        { "\"baseline\": 1", "\"other\": 1", "it is no baseline of fleetcast" },
        { "\"1.2\"", "12", "'version' should be a text" },
        { "[3, 4, 9]", "[3, 4, 4]",
                "'seeds' should be a list of whole numbers from 0 on that ascend" },
        { "[3, 4, 9]", "[]", "'seeds' should be a list of whole numbers from 0 on that ascend" },
        { "[3, 4, 9]", "[-3, 4, 9]",
                "'seeds' should be a list of whole numbers from 0 on that ascend" },
        { "[3, 4, 9]", "[3, 4]", "'hashes.trace_hash' should have a text for each seed" },
        { "14.2694, ", "", "'metrics.energy_j.mean' should have a number or null for each seed" },
        { "14.2694", "\"14\"",
                "'metrics.energy_j.mean' should have a number or null for each seed" },
        { "\"metrics\": {", "\"metric\": {", "'metrics' should hold the values of each metric" },
        { "\"commit\"", "commit", "line 4, column 8: string or '}' expected near 'commit'" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct baseline loaded;
        cr_assert_not(load_changed(rows[i].old, rows[i].new, &loaded), "%s", rows[i].message);
        cr_assert_str_eq(error, rows[i].message);
        cr_assert_null(loaded.replications);
    }
}

Test(baseline, metrics_too_many_and_too_few_are_named)
{
    struct baseline loaded;
    cr_assert(load_changed("\"energy_j.mean\"", "\"energy_j.median\"", &loaded), "%s", error);
    cr_assert_str_eq(
            notes, "energy_j.mean is not in it; energy_j.median is no headline metric any more");
    baseline_finish(&loaded);
}

Test(baseline, a_file_that_is_not_there_is_named)
{
    struct baseline loaded;
    cr_assert_not(baseline_load(path, &loaded, notes, sizeof notes, error, sizeof error));
    cr_assert_not_null(strstr(error, "unable to open"), "%s", error);
    cr_assert_not_null(strstr(error, "No such file"), "%s", error);
}
