/* What must hold between keys, once each is right by itself.
 * SPDX-License-Identifier: MIT
 */
#ifndef SCENARIO_SCENARIO_CHECK_H
#define SCENARIO_SCENARIO_CHECK_H

#include "scenario/scenario.h"
#include "scenario/scenario_places.h"

/* What follows from several keys: a relative path is relative to the file that names it, as
 * `#include` is; a file of positions says how many there are; a gateway without GNSS has a free
 * clock. */
void scenario_complete(struct scenario *scenario, const struct scenario_places *places,
        const char *name, struct scenario_errors *errors);

void scenario_check(const struct scenario *scenario, const struct scenario_places *places,
        const char *name, struct scenario_errors *errors);

#endif
