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
/* Writes a time with its unit. */
void check_format_time(char *text, size_t size, sim_ns time_ns);

/* Groups of devices: sizes, rates, powers, channels, duty cycle. */
void check_groups(const struct check *check);
/* Campaigns: names, members, sessions, and what holds between two of them. */
void check_campaigns(const struct check *check);
/* The groups and shares that a list names; `label` is what messages call the list's owner. False:
 * mistakes were added. */
bool check_members(
        const struct check *check, const struct scenario_members *members, const char *label);
/* Faults: targets, times, and keys that belong to their kind. */
void check_faults(const struct check *check);
/* Adversaries: places, times, and keys that belong to their kind. */
void check_adversaries(const struct check *check);
/* Times and versions of campaigns one after the other on the same devices, whose members are known
 * to exist. */
void check_successive(const struct check *check);
/* Expectations: numbers that there are, percentages where they mean something. */
void check_expect(const struct check *check);
/* Warnings: settings that are allowed and hardly meant, of scenarios without a mistake. */
void check_doubtful(const struct check *check);
/* Warnings: keys that have no effect here, laws beyond their range. */
void check_unused(const struct check *check);

#endif
