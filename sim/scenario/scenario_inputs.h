/* The files that a scenario names.
 * SPDX-License-Identifier: MIT
 */
#ifndef SCENARIO_INPUTS_H
#define SCENARIO_INPUTS_H

#include "scenario/scenario.h"

/* Calls `each` with the path of every file that `scenario` names, itself excepted, once per name:
 * positions, temperatures, boards, firmware, images. */
void scenario_each_input(const struct scenario *scenario,
        void (*each)(void *context, const char *path), void *context);

#endif
