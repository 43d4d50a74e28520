/* When a gateway is without power or backhaul.
 * SPDX-License-Identifier: MIT
 *
 * An outage is a begin and an end, between two events. What it loses later on, it loses by the
 * count of outages that have begun: a message or a queued frame remembers the count of its time.
 */
#include <assert.h>

#include "gateway/gateway_internal.h"

void gateway_outage_begin(
        struct gateway_fleet *fleet, uint32_t gateway, enum gateway_outage_kind kind)
{
    assert(gateway < fleet->count);
    struct gateway *it = &fleet->gateways[gateway];
    if (it->out[kind]++ > 0) {
        return;
    }
    it->outages[kind]++;
    if (kind == GATEWAY_OUTAGE_POWER) {
        gateway_stop_transmissions(it);
        gateway_stop_receptions(it);
        medium_gateway_power_off(fleet->medium, gateway);
    }
}

void gateway_outage_end(
        struct gateway_fleet *fleet, uint32_t gateway, enum gateway_outage_kind kind)
{
    assert(gateway < fleet->count);
    struct gateway *it = &fleet->gateways[gateway];
    if (it->out[kind] > 0) {
        it->out[kind]--;
    }
}
