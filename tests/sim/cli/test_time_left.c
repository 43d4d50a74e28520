/* The time that a run still takes: by work, not by simulated time.
 * SPDX-License-Identifier: MIT
 *
 * Method: made-up work whose times are known, kind by kind; then the plan of a real run, which is
 * done when the run is.
 */
#include <criterion/criterion.h>
#include <math.h>

#include "cli/time_left.h"
#include "support/trial.h"

static const double planned[WORK_KINDS] = { 100.0, 0.0, 0.0, 800.0, 100.0 };

static struct time_left made_up(void)
{
    struct time_left left = { 0 };
    for (int i = 0; i < WORK_KINDS; i++) {
        left.planned[i] = planned[i];
    }
    return left;
}

Test(time_left, is_not_known_before_anything_was_done)
{
    struct time_left left = made_up();
    cr_expect(isnan(time_left_s(&left)));
}

/* Nothing is known of fragments: they are taken to cost as they do beside joins. */
Test(time_left, goes_by_proportion_to_what_was_seen)
{
    struct time_left left = made_up();
    const double joined[WORK_KINDS] = { 50.0 };
    time_left_add(&left, joined, 10.0);
    cr_expect_float_eq(time_left_s(&left), 10.0 + 160.0 + 20.0, 0.1, "%g", time_left_s(&left));
}

/* Fragments that cost ten times as much as they were taken to: after a tenth of them it is known
 * within a factor of 1.5, and of the others nothing is changed. */
Test(time_left, is_learnt_from_each_kind_by_itself)
{
    struct time_left left = made_up();
    double done[WORK_KINDS] = { 100.0 };
    time_left_add(&left, done, 10.0);
    done[WORK_FRAGMENT] = 80.0;
    time_left_add(&left, done, 10.0 + 80.0);
    double right_s = 720.0 + 10.0, said_s = time_left_s(&left);
    cr_expect_gt(said_s, right_s / 1.5);
    cr_expect_lt(said_s, right_s * 1.5);
    done[WORK_FRAGMENT] = 800.0;
    time_left_add(&left, done, 810.0);
    done[WORK_INSTALL] = 50.0;
    time_left_add(&left, done, 815.0);
    cr_expect_float_eq(time_left_s(&left), 5.0, 5.0, "%g", time_left_s(&left));
}

/* Time in which no work is seen is not lost: it counts for what comes next. */
Test(time_left, counts_time_without_work_for_what_comes_next)
{
    struct time_left left = made_up();
    double done[WORK_KINDS] = { 0.0 };
    time_left_add(&left, done, 5.0);
    done[WORK_JOIN] = 100.0;
    time_left_add(&left, done, 10.0);
    cr_expect_float_eq(left.took_s[WORK_JOIN], 10.0, 1e-9);
}

/* Wall clock of one second for each event handled: what is left is all of the run at the begin,
 * within a factor, and little at the end. */
Test(time_left, of_a_run_falls_to_nothing)
{
    static const char text[] = "name: left\n"
                               "duration: 6 h\n"
                               "area: {radius: 1 km}\n"
                               "gateways: {count: 1}\n"
                               "firmware: {image: generated, size: 4 KiB}\n"
                               "devices: [{name: d, count: 20, boot: {spread: 5 min}, "
                               "report: {period: 10 min}}]\n"
                               "campaign: {start: 15 min, set_up: {window: 1 h}}\n";
    struct trial *trial = trial_create(text, NULL, 0);
    struct time_left left;
    double last_s = NAN, most_s = 0.0;
    time_left_start(&left, &trial->scenario, 0.0);
    while (trial_go(trial, engine_now(trial->world->engine) + 30 * SIM_NS_PER_S)) {
        double events = (double)engine_event_count(trial->world->engine);
        last_s = time_left_look(&left, trial->world, events);
        most_s = fmax(most_s, last_s);
        cr_assert(isfinite(last_s) && last_s >= 0.0);
        for (int i = 0; i < WORK_KINDS; i++) {
            cr_assert_leq(left.done[i], left.planned[i] * 1.0001, "kind %d", i);
        }
    }
    cr_expect_lt(last_s, most_s / 5.0, "%g of %g", last_s, most_s);
    trial_destroy(trial);
}
