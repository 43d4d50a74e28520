/* Which run is next, and what becomes of results, whatever plays them: a study of two points whose
 * results are made up here.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "study/sweep.h"

static char folder[64], database[100];
static char error[STORE_ERROR_SIZE];
static struct study *study;
static struct plan *plan;
static struct store *store;
static struct sweep *sweep;

static void write_file(const char *name, const char *text)
{
    char path[120];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    fputs(text, file);
    fclose(file);
}

static void open_sweep(void)
{
    store = store_open(database, STORE_WRITE, error, sizeof error);
    cr_assert_not_null(store, "%s", error);
    const struct sweep_settings settings = {
        .plan = plan, .store = store, .program = sweep_program_of("0.1.0", "0123456789ab")
    };
    sweep = sweep_create(&settings, error, sizeof error);
    cr_assert_not_null(sweep, "%s", error);
}

static void close_sweep(void)
{
    sweep_destroy(sweep);
    store_close(store);
}

/* Points 0 and 1 have 3 and 9 devices. */
static void open_study(const char *more)
{
    char text[400], path[120];
    struct scenario_errors *errors = scenario_errors_create();
    snprintf(folder, sizeof folder, "/tmp/fleetcast-sweep-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    snprintf(database, sizeof database, "%s/a.db", folder);
    write_file("small.yaml", "duration: 2 h\ndevices: [{name: d, count: 3}]\n");
    snprintf(text, sizeof text,
            "scenario: small.yaml\naxes: {devices.d.count: [3, 9]}\nreplications: 2\n%s", more);
    write_file("study.yaml", text);
    snprintf(path, sizeof path, "%s/study.yaml", folder);
    study = study_read(path, NULL, errors);
    plan = study != NULL ? plan_create(study, errors) : NULL;
    scenario_errors_print(errors, stderr);
    cr_assert_not_null(plan);
    scenario_errors_destroy(errors);
    open_sweep();
}

static void close_study(void)
{
    char command[100];
    close_sweep();
    plan_destroy(plan);
    study_destroy(study);
    snprintf(command, sizeof command, "rm -r %s", folder);
    cr_assert_eq(system(command), 0);
}

static size_t next(void)
{
    struct job job;
    size_t index;
    cr_assert(sweep_next(sweep, &job, &index));
    return index;
}

static bool has_next(void)
{
    struct job job;
    size_t index;
    return sweep_next(sweep, &job, &index);
}

static void finish(size_t index, int status, double wall_s, double energy_j)
{
    struct job_result result = { .status = status, .wall_s = wall_s };
    result.summary = summary_create();
    summary_add_number(result.summary, "energy_j.mean", energy_j);
    sweep_finished(sweep, index, &result);
    job_result_clear(&result);
}

static size_t point_of(size_t index)
{
    return index >> 32;
}

static struct sweep_state state(void)
{
    struct sweep_state now;
    sweep_state(sweep, &now);
    return now;
}

Test(sweep, begins_with_the_run_that_takes_longest)
{
    open_study("");
    /* By devices times time, until there is experience: point 0 turns out to take longer. */
    size_t large = next();
    cr_expect_eq(point_of(large), 1);
    finish(large, 0, 1.0, 1.0);
    size_t other = next();
    cr_expect_eq(point_of(other), 1);
    size_t small = next();
    cr_expect_eq(point_of(small), 0);
    finish(small, 0, 100.0, 1.0);
    sweep_lost(sweep, other);
    cr_expect_eq(point_of(next()), 0);
    cr_expect_eq(next(), other);
    cr_expect_not(has_next());
    close_study();
}

Test(sweep, gives_a_job_the_sets_of_its_point_and_its_seed)
{
    struct job job;
    size_t index;
    open_study("set: {duration: 3 h}\nseed: 40\n");
    next();
    cr_assert(sweep_next(sweep, &job, &index));
    cr_assert_eq(job.set_count, 3);
    cr_expect_str_eq(job.sets[0], "duration=3 h");
    cr_expect_str_eq(job.sets[1], "devices.d.count=9");
    cr_expect_str_eq(job.sets[2], "seed=41");
    close_study();
}

/* A rank that was thought to be lost sends its result after all, and the other one too. */
Test(sweep, takes_the_first_of_two_results_of_one_run)
{
    open_study("");
    size_t index = next();
    sweep_lost(sweep, index);
    cr_expect_eq(next(), index);
    finish(index, 0, 1.0, 1.0);
    finish(index, 0, 2.0, 2.0);
    cr_expect_eq(state().done, 1);
    sweep_lost(sweep, index);
    cr_expect_eq(state().done, 1);
    cr_expect_neq(next(), index);
    struct summary *summary = store_summary(store, 1);
    double value = 0.0;
    cr_expect(summary_value(summary, "energy_j.mean", &value));
    cr_expect_eq(value, 1.0);
    summary_destroy(summary);
    cr_expect_not(sweep_broken(sweep));
    close_study();
}

Test(sweep, keeps_no_run_that_failed_and_tries_it_when_it_is_called_again)
{
    open_study("");
    size_t index = next();
    finish(index, 3, 1.0, 1.0);
    for (int i = 0; i < 3; i++) {
        finish(next(), 1, 1.0, 1.0); /* an expectation that failed is a result */
    }
    cr_expect_not(has_next());
    cr_expect_eq(state().failed, 1);
    cr_expect_eq(state().done, 3);
    close_sweep();
    open_sweep();
    cr_expect_eq(state().done, 3);
    cr_expect_eq(next(), index);
    cr_expect_not(has_next());
    close_study();
}

/* Rounds depend on the first replications only: a sweep that is called again adds the same. */
Test(sweep, adds_rounds_to_the_point_whose_interval_is_wide)
{
    open_study("precision: {energy_j.mean: 10 %}\nround: 3\nreplications_max: 6\n");
    /* Point 1 goes first. Values 1 and 2: half the interval is 12.7 times 0.5. */
    for (int i = 0; i < 2; i++) {
        size_t index = next();
        cr_expect_eq(point_of(index), 1);
        finish(index, 0, 1.0, (uint32_t)index == 1 ? 2.0 : 1.0);
    }
    cr_expect_eq(state().wanted, 2 + 5);
    close_sweep();
    open_sweep();
    cr_expect_eq(state().wanted, 2 + 5);
    /* Values 1, 2, 1.5, 1.5, 1.5: half the interval is 2.78 x 0.354 / sqrt 5 = 0.44, 29 %. */
    struct job job;
    for (size_t index; sweep_next(sweep, &job, &index);) {
        finish(index, 0, 1.0, 1.5);
    }
    cr_expect_eq(state().wanted, 2 + 6, "no more than replications_max");
    cr_expect_eq(state().done, 2 + 6);
    close_study();
}

Test(sweep, counts_what_is_done_and_what_is_left)
{
    open_study("");
    struct sweep_state before = state();
    cr_expect(before.wanted == 4 && before.done == 0 && before.left_s != before.left_s);
    finish(next(), 0, 9.0, 1.0);
    /* Nine seconds for nine devices: three for three. */
    cr_expect_float_eq(state().left_s, 9.0 + 2 * 3.0, 1e-9);
    cr_expect_eq(state().played, 1);
    close_study();
}
