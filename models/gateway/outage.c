/* When a gateway is without power or backhaul, or its backhaul loses messages.
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

/* A whole number of steps, so that an end takes away what its begin had added. */
static uint64_t share_q32(double loss)
{
    assert(loss >= 0.0 && loss <= 1.0);
    return (uint64_t)(loss * 0x1p32);
}

void gateway_loss_begin(struct gateway_fleet *fleet, uint32_t gateway, double loss)
{
    assert(gateway < fleet->count);
    fleet->gateways[gateway].loss_q32 += share_q32(loss);
}

void gateway_loss_end(struct gateway_fleet *fleet, uint32_t gateway, double loss)
{
    assert(gateway < fleet->count);
    assert(fleet->gateways[gateway].loss_q32 >= share_q32(loss));
    fleet->gateways[gateway].loss_q32 -= share_q32(loss);
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
