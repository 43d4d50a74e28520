/* What must hold between keys, once each is right by itself.
 * SPDX-License-Identifier: MIT
 */
#ifndef SCENARIO_SCENARIO_CHECK_H
#define SCENARIO_SCENARIO_CHECK_H

#include "scenario/scenario.h"
#include "scenario/scenario_errors.h"

/* Where each parameter was set, in the order of the tables; source NULL: default. */
struct scenario_places {
    struct scenario_place scenario[64];
    struct scenario_place group[SCENARIO_DEVICE_GROUPS_MAX][16];
};

void scenario_check(const struct scenario *scenario, const struct scenario_places *places,
        const char *name, struct scenario_errors *errors);

/* A relative firmware.image is relative to the file that names it, as `#include` is. */
void scenario_place_image(
        struct scenario *scenario, const struct scenario_places *places, const char *name);

#endif
