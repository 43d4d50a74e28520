/* What must hold between campaigns, and between a campaign and the time that it takes.
 * SPDX-License-Identifier: MIT
 *
 * Times are those of the estimate (campaign/estimate.h), which the update server
 * plans its sessions by.
 */
#include <stdio.h>

#include "campaign/schedule.h"
#include "scenario/campaign_plan.h"
#include "scenario/channel_plan.h"
#include "scenario/check_parts.h"
#include "scenario/scenario_campaigns.h"

#define INITIAL_VERSION 0x01000000u /* 1.0.0: what devices run at first */

#define MINUTE_NS (60 * SIM_NS_PER_S)

/* When a campaign holds its devices. */
struct plan {
    bool known; /* false: it cannot run, which is told elsewhere */
    sim_ns start_ns, session_ns, end_ns;
    /* Of one transfer: from SessionTime to the end of uncoded and coded fragments, and of the
     * longest correction. */
    sim_ns first_pass_ns, transfer_ns;
    sim_ns second_ns; /* of a second period; 0: there is none */
};

static struct plan plan_at(
        const struct scenario *scenario, const struct scenario_campaign *c, uint8_t data_rate)
{
    struct estimate_input input;
    struct estimate estimate = { .possible = false };
    if (c->params.delivery == DELIVERY_MULTICAST && campaign_estimate_input(scenario, c, &input)) {
        input.data_rate = data_rate;
        if (c->params.fragment_size_bytes == 0) {
            input.fragment_size_bytes =
                    (uint8_t)campaign_fragment_size_max(input.region, data_rate);
        }
        estimate_make(&input, &estimate);
    }
    struct plan plan = { .known = estimate.possible,
        .start_ns = c->params.start_ns,
        .session_ns = c->params.start_ns + c->params.set_up_window_ns };
    plan.transfer_ns = (sim_ns)(estimate.planned_s * (double)SIM_NS_PER_S);
    plan.end_ns = plan.session_ns
                  + campaign_wave_count(scenario, c) * estimate.transfers * plan.transfer_ns;
    plan.first_pass_ns = (sim_ns)(estimate.needed_s * (double)SIM_NS_PER_S);
    plan.second_ns = (sim_ns)(estimate.second_s * (double)SIM_NS_PER_S);
    return plan;
}

/* Of split sessions, one at the fastest data rate: they take no less. */
static struct plan plan_of(const struct scenario *scenario, const struct scenario_campaign *c)
{
    return plan_at(scenario, c, c->params.data_rate);
}

static void check_periods(const struct check *check, const struct scenario_campaign *c)
{
    struct plan plan = plan_of(check->scenario, c);
    if (c->params.correction_period == CORRECTION_PERIOD_SECOND
            && c->params.periods == CAMPAIGN_PERIODS_MAX) {
        scenario_errors_add(check->errors, check_place(check, &c->params.periods),
                "campaign '%s': periods = %u leaves no group for correction.period = second; a "
                "device has %u",
                c->name, c->params.periods, CAMPAIGN_PERIODS_MAX);
    }
    if (plan.known && c->params.periods != 0
            && plan.first_pass_ns > c->params.periods * SCHEDULE_PERIOD_NS) {
        scenario_errors_add(check->errors, check_place(check, &c->params.periods),
                "campaign '%s': periods = %u, but the fragments need %.0f s, and a class C session "
                "lasts %.0f s at most (TimeOut %u); auto takes as many as are needed",
                c->name, c->params.periods, (double)plan.first_pass_ns / (double)SIM_NS_PER_S,
                (double)SCHEDULE_PERIOD_NS / (double)SIM_NS_PER_S, SCHEDULE_TIME_OUT_MAX);
    }
}

