/* Multicast groups: members, gateways that they need, share of the airtime.
 * SPDX-License-Identifier: MIT
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "identity/aes_key.h"
#include "network/multicast_internal.h"

#define LEAD_FIRST_NS (500 * SIM_NS_PER_MS)
/* assumed: a gateway that did not answer is tried again after this, where others can stand in. */
#define GIVEN_UP_NS (600 * SIM_NS_PER_S)

struct group *group_at(const struct network *network, uint32_t group)
{
    assert(group < network->group_count);
    return network->groups[group];
}

/* --- groups and members ---------------------------------------------------------------------- */

/* A group keeps its place in memory: the handler of its report may create another one. */
static struct group *group_add(struct network *network)
{
    if (network->group_count == network->group_capacity) {
        uint32_t capacity = network->group_capacity == 0 ? 8 : network->group_capacity * 2;
        if (capacity > GROUPS_MAX) {
            return NULL;
        }
        struct group **groups = realloc(network->groups, capacity * sizeof *groups);
        if (groups == NULL) {
            return NULL;
        }
        network->groups = groups;
        network->group_capacity = capacity;
    }
    struct group *group = calloc(1, sizeof *group);
    if (group != NULL) {
        network->groups[network->group_count++] = group;
    }
    return group;
}

static double duty_share(const struct network *network, const struct group *group)
{
    return group->params.duty_share > 0.0 ? group->params.duty_share : network->params.duty_share;
}

uint32_t network_group_create(struct network *network, const struct network_group_params *params)
{
    const struct region *region = network->params.region;
    assert(region_has_downlink(region, params->data_rate));
    assert(params->interval_ns >= 0 && params->granularity_ns >= 0);
    struct group *group = group_add(network);
    if (group == NULL) {
        return UINT32_MAX;
    }
    uint8_t app_s_key[16];
    uint8_t nwk_s_key[16];
    lorawan_mc_session_keys(params->mc_key, params->mc_addr, app_s_key, nwk_s_key);
    group->params = *params;
    lorawan_key_set(&group->nwk_s_key, nwk_s_key);
    aes_key_expand(&group->app_s_key, app_s_key);
    group->modulation =
            network_downlink_modulation(network, params->data_rate, params->frequency_hz);
    int32_t max_mdbm = network_eirp_mdbm(network, params->frequency_hz);
    group->power_mdbm = params->power_mdbm == 0 ? max_mdbm : params->power_mdbm;
    group->lead_ns = LEAD_FIRST_NS;
    return network->group_count - 1u;
}

uint32_t network_group_count(const struct network *network)
{
    assert(network->group_count <= GROUPS_MAX);
    return network->group_count;
}

uint32_t network_group_mc_addr(
        const struct network *network, uint32_t group_index, uint8_t mc_key[16])
{
    const struct group *group = group_at(network, group_index);
    memcpy(mc_key, group->params.mc_key, sizeof group->params.mc_key);
    return group->params.mc_addr;
}

void network_groups_finish(struct network *network)
{
    for (uint32_t i = 0; i < network->group_count; i++) {
        struct group *group = network->groups[i];
        free(group->members);
        free(group->gateways);
        free(group->frames);
        free(group);
    }
    free(network->groups);
    network->groups = NULL;
    network->group_count = 0;
    network->group_capacity = 0;
}

bool network_group_add(struct network *network, uint32_t group_index, uint32_t device)
{
    assert(device < network->device_count);
    struct group *group = group_at(network, group_index);
    if (group->member_count == group->member_capacity) {
        uint32_t capacity = group->member_capacity == 0 ? 64 : group->member_capacity * 2;
        uint32_t *members = realloc(group->members, capacity * sizeof *members);
        if (members == NULL) {
            return false;
        }
        group->members = members;
        group->member_capacity = capacity;
    }
    group->members[group->member_count++] = device;
    return true;
}

/* Where a device is heard best, gateways apart that were given up lately; UINT32_MAX: nowhere. */
static uint32_t best_answering_gateway(const struct network *network, uint32_t device)
{
    const struct device_state *state = &network->devices[device];
    sim_ns now_ns = engine_now(network->engine);
    uint32_t best = UINT32_MAX;
    int32_t best_snr_mdb = INT32_MIN;
    for (uint32_t i = 0; i < state->heard_count; i++) {
        const struct heard *heard = &state->heard[i];
        if (heard->snr_mdb > best_snr_mdb && network->given_up_until_ns[heard->gateway] <= now_ns) {
            best = heard->gateway;
            best_snr_mdb = heard->snr_mdb;
        }
    }
    return best;
}

