/* Firmware builds that are shared objects: what is refused, and that the built-in firmware runs
 * alike as one.
 * SPDX-License-Identifier: MIT
 *
 * What a build does not show is null in its columns of the results, and no expectation can name it.
 * Method: objects with one defect each (objects/defective.c); whole runs compared by trace hash.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "firmware/firmware_object.h"
#include "support/trial.h"

static const char *in_build(const char *name)
{
    static char path[1024];
    const char *folder = getenv("FLEETCAST_BUILD");
    cr_assert_not_null(folder, "FLEETCAST_BUILD is not set: run by meson test");
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void expect_refused(const char *path, const char *why)
{
    char error[512] = "";
    struct firmware_object *object = firmware_object_load(path, error, sizeof error);
    cr_expect_null(object, "%s", path);
    cr_expect_not_null(strstr(error, why), "'%s' in '%s'", why, error);
    cr_expect_not_null(strstr(error, path), "the message names the file: '%s'", error);
    firmware_object_destroy(object);
}

Test(firmware_objects, a_defect_is_an_error_that_says_what)
{
    static const struct {
        const char *name, *why;
    } rows[] = {
        { "no_entry_point", "no entry point 'fleetcast_firmware'" },
        { "old_version", "version 2 (" },
        { "other_application", "struct fw_ops; this program takes version 2" },
        { "crash", "crashes while it is loaded (Segmentation fault)" },
        { "hang", "does not end to load within 5 s" },
        { "import", "imports 'malloc'" },
        { "thread_local", "thread-local variables" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char name[128];
        snprintf(name, sizeof name, "tests/models/firmware/firmware_%s.so", rows[i].name);
        expect_refused(in_build(name), rows[i].why);
    }
}

Test(firmware_objects, what_is_no_object_is_refused)
{
    expect_refused("/no/such.so", "No such file");
    expect_refused("/", "is no shared object");
    expect_refused(in_build("build.ninja"), "is no shared object");
}

Test(firmware_objects, each_load_is_a_copy_of_its_own)
{
    char error[512] = "", path[1024];
    snprintf(path, sizeof path, "%s", in_build("tests/models/firmware/firmware_none.so"));
    struct firmware_object *a = firmware_object_load(path, error, sizeof error);
    struct firmware_object *b = firmware_object_load(path, error, sizeof error);
    cr_assert(a != NULL && b != NULL, "%s", error);
    cr_assert_neq(firmware_object_build(a), firmware_object_build(b));
    cr_assert_str_eq(firmware_object_build(a)->name, "defective");
    firmware_object_destroy(a);
    firmware_object_destroy(b);
}

/* --- whole runs ---------------------------------------------------------------------------------
 */

static const char campaign[] = "name: objects\n"
                               "duration: 5 h\n"
                               "area: {radius: 800 m}\n"
                               "gateways: {count: 2, radius: 400 m}\n"
                               "devices:\n"
                               "  - {name: a, count: 8, boot: {spread: 5 min}, "
                               "report: {period: 10 min}}\n"
                               "  - {name: b, count: 8, boot: {spread: 5 min}, "
                               "report: {period: 10 min}}\n"
                               "firmware: {image: generated, size: 9 KiB}\n"
                               "campaign: {start: 20 min, set_up: {window: 40 min}, "
                               "correction: {timeout: 30 min}, confirm_timeout: 1 h}\n";

static uint64_t hash_of(const char *first, const char *second, double *confirmed)
{
    char sets[2][1100];
    const char *const list[] = { sets[0], sets[1] };
    snprintf(sets[0], sizeof sets[0], "devices.0.firmware=%s", first);
    snprintf(sets[1], sizeof sets[1], "devices.1.firmware=%s", second);
    struct trial *trial = trial_create(campaign, list, 2);
    trial_play(trial);
    uint64_t hash = engine_trace_hash(trial->world->engine);
    *confirmed = trial_value(trial, "devices.confirmed");
    trial_destroy(trial);
    return hash;
}

Test(firmware_objects, a_fleet_of_the_object_has_the_hash_of_the_built_in_firmware)
{
    double confirmed = 0;
    const char *object = in_build("libfleetcast_firmware.so");
    uint64_t builtin = hash_of("built-in", "built-in", &confirmed);
    cr_assert_float_eq(confirmed, 16, 0, "the run updates them all");
    cr_assert_eq(hash_of(object, object, &confirmed), builtin);
    cr_assert_eq(hash_of("built-in", object, &confirmed), builtin, "two builds in one fleet");
    cr_assert_float_eq(confirmed, 16, 0);
}