/* Whether members need the slowest data rate is known from uplinks only. */
static void check_slowest_periods(const struct check *check, const struct scenario_campaign *c)
{
    const struct scenario *scenario = check->scenario;
    uint8_t slowest = campaign_slowest_rate(scenario_region(scenario), &c->params);
    struct plan plan = plan_at(scenario, c, slowest);
    sim_ns allowed_ns = c->params.periods * SCHEDULE_PERIOD_NS;
    if (plan.known && c->params.sessions != SESSIONS_ONE && c->params.periods != 0
            && plan.first_pass_ns > allowed_ns) {
        scenario_warnings_add(check->errors, check_place(check, &c->params.periods),
                "campaign '%s': periods = %u, but members at DR%u would need %.0f s for the "
                "fragments, and the sessions last %.0f s at most (TimeOut %u)",
                c->name, c->params.periods, slowest,
                (double)plan.first_pass_ns / (double)SIM_NS_PER_S,
                (double)allowed_ns / (double)SIM_NS_PER_S, SCHEDULE_TIME_OUT_MAX);
    }
}

/* The server allows each transfer its longest correction before the next one begins. Whether
 * members need all data rates is known from uplinks only. */
static void check_turns(const struct check *check, const struct scenario_campaign *c)
{
    const struct scenario *scenario = check->scenario;
    const struct campaign_params *p = &c->params;
    sim_ns end_ns = p->start_ns + p->set_up_window_ns;
    uint8_t slowest = campaign_slowest_rate(scenario_region(scenario), p);
    for (uint8_t rate = slowest; rate <= p->data_rate; rate++) {
        struct plan plan = plan_at(scenario, c, rate);
        end_ns += plan.known ? plan.end_ns - plan.session_ns : 0;
    }
    if (p->session_order == SESSION_ORDER_IN_TURNS && p->sessions != SESSIONS_ONE
            && end_ns > scenario->duration_ns) {
        char end[40], duration[40];
        check_format_time(end, sizeof end, (end_ns / MINUTE_NS + 1) * MINUTE_NS);
        check_format_time(duration, sizeof duration, scenario->duration_ns);
        scenario_warnings_add(check->errors, check_place(check, &p->session_order),
                "campaign '%s': sessions in turns at DR%u to DR%u are planned until %s, with "
                "correction.timeout for each, and the run ends before (duration = %s)",
                c->name, p->data_rate, slowest, end, duration);
    }
}

/* Transfers are numbered over all rounds and waves; each has groups and keys of its own. */
static void check_transfer_count(const struct check *check, const struct scenario_campaign *c)
{
    const struct region *region = scenario_region(check->scenario);
    uint32_t rates = c->params.data_rate - campaign_slowest_rate(region, &c->params) + 1u;
    uint32_t waves = campaign_wave_count(check->scenario, c);
    uint32_t versions =
            c->params.versions == VERSIONS_ASK ? 2u : campaign_version_count(check->scenario, c);
    uint32_t rounds = c->params.retries + (c->params.pause_ns > 0 ? 2u : 1u);
    uint32_t forms = c->firmware.delivery == DELIVERY_DELTA ? 2u : 1u; /* delta and whole image */
    uint64_t transfers = (uint64_t)rounds * waves * rates * versions * forms;
    if (transfers >= CAMPAIGN_TRANSFERS_MAX) {
        scenario_errors_add(check->errors, check_place(check, &c->params.wave_size),
                "campaign '%s': %u rounds of %u waves may need %llu transfers, and a campaign has "
                "fewer than %u; wave_size should be larger",
                c->name, rounds, waves, (unsigned long long)transfers, CAMPAIGN_TRANSFERS_MAX);
    }
}

/* If every round ends as soon as it can. */
static void check_retries(const struct check *check, const struct scenario_campaign *c)
{
    const struct campaign_params *p = &c->params;
    struct plan plan = plan_of(check->scenario, c);
    sim_ns session_ns = plan.session_ns;
    for (uint32_t i = 0; i < p->retries; i++) {
        session_ns += plan.first_pass_ns + p->retry_pause_ns + p->set_up_window_ns;
    }
    if (plan.known && p->retries > 0 && session_ns > check->scenario->duration_ns) {
        char session[40], duration[40];
        check_format_time(session, sizeof session, (session_ns / MINUTE_NS + 1) * MINUTE_NS);
        check_format_time(duration, sizeof duration, check->scenario->duration_ns);
        scenario_warnings_add(check->errors, check_place(check, &p->retries),
                "campaign '%s': the session of its last round opens at %s or later, and the run "
                "ends before (duration = %s)",
                c->name, session, duration);
    }
}

