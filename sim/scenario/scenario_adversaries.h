/* The adversaries of a scenario: words and defaults.
 * SPDX-License-Identifier: MIT
 */
#ifndef SCENARIO_SCENARIO_ADVERSARIES_H
#define SCENARIO_SCENARIO_ADVERSARIES_H

#include "scenario/scenario.h"

/* Words of `kind`, in the order of enum adversary_kind, NULL at the end. */
extern const char *const scenario_adversary_names[];

/* The channel of a jammer, where the file leaves it to the region. */
void scenario_complete_adversaries(struct scenario *scenario);

#endif
