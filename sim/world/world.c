/* A run: wires engine, air, nodes, gateways, network and campaign from a scenario.
 * SPDX-License-Identifier: MIT
 */
#include "world/world.h"

#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "campaign/image_builder.h"
#include "random_stream.h"
#include "update/flash_map.h"
#include "update/update.h"
#include "world/firmware_image.h"
#include "world/fleet_observer.h"
#include "world/placement.h"
#include "world/run_audit.h"

/* GPS time when the run starts: 2025-01-06 00:00:00 GPS, a Monday at midnight. */
#define GPS_SECONDS_AT_START INT64_C(1420156800)

#define HARDWARE_ID            0x07201276u /* STM32L072 with SX1276 */
#define INITIAL_IMAGE_VERSION  0x01000000u /* 1.0.0 */
#define GATEWAY_ENTITIES       64u         /* the most that a scenario can have */
#define TUNING_FORK_PPM_PER_C2 (-0.034)    /* spec-physics section 7 */

/* The eight uplink channels of a usual EU868 network: three default, five by CFList. */
static const uint32_t default_channel_hz[3] = { 868100000u, 868300000u, 868500000u };
static const uint32_t extra_channel_hz[5] = { 867100000u, 867300000u, 867500000u, 867700000u,
    867900000u };

static bool fail(char *error, size_t error_size, const char *what)
{
    if (error[0] == '\0') {
        snprintf(error, error_size, "%s", what);
    }
    return false;
}

static bool build_images(struct world *world, uint8_t **initial, uint32_t *initial_size,
        uint8_t public_key[32], char *error, size_t error_size)
{
    const struct scenario *scenario = world->scenario;
    uint8_t private_key[32];
    image_key_pair(scenario->seed, private_key, public_key);
    uint32_t code_size;
    uint8_t *code = firmware_image_load(scenario, &code_size, error, error_size);
    if (code == NULL) {
        return false;
    }
    uint32_t size_max = code_size + IMAGE_HEADER_SIZE;
    uint8_t *image = malloc(size_max);
    *initial = malloc(size_max);
    bool ok = image != NULL && *initial != NULL
              && image_build(image, size_max, &world->image_size, code, code_size,
                      scenario->firmware.version, HARDWARE_ID, private_key)
              && image_build(*initial, size_max, initial_size, code, code_size,
                      INITIAL_IMAGE_VERSION, HARDWARE_ID, private_key);
    world->image = image;
    free(code);
    return ok ? true : fail(error, error_size, "firmware.image: cannot build the image");
}

static struct device_identity *draw_identities(
        const struct world *world, const uint8_t public_key[32])
{
    struct device_identity *identities = calloc(world->device_count, sizeof *identities);
    for (uint32_t i = 0; identities != NULL && i < world->device_count; i++) {
        device_identity_draw(&identities[i], world->scenario->seed, i);
        memcpy(identities[i].image_public_key, public_key, 32);
        identities[i].hardware_id = HARDWARE_ID;
    }
    return identities;
}

static void medium_params_of(const struct scenario *scenario, struct medium_params *params)
{
    const struct scenario_propagation *p = &scenario->propagation;
    *params = (struct medium_params){
        .propagation = {
            .model = (enum propagation_model)p->model,
            .environment = (enum propagation_environment)p->environment,
            .frequency_mhz = 868.0,
            .penetration_db = p->penetration_db,
            .shadowing_sigma_db = p->shadowing_sigma_db,
        },
        .fading = { .model = (enum fading_model)p->fading },
        .reception = {
            .capture_db = 6.0,              /* Bor et al., MSWiM 2016 */
            .device_noise_figure_db = 6.0,  /* the sensitivity rows are read with it */
            .gateway_noise_figure_db = 6.0, /* (spec-physics 2) */
        },
    };
}