/* A second period is one class C session. */
static void check_second_period(
        const struct check *check, const struct scenario_campaign *c, const struct plan *plan)
{
    if (c->params.correction == CORRECTION_FIXED && c->params.redundancy <= 0.0) {
        scenario_warnings_add(check->errors, check_place(check, &c->params.correction_period),
                "campaign '%s': nothing is sent in its second period: correction.policy is fixed, "
                "and there is no redundancy",
                c->name);
    }
    if (plan->second_ns > SCHEDULE_PERIOD_NS) {
        scenario_warnings_add(check->errors, check_place(check, &c->params.correction_timeout_ns),
                "campaign '%s': the second period may need %.0f s, and a class C session lasts "
                "%.0f s at most (TimeOut %u): its correction is cut",
                c->name, (double)plan->second_ns / (double)SIM_NS_PER_S,
                (double)SCHEDULE_PERIOD_NS / (double)SIM_NS_PER_S, SCHEDULE_TIME_OUT_MAX);
    }
}

/* The correction goes on until all devices have reported: a session that ends first cuts it. */
static void check_correction(const struct check *check, const struct scenario_campaign *c)
{
    struct plan plan = plan_of(check->scenario, c);
    if (plan.known && c->params.correction_period == CORRECTION_PERIOD_SECOND) {
        check_second_period(check, c, &plan);
    } else if (plan.known && c->params.periods != 0
               && plan.first_pass_ns <= c->params.periods * SCHEDULE_PERIOD_NS
               && plan.transfer_ns > c->params.periods * SCHEDULE_PERIOD_NS) {
        scenario_warnings_add(check->errors, check_place(check, &c->params.correction_timeout_ns),
                "campaign '%s': with correction.timeout the session may need %.0f s, and %u class "
                "C session%s at most %.0f s (TimeOut %u): its correction is cut",
                c->name, (double)plan.transfer_ns / (double)SIM_NS_PER_S, c->params.periods,
                c->params.periods == 1 ? " lasts" : "s last",
                (double)(c->params.periods * SCHEDULE_PERIOD_NS) / (double)SIM_NS_PER_S,
                SCHEDULE_TIME_OUT_MAX);
    }
}

static bool have_devices_in_common(const struct scenario *scenario,
        const struct scenario_campaign *a, const struct scenario_campaign *b)
{
    struct scenario_range of_a[SCENARIO_SHARES_MAX], of_b[SCENARIO_SHARES_MAX];
    uint32_t count_a = scenario_campaign_ranges(scenario, a, of_a);
    uint32_t count_b = scenario_campaign_ranges(scenario, b, of_b);
    for (uint32_t i = 0; i < count_a; i++) {
        for (uint32_t j = 0; j < count_b; j++) {
            if (scenario_ranges_meet(of_a[i], of_b[j])) {
                return true;
            }
        }
    }
    return false;
}

static struct scenario_place place_of_start(
        const struct check *check, const struct scenario_campaign *c)
{
    return check_place(check,
            check_given(check, &c->params.start_ns) ? (const void *)&c->params.start_ns : c->name);
}

