/* Foreign traffic: Poisson arrivals, addresses, sizes, data rates, the 1 % pause, what it costs.
 * SPDX-License-Identifier: MIT
 *
 * Oracles: moments of Poisson processes and uniform draws; LoRaWAN frames as the network server
 * parses them; exact hours of duty_auditor; the pause as the header states it.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/gateway.h"
#include "network/lorawan.h"
#include "observe.h"
#include "traffic/foreign.h"

#define OWN     2u
#define FOREIGN 200u
#define SECOND  SIM_NS_PER_S
#define NWK_ID  0x24u
#define HOUR    (3600 * SECOND)

static struct engine *engine;
static struct medium *medium;
static struct gateway_fleet *gateways;
static struct foreign_fleet *fleet;
static entity_id first_foreign;
static struct foreign_params params;
static uint16_t demodulators;

static struct {
    uint64_t sent, uplinks, wrong;
    uint64_t by_data_rate[6], by_channel[8], by_device[FOREIGN];
    uint64_t size_sum;
    uint32_t size_min, size_max;
    sim_ns last_end_ns[FOREIGN], last_airtime_ns[FOREIGN];
    uint32_t last_fcnt[FOREIGN];
    uint64_t too_soon;
} seen;

static void on_started(const struct frame *frame)
{
    uint32_t index = frame->sender - first_foreign;
    if (index >= FOREIGN) {
        return;
    }
    struct lorawan_uplink uplink;
    if (!lorawan_uplink_parse(frame->bytes, frame->size, &uplink) || uplink.confirmed
            || uplink.dev_addr >> 25 != NWK_ID || uplink.fcnt != (uint16_t)seen.by_device[index]) {
        seen.wrong++;
    }
    seen.sent++;
    seen.by_device[index]++;
    seen.by_data_rate[12 - frame->modulation.spreading_factor]++;
    for (unsigned i = 0; i < params.channel_count; i++) {
        seen.by_channel[i] += frame->modulation.frequency_hz == params.channel_hz[i];
    }
    seen.size_sum += frame->size;
    seen.size_min = frame->size < seen.size_min ? frame->size : seen.size_min;
    seen.size_max = frame->size > seen.size_max ? frame->size : seen.size_max;
    if (frame->start_ns < seen.last_end_ns[index] + 99 * seen.last_airtime_ns[index]) {
        seen.too_soon++;
    }
    seen.last_end_ns[index] = frame->end_ns;
    seen.last_airtime_ns[index] = frame->end_ns - frame->start_ns;
}

static void on_observation(void *context, const struct observation *observation)
{
    on_started(observation->data);
}

static void on_uplink(void *context, const struct gateway_uplink *uplink, sim_ns now_ns)
{
    seen.uplinks++;
}

static void on_report(void *context, const struct gateway_report *report, sim_ns now_ns)
{
}

static const struct gateway_sink sink = { .uplink = on_uplink, .report = on_report };
static const struct medium_device_ops device_ops = { .detected = NULL };

static void start(void)
{
    memset(&seen, 0, sizeof seen);
    seen.size_min = UINT32_MAX;
    engine = engine_create(5);
    entity_id gateway = engine_entity_add(engine, 1);
    entity_id first_device = engine_entity_add(engine, OWN + FOREIGN);
    first_foreign = first_device + OWN;
    struct medium_params air = {
        .device_power_max_mdbm = 16150,
        .propagation = { .environment = ENVIRONMENT_URBAN, .frequency_mhz = 868 },
        .reception = {
            .capture_db = 6,
            .device_noise_figure_db = 6,
            .gateway_noise_figure_db = 6,
        },
    };
    struct medium_site sites[OWN + FOREIGN] = { { 0 } };
    for (uint32_t i = 0; i < OWN + FOREIGN; i++) {
        sites[i] = (struct medium_site){ .entity = first_device + i, .height_m = 2 };
    }
    foreign_place(engine_seed(engine), first_foreign, FOREIGN, 500, sites + OWN);
    struct medium_site site = { .entity = gateway, .height_m = 30 };
    medium = medium_create(
            engine, &air, sites, OWN + FOREIGN, &device_ops, &site, 1, &gateway_medium_ops);
    struct gateway_params gateway_params = {
        .region = &region_eu868,
        .demodulators = demodulators,
        .channel_count = params.channel_count,
    };
    memcpy(gateway_params.channel_hz, params.channel_hz, sizeof params.channel_hz);
    gateways = gateway_fleet_create(
            engine, &gateway_params, 1, &(struct gateway_entities){ .first = gateway });
    gateway_fleet_connect(gateways, medium, &sink, NULL);
    engine_observer_add(engine, OBSERVE_BIT(OBSERVE_FRAME_STARTED), on_observation, NULL);
    fleet = foreign_create(engine, medium, &params, FOREIGN, first_foreign, OWN);
    cr_assert_not_null(fleet);
}

static void stop(void)
{
    foreign_destroy(fleet);
    gateway_fleet_destroy(gateways);
    medium_destroy(medium);
    engine_destroy(engine);
}

static void default_traffic(void)
{
    demodulators = 8;
    params = (struct foreign_params){
        .region = &region_eu868,
        .period_ns = 600 * SECOND,
        .payload_min = 10,
        .payload_max = 30,
        .data_rate_share = { 0, 0, 0, 1, 1, 2 },
        .channel_count = 3,
        .channel_hz = { 868100000, 868300000, 868500000 },
        .power_mdbm = 14000,
        .duty_cycle = 0.01,
        .nwk_id = NWK_ID,
    };
    start();
}

static void restart(void)
{
    stop();
    start();
}

TestSuite(foreign, .init = default_traffic, .fini = stop);

Test(foreign, frames_are_lorawan_uplinks_of_another_network)
{
    engine_run(engine, 10 * HOUR);
    struct foreign_stats stats;
    foreign_stats(fleet, &stats);
    cr_expect_eq(stats.sent, seen.sent);
    cr_expect_eq(seen.wrong, 0);
    cr_expect_eq(seen.size_min, 13 + 10);
    cr_expect_eq(seen.size_max, 13 + 30);
    double mean = (double)seen.size_sum / (double)seen.sent;
    cr_expect_float_eq(mean, 33, 4 * 6.06 / sqrt((double)seen.sent), "mean size %g", mean);
    cr_expect_gt(seen.uplinks, seen.sent * 9 / 10, "the gateway takes them like any others");
}

Test(foreign, arrivals_are_poisson)
{
    engine_run(engine, 100 * HOUR);
    double expected = FOREIGN * 100 * 3600 / 600.0;
    cr_expect_float_eq((double)seen.sent, expected, 4 * sqrt(expected));
    /* Counts of the devices have the variance of their mean. */
    double sum2 = 0;
    for (unsigned i = 0; i < FOREIGN; i++) {
        double off = (double)seen.by_device[i] - expected / FOREIGN;
        sum2 += off * off;
    }
    double dispersion = sum2 / expected;
    cr_expect_float_eq(dispersion, 1, 4 * sqrt(2.0 / FOREIGN), "dispersion %g", dispersion);
}

