/* When a gateway is without power or backhaul.
 * SPDX-License-Identifier: MIT
 */
#include <assert.h>

#include "gateway/gateway_internal.h"

/* First instant of `outage` in [from_ns, to_ns], SIM_NS_NEVER: none. It lasts from its start up to,
 * not including, its end. */
static sim_ns first_instant(const struct gateway_outage *outage, sim_ns from_ns, sim_ns to_ns)
{
    sim_ns start_ns = outage->from_ns;
    if (outage->every_ns > 0 && from_ns >= start_ns + outage->duration_ns) {
        /* The first turn that ends behind from_ns. */
        sim_ns past_ns = from_ns - start_ns - outage->duration_ns;
        start_ns += (past_ns / outage->every_ns + 1) * outage->every_ns;
    }
    if (start_ns > to_ns || start_ns + outage->duration_ns <= from_ns) {
        return SIM_NS_NEVER;
    }
    return start_ns > from_ns ? start_ns : from_ns;
}

bool gateway_outage_touches(const struct gateway *gateway, enum gateway_outage_kind kind,
        sim_ns from_ns, sim_ns to_ns, sim_ns *at_ns)
{
    assert(from_ns <= to_ns);
    const struct gateway_params *params = &gateway->fleet->params;
    sim_ns first_ns = SIM_NS_NEVER;
    for (uint32_t i = 0; i < params->outage_count; i++) {
        const struct gateway_outage *outage = &params->outages[i];
        if (outage->kind != kind
                || (outage->gateway != GATEWAY_ALL && outage->gateway != gateway->number)) {
            continue;
        }
        sim_ns instant_ns = first_instant(outage, from_ns, to_ns);
        first_ns = instant_ns < first_ns ? instant_ns : first_ns;
    }
    if (at_ns != NULL) {
        *at_ns = first_ns;
    }
    return first_ns != SIM_NS_NEVER;
}
