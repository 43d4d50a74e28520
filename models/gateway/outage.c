/* When a gateway is without power or backhaul.
 * SPDX-License-Identifier: MIT
 */
#include <assert.h>
#include <stdlib.h>

#include "gateway/gateway_internal.h"

/* First instant of `outage` in [from_ns, to_ns], SIM_NS_NEVER: none. It lasts from its start up to,
 * not including, its end. */
static sim_ns first_instant(const struct gateway_outage *outage, sim_ns from_ns, sim_ns to_ns)
{
    sim_ns start_ns = outage->from_ns;
    if (outage->every_ns > 0 && from_ns >= start_ns + outage->duration_ns) {
        /* The first turn that ends after from_ns. */
        sim_ns past_ns = from_ns - start_ns - outage->duration_ns;
        start_ns += (past_ns / outage->every_ns + 1) * outage->every_ns;
    }
    if (start_ns > to_ns || start_ns + outage->duration_ns <= from_ns) {
        return SIM_NS_NEVER;
    }
    return start_ns > from_ns ? start_ns : from_ns;
}

static bool concerns(const struct gateway_outage *outage, const struct gateway *gateway,
        enum gateway_outage_kind kind)
{
    return outage->kind == kind
           && (outage->gateway == GATEWAY_ALL || outage->gateway == gateway->number);
}

static sim_ns first_of(const struct gateway_outage *outages, uint32_t count,
        const struct gateway *gateway, enum gateway_outage_kind kind, sim_ns from_ns, sim_ns to_ns)
{
    sim_ns first_ns = SIM_NS_NEVER;
    for (uint32_t i = 0; i < count; i++) {
        if (concerns(&outages[i], gateway, kind)) {
            sim_ns instant_ns = first_instant(&outages[i], from_ns, to_ns);
            first_ns = instant_ns < first_ns ? instant_ns : first_ns;
        }
    }
    return first_ns;
}

bool gateway_outage_touches(const struct gateway *gateway, enum gateway_outage_kind kind,
        sim_ns from_ns, sim_ns to_ns, sim_ns *at_ns)
{
    assert(from_ns <= to_ns);
    const struct gateway_fleet *fleet = gateway->fleet;
    const struct gateway_params *params = &fleet->params;
    sim_ns first_ns =
            first_of(params->outages, params->outage_count, gateway, kind, from_ns, to_ns);
    sim_ns added_ns = first_of(fleet->added, fleet->added_count, gateway, kind, from_ns, to_ns);
    first_ns = added_ns < first_ns ? added_ns : first_ns;
    if (at_ns != NULL) {
        *at_ns = first_ns;
    }
    return first_ns != SIM_NS_NEVER;
}

static bool is_open(const struct gateway_outage *outage)
{
    return outage->duration_ns == SIM_NS_NEVER - outage->from_ns;
}

/* An outage of this kind that was begun and has not ended. */
static struct gateway_outage *open_outage(
        struct gateway_fleet *fleet, uint32_t gateway, enum gateway_outage_kind kind)
{
    for (uint32_t i = 0; i < fleet->added_count; i++) {
        struct gateway_outage *outage = &fleet->added[i];
        if (outage->gateway == gateway && outage->kind == kind && is_open(outage)) {
            return outage;
        }
    }
    return NULL;
}

/* Of outages that have ended, the last one tells whether the gateway was out since any time. */
static void forget_ended(
        struct gateway_fleet *fleet, uint32_t gateway, enum gateway_outage_kind kind)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < fleet->added_count; i++) {
        const struct gateway_outage *outage = &fleet->added[i];
        if (outage->gateway != gateway || outage->kind != kind || is_open(outage)) {
            fleet->added[kept++] = *outage;
        }
    }
    fleet->added_count = kept;
}

void gateway_outage_begin(
        struct gateway_fleet *fleet, uint32_t gateway, enum gateway_outage_kind kind)
{
    assert(gateway < fleet->count);
    size_t size_bytes = (fleet->added_count + 1) * sizeof *fleet->added;
    struct gateway_outage *added = realloc(fleet->added, size_bytes);
    assert(added != NULL && "out of memory in the middle of a run");
    sim_ns now_ns = engine_now(fleet->engine);
    fleet->added = added;
    fleet->added[fleet->added_count++] = (struct gateway_outage){
        .gateway = gateway,
        .kind = kind,
        .from_ns = now_ns,
        .duration_ns = SIM_NS_NEVER - now_ns,
    };
}

void gateway_outage_end(
        struct gateway_fleet *fleet, uint32_t gateway, enum gateway_outage_kind kind)
{
    assert(gateway < fleet->count);
    if (open_outage(fleet, gateway, kind) != NULL) {
        forget_ended(fleet, gateway, kind);
        struct gateway_outage *outage = open_outage(fleet, gateway, kind);
        outage->duration_ns = engine_now(fleet->engine) - outage->from_ns;
    }
}