Test(foreign, channels_and_data_rates_have_their_shares)
{
    engine_run(engine, 50 * HOUR);
    for (unsigned i = 0; i < 3; i++) {
        double share = (double)seen.by_channel[i] / (double)seen.sent;
        cr_expect_float_eq(share, 1 / 3.0, 4 * sqrt(2.0 / 9 / (double)seen.sent));
    }
    cr_expect_eq(seen.by_data_rate[0] + seen.by_data_rate[1] + seen.by_data_rate[2], 0);
    double share = (double)seen.by_data_rate[5] / (double)seen.sent;
    cr_expect_float_eq(share, 0.5, 4 * sqrt(0.25 / FOREIGN), "half of the devices, %g", share);
}

Test(foreign, data_rates_may_be_given)
{
    static uint8_t data_rates[FOREIGN];
    for (unsigned i = 0; i < FOREIGN; i++) {
        data_rates[i] = (uint8_t)(i % 2 == 0 ? 1 : 4);
    }
    params.data_rates = data_rates;
    restart();
    engine_run(engine, 5 * HOUR);
    cr_expect_eq(seen.by_data_rate[1] + seen.by_data_rate[4], seen.sent);
    uint64_t even = 0;
    for (unsigned i = 0; i < FOREIGN; i += 2) {
        even += seen.by_device[i];
    }
    cr_expect_eq(seen.by_data_rate[1], even);
}

