/* The end-devices of a world: their identities, factory settings, places and first states.
 * SPDX-License-Identifier: MIT
 */
#include "world/world_nodes.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "air/judge.h"
#include "random_stream.h"
#include "scenario/channel_plan.h"
#include "scenario/fleet_estimate.h"
#include "scenario/scenario_campaigns.h"
#include "world/world_params.h"

/* Streams of RANDOM_CRYSTAL from the end: the first ones are the RTC's. */
#define STREAM_RADIO_ERROR UINT32_MAX

#define COMMISSIONED_DEV_NONCE 1u
/* What the firmware leaves of the EIRP for the antenna (device/mac/region.c). */
#define ANTENNA_RESERVE_MDB 2000

struct device_identity *world_draw_identities(
        const struct world *world, const struct world_factory *factory)
{
    struct device_identity *identities = calloc(world->device_count, sizeof *identities);
    for (uint32_t i = 0; identities != NULL && i < world->device_count; i++) {
        device_identity_draw(&identities[i], world->scenario->seed, i);
        memcpy(identities[i].image_public_key, factory->public_key, sizeof factory->public_key);
        memcpy(identities[i].image_encryption_key, factory->encryption_key,
                sizeof factory->encryption_key);
        identities[i].hardware_id = WORLD_HARDWARE_ID;
    }
    return identities;
}

static double penetration_db(const struct world *world, const struct placement *placement,
        uint32_t group, uint32_t index, entity_id entity)
{
    enum penetration_class class = placement_indoor(placement, group, index, entity);
    return class == PENETRATION_FIXED ? world->scenario->propagation.penetration_db
                                      : penetration_draw_db(world->scenario->seed, entity, class);
}

/* Uniform in plus or minus a tolerance, in parts per 10^9. */
static int32_t draw_ppb(struct random_stream *stream, double tolerance_ppm)
{
    return (int32_t)lround((2.0 * random_stream_uniform(stream) - 1.0) * tolerance_ppm * 1000.0);
}

void world_complete_sites(
        const struct world *world, const struct placement *placement, struct medium_site *sites)
{
    struct random_stream stream;
    uint32_t index = 0;
    for (uint32_t g = 0; g < world->scenario->group_count; g++) {
        const struct scenario_device_group *group = &world->scenario->groups[g];
        for (uint32_t i = 0; i < group->count; i++, index++) {
            struct medium_site *site = &sites[index];
            site->antenna_gain_mdb = world->groups[g].board.type.tx_antenna_gain_mdb;
            site->penetration_db = penetration_db(world, placement, g, i, site->entity);
            random_stream_init(&stream, world->scenario->seed, site->entity, RANDOM_CRYSTAL,
                    STREAM_RADIO_ERROR);
            site->radio_error_ppb = draw_ppb(&stream, group->radio_tolerance_ppm);
            site->radio_drift_ppb_per_s = draw_ppb(&stream, group->radio_drift_ppm_per_s);
        }
    }
}

void world_complete_gateway_sites(const struct world *world, struct medium_site *sites)
{
    const struct scenario_gateways *gateways = &world->scenario->gateways;
    struct random_stream stream;
    for (uint32_t i = 0; i < world->gateway_count; i++) {
        sites[i].antenna_gain_mdb = gateways->params.antenna_gain_mdb;
        random_stream_init(&stream, world->scenario->seed, sites[i].entity, RANDOM_CRYSTAL,
                STREAM_RADIO_ERROR);
        sites[i].radio_error_ppb = draw_ppb(&stream, gateways->radio_tolerance_ppm);
    }
}

/* Groups that name the same file share one copy of it. */
static bool group_build_load(struct world *world, uint32_t g, struct scenario_place place,
        struct scenario_errors *errors)
{
    const struct scenario_device_group *groups = world->scenario->groups;
    struct world_group *shared = &world->groups[g];
    for (uint32_t other = 0; other < g; other++) {
        if (strcmp(groups[other].firmware, groups[g].firmware) == 0) {
            shared->build = world->groups[other].build;
            return true;
        }
    }
    bool ok = build_file_load(
            &shared->object, groups[g].firmware, &shared->board.type, place, errors);
    shared->build = build_of_object(shared->object);
    return ok;
}

