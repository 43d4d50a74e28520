/* Exact conversions between engine time and RTC ticks.
 * SPDX-License-Identifier: MIT
 *
 * ticks = floor(elapsed_ns x rate / DENOMINATOR), rate = 10^12 + error in parts per 10^12:
 * 32768 / (10^9 x 10^12) = 1 / (2^6 x 5^21). The product needs 103 bits, but its quotient is first
 * guessed in floating point to within a few units, so the remainder is small and its low 64 bits,
 * computed by wrapping arithmetic, are all of it. The result is exact whatever the guess rounds to.
 */
#include "board/crystal.h"

#include <assert.h>
#include <math.h>

#include "hal.h"
#include "random_stream.h"

#define RATE_NOMINAL INT64_C(1000000000000)
#define DENOMINATOR  INT64_C(30517578125000000)
#define TICKS_MAX    (UINT64_C(1) << 48) /* 272 years */

_Static_assert(DENOMINATOR / 125000000 * HAL_RTC_HZ == 8 * RATE_NOMINAL, "32768 Hz");

double crystal_temperature_ppm(const struct crystal_params *params)
{
    double off_c = params->temperature_mean_c - 25.0;
    double swing_c = params->temperature_swing_c;
    return params->parabola_ppm_per_c2 * (off_c * off_c + swing_c * swing_c / 2.0);
}

double crystal_temperature_c(const struct crystal_params *params, sim_ns at_ns)
{
    return params->temperature_mean_c;
}

void crystal_init_error(struct crystal *crystal, double frequency_error_ppm, sim_ns power_on_ns)
{
    assert(fabs(frequency_error_ppm) < 1e5);
    crystal->power_on_ns = power_on_ns;
    crystal->frequency_error_ppm = frequency_error_ppm;
    crystal->frequency_ppt = llround(frequency_error_ppm * 1e6);
    double rate = (double)(RATE_NOMINAL + crystal->frequency_ppt);
    crystal->ticks_per_ns = rate / (double)DENOMINATOR;
    crystal->ns_per_tick = (double)DENOMINATOR / rate;
}

void crystal_init(struct crystal *crystal, const struct crystal_params *params, uint64_t seed,
        uint32_t entity, sim_ns power_on_ns)
{
    struct random_stream stream;
    random_stream_init(&stream, seed, entity, RANDOM_CRYSTAL, 0);
    double initial_ppm = params->tolerance_ppm * (2.0 * random_stream_uniform(&stream) - 1.0);
    crystal_init_error(crystal, initial_ppm + crystal_temperature_ppm(params), power_on_ns);
}

uint64_t crystal_ticks(const struct crystal *crystal, sim_ns at_ns)
{
    if (at_ns <= crystal->power_on_ns) {
        return 0;
    }
    uint64_t elapsed_ns = (uint64_t)(at_ns - crystal->power_on_ns);
    uint64_t rate = (uint64_t)(RATE_NOMINAL + crystal->frequency_ppt);
    uint64_t ticks = (uint64_t)((double)elapsed_ns * crystal->ticks_per_ns);
    int64_t remainder = (int64_t)(elapsed_ns * rate - ticks * (uint64_t)DENOMINATOR);
    while (remainder < 0) {
        remainder += DENOMINATOR;
        ticks--;
    }
    while (remainder >= DENOMINATOR) {
        remainder -= DENOMINATOR;
        ticks++;
    }
    return ticks;
}

sim_ns crystal_time_of(const struct crystal *crystal, uint64_t ticks)
{
    if (ticks > TICKS_MAX) {
        return SIM_NS_NEVER;
    }
    int64_t rate = RATE_NOMINAL + crystal->frequency_ppt;
    uint64_t elapsed_ns = (uint64_t)((double)ticks * crystal->ns_per_tick);
    int64_t remainder = (int64_t)(ticks * (uint64_t)DENOMINATOR - elapsed_ns * (uint64_t)rate);
    int64_t correction = remainder / rate;
    if (remainder % rate > 0) {
        correction++; /* the next nanosecond is the first that has seen the tick */
    }
    elapsed_ns += (uint64_t)correction;
    if (elapsed_ns > (uint64_t)(SIM_NS_NEVER - 1 - crystal->power_on_ns)) {
        return SIM_NS_NEVER;
    }
    return crystal->power_on_ns + (sim_ns)elapsed_ns;
}