/* Members whose best gateway each one is; returns how many gateways have any. A member that was
 * never heard is covered by the gateways that cover its neighbours. */
static uint32_t count_members(const struct network *network, const struct group *group,
        uint32_t *members_of, uint32_t *busiest)
{
    uint32_t needed = 0;
    *busiest = 0;
    memset(members_of, 0, network->gateway_count * sizeof *members_of);
    for (uint32_t i = 0; i < group->member_count; i++) {
        uint32_t gateway = UINT32_MAX;
        if (group->params.policy == MULTICAST_SINGLE) {
            gateway = best_answering_gateway(network, group->members[i]);
        }
        if (gateway == UINT32_MAX) {
            gateway = network_best_gateway(network, group->members[i]);
        }
        if (gateway < network->gateway_count) {
            needed += members_of[gateway] == 0 ? 1 : 0;
            members_of[gateway]++;
        }
    }
    for (uint32_t i = 0; i < network->gateway_count; i++) {
        *busiest = members_of[i] > members_of[*busiest] ? i : *busiest;
    }
    return needed;
}

/* --- grants of airtime ----------------------------------------------------------------------- */

sim_ns network_multicast_interval_ns(const struct network_airtime *airtime)
{
    sim_ns turn_ns = airtime->frame_ns + NETWORK_TURN_GUARD_NS;
    bool free_of_duty = airtime->duty_cycle >= 1.0;
    double share =
            free_of_duty ? 1.0 - airtime->listen_share : airtime->duty_cycle * airtime->duty_share;
    share /= airtime->sharers;
    /* Without a duty cycle the copies of a frame follow each other, one gateway at a time. */
    sim_ns least_ns = free_of_duty ? turn_ns * airtime->gateway_count * airtime->sharers : turn_ns;
    if (share <= 0.0) { /* Transmission is not allowed there: the gateways will say so. */
        return least_ns;
    }
    sim_ns interval_ns = (sim_ns)((double)airtime->frame_ns / share + 0.5);
    return interval_ns > least_ns ? interval_ns : least_ns;
}

static bool have_a_gateway_in_common(const struct group *a, const struct group *b)
{
    for (uint32_t i = 0; i < a->gateway_count; i++) {
        for (uint32_t j = 0; j < b->gateway_count; j++) {
            if (a->gateways[i].gateway == b->gateways[j].gateway) {
                return true;
            }
        }
    }
    return false;
}

/* Groups on the air that take airtime of the same sub-band from the same gateways, `group` among
 * them. */
static uint32_t count_sharers(const struct network *network, const struct group *group)
{
    int band = region_band_of(network->params.region, group->params.frequency_hz);
    uint32_t sharers = 1;
    for (uint32_t i = 0; i < network->group_count; i++) {
        const struct group *other = network->groups[i];
        if (other != group && other->on_air
                && region_band_of(network->params.region, other->params.frequency_hz) == band
                && have_a_gateway_in_common(group, other)) {
            sharers++;
        }
    }
    return sharers;
}

static struct network_airtime airtime_of(
        const struct network *network, const struct group *group, uint32_t phy_size)
{
    struct network_airtime airtime = {
        .frame_ns = lora_time_on_air_ns(&group->modulation, phy_size),
        .duty_cycle = region_duty_cycle(network->params.region, group->params.frequency_hz),
        .duty_share = duty_share(network, group),
        .listen_share = network->params.listen_share,
        .gateway_count = multicast_in_turns(group->params.policy) ? group->gateway_count : 1,
        .sharers = count_sharers(network, group),
    };
    if (airtime.gateway_count == 0) { /* Not chosen before the first frame. */
        airtime.gateway_count = network->gateway_count > 0 ? network->gateway_count : 1;
    }
    return airtime;
}

sim_ns group_interval_ns(
        const struct network *network, const struct group *group, uint32_t phy_size)
{
    struct network_airtime airtime = airtime_of(network, group, phy_size);
    sim_ns least_ns = airtime.frame_ns + NETWORK_TURN_GUARD_NS;
    if (group->params.interval_ns > 0) {
        bool delayed = group->params.policy == MULTICAST_DELAYED;
        sim_ns asked_ns = group->params.interval_ns * (delayed ? airtime.gateway_count : 1);
        return asked_ns > least_ns ? asked_ns : least_ns;
    }
    return network_multicast_interval_ns(&airtime);
}

