/* Airtime that gateways have spent in the last hour, by what they reported as sent.
 * SPDX-License-Identifier: MIT
 */
#include "network/spent_airtime.h"

#include <assert.h>
#include <stdlib.h>

#define HOUR_S 3600.0 /* of a duty cycle: ETSI EN 300 220-2 */

bool spent_airtime_init(struct spent_airtime *spent, const struct region *region,
        uint32_t gateway_count, struct run_memory *memory)
{
    spent->region = region;
    spent->gateway_count = gateway_count;
    spent->bands = calloc((size_t)gateway_count * region->band_count + 1u, sizeof *spent->bands);
    if (spent->bands == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < gateway_count * region->band_count; i++) {
        duty_limiter_init(
                &spent->bands[i], region->bands[i % region->band_count].duty_cycle, HOUR_S, memory);
    }
    return true;
}

void spent_airtime_finish(struct spent_airtime *spent)
{
    for (uint32_t i = 0;
            spent->bands != NULL && i < spent->gateway_count * spent->region->band_count; i++) {
        duty_limiter_finish(&spent->bands[i]);
    }
    free(spent->bands);
}

/* NULL: the region has no such sub-band, or it has no duty cycle. */
static struct duty_limiter *band_of(
        const struct spent_airtime *spent, uint32_t gateway, uint32_t frequency_hz)
{
    assert(gateway < spent->gateway_count);
    int band = region_band_of(spent->region, frequency_hz);
    if (band < 0 || spent->region->bands[band].duty_cycle >= 1.0) {
        return NULL;
    }
    return &spent->bands[gateway * spent->region->band_count + (uint32_t)band];
}

void spent_airtime_add(struct spent_airtime *spent, uint32_t gateway, uint32_t frequency_hz,
        sim_ns start_ns, sim_ns airtime_ns)
{
    struct duty_limiter *band = band_of(spent, gateway, frequency_hz);
    if (band != NULL) {
        duty_limiter_reserve(band, start_ns, start_ns, airtime_ns);
    }
}

sim_ns spent_airtime_free_ns(const struct spent_airtime *spent, uint32_t gateway,
        uint32_t frequency_hz, sim_ns from_ns, sim_ns airtime_ns, double reserve)
{
    const struct duty_limiter *band = band_of(spent, gateway, frequency_hz);
    if (band == NULL) {
        return from_ns;
    }
    sim_ns reserve_ns = (sim_ns)(reserve * (double)band->budget_ns);
    return duty_limiter_earliest(band, from_ns, airtime_ns + reserve_ns);
}
