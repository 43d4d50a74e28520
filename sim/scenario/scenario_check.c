/* What must hold between keys, once each is right by itself.
 * SPDX-License-Identifier: MIT
 */
#include "scenario/scenario_check.h"

#include <string.h>

#include "gateway/gateway.h"
#include "scenario/scenario_table.h"

#define DATA_FRAGMENT_OVERHEAD 3u /* TS004: CID, Index&N */
#define DEVICES_MAX            1000000u
/* From the end of an uplink: RX2 opens (RP002 RECEIVE_DELAY2); what the network waits for copies of
 * the uplink by other gateways; what a gateway needs to program a transmission. */
#define RX2_DELAY_NS     (2 * SIM_NS_PER_S)
#define DEDUPLICATION_NS (200 * SIM_NS_PER_MS)
#define PROGRAMMING_NS   (50 * SIM_NS_PER_MS)

struct check {
    const struct scenario *scenario;
    const struct scenario_places *places;
    const char *name;
    struct scenario_errors *errors;
};

/* Where a member was set, else the whole file. */
static struct scenario_place place_of(const struct check *check, const void *member)
{
    const struct scenario_place *place = scenario_places_find(check->places, member);
    return place != NULL ? *place : (struct scenario_place){ check->name, 0, 0 };
}

/* Application bytes that a data rate carries, RP002 EU868 DR0..DR5. */
static uint32_t payload_max(uint32_t data_rate)
{
    static const uint32_t sizes[] = { 51, 51, 51, 115, 242, 242 };
    return sizes[data_rate];
}

static void check_fragment_size(const struct check *check)
{
    const struct scenario_campaign *c = &check->scenario->campaign;
    uint32_t size_max = payload_max((uint32_t)c->data_rate) - DATA_FRAGMENT_OVERHEAD;
    if (c->fragment_size_bytes > size_max) {
        scenario_errors_add(check->errors, place_of(check, &c->fragment_size_bytes),
                "campaign.fragment_size = %u B does not fit DR%d: at most %u B",
                c->fragment_size_bytes, c->data_rate, size_max);
    }
}

static void check_frequency(const struct check *check)
{
    double frequency_hz = check->scenario->campaign.frequency_hz;
    if (eu868_sub_band_of((uint32_t)frequency_hz) < 0) {
        char frequency[40];
        quantity_format(frequency, sizeof frequency, DIMENSION_FREQUENCY, frequency_hz);
        scenario_errors_add(check->errors, place_of(check, &check->scenario->campaign.frequency_hz),
                "campaign.frequency = %s is in no EU868 sub-band; 869.525 MHz has 10 %% duty "
                "cycle",
                frequency);
    }
}

static void format_time(char *text, size_t size, sim_ns time_ns)
{
    quantity_format(text, size, DIMENSION_TIME, (double)time_ns / (double)SIM_NS_PER_S);
}

static void check_times(const struct check *check)
{
    const struct scenario_campaign *c = &check->scenario->campaign;
    sim_ns session_ns = c->start_ns + c->set_up_window_ns;
    if (session_ns >= check->scenario->duration_ns) {
        char duration[40], session[40];
        format_time(duration, sizeof duration, check->scenario->duration_ns);
        format_time(session, sizeof session, session_ns);
        scenario_errors_add(check->errors, place_of(check, &check->scenario->duration_ns),
                "duration = %s ends before the session opens at %s (campaign.start + "
                "campaign.set_up.window)",
                duration, session);
    }
}

static void check_backhaul(const struct check *check)
{
    const struct scenario_gateways *g = &check->scenario->gateways;
    sim_ns answer_ns = 2 * (g->backhaul_latency_ns + g->backhaul_jitter_ns) + DEDUPLICATION_NS
                       + PROGRAMMING_NS;
    if (answer_ns > RX2_DELAY_NS) {
        char answer[40];
        bool is_set = scenario_places_find(check->places, &g->backhaul_latency_ns) != NULL;
        format_time(answer, sizeof answer, answer_ns);
        scenario_errors_add(check->errors,
                place_of(check, is_set ? &g->backhaul_latency_ns : &g->backhaul_jitter_ns),
                "gateways.backhaul: twice (latency + jitter) and 250 ms in the servers are %s: "
                "then "
                "no answer can reach a receive window, RX2 opens after 2 s",
                answer);
    }
}

static void check_devices(const struct check *check)
{
    uint64_t count = 0;
    for (uint32_t i = 0; i < check->scenario->group_count; i++) {
        count += check->scenario->groups[i].count;
        for (uint32_t j = 0; j < i; j++) {
            if (strcmp(check->scenario->groups[i].name, check->scenario->groups[j].name) == 0) {
                scenario_errors_add(check->errors, (struct scenario_place){ check->name, 0, 0 },
                        "two groups of devices are named '%s'", check->scenario->groups[i].name);
            }
        }
    }
    if (count > DEVICES_MAX) {
        scenario_errors_add(check->errors, (struct scenario_place){ check->name, 0, 0 },
                "%llu devices; at most %u", (unsigned long long)count, DEVICES_MAX);
    }
}

static void check_verify(const struct check *check)
{
    const struct scenario_campaign *c = &check->scenario->campaign;
    if (!c->verify_signature) {
        scenario_errors_add(check->errors, place_of(check, &c->verify_block_mic),
                "campaign.verify should have signature: the bootloader installs nothing else");
    }
    if (c->verify_block_mic && c->fragmentation_version == 1) {
        scenario_errors_add(check->errors, place_of(check, &c->verify_block_mic),
                "campaign.verify: block-mic needs campaign.fragmentation_version = 2");
    }
}

void scenario_check(const struct scenario *scenario, const struct scenario_places *places,
        const char *name, struct scenario_errors *errors)
{
    struct check check = { scenario, places, name, errors };
    check_devices(&check);
    check_backhaul(&check);
    if (scenario->campaign.enabled) {
        check_fragment_size(&check);
        check_frequency(&check);
        check_times(&check);
        check_verify(&check);
    }
}
