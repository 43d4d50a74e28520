/* The books of a run, checked by who did not keep them.
 * SPDX-License-Identifier: MIT
 *
 * Of each device: one cause per uncoded fragment, and as many received as the firmware counts;
 * steps of the set-up that add up; energy by component, state, phase and transmit power that is one
 * sum (to 1e-9). Of the fleet: uplinks by cause and by data rate; duty cycles.
 */
#ifndef WORLD_RUN_AUDIT_H
#define WORLD_RUN_AUDIT_H

#include "world/world.h"

/* True: something does not add up, `text` says what in one line. Costs a look at every device. */
bool run_audit_fails(const struct world *world, char *text, size_t size);

#endif