/* --- results ---------------------------------------------------------------------------------- */

/* Of group a in a run where it has this firmware; the text is the caller's to free. */
static char *columns_of(const char *firmware)
{
    char set[1100];
    const char *const list[] = { set };
    snprintf(set, sizeof set, "devices.0.firmware=%s", firmware);
    struct trial *trial = trial_create(campaign, list, 1);
    trial_play(trial);
    char *text = trial_summary(trial);
    trial_destroy(trial);
    char *groups = strstr(text, "\"groups\"");
    cr_assert_not_null(groups);
    char *columns = strdup(groups);
    free(text);
    return columns;
}

Test(firmware_objects, a_group_of_the_object_has_the_results_of_the_built_in_firmware)
{
    char *builtin = columns_of("built-in");
    char *object = columns_of(in_build("libfleetcast_firmware.so"));
    cr_expect_str_eq(object, builtin);
    free(builtin);
    free(object);
}

Test(firmware_objects, what_a_build_does_not_show_is_null)
{
    static const char *const nulls[] = { "groups.a.devices.installed",
        "groups.a.devices.confirmed" };
    char set[1100];
    const char *const list[] = { set };
    snprintf(set, sizeof set, "devices.0.firmware=%s",
            in_build("tests/models/firmware/firmware_none.so"));
    struct trial *trial = trial_create(campaign, list, 1);
    trial_play(trial);
    struct summary *summary = run_summary(trial->run, false);
    for (size_t i = 0; i < sizeof nulls / sizeof nulls[0]; i++) {
        double value = 0.0;
        cr_expect(summary_has(summary, nulls[i]), "%s", nulls[i]);
        cr_expect_not(summary_value(summary, nulls[i], &value), "%s is %g", nulls[i], value);
    }
    summary_destroy(summary);
    cr_expect_eq(trial_value(trial, "groups.a.devices.joined"), 0, "seen from outside");
    cr_expect_eq(trial_value(trial, "groups.a.uplinks.duty_violations"), 0);
    cr_expect_gt(trial_value(trial, "groups.a.energy_j.mean"), 0);
    cr_expect_eq(trial_value(trial, "groups.a.energy_j.by_phase.idle"),
            trial_value(trial, "groups.a.energy_j.mean"), "its radio does nothing");
    cr_expect_eq(trial_value(trial, "groups.b.devices.installed"), 8);
    cr_expect_eq(trial_value(trial, "devices.installed"), 8, "of those that show it");
    trial_destroy(trial);
}

Test(firmware_objects, an_expectation_that_nothing_shows_is_an_error)
{
    static const struct {
        const char *name, *key, *error;
    } rows[] = {
        { "a", "groups.a.devices.installed", "expect.groups.a.devices.installed is never known" },
        { "a", "groups.b.devices.installed", NULL },
        { "a", "devices.installed", NULL },
        { "a", "groups.a.devices.joined", NULL },
        /* Not group b, which shows it. */
        { "b.c", "groups.b.c.devices.installed", "b.c.devices.installed is never known" },
        { "b.c", "groups.b.devices.installed", NULL },
    };
    char set[1100], name[64];
    const char *const list[] = { set, name };
    snprintf(set, sizeof set, "devices.0.firmware=%s",
            in_build("tests/models/firmware/firmware_none.so"));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        static struct scenario scenario;
        struct scenario_errors *errors = scenario_errors_create();
        char text[2048];
        snprintf(name, sizeof name, "devices.0.name=%s", rows[i].name);
        snprintf(text, sizeof text, "%sexpect: {%s: \"== 8\"}\n", campaign, rows[i].key);
        bool ok = scenario_read(&scenario, "text", text, strlen(text), list, 2, errors);

        char *told = NULL;
        size_t size = 0;
        FILE *out = open_memstream(&told, &size);
        scenario_errors_print(errors, out);
        fclose(out);
        cr_expect(rows[i].error == NULL || strstr(told, rows[i].error) != NULL, "'%s'", told);
        cr_expect_eq(ok, rows[i].error == NULL, "%s: '%s'", rows[i].key, told);
        free(told);
        scenario_errors_destroy(errors);
    }
}
