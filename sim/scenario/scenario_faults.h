/* The faults of a scenario: defaults and targets.
 * SPDX-License-Identifier: MIT
 */
#ifndef SCENARIO_SCENARIO_FAULTS_H
#define SCENARIO_SCENARIO_FAULTS_H

#include "scenario/scenario.h"
#include "scenario/scenario_campaigns.h"
#include "scenario/scenario_places.h"

/* Words of `kind`, in the order of enum scenario_fault_kind, NULL at the end. */
extern const char *const scenario_fault_names[];
/* Words of `flash.memory`, in the order of enum hal_flash_region, NULL at the end. */
extern const char *const scenario_memory_names[];

/* Completes what the file leaves open: the frequency of a jammer by the region, the length of a
 * power cut (1 s), the kind of an outage in `gateways.outages`; notes which targets are named. */
void scenario_complete_faults(struct scenario *scenario, const struct scenario_places *places);

/* The devices that a fault of `faults` names, in its order; returns the count of ranges. */
uint32_t scenario_fault_ranges(const struct scenario *scenario, const struct scenario_fault *fault,
        struct scenario_range ranges[SCENARIO_SHARES_MAX]);

/* Does the fault happen to devices, to gateways? A jammer happens to the channel. */
bool scenario_fault_of_devices(const struct scenario_fault *fault);
bool scenario_fault_of_gateways(const struct scenario_fault *fault);

#endif
