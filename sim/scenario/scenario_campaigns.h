/* The devices that campaigns and faults of a scenario name.
 * SPDX-License-Identifier: MIT
 */
#ifndef SCENARIO_SCENARIO_CAMPAIGNS_H
#define SCENARIO_SCENARIO_CAMPAIGNS_H

#include "scenario/param.h"
#include "scenario/scenario.h"

/* A list of groups and of shares of groups into struct scenario_members: "all", or
 * "meters, valves 0..50 %". The groups are not looked up. */
extern const struct param_type param_members;

/* The devices from..to - 1. */
struct scenario_range {
    uint32_t from, to;
};

/* Do two ranges have a device in common? */
static inline bool scenario_ranges_meet(struct scenario_range a, struct scenario_range b)
{
    return a.from < b.to && b.from < a.to;
}

/* Index of a group of devices; the count of groups: there is none of that name. */
uint32_t scenario_group_named(const struct scenario *scenario, const char *name);
/* The devices of a share, whose group exists. Shares that meet have no device in common and leave
 * none out. */
struct scenario_range scenario_share_range(
        const struct scenario *scenario, const struct scenario_share *share);
/* The devices of a list, in the order in which it names them; returns the count of ranges. */
uint32_t scenario_members_ranges(const struct scenario *scenario,
        const struct scenario_members *members, struct scenario_range ranges[SCENARIO_SHARES_MAX]);
static inline uint32_t scenario_campaign_ranges(const struct scenario *scenario,
        const struct scenario_campaign *campaign, struct scenario_range ranges[SCENARIO_SHARES_MAX])
{
    return scenario_members_ranges(scenario, &campaign->devices, ranges);
}
/* Of a group of n devices floor(n * wrong_gen_app_key) have a GenAppKey that the servers do not
 * have, evenly among them. Is this device, counted over all groups, one of them? */
bool scenario_has_wrong_key(const struct scenario *scenario, uint32_t device);
/* Does the campaign take devices of the group of that name? Shares are not empty. */
bool scenario_campaign_takes(const struct scenario_campaign *campaign, const char *group);
/* Index of the group of the first device that a campaign names; groups exist. */
uint32_t scenario_campaign_first_group(
        const struct scenario *scenario, const struct scenario_campaign *campaign);
/* The version of TS004 that a group of devices speaks: that of its first campaign, 2 without one.
 */
uint8_t scenario_fragmentation_version(const struct scenario *scenario, uint32_t group);
/* What a device demands of a block: enum device_verify bits of all campaigns that it is in;
 * DEVICE_VERIFY_AT_BOOT where none of them demands the signature. */
uint8_t scenario_device_verify(const struct scenario *scenario, uint32_t device);
/* The devices of a group wait for an order to install; its campaigns agree (check_campaigns.c). */
bool scenario_install_ordered(const struct scenario *scenario, uint32_t group);
/* Devices of some campaign do. */
bool scenario_installs_at_a_time(const struct scenario *scenario);
/* Hashes that devices of a campaign ask about: a bit for each enum proof_kind. */
uint8_t scenario_proofs(const struct scenario_verify *verify);

#endif
