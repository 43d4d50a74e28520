/* The 32.768 kHz crystal: RTC ticks as the exact integral of its true frequency.
 * SPDX-License-Identifier: MIT
 */
#ifndef BOARD_CRYSTAL_H
#define BOARD_CRYSTAL_H

#include <stdint.h>

#include "sim_time.h"

/* A course of temperature from a file: linear between points, repeated without end. Points ascend
 * from at_ns 0; the last one ends the period. */
struct temperature_point {
    sim_ns at_ns;
    double temperature_c;
};

/* All zero but for the tolerance: a constant error. */
struct crystal_params {
    double tolerance_ppm; /* initial error is drawn uniformly in +- this */
    /* T = mean + swing sin(2 pi (h - 9) / 24): warmest at 15 h. A run begins at midnight. */
    double temperature_mean_c;
    double temperature_swing_c; /* diurnal amplitude */
    double parabola_ppm_per_c2; /* -0.034 tuning fork; 0: no temperature term */
    double turnover_c;          /* where the parabola is 0; 0 stands for the usual 25 C */
    double temperature_later_h; /* shifts the course */
    const struct temperature_point *temperature_points; /* instead of mean and swing */
    uint32_t temperature_point_count;
    double ageing_ppm_per_year;          /* linear from power on */
    double random_walk_ppm_per_sqrt_day; /* standard deviation of the error after a day */
};

struct crystal {
    sim_ns power_on_ns;
    int64_t frequency_ppt; /* true rate error in parts per 10^12, integer for exact conversion */
    double frequency_error_ppm;
    double ticks_per_ns; /* first guesses for the exact conversions */
    double ns_per_tick;
};

/* Draws the initial error from (seed, entity, RANDOM_CRYSTAL). */
void crystal_init(struct crystal *crystal, const struct crystal_params *params, uint64_t seed,
        uint32_t entity, sim_ns power_on_ns);
/* The same with a given error. */
void crystal_init_error(struct crystal *crystal, double frequency_error_ppm, sim_ns power_on_ns);
/* Mean error over a day of T(t) = mean + swing sin(2 pi t / 24 h): k ((mean - 25)^2 + swing^2 / 2)
 * (spec-physics section 7). The day's course around it is not modelled. */
double crystal_temperature_ppm(const struct crystal_params *params);
/* The temperature at the crystal, and at the board's sensor. */
double crystal_temperature_c(const struct crystal_params *params, sim_ns at_ns);
/* Ticks counted by engine time `at_ns`: floor of 32768 x (1 + error) x elapsed seconds. */
uint64_t crystal_ticks(const struct crystal *crystal, sim_ns at_ns);
/* First engine time at which the counter reads `ticks` or more: exact inverse of the above.
 * SIM_NS_NEVER beyond the end of time. */
sim_ns crystal_time_of(const struct crystal *crystal, uint64_t ticks);

#endif
