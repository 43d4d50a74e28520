/* Propagation as a scenario states it, in the terms of models/air/propagation.h.
 * SPDX-License-Identifier: MIT
 */
#ifndef SCENARIO_SCENARIO_PROPAGATION_H
#define SCENARIO_SCENARIO_PROPAGATION_H

#include "air/propagation.h"
#include "scenario/scenario.h"

/* EU868 is computed at 868 MHz. */
void scenario_propagation_params(
        const struct scenario *scenario, struct propagation_params *propagation);

#endif
