/* How long a run still takes, by the work that it is expected to hold.
 * SPDX-License-Identifier: MIT
 */
#include "cli/time_left.h"

#include <math.h>

#include "parts.h"
#include "scenario/fleet_estimate.h"

/* us of one device, in proportion to each other. Measured: 5000 devices at 15 gateways, by the wall
 * clock of the phases of smart-city-1000. All but the last at one gateway: with more of them it
 * grows, see growth(). */
#define JOIN_US     57.0
#define UPLINK_US   6.5
#define SET_UP_US   52.0
#define FRAGMENT_US 1.7
#define INSTALL_US  1100.0

/* By the root of the number of gateways while those that are heard become more, then little. */
#define GATEWAYS_HEARD 100.0
#define GROWTH_BEYOND  0.2

/* Of the work on fragments: what several threads share. */
#define PARALLEL_SHARE 0.8

/* What is known of a kind counts as much as this share of its work. */
#define PRIOR_SHARE 0.05
/* assumed: from the end of the session to the last confirmation. */
#define CONFIRMATION_S 3600.0

static double seconds(sim_ns time_ns)
{
    return (double)time_ns / (double)SIM_NS_PER_S;
}

/* --- the plan --------------------------------------------------------------------------------- */

/* Fragments of a campaign for a member, and when its session is over. */
static double plan_campaign(const struct scenario *scenario, uint32_t number, double *end_s)
{
    const struct campaign_params *params = &scenario->campaigns[number].params;
    struct estimate_input input;
    struct estimate estimate = { 0 };
    *end_s = seconds(scenario->duration_ns);
    if (!fleet_estimate_input(scenario, number, &input)) {
        return 0.0;
    }
    estimate_make(&input, &estimate);
    if (!estimate.possible) {
        return 0.0;
    }
    double window_s = input.delivery == DELIVERY_UNICAST ? 0.0 : seconds(params->set_up_window_ns);
    *end_s = seconds(params->start_ns) + window_s + estimate.session_s + CONFIRMATION_S
             + seconds(scenario->run_on_ns);
    return (double)estimate.nb_frag + estimate.coded / 2.0;
}

/* What a frame costs beside what it does at one gateway. */
static double growth(uint32_t gateways)
{
    double heard = fmin(fmax(gateways, 1.0), GATEWAYS_HEARD);
    return sqrt(heard) * pow(fmax(gateways, GATEWAYS_HEARD) / GATEWAYS_HEARD, GROWTH_BEYOND);
}

static void plan_devices(struct time_left *left, const struct scenario *scenario)
{
    for (uint32_t g = 0; g < scenario->group_count; g++) {
        const struct scenario_device_group *group = &scenario->groups[g];
        double period_s = seconds(group->report_period_ns);
        left->planned[WORK_JOIN] += group->count * JOIN_US * growth(scenario->gateways.count);
        left->reports_per_s += period_s > 0.0 ? group->count / period_s : 0.0;
    }
}

static double fragment_us(const struct world *world)
{
    double apart = 1.0 - PARALLEL_SHARE + PARALLEL_SHARE / engine_threads(world->engine);
    return FRAGMENT_US * growth(world->gateway_count) * apart;
}

void time_left_start(struct time_left *left, const struct scenario *scenario, double now_s)
{
    *left = (struct time_left){ .looked_s = now_s };
    for (uint32_t i = 0; i < scenario->campaign_count; i++) {
        double end_s;
        left->fragments += plan_campaign(scenario, i, &end_s) / scenario->campaign_count;
        left->end_s = fmax(left->end_s, end_s);
    }
    double duration_s = seconds(scenario->duration_ns);
    left->end_s = scenario->campaign_count > 0 ? fmin(left->end_s, duration_s) : duration_s;
    plan_devices(left, scenario);
}

/* --- the work so far -------------------------------------------------------------------------- */

/* Members that a campaign has to serve: those that are not ready when it sends are left out. */
struct members {
    uint32_t ready, complete, confirmed, served, sent;
};

