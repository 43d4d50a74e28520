/* Where each member of a scenario was set.
 * SPDX-License-Identifier: MIT
 */
#ifndef SCENARIO_SCENARIO_PLACES_H
#define SCENARIO_SCENARIO_PLACES_H

#include <stdbool.h>

#include "scenario/scenario_errors.h"

struct scenario_places;

struct scenario_places *scenario_places_create(void);
void scenario_places_destroy(struct scenario_places *places);
/* Members are known by their address. False: out of memory. */
bool scenario_places_set(
        struct scenario_places *places, const void *member, struct scenario_place place);
/* NULL: it has its default. */
const struct scenario_place *scenario_places_find(
        const struct scenario_places *places, const void *member);

#endif
