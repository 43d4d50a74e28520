/* Pace: simulated against wall time.
 * SPDX-License-Identifier: MIT
 *
 * Goal: what is due follows the speed, a run that lacks much of its pace does not catch up, slices
 * get shorter and longer by what they took. Right values: by hand.
 */
#include <criterion/criterion.h>

#include "watch/pace.h"

#define MS INT64_C(1000000)

Test(pace, is_speed_times_wall_time)
{
    struct pace pace;
    pace_start(&pace, 60.0, 5000 * MS, 77);
    cr_expect_eq(pace_due(&pace, 5000 * MS, 77), 77);
    cr_expect_eq(pace_due(&pace, 5010 * MS, 77), 600 * MS + 77);
    cr_expect_eq(pace_due(&pace, 5020 * MS, 600 * MS + 77), 1200 * MS + 77);
    pace_start(&pace, 0.1, 0, 0);
    cr_expect_eq(pace_due(&pace, 40 * MS, 0), 4 * MS);
}

Test(pace, goes_on_from_where_a_slow_run_stands)
{
    struct pace pace;
    pace_start(&pace, 10.0, 0, 0);
    cr_expect_eq(pace_due(&pace, 100 * MS, 500 * MS), 1000 * MS); /* it lacks 50 ms */
    cr_expect_eq(pace_due(&pace, 200 * MS, 500 * MS), 500 * MS);  /* it lacks 150 ms */
    cr_expect_eq(pace_due(&pace, 210 * MS, 500 * MS), 600 * MS);
}

Test(pace, says_what_was_reached_lately)
{
    struct pace pace;
    pace_start(&pace, 100.0, 0, 0);
    cr_expect_eq(pace_reached(&pace, 100 * MS, 1000 * MS), 0.0); /* too soon to say */
    cr_expect_float_eq(pace_reached(&pace, 500 * MS, 5000 * MS), 10.0, 1e-9);
    cr_expect_float_eq(pace_reached(&pace, 1000 * MS, 25000 * MS), 40.0, 1e-9);
}

Test(pace, slices_take_two_to_five_milliseconds)
{
    struct slice slice = SLICE_FIRST;
    const uint64_t events = slice.events;
    slice_adapt(&slice, 3 * MS);
    cr_expect_eq(slice.events, events);
    slice_adapt(&slice, 1 * MS);
    cr_expect_eq(slice.events, 2 * events);
    slice_adapt(&slice, 6 * MS);
    cr_expect_eq(slice.events, events);
    for (int i = 0; i < 100; i++) {
        slice_adapt(&slice, 1000 * MS);
    }
    cr_expect(slice.events == 1 && slice.sim_ns == 1);
    for (int i = 0; i < 100; i++) {
        slice_adapt(&slice, 0);
    }
    cr_expect(slice.events >= 1000000 && slice.events < 3000000);
    cr_expect(slice.sim_ns >= 3600 * SIM_NS_PER_S && slice.sim_ns < 3 * 3600 * SIM_NS_PER_S);
}