/* Campaigns `a` and `b` on the same devices: `b` starts no earlier than `a`. */
static void check_overlap(const struct check *check, const struct scenario_campaign *a,
        const struct scenario_campaign *b)
{
    struct plan first = plan_of(check->scenario, a), second = plan_of(check->scenario, b);
    if (!first.known || !second.known || second.start_ns >= first.end_ns) {
        return;
    }
    bool sessions_overlap = first.session_ns < second.end_ns && second.session_ns < first.end_ns;
    char end[40];
    check_format_time(end, sizeof end, (first.end_ns / MINUTE_NS + 1) * MINUTE_NS);
    if (sessions_overlap
            && (a->params.data_rate != b->params.data_rate
                    || a->params.frequency_hz != b->params.frequency_hz)) {
        scenario_errors_add(check->errors, place_of_start(check, b),
                "campaigns '%s' and '%s' have devices in common, and their class C sessions "
                "overlap at different data rates or frequencies; '%s' is planned until %s",
                a->name, b->name, a->name, end);
    } else {
        scenario_errors_add(check->errors, place_of_start(check, b),
                "campaigns '%s' and '%s' have devices in common, and a device holds one block at a "
                "time; '%s' is planned until %s",
                a->name, b->name, a->name, end);
    }
}

static void check_fragmentation_versions(const struct check *check,
        const struct scenario_campaign *a, const struct scenario_campaign *b)
{
    if (a->params.fragmentation_version != b->params.fragmentation_version) {
        scenario_errors_add(check->errors, check_place(check, &b->params.fragmentation_version),
                "campaigns '%s' and '%s' have devices in common, which speak one version of TS004; "
                "fragmentation_version should be the same",
                a->name, b->name);
    }
}

static void print_version(char *text, size_t size, uint32_t version)
{
    snprintf(text, size, "%u.%u.%u", version >> 24, version >> 16 & 0xFFu, version & 0xFFFFu);
}

/* The bootloader installs nothing that is not newer. */
static void check_version(const struct check *check, const struct scenario_campaign *c,
        uint32_t before, const char *after)
{
    const uint32_t *version = &c->firmware.version;
    if (*version > before || c->firmware.expect_refusal) {
        return;
    }
    char own[20], old[20];
    print_version(own, sizeof own, *version);
    print_version(old, sizeof old, before);
    bool own_given = check_given(check, version);
    scenario_errors_add(check->errors,
            check_place(check, own_given ? version : &check->scenario->firmware.version),
            "campaign '%s': version %s should be newer than %s, which devices run %s%s%s, unless "
            "firmware.expect_refusal is true",
            c->name, own, old, after == NULL ? "at first" : "after campaign '",
            after == NULL ? "" : after, after == NULL ? "" : "'");
}

/* Of two that start at one time, the one that stands first. */
static bool is_before(const struct scenario_campaign *a, const struct scenario_campaign *b)
{
    return a->params.start_ns < b->params.start_ns
           || (a->params.start_ns == b->params.start_ns && a < b);
}

static void check_after_others(const struct check *check, const struct scenario_campaign *c)
{
    const struct scenario *scenario = check->scenario;
    const struct scenario_campaign *last = NULL;
    for (uint32_t i = 0; i < scenario->campaign_count; i++) {
        const struct scenario_campaign *other = &scenario->campaigns[i];
        if (other == c || !is_before(other, c) || !have_devices_in_common(scenario, other, c)) {
            continue;
        }
        check_overlap(check, other, c);
        check_fragmentation_versions(check, other, c);
        last = last == NULL || last->firmware.version < other->firmware.version ? other : last;
    }
    check_version(check, c, last != NULL ? last->firmware.version : INITIAL_VERSION,
            last != NULL ? last->name : NULL);
}

void check_successive(const struct check *check)
{
    for (uint32_t i = 0; i < check->scenario->campaign_count; i++) {
        check_periods(check, &check->scenario->campaigns[i]);
        check_slowest_periods(check, &check->scenario->campaigns[i]);
        check_turns(check, &check->scenario->campaigns[i]);
        check_transfer_count(check, &check->scenario->campaigns[i]);
        check_retries(check, &check->scenario->campaigns[i]);
        check_correction(check, &check->scenario->campaigns[i]);
        check_after_others(check, &check->scenario->campaigns[i]);
    }
}
