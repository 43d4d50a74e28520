/* What the checks between keys share.
 * SPDX-License-Identifier: MIT
 */
#ifndef SCENARIO_CHECK_PARTS_H
#define SCENARIO_CHECK_PARTS_H

#include "scenario/scenario_check.h"
#include "scenario/scenario_errors.h"

struct check {
    const struct scenario *scenario;
    const struct scenario_places *places;
    const char *name;
    struct scenario_errors *errors;
};

/* Where a member was set, else the whole file. */
struct scenario_place check_place(const struct check *check, const void *member);
bool check_given(const struct check *check, const void *member);
/* Application bytes that a data rate carries, RP002 EU868 DR0..DR5. */
uint32_t check_payload_max(uint32_t data_rate);

/* Groups of devices: sizes, rates, powers, channels, duty cycle. */
void check_groups(const struct check *check);
/* Warnings: keys that say nothing here, laws beyond their range. */
void check_unused(const struct check *check);

#endif