static void gateway_params_of(const struct scenario *scenario, struct gateway_params *params)
{
    const struct scenario_gateways *g = &scenario->gateways;
    *params = (struct gateway_params){
        .demodulators = (uint8_t)g->demodulators,
        .channel_count = 8,
        .backhaul_latency_ns = g->backhaul_latency_ns,
        .backhaul_jitter_ns = g->backhaul_jitter_ns,
        .gnss = g->gnss,
        .duty_window_s = 3600.0, /* ETSI EN 300 220: on-time within any hour */
    };
    memcpy(params->channel_hz, default_channel_hz, sizeof default_channel_hz);
    memcpy(params->channel_hz + 3, extra_channel_hz, sizeof extra_channel_hz);
}

static void network_params_of(const struct scenario *scenario, struct network_params *params)
{
    *params = (struct network_params){
        .net_id = 0x000013, /* type 0, NwkID 0x13: The Things Network's, as in the vectors */
        .rx1_delay_s = 1,   /* RP002 default */
        /* assumed: a quarter of DR0's time on air; DR3 lost more far devices than DR2. */
        .rx2_data_rate = 2,
        .rx2_frequency_hz = 869525000u,
        .deduplication_ns = 200 * SIM_NS_PER_MS, /* spec-physics 6: servers wait 100-250 ms */
        .duty_share = scenario->campaign.duty_share,
        .extra_channel_count = 5,
    };
    memcpy(params->extra_channel_hz, extra_channel_hz, sizeof extra_channel_hz);
}

static void campaign_params_of(const struct scenario *scenario, struct campaign_params *params)
{
    const struct scenario_campaign *c = &scenario->campaign;
    *params = (struct campaign_params){
        .start_ns = c->start_ns,
        .set_up_policy = (enum campaign_set_up_policy)c->set_up_policy,
        .set_up_window_ns = c->set_up_window_ns,
        .data_rate = (uint8_t)c->data_rate,
        .frequency_hz = (uint32_t)c->frequency_hz,
        .fragment_size_bytes = (uint8_t)c->fragment_size_bytes,
        .redundancy = c->redundancy,
        .correction = (enum campaign_correction)c->correction_policy,
        .correction_timeout_ns = c->correction_timeout_ns,
        .block_ack_delay = (uint8_t)c->block_ack_delay,
        .fragmentation_version = (uint8_t)c->fragmentation_version,
        .gateways = (enum multicast_policy)c->gateways,
        .block_mic = c->verify_block_mic,
        .confirm_timeout_ns = c->confirm_timeout_ns,
    };
}

static bool create_medium(struct world *world, struct medium_site *sites)
{
    struct medium_params params;
    medium_params_of(world->scenario, &params);
    struct medium_site *gateway_sites = calloc(world->gateway_count, sizeof *gateway_sites);
    if (gateway_sites == NULL) {
        return false;
    }
    placement_devices(world->scenario, world->first_device, sites);
    placement_gateways(world->scenario, world->first_gateway, gateway_sites);
    world->medium = medium_create(world->engine, &params, sites, world->device_count,
            &node_medium_ops, gateway_sites, world->gateway_count, &gateway_medium_ops);
    free(gateway_sites);
    return world->medium != NULL;
}

/* Boot times are uniform over the spread: at second 0 a city does not switch on at once. */
static sim_ns draw_boot_time(uint64_t seed, uint32_t entity, sim_ns spread_ns)
{
    struct random_stream stream;
    random_stream_init(&stream, seed, entity, RANDOM_BOOT_TIME, 0);
    return (sim_ns)(random_stream_uniform(&stream) * (double)spread_ns);
}

static void configure_nodes(struct world *world, const struct medium_site *sites)
{
    uint32_t index = 0;
    for (uint32_t g = 0; g < world->scenario->group_count; g++) {
        const struct scenario_device_group *group = &world->scenario->groups[g];
        for (uint32_t i = 0; i < group->count; i++, index++) {
            struct node_params params = {
                .site = sites[index],
                .identity = world->identities[index],
                .crystal = {
                    .tolerance_ppm = group->rtc_tolerance_ppm,
                    .temperature_mean_c = group->rtc_temperature_mean_c,
                    .temperature_swing_c = group->rtc_temperature_swing_c,
                    .parabola_ppm_per_c2 = TUNING_FORK_PPM_PER_C2,
                },
                .boot_at_ns = draw_boot_time(
                        world->scenario->seed, sites[index].entity, group->boot_spread_ns),
                .configuration = {
                    .report_period_s = (uint32_t)(group->report_period_ns / SIM_NS_PER_S),
                    .report_size = (uint8_t)group->report_payload_bytes,
                    .report_random_phase = group->report_phase_uniform != 0,
                    .fragmentation_version =
                            (uint8_t)world->scenario->campaign.fragmentation_version,
                },
            };
            node_fleet_configure(world->nodes, index, &params);
        }
    }
}