/* From when on each of its gateways may send `count` frames and keeps for unicast what is not the
 * share of multicast; each of all gateways, where its own are not chosen before its first frame. */
static sim_ns airtime_from_ns(const struct network *network, const struct group *group,
        const struct network_airtime *airtime, uint32_t count)
{
    sim_ns now_ns = engine_now(network->engine);
    sim_ns from_ns = airtime->duty_cycle > 0.0 ? now_ns : SIM_NS_NEVER;
    bool chosen = group->gateway_count > 0;
    for (uint32_t i = 0; i < (chosen ? group->gateway_count : network->gateway_count); i++) {
        sim_ns free_ns = spent_airtime_free_ns(&network->spent,
                chosen ? group->gateways[i].gateway : i, group->params.frequency_hz, now_ns,
                airtime->frame_ns * count, 1.0 - airtime->duty_share);
        from_ns = free_ns > from_ns ? free_ns : from_ns;
    }
    return from_ns;
}

static bool may_hurry(const struct group *group, const struct network_airtime *airtime)
{
    return group->params.interval_ns == 0 && airtime->sharers == 1;
}

sim_ns group_grant_ns(const struct network *network, const struct group *group, uint32_t phy_size)
{
    sim_ns interval_ns = group_interval_ns(network, group, phy_size);
    if (!group->hurries) {
        return interval_ns;
    }
    struct network_airtime airtime = airtime_of(network, group, phy_size);
    if (!may_hurry(group, &airtime)
            || airtime_from_ns(network, group, &airtime, 1) > engine_now(network->engine)) {
        return interval_ns;
    }
    airtime.duty_cycle = 1.0; /* the hour has enough left */
    sim_ns hurried_ns = network_multicast_interval_ns(&airtime);
    return hurried_ns < interval_ns ? hurried_ns : interval_ns;
}

sim_ns network_group_hurry_from_ns(
        const struct network *network, uint32_t group_index, uint16_t size, uint32_t count)
{
    const struct group *group = group_at(network, group_index);
    struct network_airtime airtime = airtime_of(network, group, LORAWAN_OVERHEAD + size);
    return may_hurry(group, &airtime) ? airtime_from_ns(network, group, &airtime, count)
                                      : engine_now(network->engine);
}

void network_group_hurry(struct network *network, uint32_t group_index)
{
    group_at(network, group_index)->hurries = true;
}

/* --- gateways -------------------------------------------------------------------------------- */

bool group_choose_gateways(const struct network *network, struct group *group)
{
    if (network->gateway_count == 0) {
        return false;
    }
    uint32_t *members_of = malloc(network->gateway_count * sizeof *members_of);
    if (members_of == NULL) {
        return false;
    }
    uint32_t busiest;
    uint32_t needed = count_members(network, group, members_of, &busiest);
    bool single = group->params.policy == MULTICAST_SINGLE || needed == 0;
    uint32_t count = single ? 1 : needed;
    struct group_gateway *gateways = realloc(group->gateways, count * sizeof *gateways);
    if (gateways == NULL) {
        free(members_of);
        return false;
    }
    memset(gateways, 0, count * sizeof *gateways);
    group->gateways = gateways;
    group->gateway_count = count;
    group->failing = 0;
    uint32_t at = 0;
    for (uint32_t i = 0; i < network->gateway_count && at < count; i++) {
        if (single ? i == busiest : members_of[i] > 0) {
            gateways[at].gateway = i;
            gateways[at].turn = at;
            gateways[at].sequence = group->tail;
            gateways[at].waits_until_ns = SIM_NS_NEVER;
            at++;
        }
    }
    free(members_of);
    return true;
}

void group_fail_over(struct network *network, struct group *group)
{
    assert(group->params.policy == MULTICAST_SINGLE && group->gateway_count == 1);
    uint32_t *members_of = malloc(network->gateway_count * sizeof *members_of);
    if (members_of == NULL) {
        return;
    }
    struct group_gateway *gateway = &group->gateways[0];
    uint32_t busiest;
    network->given_up_until_ns[gateway->gateway] = engine_now(network->engine) + GIVEN_UP_NS;
    if (count_members(network, group, members_of, &busiest) > 0 && busiest != gateway->gateway) {
        gateway->gateway = busiest;
        group_set_failures(group, gateway, 0);
        gateway->probe_ns = 0;
    }
    free(members_of);
}

sim_ns network_group_interval_ns(const struct network *network, uint32_t group_index, uint16_t size)
{
    return group_interval_ns(network, group_at(network, group_index), LORAWAN_OVERHEAD + size);
}
