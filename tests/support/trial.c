/* Whole runs for tests: from scenario text to a run and its summary.
 * SPDX-License-Identifier: MIT
 */
#include "support/trial.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "results/expectation.h"

struct trial *trial_create_with(
        const char *text, const char *const *sets, size_t set_count, struct run_settings settings)
{
    char error[256] = "";
    struct trial *trial = calloc(1, sizeof *trial);
    struct scenario_errors *errors = scenario_errors_create();
    bool ok = scenario_read(&trial->scenario, "test", text, strlen(text), sets, set_count, errors);
    if (!ok) { /* a test may well set keys that have no effect */
        scenario_errors_print(errors, stderr);
    }
    scenario_errors_destroy(errors);
    cr_assert(ok, "the scenario has mistakes");
    trial->run = run_create(&trial->scenario, &settings, error, sizeof error);
    cr_assert_not_null(trial->run, "%s", error);
    trial->world = run_world(trial->run);
    trial->recorders = run_recorders(trial->run);
    return trial;
}

struct trial *trial_create(const char *text, const char *const *sets, size_t set_count)
{
    return trial_create_with(text, sets, set_count, (struct run_settings){ .crypto_memo = true });
}

bool trial_go(struct trial *trial, sim_ns until_ns)
{
    sim_ns now_ns = engine_now(trial->world->engine);
    return run_advance_to(trial->run, until_ns > now_ns ? until_ns : now_ns) == RUN_TIME;
}

const char *trial_failure(struct trial *trial)
{
    bool fails = run_audit_fails(trial->run, trial->failure, sizeof trial->failure);
    return fails ? trial->failure : NULL;
}

void trial_play(struct trial *trial)
{
    while (trial_go(trial, trial->scenario.duration_ns)) {
    }
    const char *failure = trial_failure(trial);
    cr_assert_null(failure, "%s", failure);
}

void trial_destroy(struct trial *trial)
{
    run_destroy(trial->run);
    free(trial);
}

char *trial_summary(const struct trial *trial)
{
    char *text = NULL;
    size_t size = 0;
    struct summary *summary = run_summary(trial->run, false);
    cr_assert_not_null(summary);
    FILE *out = open_memstream(&text, &size);
    summary_write_json(summary, out);
    fclose(out);
    summary_destroy(summary);
    return text;
}

double trial_value(const struct trial *trial, const char *path)
{
    double value = 0.0;
    struct summary *summary = run_summary(trial->run, false);
    cr_assert(summary_value(summary, path, &value), "no number %s", path);
    summary_destroy(summary);
    return value;
}

void trial_expect_met(const struct trial *trial)
{
    struct summary *summary = run_summary(trial->run, false);
    cr_expect_gt(trial->scenario.expect_count, 0);
    for (uint32_t i = 0; i < trial->scenario.expect_count; i++) {
        char text[128];
        double actual = 0.0;
        expectation_format(&trial->scenario.expect[i], text, sizeof text);
        cr_expect_eq(expectation_check(&trial->scenario.expect[i], summary, &actual),
                EXPECTATION_MET, "%s: %f", text, actual);
    }
    summary_destroy(summary);
}

char *trial_shipped(const char *name)
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
