/* The faults of a scenario: their targets, and their times by chance.
 * SPDX-License-Identifier: MIT
 */
#ifndef SCENARIO_SCENARIO_FAULTS_H
#define SCENARIO_SCENARIO_FAULTS_H

#include "scenario/scenario.h"
#include "scenario/scenario_campaigns.h"
#include "scenario/scenario_places.h"

/* Words of `kind`, in the order of enum scenario_fault_kind, NULL at the end. */
extern const char *const scenario_fault_names[];

/* What the file left open: defaults that hang on the region, and which targets are named. */
void scenario_complete_faults(struct scenario *scenario, const struct scenario_places *places);

/* The devices that a fault names, in its order; returns the count of ranges. */
uint32_t scenario_fault_ranges(const struct scenario *scenario, const struct scenario_fault *fault,
        struct scenario_range ranges[SCENARIO_SHARES_MAX]);

/* Is the fault one of devices, of gateways? A jammer is of the channel, whomever it reaches. */
static inline bool scenario_fault_of_devices(const struct scenario_fault *fault)
{
    return fault->kind == SCENARIO_FAULT_RESET || fault->kind == SCENARIO_FAULT_POWER_CUT;
}

#endif