bool world_groups_create(struct world *world, char *error, size_t error_size)
{
    struct scenario_errors *errors = scenario_errors_create();
    world->groups = calloc(world->scenario->group_count, sizeof *world->groups);
    bool ok = errors != NULL && world->groups != NULL;
    for (uint32_t g = 0; ok && g < world->scenario->group_count; g++) {
        const struct scenario_device_group *group = &world->scenario->groups[g];
        struct world_group *shared = &world->groups[g];
        struct scenario_place place = { group->board, 0, 0 };
        ok = board_file_read(&shared->board, group->board, place, errors);
        if (!ok) {
            snprintf(error, error_size, "board '%s' cannot be read any more", group->board);
        } else if (!group_build_load(world, g, place, errors)) {
            snprintf(error, error_size, "firmware '%s' cannot be loaded any more", group->firmware);
            ok = false;
        } else if (group->rtc_temperature_file[0] != '\0') {
            ok = temperature_file_read(
                    &shared->temperature, group->rtc_temperature_file, place, errors);
        }
        if (!ok && error[0] == '\0') {
            snprintf(
                    error, error_size, "'%s' cannot be read any more", group->rtc_temperature_file);
        }
        /* An antenna works both ways: world_complete_sites() takes the sum for reception. */
        shared->board.type.tx_antenna_gain_mdb += (int32_t)lround(group->antenna_gain_db * 1000.0);
    }
    scenario_errors_destroy(errors);
    return ok;
}

void world_groups_destroy(struct world *world)
{
    for (uint32_t g = 0; world->groups != NULL && g < world->scenario->group_count; g++) {
        temperature_file_clear(&world->groups[g].temperature);
        firmware_object_destroy(world->groups[g].object);
    }
    free(world->groups);
    world->groups = NULL;
}

static uint8_t rate_policy(const struct scenario_device_group *group)
{
    return group->data_rate == DATA_RATE_LINK_CHECK ? DEVICE_RATE_LINK_CHECK
           : group->data_rate == DATA_RATE_ADR      ? DEVICE_RATE_ADR
                                                    : DEVICE_RATE_FIXED;
}

/* TXPower at which the firmware sets its amplifier to `tx_power_dbm`. */
static uint8_t tx_power_index(const struct region *region, double tx_power_dbm)
{
    double top_dbm = (region->eirp_max_mdbm - ANTENNA_RESERVE_MDB) / 1000.0;
    return (uint8_t)lround((top_dbm - tx_power_dbm) * 1000.0 / region->tx_power_step_mdb);
}

static struct device_configuration configuration_of(
        const struct world *world, const struct scenario_device_group *group)
{
    struct device_configuration c = {
        .report_period_s = (uint32_t)(group->report_period_ns / SIM_NS_PER_S),
        .report_size = (uint8_t)scenario_report_bytes(group),
        .report_empty = scenario_report_bytes(group) == 0,
        .report_count = (uint16_t)group->report_count,
        .no_duty_cycle = group->no_duty_cycle,
        .report_random_phase = group->report_phase_uniform != 0,
        .fragmentation_version = scenario_fragmentation_version(
                world->scenario, (uint32_t)(group - world->scenario->groups)),
        .report_traffic = (uint8_t)group->report_traffic,
        .report_jitter_percent = (uint8_t)lround(group->report_jitter * 100.0),
        .report_confirmed = group->report_confirmed,
        .install_ordered = scenario_install_ordered(
                world->scenario, (uint32_t)(group - world->scenario->groups)),
        .report_in_session = group->report_in_session,
        .rate_policy = rate_policy(group),
        .region_plan = scenario_region(world->scenario)->plan_id,
        .tx_power_index = tx_power_index(scenario_region(world->scenario), group->tx_power_dbm),
        .nb_trans = (uint8_t)group->nb_trans,
        .fragment_table = group->fragment_table,
        .counter_window = (uint16_t)group->counter_window,
        .guard_given = group->guard_fixed_ns >= 0 || group->guard_drift_ppm >= 0.0,
    };
    if (c.guard_given) {
        sim_ns fixed_ns = group->guard_fixed_ns < 0 ? 0 : group->guard_fixed_ns;
        c.guard_ms = (uint32_t)(fixed_ns / SIM_NS_PER_MS);
        c.guard_ppm = (uint16_t)lround(fmax(group->guard_drift_ppm, 0.0));
    }
    if (group->clock_refresh_ns != SCENARIO_AUTO) {
        c.clock_refresh_h = group->clock_refresh_ns == SCENARIO_NEVER
                                    ? DEVICE_CLOCK_REFRESH_NEVER
                                    : (uint16_t)(group->clock_refresh_ns / (3600 * SIM_NS_PER_S));
    }
    if (group->trial_ns != SCENARIO_AUTO) {
        c.trial_hours = (uint8_t)(group->trial_ns / (3600 * SIM_NS_PER_S));
    }
    struct channel_plan plan;
    struct channel_set set;
    uint32_t missing_hz;
    channel_plan_of(world->scenario, &plan);
    bool known = channel_set_of(world->scenario, &plan, &group->channels, &set, &missing_hz);
    assert(known); /* scenarios are checked for it */
    channel_set_encode(&set, c.channel_mask);
    return c;
}

static struct crystal_params crystal_of(
        const struct scenario_device_group *group, const struct world_group *shared)
{
    return (struct crystal_params){
        .tolerance_ppm = group->rtc_tolerance_ppm,
        .temperature_mean_c = group->rtc_temperature_mean_c,
        .temperature_swing_c = group->rtc_temperature_swing_c,
        .parabola_ppm_per_c2 = group->rtc_parabola_ppm_per_c2,
        .turnover_c = group->rtc_turnover_c,
        .temperature_points = shared->temperature.points,
        .temperature_point_count = shared->temperature.count,
        .ageing_ppm_per_year = group->rtc_ageing_ppm_per_year,
        .random_walk_ppm_per_sqrt_day = group->rtc_random_walk_ppm,
    };
}

