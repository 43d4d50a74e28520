/* The faults of a scenario: defaults and targets.
 * SPDX-License-Identifier: MIT
 */
#include "scenario/scenario_faults.h"

#include "scenario/channel_plan.h"

#define POWER_CUT_USUAL_NS      SIM_NS_PER_S
#define SERVER_RESTART_USUAL_NS (60 * SIM_NS_PER_S)

bool scenario_fault_of_devices(const struct scenario_fault *fault)
{
    return fault->kind == SCENARIO_FAULT_RESET || fault->kind == SCENARIO_FAULT_POWER_CUT
           || fault->kind == SCENARIO_FAULT_READ_ERRORS || fault->kind == SCENARIO_FAULT_BROWN_OUT;
}

bool scenario_fault_of_gateways(const struct scenario_fault *fault)
{
    return fault->kind == SCENARIO_FAULT_OUTAGE || fault->kind == SCENARIO_FAULT_BACKHAUL_LOSS;
}

void scenario_complete_faults(struct scenario *scenario, const struct scenario_places *places)
{
    for (uint32_t i = 0; i < scenario->fault_count; i++) {
        struct scenario_fault *fault = &scenario->faults[i];
        fault->for_devices = fault->device != SCENARIO_NO_NUMBER
                             || scenario_places_find(places, &fault->devices) != NULL;
        fault->for_gateways = scenario_places_find(places, &fault->gateway) != NULL;
        fault->received = scenario_places_find(places, &fault->received_mdbm) != NULL;
        if (fault->until_ns == SCENARIO_AUTO) {
            fault->until_ns = SIM_NS_NEVER;
        }
        if (fault->jammer.frequency_hz == SCENARIO_USUAL_HZ) {
            fault->jammer.frequency_hz = region_default_channel_hz(scenario_region(scenario), 0);
        }
        if (fault->duration_ns == SCENARIO_AUTO && fault->kind == SCENARIO_FAULT_POWER_CUT) {
            fault->duration_ns = POWER_CUT_USUAL_NS;
        }
        if (fault->duration_ns == SCENARIO_AUTO && fault->kind == SCENARIO_FAULT_SERVER_RESTART) {
            fault->duration_ns = SERVER_RESTART_USUAL_NS;
        }
    }
    for (uint32_t i = 0; i < scenario->outage_count; i++) {
        scenario->outages[i].kind = SCENARIO_FAULT_OUTAGE;
        scenario->outages[i].until_ns = SIM_NS_NEVER;
    }
}

uint32_t scenario_fault_ranges(const struct scenario *scenario, const struct scenario_fault *fault,
        struct scenario_range ranges[SCENARIO_SHARES_MAX])
{
    if (fault->device != SCENARIO_NO_NUMBER) {
        ranges[0] = (struct scenario_range){ fault->device, fault->device + 1 };
        return 1;
    }
    return scenario_members_ranges(scenario, &fault->devices, ranges);
}
