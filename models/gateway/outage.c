/* When a gateway is without power or backhaul.
 * SPDX-License-Identifier: MIT
 *
 * An outage is a begin and an end, between two events. What it loses later on, it loses by the
 * count of outages that have begun: a message or a queued frame remembers the count of its time.
 */
#include <assert.h>

#include "gateway/gateway_internal.h"

static void tell(const struct gateway *gateway, enum gateway_outage_kind kind, bool is_out)
{
    const struct gateway_fleet *fleet = gateway->fleet;
    if (fleet->on_outage != NULL) {
        fleet->on_outage(
                fleet->on_outage_context, gateway->number, kind, is_out, engine_now(fleet->engine));
    }
}

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
    tell(it, kind, true);
}

void gateway_outage_end(
        struct gateway_fleet *fleet, uint32_t gateway, enum gateway_outage_kind kind)
{
    assert(gateway < fleet->count);
    struct gateway *it = &fleet->gateways[gateway];
    if (it->out[kind] > 0 && --it->out[kind] == 0) {
        tell(it, kind, false);
    }
}

void gateway_fleet_on_outage(struct gateway_fleet *fleet, gateway_outage_fn *changed, void *context)
{
    fleet->on_outage = changed;
    fleet->on_outage_context = context;
}

bool gateway_is_out(
        const struct gateway_fleet *fleet, uint32_t gateway, enum gateway_outage_kind kind)
{
    assert(gateway < fleet->count);
    return fleet->gateways[gateway].out[kind] > 0;
}
