/* What must hold between keys, once each is right by itself.
 * SPDX-License-Identifier: MIT
 */
#include "scenario/scenario_check.h"

#include "air/interferer.h"
#include "gateway/gateway.h"
#include "scenario/channel_plan.h"
#include "scenario/check_parts.h"
#include "scenario/quantity.h"

#define COHERENCE_MIN_NS SIM_NS_PER_MS
#define BURST_MIN_NS     SIM_NS_PER_MS /* a symbol of SF7 */
/* From the end of an uplink: RX2 opens (RP002 RECEIVE_DELAY2); what the network waits for copies of
 * the uplink by other gateways; what a gateway needs to program a transmission. */
#define RX2_DELAY_NS   (2 * SIM_NS_PER_S)
#define PROGRAMMING_NS (50 * SIM_NS_PER_MS)

struct scenario_place check_place(const struct check *check, const void *member)
{
    const struct scenario_place *place = scenario_places_find(check->places, member);
    return place != NULL ? *place : (struct scenario_place){ check->name, 0, 0 };
}

bool check_given(const struct check *check, const void *member)
{
    return scenario_places_find(check->places, member) != NULL;
}

void check_format_time(char *text, size_t size, sim_ns time_ns)
{
    quantity_format(text, size, DIMENSION_TIME, (double)time_ns / (double)SIM_NS_PER_S);
}

/* Shorter blocks of fading could not be numbered over the ten years that a run may take. */
static void check_coherence(const struct check *check)
{
    const struct fading_params *p = &check->scenario->propagation.fading;
    if (p->coherence_ns != 0 && p->coherence_ns < COHERENCE_MIN_NS) {
        char coherence[40];
        check_format_time(coherence, sizeof coherence, p->coherence_ns);
        scenario_errors_add(check->errors, check_place(check, &p->coherence_ns),
                "propagation.coherence = %s should be 0 or at least 1 ms", coherence);
    }
}

static void check_backhaul(const struct check *check)
{
    const struct gateway_params *g = &check->scenario->gateways.params;
    sim_ns answer_ns = 2 * (g->backhaul_latency_ns + g->backhaul_jitter_ns)
                       + NETWORK_DEDUPLICATION_NS + PROGRAMMING_NS;
    if (answer_ns > RX2_DELAY_NS) {
        char answer[40];
        bool is_set = check_given(check, &g->backhaul_latency_ns);
        check_format_time(answer, sizeof answer, answer_ns);
        scenario_errors_add(check->errors,
                check_place(check, is_set ? &g->backhaul_latency_ns : &g->backhaul_jitter_ns),
                "gateways.backhaul: twice (latency + jitter) and 250 ms in the servers are %s: "
                "then no answer can reach a receive window, RX2 opens after 2 s",
                answer);
    }
}

static void check_channels(const struct check *check)
{
    const struct region *region = scenario_region(check->scenario);
    const struct scenario_channels *channels = &check->scenario->gateways.channels;
    struct channel_plan plan;
    struct scenario_place place = check_place(check, channels);
    if (!channel_plan_of(check->scenario, &plan)) {
        scenario_errors_add(check->errors, place,
                "gateways.channels: a CFList holds %u beside the default channels of %s",
                REGION_EXTRA_MAX, region->name);
    }
    for (uint32_t i = 0; i < channels->count; i++) {
        if (region_band_of(region, channels->hz[i]) < 0) {
            scenario_errors_add(check->errors, place,
                    "gateways.channels: %.10g MHz is in no %s sub-band", channels->hz[i] / 1e6,
                    region->name);
        }
    }
}

static void check_power(const struct check *check)
{
    const struct region *region = scenario_region(check->scenario);
    const int32_t *eirp_mdbm = &check->scenario->gateways.params.eirp_mdbm;
    int32_t most_mdbm = INT32_MIN;
    for (uint32_t i = 0; i < region->band_count; i++) {
        int32_t limit_mdbm = region->bands[i].eirp_gateway_mdbm;
        most_mdbm = limit_mdbm > most_mdbm ? limit_mdbm : most_mdbm;
    }
    if (*eirp_mdbm > most_mdbm) {
        scenario_warnings_add(check->errors, check_place(check, eirp_mdbm),
                "gateways.power = %.10g dBm: no sub-band of %s allows more than %.10g dBm",
                *eirp_mdbm / 1000.0, region->name, most_mdbm / 1000.0);
    }
}

static void check_wrong_clocks(const struct check *check)
{
    const struct scenario_gateways *g = &check->scenario->gateways;
    for (uint32_t i = 0; i < g->params.wrong_clock_count; i++) {
        const struct gateway_wrong_clock *wrong = &g->wrong_clocks[i];
        if (wrong->gateway >= g->count) {
            scenario_errors_add(check->errors, check_place(check, &wrong->gateway),
                    "gateways.clock.wrong: gateway = %u, but there are %u, counted from 0",
                    wrong->gateway, g->count);
        }
        for (uint32_t j = 0; j < i; j++) {
            if (g->wrong_clocks[j].gateway == wrong->gateway) {
                scenario_errors_add(check->errors, check_place(check, &wrong->gateway),
                        "gateways.clock.wrong: gateway = %u stands twice", wrong->gateway);
            }
        }
    }
}

/* What a receiver gets of shorter bursts is their mean, at a cost that grows with their number. */
static void check_interferers(const struct check *check)
{
    for (uint32_t i = 0; i < check->scenario->interferer_count; i++) {
        const struct interferer_params *e = &check->scenario->interferers[i];
        if (e->statistics != INTERFERER_EXPONENTIAL || e->mean_off_ns == 0) {
            continue;
        }
        if (e->mean_on_ns < BURST_MIN_NS || e->mean_off_ns < BURST_MIN_NS) {
            scenario_errors_add(check->errors,
                    check_place(
                            check, e->mean_on_ns < BURST_MIN_NS ? &e->mean_on_ns : &e->mean_off_ns),
                    "interferers: exponential bursts and pauses should have means of at least "
                    "1 ms; shorter ones are as good as continuous at their mean power");
        }
    }
}

void scenario_check(const struct scenario *scenario, const struct scenario_places *places,
        const char *name, struct scenario_errors *errors)
{
    struct check check = { scenario, places, name, errors };
    check_groups(&check);
    check_coherence(&check);
    check_backhaul(&check);
    check_channels(&check);
    check_power(&check);
    check_wrong_clocks(&check);
    check_interferers(&check);
    check_faults(&check);
    check_adversaries(&check);
    check_unused(&check);
    check_campaigns(&check);
    check_expect(&check);
    if (scenario_errors_count(errors) == 0) {
        check_doubtful(&check);
    }
}
