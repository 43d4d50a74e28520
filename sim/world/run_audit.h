/* The books of a run, checked by who did not keep them.
 * SPDX-License-Identifier: MIT
 */
#ifndef WORLD_RUN_AUDIT_H
#define WORLD_RUN_AUDIT_H

#include "world/world.h"

/* True: something does not add up, `text` says what in one line. Costs a look at every device. */
bool run_audit_fails(const struct world *world, char *text, size_t size);

#endif