Test(foreign, devices_keep_to_one_percent_when_asked_for_more)
{
    params.period_ns = 20 * SECOND; /* SF10, 33 bytes: 0.45 s and 45 s */
    params.data_rate_share[3] = 8;
    restart();
    engine_run(engine, 5 * HOUR);
    struct foreign_stats stats;
    foreign_stats(fleet, &stats);
    cr_expect_gt(stats.postponed, stats.sent / 3);
    cr_expect_eq(seen.too_soon, 0);
    cr_expect_leq((double)stats.airtime_ns, 0.01 * FOREIGN * (double)(5 * HOUR + 50 * SECOND));
}

Test(foreign, without_a_duty_cycle_no_device_waits)
{
    params.period_ns = 20 * SECOND;
    params.duty_cycle = 0;
    restart();
    engine_run(engine, HOUR);
    struct foreign_stats stats;
    foreign_stats(fleet, &stats);
    cr_expect_gt(seen.too_soon, 0);
    double expected = FOREIGN * 3600 / 20.0;
    cr_expect_float_eq((double)stats.sent, expected, 4 * sqrt(expected));
}

Test(foreign, payload_is_cut_to_what_the_data_rate_carries)
{
    params.payload_min = params.payload_max = FOREIGN_PAYLOAD_MAX;
    memset(params.data_rate_share, 0, sizeof params.data_rate_share);
    params.data_rate_share[0] = 1;
    restart();
    engine_run(engine, HOUR);
    cr_expect_gt(seen.sent, 100);
    cr_expect_eq(seen.size_min, 64); /* RP002-1.0.3 table 8: M = 59, without FOpts N = 51 */
    cr_expect_eq(seen.size_max, 64);
}

Test(foreign, takes_demodulators_from_others)
{
    /* 200 devices, SF12 at 1 %: 2 erlang on one demodulator. */
    params.period_ns = 10 * SECOND;
    memset(params.data_rate_share, 0, sizeof params.data_rate_share);
    params.data_rate_share[0] = 1;
    demodulators = 1;
    restart();
    engine_run(engine, HOUR);
    struct gateway_stats stats;
    gateway_stats(gateways, 0, HOUR, &stats);
    double load = (double)seen.sent * (double)(seen.last_airtime_ns[0]) / (double)HOUR;
    cr_expect(load > 1.5, "%g erlang", load);
    cr_expect_gt(stats.lost[LOSS_RECEIVER_LOCKED_ELSEWHERE], seen.sent / 2);
}

Test(foreign, places_are_uniform_in_the_disc)
{
    enum {
        COUNT = 20000
    };
    struct medium_site *sites = calloc(COUNT, sizeof *sites);
    foreign_place(9, 100, COUNT, 2000, sites);
    unsigned inner = 0, right = 0;
    for (unsigned i = 0; i < COUNT; i++) {
        double distance_m = hypot(sites[i].x_m, sites[i].y_m);
        cr_assert(distance_m <= 2000);
        cr_assert_eq(sites[i].entity, 100 + i);
        inner += distance_m <= 1000;
        right += sites[i].x_m > 0;
    }
    cr_expect_float_eq(inner / (double)COUNT, 0.25, 4 * sqrt(0.25 * 0.75 / COUNT));
    cr_expect_float_eq(right / (double)COUNT, 0.5, 4 * sqrt(0.25 / COUNT));
    free(sites);
}
