/* The small world of the gateway tests.
 * SPDX-License-Identifier: MIT
 */
#include "gateway_world.h"

#include <criterion/criterion.h>
#include <string.h>

struct gateway_world world;

const uint32_t world_channels[8] = { 868100000, 868300000, 868500000, 867100000, 867300000,
    867500000, 867700000, 867900000 };

static void on_uplink(void *context, const struct gateway_uplink *uplink, sim_ns now_ns)
{
    if (world.uplink_count < WORLD_ARRIVALS) {
        world.uplinks[world.uplink_count] =
                (struct world_arrival){ .at_ns = now_ns, .uplink = *uplink };
    }
    world.uplink_count++;
}

static void on_report(void *context, const struct gateway_report *report, sim_ns now_ns)
{
    if (world.report_count < WORLD_ARRIVALS) {
        world.reports[world.report_count] =
                (struct world_arrival){ .at_ns = now_ns, .report = *report };
    }
    world.report_count++;
}

static void on_detected(void *device, const struct frame *frame, sim_ns now_ns)
{
}

static void on_ended(void *device, const struct frame *frame, const struct verdict *verdict,
        const uint8_t *bytes, uint16_t size, sim_ns now_ns)
{
    world.heard[verdict->cause]++;
}

static void on_observation(void *context, const struct observation *observation)
{
    if (observation->kind == OBSERVE_DUTY_VIOLATION) {
        world.violations++;
    } else {
        world.lost[observation->b]++;
        world.lost_at_ns = observation->at_ns;
        world.lost_device = ((const struct frame *)observation->data)->bytes[1];
    }
}

static void begin_outage(void *context, sim_ns now_ns, entity_id entity, uint64_t kind)
{
    gateway_outage_begin(world.fleet, 0, (enum gateway_outage_kind)kind);
}

static void end_outage(void *context, sim_ns now_ns, entity_id entity, uint64_t kind)
{
    gateway_outage_end(world.fleet, 0, (enum gateway_outage_kind)kind);
}

void world_outage(enum gateway_outage_kind kind, sim_ns from_ns, sim_ns duration_ns)
{
    engine_schedule(world.engine, from_ns, SIM_PHASE_WORLD, 1, world.outage_begin, kind);
    engine_schedule(
            world.engine, from_ns + duration_ns, SIM_PHASE_WORLD, 1, world.outage_end, kind);
}

static const struct gateway_sink sink = { .uplink = on_uplink, .report = on_report };
static const struct medium_device_ops device_ops = { .detected = on_detected, .ended = on_ended };

static void start(void)
{
    struct gateway_params params = world.params;
    enum interference_model interference = world.interference;
    enum demodulator_from demodulator_from = world.demodulator_from;
    memset(&world, 0, sizeof world);
    world.params = params;
    world.interference = interference;
    world.demodulator_from = demodulator_from;
    world.engine = engine_create(1);
    entity_id first_device = engine_entity_add(world.engine, WORLD_DEVICES);
    entity_id first_gateway = engine_entity_add(world.engine, 1);
    struct medium_params air = {
        .device_power_max_mdbm = 16150,
        .propagation = { .environment = ENVIRONMENT_URBAN, .frequency_mhz = 868 },
        .reception = {
            .capture_db = 6,
            .device_noise_figure_db = 6,
            .gateway_noise_figure_db = 6,
            .interference = world.interference,
            .demodulator_from = world.demodulator_from,
        },
    };
    static struct medium_site devices[WORLD_DEVICES];
    for (uint32_t i = 0; i < WORLD_DEVICES; i++) {
        devices[i] = (struct medium_site){ .entity = first_device + i, .x_m = 500, .height_m = 2 };
    }
    struct medium_site site = { .entity = first_gateway, .height_m = 30 };
    world.medium = medium_create(
            world.engine, &air, devices, WORLD_DEVICES, &device_ops, &site, 1, &gateway_medium_ops);
    world.fleet = gateway_fleet_create(
            world.engine, &world.params, 1, &(struct gateway_entities){ .first = first_gateway });
    gateway_fleet_connect(world.fleet, world.medium, &sink, NULL);
    world.outage_begin = engine_handler_add(world.engine, begin_outage, NULL);
    world.outage_end = engine_handler_add(world.engine, end_outage, NULL);
    engine_observer_add(world.engine,
            OBSERVE_BIT(OBSERVE_GATEWAY_LOST) | OBSERVE_BIT(OBSERVE_DUTY_VIOLATION), on_observation,
            NULL);
}

void world_default(void)
{
    world.params = (struct gateway_params){
        .region = &region_eu868,
        .demodulators = 8,
        .channel_count = 3,
        .channel_hz = { 868100000, 868300000, 868500000 },
        .backhaul_latency_ns = WORLD_LATENCY_NS,
        .gnss = true,
    };
    start();
}

void world_stop(void)
{
    gateway_fleet_destroy(world.fleet);
    medium_destroy(world.medium);
    engine_destroy(world.engine);
}

void world_restart(void)
{
    world_stop();
    start();
}

void world_run_to(sim_ns at_ns)
{
    engine_run(world.engine, at_ns);
}

const struct frame *world_uplink(uint32_t device, sim_ns at_ns, uint32_t frequency_hz, uint8_t sf)
{
    struct lora_modulation m = {
        .frequency_hz = frequency_hz,
        .bandwidth_hz = 125000,
        .spreading_factor = sf,
        .coding_rate = 1,
        .preamble_symbols = 8,
        .sync_word = 0x34,
        .low_data_rate = sf >= 11,
        .payload_crc = true,
    };
    uint8_t bytes[20] = { 0x40, (uint8_t)device };
    return medium_transmit_device(world.medium, device, at_ns, &m, 14000, bytes, sizeof bytes);
}

struct gateway_tx world_request(uint64_t token, sim_ns at_ns, uint8_t sf, uint16_t size)
{
    return (struct gateway_tx){
        .token = token,
        .timing = GATEWAY_TX_AT,
        .at_ns = at_ns,
        .power_mdbm = 29150,
        .modulation = { .frequency_hz = 869525000,
                .bandwidth_hz = 125000,
                .spreading_factor = sf,
                .coding_rate = 1,
                .preamble_symbols = 8,
                .sync_word = 0x34,
                .low_data_rate = sf >= 11,
                .iq_inverted = true },
        .size = size,
    };
}

void world_submit(const struct gateway_tx *tx)
{
    gateway_submit(world.fleet, 0, tx);
}

const struct gateway_report *world_report_of(uint64_t token, unsigned nth)
{
    for (uint32_t i = 0; i < world.report_count && i < WORLD_ARRIVALS; i++) {
        if (world.reports[i].report.token == token && nth-- == 0) {
            return &world.reports[i].report;
        }
    }
    return NULL;
}

void world_expect_report(uint64_t token, unsigned nth, enum gateway_tx_result result)
{
    const struct gateway_report *report = world_report_of(token, nth);
    cr_assert_not_null(report, "request %llu has no report %u", (unsigned long long)token, nth);
    cr_expect_eq(report->result, result, "request %llu: %s, expected %s", (unsigned long long)token,
            gateway_tx_result_name(report->result), gateway_tx_result_name(result));
}

struct gateway_stats world_stats(void)
{
    struct gateway_stats stats;
    gateway_stats(world.fleet, 0, engine_now(world.engine), &stats);
    return stats;
}
