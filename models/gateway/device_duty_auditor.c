/* The off-time form and the hour form of a duty cycle: a device that breaks both has broken it.
 * SPDX-License-Identifier: MIT
 */
#include "gateway/device_duty_auditor.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#define BIN_NS         (300 * SIM_NS_PER_S)
#define HOUR_US        3600e6
#define CLOCK_ERROR    200e-6
#define TIMER_GRAIN_NS (2 * SIM_NS_PER_MS)

_Static_assert(sizeof(struct device_duty_band) == 64, "a cache line");

static void check_pause(
        struct device_duty_band *band, double duty_cycle, sim_ns start_ns, sim_ns end_ns)
{
    if (start_ns < band->free_at_ns) {
        band->broke_pause = true;
    }
    double pause_ns = (double)(end_ns - start_ns) * (1 / duty_cycle - 1) * (1 - CLOCK_ERROR);
    band->free_at_ns = end_ns + (sim_ns)floor(pause_ns) - TIMER_GRAIN_NS;
}

/* Empties the bins between the newest and that of `end_ns`. */
static void turn_to(struct device_duty_band *band, sim_ns end_ns)
{
    uint32_t bin = (uint32_t)(end_ns / BIN_NS);
    assert(bin >= band->bin);
    if (bin - band->bin >= DEVICE_DUTY_BINS) {
        memset(band->bin_us, 0, sizeof band->bin_us);
        band->bin = bin;
    }
    while (band->bin < bin) {
        band->bin++;
        band->bin_us[band->bin % DEVICE_DUTY_BINS] = 0;
    }
}

static void check_hour(
        struct device_duty_band *band, double duty_cycle, sim_ns start_ns, sim_ns end_ns)
{
    turn_to(band, end_ns);
    band->bin_us[band->bin % DEVICE_DUTY_BINS] += (uint32_t)((end_ns - start_ns) / SIM_NS_PER_US);
    uint64_t sum_us = 0;
    for (uint32_t i = 0; i < DEVICE_DUTY_BINS; i++) {
        sum_us += band->bin_us[i];
    }
    if ((double)sum_us > HOUR_US * duty_cycle * (1 + CLOCK_ERROR)) {
        band->broke_hour = true;
    }
}

bool device_duty_auditor_frame(
        struct device_duty_band *band, double duty_cycle, sim_ns start_ns, sim_ns end_ns)
{
    assert(start_ns >= 0 && start_ns < end_ns);
    assert(duty_cycle > 0.0 && duty_cycle <= 1.0);
    check_pause(band, duty_cycle, start_ns, end_ns);
    check_hour(band, duty_cycle, start_ns, end_ns);
    return !(band->broke_pause && band->broke_hour);
}
