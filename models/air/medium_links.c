/* What a link adds to path loss: antennas and crystals of the two radios.
 * SPDX-License-Identifier: MIT
 */
#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "air/medium_internal.h"

static bool inexact(const struct medium_site *site)
{
    return site->radio_error_ppb != 0 || site->radio_drift_ppb_per_s != 0;
}

static bool any_inexact(const struct medium *medium, const struct medium_site *gateways)
{
    for (uint32_t i = 0; i < medium->device_count; i++) {
        if (inexact(&medium->device_sites[i])) {
            return true;
        }
    }
    for (uint32_t i = 0; i < medium->gateway_count; i++) {
        if (inexact(&gateways[i])) {
            return true;
        }
    }
    return false;
}

static bool any_antenna(const struct medium *medium)
{
    for (uint32_t i = 0; i < medium->device_count; i++) {
        if (medium->device_sites[i].antenna_gain_mdb != 0) {
            return true;
        }
    }
    return false;
}

static struct radio_clock clock_of(const struct medium_site *site)
{
    return (struct radio_clock){ site->radio_error_ppb, site->radio_drift_ppb_per_s };
}

/* What no site of the run has costs no memory, and no time on the hot path. */
bool medium_links_init(struct medium *medium, const struct medium_site *gateways)
{
    uint32_t devices = medium->device_count;
    if (any_antenna(medium)) {
        medium->device_antenna_mdb = malloc(devices * sizeof *medium->device_antenna_mdb);
        if (medium->device_antenna_mdb == NULL) {
            return false;
        }
        for (uint32_t i = 0; i < devices; i++) {
            medium->device_antenna_mdb[i] = medium->device_sites[i].antenna_gain_mdb;
        }
    }
    if (any_inexact(medium, gateways)) {
        medium->device_clocks = malloc((devices + 1) * sizeof *medium->device_clocks);
        if (medium->device_clocks == NULL) {
            return false;
        }
        for (uint32_t i = 0; i < devices; i++) {
            medium->device_clocks[i] = clock_of(&medium->device_sites[i]);
        }
        for (uint32_t i = 0; i < medium->gateway_count; i++) {
            medium->gateways[i].clock = clock_of(&gateways[i]);
        }
    }
    return true;
}

void medium_links_finish(struct medium *medium)
{
    free(medium->device_antenna_mdb);
    free(medium->device_clocks);
}

void medium_link_clocks(
        const struct frame *frame, const struct radio_clock *receiver, struct judge_link *link)
{
    double carrier_hz = frame->modulation.frequency_hz;
    double duration_s = (double)(frame->end_ns - frame->start_ns) / SIM_NS_PER_S;
    int32_t drift_ppb_per_s = frame->clock_drift_ppb_per_s - receiver->drift_ppb_per_s;
    link->clock_error_ppb = frame->clock_error_ppb - receiver->error_ppb;
    link->frequency_error_hz = (int32_t)lround(1e-9 * link->clock_error_ppb * carrier_hz);
    link->drift_mhz = (int32_t)lround(1e-6 * drift_ppb_per_s * carrier_hz * duration_s);
}
