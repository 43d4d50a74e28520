/* The 32.768 kHz crystal: RTC ticks as the exact integral of its true frequency.
 * SPDX-License-Identifier: MIT
 *
 * Frequency error = initial tolerance + parabola over the temperature + ageing + random walk
 * (spec-physics section 7). It is constant over segments of ten minutes, begun at multiples of ten
 * minutes of engine time, with the course taken at a segment's middle: a rate is a whole number of
 * parts per 10^12, so the count is an exact integer function of engine time and back. A function of
 * (parameters, seed, entity, power-on time) only: earlier questions do not matter.
 */
#ifndef BOARD_CRYSTAL_H
#define BOARD_CRYSTAL_H

#include <stdbool.h>
#include <stdint.h>

#include "sim_time.h"

#define CRYSTAL_SEGMENT_NS (600 * SIM_NS_PER_S)

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
    double ageing_ppm_per_year; /* linear from power on; watch crystals: up to 3 in the first year
                                 */
    /* Standard deviation of the error after a day. Random-walk FM of 1e-10 per root second is
     * 0.03. */
    double random_walk_ppm_per_sqrt_day;
};

struct crystal {
    /* --- the present segment: as much as a conversion touches */
    sim_ns from_ns;
    sim_ns until_ns; /* SIM_NS_NEVER: the error is constant */
    uint64_t base_ticks;
    int64_t base_remainder; /* what from_ns has of the next tick, in 1 / DENOMINATOR */
    int64_t frequency_ppt;  /* true rate error in parts per 10^12 */
    double ticks_per_ns;    /* first guesses for the exact conversions */
    double ns_per_tick;
    /* --- to move to another */
    sim_ns power_on_ns;
    double frequency_error_ppm; /* initial, as drawn */
    const struct crystal_params *params;
    uint64_t seed;
    int32_t walk_ppt; /* where the random walk is: within +-2147 ppm */
    uint32_t entity;
};

/* Draws the initial error from (seed, entity, RANDOM_CRYSTAL). `params` outlives the crystal. */
void crystal_init(struct crystal *crystal, const struct crystal_params *params, uint64_t seed,
        uint32_t entity, sim_ns power_on_ns);
/* A constant, given error. */
void crystal_init_error(struct crystal *crystal, double frequency_error_ppm, sim_ns power_on_ns);
/* Ticks counted by engine time `at_ns`: floor of the integral of 32768 x (1 + error). */
uint64_t crystal_ticks(const struct crystal *crystal, sim_ns at_ns);
/* First engine time at which the counter reads `ticks` or more: exact inverse of the above.
 * SIM_NS_NEVER beyond the end of time. */
sim_ns crystal_time_of(const struct crystal *crystal, uint64_t ticks);
/* The true error at `at_ns`. */
double crystal_error_ppm(const struct crystal *crystal, sim_ns at_ns);
void crystal_seek(struct crystal *crystal, sim_ns at_ns);

/* Makes the segment of `at_ns` the present one, where conversions are quick. */
static inline void crystal_follow(struct crystal *crystal, sim_ns at_ns)
{
    if (at_ns >= crystal->until_ns) {
        crystal_seek(crystal, at_ns);
    }
}

/* --- crystal_course.c: physics, pure -----------------------------------------------------------
 */

/* The temperature at the crystal, and at the board's sensor. */
double crystal_temperature_c(const struct crystal_params *params, sim_ns at_ns);
/* Does the error change with time? */
bool crystal_varies(const struct crystal_params *params);
/* Error in the segment around `middle_ns`, random walk apart. */
double crystal_course_ppm(
        const struct crystal_params *params, sim_ns middle_ns, sim_ns power_on_ns);
/* What the random walk adds at the beginning of a segment. */
int32_t crystal_walk_step_ppt(
        const struct crystal_params *params, uint64_t seed, uint32_t entity, sim_ns begin_ns);

#endif
