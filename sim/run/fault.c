/* What a fault does to its target.
 * SPDX-License-Identifier: MIT
 */
#include "run/fault.h"

#include <assert.h>

static const struct {
    enum fault_kind begin, end;
} kinds[] = {
    [SCENARIO_FAULT_RESET] = { FAULT_DEVICE_RESET, FAULT_KIND_COUNT },
    [SCENARIO_FAULT_POWER_CUT] = { FAULT_DEVICE_POWER_CUT, FAULT_KIND_COUNT },
    [SCENARIO_FAULT_OUTAGE] = { FAULT_GATEWAY_OUTAGE_BEGIN, FAULT_GATEWAY_OUTAGE_END },
    [SCENARIO_FAULT_JAMMER] = { FAULT_JAMMER_START, FAULT_JAMMER_STOP },
    [SCENARIO_FAULT_READ_ERRORS] = { FAULT_DEVICE_READ_ERRORS_BEGIN, FAULT_DEVICE_READ_ERRORS_END },
    [SCENARIO_FAULT_BROWN_OUT] = { FAULT_DEVICE_WEAK_BATTERY_BEGIN, FAULT_DEVICE_WEAK_BATTERY_END },
    [SCENARIO_FAULT_BACKHAUL_LOSS] = { FAULT_GATEWAY_LOSS_BEGIN, FAULT_GATEWAY_LOSS_END },
    [SCENARIO_FAULT_SERVER_RESTART] = { FAULT_SERVER_STOP, FAULT_SERVER_START },
};

enum fault_kind fault_begin_of(enum scenario_fault_kind kind)
{
    return kinds[kind].begin;
}

enum fault_kind fault_end_of(enum scenario_fault_kind kind)
{
    return kinds[kind].end;
}

static bool is_of_device(const struct fault *fault)
{
    return fault->kind == FAULT_DEVICE_RESET || fault->kind == FAULT_DEVICE_POWER_CUT
           || (fault->kind >= FAULT_DEVICE_READ_ERRORS_BEGIN
                   && fault->kind <= FAULT_DEVICE_WEAK_BATTERY_END);
}

static bool is_of_gateway(const struct fault *fault)
{
    return fault->kind == FAULT_GATEWAY_OUTAGE_BEGIN || fault->kind == FAULT_GATEWAY_OUTAGE_END
           || fault->kind == FAULT_GATEWAY_LOSS_BEGIN || fault->kind == FAULT_GATEWAY_LOSS_END;
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
    *entity = gateway_entity(&world->gateway_entities, is_of_gateway(fault) ? fault->target : 0);
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
    case FAULT_DEVICE_READ_ERRORS_BEGIN:
        node_fleet_read_errors_begin(world->nodes, fault->target, &fault->read_errors);
        break;
    case FAULT_DEVICE_READ_ERRORS_END:
        node_fleet_read_errors_end(world->nodes, fault->target, &fault->read_errors);
        break;
    case FAULT_DEVICE_WEAK_BATTERY_BEGIN:
        node_fleet_weaken_battery(world->nodes, fault->target, now_ns, fault->charge);
        break;
    case FAULT_DEVICE_WEAK_BATTERY_END:
        node_fleet_renew_battery(world->nodes, fault->target, now_ns);
        break;
    case FAULT_GATEWAY_LOSS_BEGIN:
        gateway_loss_begin(world->gateways, fault->target, fault->loss);
        break;
    case FAULT_GATEWAY_LOSS_END:
        gateway_loss_end(world->gateways, fault->target, fault->loss);
        break;
    case FAULT_SERVER_STOP:
        server_stop(world->server);
        break;
    case FAULT_SERVER_START:
        server_start(world->server, now_ns);
        break;
    case FAULT_KIND_COUNT:
    default:
        assert(false && "fault kind");
    }
}