/* Boot times are uniform over the spread: at second 0 a city does not switch on at once. */
static sim_ns draw_boot_time(uint64_t seed, uint32_t entity, sim_ns spread_ns)
{
    struct random_stream stream;
    random_stream_init(&stream, seed, entity, RANDOM_BOOT_TIME, 0);
    return (sim_ns)(random_stream_uniform(&stream) * (double)spread_ns);
}

/* The fastest data rate whose sensitivity the median link to the best gateway, with its antenna,
 * exceeds by the margin that ADR leaves; DR0 where none does. */
static uint8_t data_rate_by_link(const struct world *world, const struct judge_tables *tables,
        uint32_t device, int32_t eirp_mdbm)
{
    int32_t margin_mdb = world->scenario->network.adr.margin_mdb;
    int32_t best_mdbm;
    (void)medium_best_gateway(world->medium, device, &best_mdbm);
    best_mdbm += eirp_mdbm + world->scenario->gateways.params.antenna_gain_mdb;
    const struct region *region = scenario_region(world->scenario);
    uint8_t data_rate = region_rate_max(region);
    while (data_rate > 0
            && best_mdbm < judge_sensitivity_mdbm(tables, RECEIVER_SX1301,
                                   region->rates[data_rate].spreading_factor,
                                   region->rates[data_rate].bandwidth_hz)
                                   + margin_mdb) {
        data_rate--;
    }
    return data_rate;
}

/* By the RTC, which counts from power-on; 0: no end. */
static uint32_t report_until_s(const struct scenario_device_group *group, sim_ns power_on_ns)
{
    if (group->report_until_ns < 0) {
        return 0;
    }
    sim_ns left_ns = group->report_until_ns - power_on_ns;
    return left_ns > SIM_NS_PER_S ? (uint32_t)(left_ns / SIM_NS_PER_S) : 1u;
}

struct nodes_context {
    struct world *world;
    const struct medium_site *sites;
    const struct judge_tables *tables;
};

static bool configure_node(const struct nodes_context *context, uint32_t g, uint32_t index,
        const struct node_params *of_group)
{
    struct world *world = context->world;
    const struct scenario_device_group *group = &world->scenario->groups[g];
    struct node_params params = *of_group;
    struct device_configuration *c = &params.configuration;
    int32_t eirp_mdbm = (int32_t)lround(group->tx_power_dbm * 1000.0)
                        + world->groups[g].board.type.tx_antenna_gain_mdb;
    params.site = context->sites[index];
    params.identity = world->identities[index];
    if (scenario_has_wrong_key(world->scenario, index)) {
        params.identity.gen_app_key[0] ^= 0xFFu; /* the server keeps the right one */
    }
    params.boot_at_ns = draw_boot_time(
            world->scenario->seed, context->sites[index].entity, group->boot_spread_ns);
    c->report_until_s = report_until_s(group, params.boot_at_ns);
    c->verify = scenario_device_verify(world->scenario, index);
    c->data_rate = group->data_rate >= DATA_RATE_DR0
                           ? (uint8_t)(group->data_rate - DATA_RATE_DR0)
                           : data_rate_by_link(world, context->tables, index, eirp_mdbm);
    network_set_link(world->network, index, c->tx_power_index, c->nb_trans);
    if (group->state == STATE_COMMISSIONED) {
        c->dev_nonce = COMMISSIONED_DEV_NONCE;
        c->join_accept_size =
                (uint8_t)network_commission(world->network, index, c->dev_nonce, c->join_accept);
    }
    return node_fleet_configure(world->nodes, index, &params);
}

bool world_configure_nodes(
        struct world *world, const struct medium_site *sites, const struct making *making)
{
    struct judge_tables *tables = judge_tables_create(&world->scenario->reception);
    if (tables == NULL) {
        return false;
    }
    struct nodes_context context = { world, sites, tables };
    uint32_t index = 0;
    bool ok = true;
    for (uint32_t g = 0; g < world->scenario->group_count; g++) {
        const struct scenario_device_group *group = &world->scenario->groups[g];
        const struct board_type *board = &world->groups[g].board.type;
        struct node_params params = {
            .crystal = crystal_of(group, &world->groups[g]),
            .configuration = configuration_of(world, group),
            .board = board,
            .build = world->groups[g].build,
            .battery = fleet_battery_params(group, board),
        };
        for (uint32_t i = 0; ok && i < group->count; i++, index++) {
            ok = configure_node(&context, g, index, &params);
            making_tell(making, "nodes", index + 1, world->device_count);
        }
    }
    judge_tables_destroy(tables);
    return ok;
}