static struct members count_members(const struct server *server)
{
    struct members members = { 0 };
    for (uint32_t c = 0; c < server_campaign_count(server); c++) {
        const struct campaign *campaign = server_campaign(server, c);
        enum campaign_phase phase = campaign_phase(campaign);
        uint32_t ready = campaign_stage_count(campaign, CAMPAIGN_READY);
        uint32_t all = campaign_member_count(campaign);
        members.ready += ready;
        members.served += phase >= CAMPAIGN_PHASE_UNCODED ? ready : all;
        members.complete += campaign_stage_count(campaign, CAMPAIGN_COMPLETE);
        members.confirmed += campaign_stage_count(campaign, CAMPAIGN_CONFIRMED);
        members.sent +=
                campaign_fragments_sent(campaign, false) + campaign_fragments_sent(campaign, true);
    }
    return members;
}

static double share(double part, double whole)
{
    return whole > 0.0 ? fmin(part / whole, 1.0) : 1.0;
}

static double joined_share(const struct scenario *scenario, double now_s)
{
    double joined = 0.0, all = 0.0;
    for (uint32_t g = 0; g < scenario->group_count; g++) {
        const struct scenario_device_group *group = &scenario->groups[g];
        joined += group->count * share(now_s, seconds(group->boot_spread_ns));
        all += group->count;
    }
    return share(joined, all);
}

static void note_work(struct time_left *left, const struct world *world, double done[WORK_KINDS])
{
    const struct scenario *scenario = world->scenario;
    double now_s = seconds(engine_now(world->engine));
    double duration_s = seconds(scenario->duration_ns);
    if (now_s > left->end_s) { /* it goes on for those that are not done yet */
        left->end_s = duration_s;
    }
    struct members members = count_members(world->server);
    double grown = growth(world->gateway_count), frame_us = fragment_us(world);
    double reports = left->reports_per_s * fmax(left->end_s - now_s, 0.0);
    done[WORK_UPLINK] = (double)medium_uplinks(world->medium) * UPLINK_US * grown;
    left->planned[WORK_UPLINK] = done[WORK_UPLINK] + reports * UPLINK_US * grown;
    left->planned[WORK_SET_UP] = members.served * SET_UP_US * grown;
    left->planned[WORK_INSTALL] = members.served * INSTALL_US;
    done[WORK_JOIN] = left->planned[WORK_JOIN] * joined_share(scenario, now_s);
    done[WORK_SET_UP] = members.ready * SET_UP_US * grown;
    done[WORK_INSTALL] = (members.complete + members.confirmed) / 2.0 * INSTALL_US;
    /* A member that is whole listens no longer. */
    uint32_t listening = members.ready > members.complete ? members.ready - members.complete : 0;
    uint32_t campaigns = scenario->campaign_count > 0 ? scenario->campaign_count : 1;
    done[WORK_FRAGMENT] = left->done[WORK_FRAGMENT]
                          + (double)(members.sent - left->sent) * listening / campaigns * frame_us;
    left->sent = members.sent;
    double whole = share(members.complete, members.served);
    double planned = members.served * left->fragments * frame_us;
    /* Who is whole needs no more: what is left goes by the others. */
    left->planned[WORK_FRAGMENT] =
            done[WORK_FRAGMENT] + fmax(planned - done[WORK_FRAGMENT], 0.0) * (1.0 - whole);
}

/* --- the time --------------------------------------------------------------------------------- */

void time_left_add(struct time_left *left, const double done[WORK_KINDS], double now_s)
{
    double more = 0.0;
    for (int i = 0; i < WORK_KINDS; i++) {
        more += fmax(done[i] - left->done[i], 0.0);
    }
    for (int i = 0; i < WORK_KINDS && more > 0.0; i++) {
        left->took_s[i] += (now_s - left->looked_s) * fmax(done[i] - left->done[i], 0.0) / more;
        left->done[i] = done[i];
    }
    left->looked_s = more > 0.0 ? now_s : left->looked_s;
}

double time_left_s(const struct time_left *left)
{
    double took_s = 0.0, done = 0.0, left_s = 0.0;
    for (int i = 0; i < WORK_KINDS; i++) {
        took_s += left->took_s[i];
        done += left->done[i];
    }
    if (done <= 0.0) {
        return (double)NAN;
    }
    for (int i = 0; i < WORK_KINDS; i++) {
        double prior = PRIOR_SHARE * left->planned[i];
        double more = left->planned[i] - left->done[i];
        if (more > 0.0) {
            left_s += more * (left->took_s[i] + prior * took_s / done) / (left->done[i] + prior);
        }
    }
    return left_s;
}

double time_left_look(struct time_left *left, const struct world *world, double now_s)
{
    double done[WORK_KINDS];
    note_work(left, world, done);
    time_left_add(left, done, now_s);
    return time_left_s(left);
}