static bool create_nodes(struct world *world, const struct world_options *options,
        const struct medium_site *sites, const uint8_t *initial, uint32_t initial_size)
{
    struct node_fleet_params params = {
        .board = &board_stm32l072_sx1276,
        .firmware = &fleetcast_fw,
        .crypto_memo = options->crypto_memo,
        .guest_errors_fatal = world->scenario->on_guest_error_fail,
    };
    world->nodes = node_fleet_create(world->engine, &params, world->device_count,
            world->first_device, initial, initial_size);
    if (world->nodes == NULL) {
        return false;
    }
    configure_nodes(world, sites);
    return true;
}

static bool create_servers(struct world *world)
{
    struct gateway_params gateway_params;
    gateway_params_of(world->scenario, &gateway_params);
    world->gateways = gateway_fleet_create(
            world->engine, &gateway_params, world->gateway_count, world->first_gateway);
    if (world->gateways == NULL) {
        return false;
    }
    struct network_params network_params;
    network_params_of(world->scenario, &network_params);
    world->network =
            network_create(world->engine, &network_params, world->gateways, world->gateway_count,
                    world->identities, world->device_count, GPS_SECONDS_AT_START * SIM_NS_PER_S);
    if (world->network == NULL) {
        return false;
    }
    gateway_fleet_connect(world->gateways, world->medium, &network_gateway_sink, world->network);
    return true;
}

static bool create_campaign(struct world *world, char *error, size_t error_size)
{
    struct campaign_params params;
    campaign_params_of(world->scenario, &params);
    world->campaign = campaign_create(world->engine, world->network, &params, world->identities,
            world->device_count, world->image, world->image_size,
            world->scenario->firmware.version);
    if (world->campaign == NULL) {
        snprintf(error, error_size,
                "campaign: an image of %u bytes does not fit 16383 fragments of %u bytes",
                world->image_size, params.fragment_size_bytes);
        return false;
    }
    network_set_application(world->network, &campaign_application, world->campaign);
    return true;
}

static bool create_parts(
        struct world *world, const struct world_options *options, char *error, size_t error_size)
{
    uint8_t public_key[32];
    uint8_t *initial = NULL;
    uint32_t initial_size = 0;
    struct medium_site *sites = calloc(world->device_count, sizeof *sites);
    bool ok = sites != NULL
              && build_images(world, &initial, &initial_size, public_key, error, error_size)
              && (world->identities = draw_identities(world, public_key)) != NULL
              && (world->record = fleet_record_create(world->device_count)) != NULL
              && create_medium(world, sites)
              && create_nodes(world, options, sites, initial, initial_size)
              && create_servers(world);
    free(initial);
    free(sites);
    if (ok && world->scenario->campaign.enabled) {
        ok = create_campaign(world, error, error_size);
    }
    return ok;
}

struct world *world_create(const struct scenario *scenario, const struct world_options *options,
        char *error, size_t error_size)
{
    error[0] = '\0';
    struct world *world = calloc(1, sizeof *world);
    if (world == NULL) {
        fail(error, error_size, "out of memory");
        return NULL;
    }
    world->scenario = scenario;
    world->device_count = scenario_device_count(scenario);
    world->gateway_count = scenario->gateways.count;
    world->engine = engine_create(scenario->seed);
    if (world->engine != NULL) {
        /* Draws are keyed by entity: neither a gateway nor a device more may renumber others. */
        assert(world->gateway_count <= GATEWAY_ENTITIES);
        world->first_gateway = engine_entity_add(world->engine, GATEWAY_ENTITIES);
        world->first_device = engine_entity_add(world->engine, world->device_count);
    }
    if (world->engine == NULL || !create_parts(world, options, error, error_size)) {
        fail(error, error_size, "out of memory");
        world_destroy(world);
        return NULL;
    }
    if (!fleet_record_watch(world)) {
        fail(error, error_size, "out of memory");
        world_destroy(world);
        return NULL;
    }
    node_fleet_start(world->nodes, world->medium);
    return world;
}

