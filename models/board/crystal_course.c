/* What a crystal's error consists of: temperature, ageing, random walk.
 * SPDX-License-Identifier: MIT
 *
 * Source: spec-physics section 7 (tuning-fork datasheets of CTS and ACT, Allan deviations of watch
 * crystals).
 */
#include <assert.h>
#include <math.h>

#include "board/crystal.h"
#include "random_stream.h"

#define NS_PER_HOUR (3600 * SIM_NS_PER_S)
#define NS_PER_DAY  (24 * NS_PER_HOUR)
#define NS_PER_YEAR (365.25 * (double)NS_PER_DAY)

/* Tuning forks are cut to turn over at 25 +- 5 C. */
#define TURNOVER_USUAL_C 25.0
/* Coldest at 3 h, warmest at 15 h: the sine passes its mean at 9 h. */
#define RISING_H 9.0

static double turnover_c(const struct crystal_params *params)
{
    bool given = params->turnover_c < 0 || params->turnover_c > 0;
    return given ? params->turnover_c : TURNOVER_USUAL_C;
}

static bool has_parabola(const struct crystal_params *params)
{
    return params->parabola_ppm_per_c2 < 0 || params->parabola_ppm_per_c2 > 0;
}

/* --- temperature ----------------------------------------------------------------------------- */

static double diurnal_c(const struct crystal_params *params, sim_ns at_ns)
{
    const double tau = 6.283185307179586477;
    double hour = (double)(at_ns % NS_PER_DAY) / (double)NS_PER_HOUR;
    double angle = tau * (hour - RISING_H - params->temperature_later_h) / 24.0;
    return params->temperature_mean_c + params->temperature_swing_c * sin(angle);
}

static double table_c(const struct crystal_params *params, sim_ns at_ns)
{
    const struct temperature_point *points = params->temperature_points;
    uint32_t last = params->temperature_point_count - 1;
    sim_ns period_ns = points[last].at_ns;
    if (period_ns == 0) {
        return points[0].temperature_c;
    }
    sim_ns later_ns = (sim_ns)(params->temperature_later_h * (double)NS_PER_HOUR);
    sim_ns phase_ns = (at_ns - later_ns) % period_ns;
    if (phase_ns < 0) {
        phase_ns += period_ns;
    }
    uint32_t low = 0;
    uint32_t high = last; /* points[low].at_ns <= phase_ns < points[high].at_ns */
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (points[middle].at_ns <= phase_ns) {
            low = middle;
        } else {
            high = middle;
        }
    }
    const struct temperature_point *a = &points[low];
    const struct temperature_point *b = &points[high];
    double way = (double)(phase_ns - a->at_ns) / (double)(b->at_ns - a->at_ns);
    return a->temperature_c + way * (b->temperature_c - a->temperature_c);
}

double crystal_temperature_c(const struct crystal_params *params, sim_ns at_ns)
{
    return params->temperature_point_count > 0 ? table_c(params, at_ns) : diurnal_c(params, at_ns);
}

static double parabola_ppm(const struct crystal_params *params, double temperature_c)
{
    double off_c = temperature_c - turnover_c(params);
    return params->parabola_ppm_per_c2 * off_c * off_c;
}

/* --- all of it ------------------------------------------------------------------------------- */

bool crystal_varies(const struct crystal_params *params)
{
    bool swings =
            params->temperature_point_count > 0
                    ? params->temperature_points[params->temperature_point_count - 1].at_ns > 0
                    : params->temperature_swing_c < 0 || params->temperature_swing_c > 0;
    bool ages = params->ageing_ppm_per_year < 0 || params->ageing_ppm_per_year > 0;
    return (swings && has_parabola(params)) || ages || params->random_walk_ppm_per_sqrt_day > 0;
}

double crystal_course_ppm(const struct crystal_params *params, sim_ns middle_ns, sim_ns power_on_ns)
{
    double error_ppm = 0;
    if (has_parabola(params)) {
        error_ppm = parabola_ppm(params, crystal_temperature_c(params, middle_ns));
    }
    if (middle_ns > power_on_ns) {
        error_ppm += params->ageing_ppm_per_year * (double)(middle_ns - power_on_ns) / NS_PER_YEAR;
    }
    return error_ppm;
}

/* Random-walk FM: independent normal steps, by Box and Muller from one block each. */
int32_t crystal_walk_step_ppt(
        const struct crystal_params *params, uint64_t seed, uint32_t entity, sim_ns begin_ns)
{
    if (params->random_walk_ppm_per_sqrt_day <= 0) {
        return 0;
    }
    const double tau = 6.283185307179586477;
    uint32_t word[4];
    random_block(seed, entity, RANDOM_CRYSTAL, (uint64_t)(begin_ns / CRYSTAL_SEGMENT_NS), word);
    double radius = sqrt(-2.0 * log(((double)word[0] + 1.0) * 0x1p-32));
    double normal = radius * cos(tau * 0x1p-32 * (double)word[1]);
    double step_ppm = params->random_walk_ppm_per_sqrt_day
                      * sqrt((double)CRYSTAL_SEGMENT_NS / (double)NS_PER_DAY);
    return (int32_t)lround(1e6 * step_ppm * normal);
}
