/* What a fault does to its target.
 * SPDX-License-Identifier: MIT
 */
#include "run/fault.h"

#include <assert.h>

static bool is_of_device(const struct fault *fault)
{
    return fault->kind == FAULT_DEVICE_RESET || fault->kind == FAULT_DEVICE_POWER_CUT;
}

static bool is_of_gateway(const struct fault *fault)
{
    return fault->kind == FAULT_GATEWAY_OUTAGE_BEGIN || fault->kind == FAULT_GATEWAY_OUTAGE_END;
}

bool fault_entity(const struct world *world, const struct fault *fault, entity_id *entity)
{
    if (fault->kind >= FAULT_KIND_COUNT) {
        return false;
    }
    if (is_of_device(fault)) {
        *entity = world->first_device + fault->target;
        return fault->target < world->device_count;
    }
    *entity = world->first_gateway + (is_of_gateway(fault) ? fault->target : 0);
    return !is_of_gateway(fault) || fault->target < world->gateway_count;
}

static void cut_power(struct world *world, const struct fault *fault, sim_ns now_ns)
{
    if (fault->cut.operation == 0) {
        node_fleet_cut_power(world->nodes, fault->target, now_ns, fault->cut.duration_ns);
    } else {
        node_fleet_cut_at_flash(world->nodes, fault->target, &fault->cut);
    }
}

void fault_apply(struct world *world, const struct fault *fault, sim_ns now_ns)
{
    switch (fault->kind) {
    case FAULT_DEVICE_RESET:
        node_fleet_reset(world->nodes, fault->target, now_ns);
        break;
    case FAULT_DEVICE_POWER_CUT:
        cut_power(world, fault, now_ns);
        break;
    case FAULT_GATEWAY_OUTAGE_BEGIN:
        gateway_outage_begin(world->gateways, fault->target, fault->outage);
        break;
    case FAULT_GATEWAY_OUTAGE_END:
        gateway_outage_end(world->gateways, fault->target, fault->outage);
        break;
    case FAULT_JAMMER_START:
        medium_jammer_start(world->medium, fault->target, &fault->jammer);
        break;
    case FAULT_JAMMER_STOP:
        medium_jammer_stop(world->medium, fault->target);
        break;
    case FAULT_KIND_COUNT:
    default:
        assert(false && "fault kind");
    }
}