void world_destroy(struct world *world)
{
    if (world == NULL) {
        return;
    }
    campaign_destroy(world->campaign);
    network_destroy(world->network);
    gateway_fleet_destroy(world->gateways);
    node_fleet_destroy(world->nodes);
    medium_destroy(world->medium);
    fleet_record_destroy(world->record);
    engine_destroy(world->engine);
    free((void *)(uintptr_t)world->identities);
    free((void *)(uintptr_t)world->image);
    free(world);
}

/* The end of a campaign and a failure shall be seen soon, but not by how often a caller looks: they
 * are looked for at fixed instants of simulated time. */
#define LOOK_NS  SIM_NS_PER_S
#define AUDIT_NS (60 * SIM_NS_PER_S)

static bool failed(struct world *world, const struct node_fleet_stats *nodes)
{
    snprintf(world->failure, sizeof world->failure, "%s", nodes->first_fault);
    return world->failure[0] != '\0';
}

/* Rules that hold in every run, seen by who does not enforce them. */
static bool audit_fails(struct world *world, const struct node_fleet_stats *nodes)
{
    char *text = world->failure;
    size_t size = sizeof world->failure;
    for (uint32_t g = 0; g < world->gateway_count; g++) {
        struct gateway_stats stats;
        gateway_stats(world->gateways, g, engine_now(world->engine), &stats);
        if (stats.duty_violations > 0) {
            snprintf(text, size, "INVARIANT gateway %u broke its duty cycle with %llu frames", g,
                    (unsigned long long)stats.duty_violations);
            return true;
        }
    }
    if (world->record->installs_wrong > 0) {
        snprintf(text, size, "INVARIANT %llu devices installed another image than was sent",
                (unsigned long long)world->record->installs_wrong);
        return true;
    }
    if (nodes->lead_max_ns > NODE_LEAD_MAX_NS) {
        snprintf(text, size, "INVARIANT a device led the air by %lld ns; at most %lld",
                (long long)nodes->lead_max_ns, (long long)NODE_LEAD_MAX_NS);
        return true;
    }
    return false;
}

static bool look_fails(struct world *world)
{
    struct node_fleet_stats nodes;
    node_fleet_stats(world->nodes, &nodes);
    return failed(world, &nodes)
           || (engine_now(world->engine) % AUDIT_NS == 0 && audit_fails(world, &nodes));
}

static bool world_is_over(struct world *world)
{
    sim_ns now_ns = engine_now(world->engine);
    if (now_ns >= world->scenario->duration_ns) {
        return true;
    }
    return now_ns % LOOK_NS == 0
           && ((world->campaign != NULL && campaign_phase(world->campaign) == CAMPAIGN_PHASE_DONE)
                   || look_fails(world));
}

bool world_run(struct world *world, sim_ns until_ns)
{
    if (until_ns > world->scenario->duration_ns) {
        until_ns = world->scenario->duration_ns;
    }
    while (!world_is_over(world) && engine_now(world->engine) < until_ns) {
        sim_ns next_ns = engine_now(world->engine) / LOOK_NS * LOOK_NS + LOOK_NS;
        engine_run(world->engine, next_ns < until_ns ? next_ns : until_ns);
    }
    return !world_is_over(world);
}

int64_t world_start_unix_s(const struct world *world)
{
    (void)world;
    /* GPS epoch 315964800 in Unix time; 18 leap seconds since (protocol reference, section 0). */
    return GPS_SECONDS_AT_START + INT64_C(315964800) - 18;
}

const char *world_failure(struct world *world)
{
    struct node_fleet_stats nodes;
    node_fleet_stats(world->nodes, &nodes);
    return failed(world, &nodes) || audit_fails(world, &nodes)
                           || run_audit_fails(world, world->failure, sizeof world->failure)
                   ? world->failure
                   : NULL;
}
