/* Whole runs for tests: from scenario text to a world and its summary.
 * SPDX-License-Identifier: MIT
 */
#include "support/run.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct run *run_create_with(
        const char *text, const char *const *sets, size_t set_count, struct world_options options)
{
    char error[256] = "";
    struct run *run = calloc(1, sizeof *run);
    struct scenario_errors *errors = scenario_errors_create();
    bool ok = scenario_read(&run->scenario, "test", text, strlen(text), sets, set_count, errors);
    scenario_errors_print(errors, stderr);
    scenario_errors_destroy(errors);
    cr_assert(ok, "the scenario has mistakes");
    run->world = world_create(&run->scenario, &options, error, sizeof error);
    cr_assert_not_null(run->world, "%s", error);
    return run;
}

struct run *run_create(const char *text, const char *const *sets, size_t set_count)
{
    return run_create_with(text, sets, set_count, (struct world_options){ .crypto_memo = true });
}

void run_play(struct run *run)
{
    while (world_run(run->world, run->scenario.duration_ns)) {
    }
    const char *failure = world_failure(run->world);
    cr_assert_null(failure, "%s", failure);
}

void run_destroy(struct run *run)
{
    world_destroy(run->world);
    free(run);
}

char *run_summary(const struct run *run)
{
    char *text = NULL;
    size_t size = 0;
    struct summary *summary = recorder_set_summary(run->world->recorders, false);
    cr_assert_not_null(summary);
    FILE *out = open_memstream(&text, &size);
    summary_write_json(summary, out);
    fclose(out);
    summary_destroy(summary);
    return text;
}

double run_value(const struct run *run, const char *path)
{
    double value = 0.0;
    struct summary *summary = recorder_set_summary(run->world->recorders, false);
    cr_assert(summary_value(summary, path, &value), "no number %s", path);
    summary_destroy(summary);
    return value;
}

char *run_shipped(const char *name)
{
    char path[1024];
    const char *folder = getenv("FLEETCAST_SCENARIOS");
    cr_assert_not_null(folder, "FLEETCAST_SCENARIOS is not set: run by meson test");
    snprintf(path, sizeof path, "%s/%s.yaml", folder, name);
    FILE *file = fopen(path, "r");
    cr_assert_not_null(file, "%s", path);
    char *text = calloc(1, 65536);
    size_t size = fread(text, 1, 65535, file);
    cr_assert_gt(size, 0);
    fclose(file);
    return text;
}
