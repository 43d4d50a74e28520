/* The medium as a whole: sites, links, handlers.
 * SPDX-License-Identifier: MIT
 */
#include "air/medium.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "air/medium_internal.h"
#include "air/shadowing.h"

static int32_t link_gain_mdb(const struct propagation_params *propagation,
        const struct medium_site *gateway, const struct medium_site *device, double shadowing_db)
{
    double distance_m = hypot(gateway->x_m - device->x_m, gateway->y_m - device->y_m);
    double loss_db = path_loss_db(propagation, gateway->height_m, device->height_m, distance_m);
    loss_db += device->penetration_db;
    loss_db += shadowing_db;
    return (int32_t)lround(-1000 * loss_db);
}

/* One gain per link, so both directions share it. */
static bool compute_links(struct medium *medium, const struct medium_site *devices,
        const struct medium_site *gateways)
{
    const struct propagation_params *propagation = &medium->params.propagation;
    struct shadowing *shadowing =
            shadowing_create(propagation, medium->seed, medium->gateway_count);
    if (shadowing == NULL) {
        return false;
    }
    for (uint32_t d = 0; d < medium->device_count; d++) {
        double x_m = devices[d].x_m, y_m = devices[d].y_m;
        double common_db = shadowing_common_db(shadowing, d, x_m, y_m);
        for (uint32_t g = 0; g < medium->gateway_count; g++) {
            double shadowing_db = shadowing_link_db(shadowing, g, d, x_m, y_m, common_db);
            medium->gain_mdb[(size_t)g * medium->device_count + d] =
                    link_gain_mdb(propagation, &gateways[g], &devices[d], shadowing_db);
        }
    }
    shadowing_destroy(shadowing);
    return true;
}

static int32_t cut_off_mdbm(const struct medium *medium, enum receiver_kind kind)
{
    int32_t least_mdbm = INT32_MAX; /* SF11 is more sensitive than SF12 in a measured table */
    for (uint8_t sf = 7; sf <= 12; sf++) {
        int32_t row_mdbm = judge_sensitivity_mdbm(medium->tables, kind, sf, 125000);
        least_mdbm = row_mdbm < least_mdbm ? row_mdbm : least_mdbm;
    }
    return least_mdbm - MEDIUM_CUT_OFF_MDB;
}

/* Uplinks look only at gateways that could hear the device at SF12 and full power. */
static bool within_reach(const struct medium *medium, uint32_t gateway, uint32_t device)
{
    int32_t median_mdbm = medium->params.device_power_max_mdbm
                          + medium_gain_mdb(medium, gateway, device)
                          + medium->gateways[gateway].antenna_gain_mdb;
    return median_mdbm >= medium->gateway_cut_off_mdbm;
}

static bool index_reach(struct medium *medium)
{
    size_t links = 0;
    for (int pass = 0; pass < 2; pass++) {
        links = 0;
        for (uint32_t d = 0; d < medium->device_count; d++) {
            medium->reach_from[d] = (uint32_t)links;
            for (uint32_t g = 0; g < medium->gateway_count; g++) {
                if (within_reach(medium, g, d)) {
                    if (pass == 1) {
                        medium->reach[links] = g;
                    }
                    links++;
                }
            }
        }
        medium->reach_from[medium->device_count] = (uint32_t)links;
        if (pass == 0) {
            medium->reach = malloc((links + 1) * sizeof *medium->reach);
            if (medium->reach == NULL) {
                return false;
            }
        }
    }
    assert(links <= UINT32_MAX);
    return true;
}

static bool allocate(struct medium *medium)
{
    size_t devices = medium->device_count, gateways = medium->gateway_count;
    /* One more of each, so that none is empty. */
    medium->device_sites = calloc(devices + 1, sizeof *medium->device_sites);
    medium->listeners = calloc(devices + 1, sizeof *medium->listeners);
    medium->device_contexts = calloc(devices + 1, sizeof *medium->device_contexts);
    medium->device_entities = calloc(devices + 1, sizeof *medium->device_entities);
    medium->device_sent = calloc(devices + 1, sizeof *medium->device_sent);
    medium->gateway_sent = calloc(gateways + 1, sizeof *medium->gateway_sent);
    medium->gateways = calloc(gateways + 1, sizeof *medium->gateways);
    medium->gain_mdb = malloc((devices * gateways + 1) * sizeof *medium->gain_mdb);
    medium->reach_from = calloc(devices + 1, sizeof *medium->reach_from);
    medium->tables = judge_tables_create(&medium->params.reception);
    return medium->device_sites != NULL && medium->listeners != NULL
           && medium->device_contexts != NULL && medium->device_entities != NULL
           && medium->device_sent != NULL && medium->gateway_sent != NULL
           && medium->gateways != NULL && medium->gain_mdb != NULL && medium->reach_from != NULL
           && medium->tables != NULL;
}

static void place(struct medium *medium, const struct medium_site *devices,
        const struct medium_site *gateways)
{
    for (uint32_t i = 0; i < medium->device_count; i++) {
        medium->device_sites[i] = devices[i];
        medium->device_entities[i] = devices[i].entity;
        medium->listeners[i] = (struct listener){
            .until_ns = SIM_NS_NEVER,
            .locked = NO_FRAME,
            .channel = NO_CHANNEL,
        };
    }
    for (uint32_t i = 0; i < medium->gateway_count; i++) {
        medium->gateways[i] = (struct gateway_state){
            .entity = gateways[i].entity,
            .antenna_gain_mdb = gateways[i].antenna_gain_mdb,
            .x_m = gateways[i].x_m,
            .y_m = gateways[i].y_m,
            .height_m = gateways[i].height_m,
            .tx_start_ns = INT64_MIN,
            .tx_end_ns = INT64_MIN,
        };
    }
}

struct medium *medium_create(struct engine *engine, const struct medium_params *params,
        const struct medium_site *devices, uint32_t device_count,
        const struct medium_device_ops *device_ops, const struct medium_site *gateways,
        uint32_t gateway_count, const struct medium_gateway_ops *gateway_ops)
{
    assert(device_count < LATE_GATEWAY && gateway_count < LATE_GATEWAY);
    struct medium *medium = calloc(1, sizeof *medium);
    if (medium == NULL) {
        return NULL;
    }
    medium->engine = engine;
    medium->seed = engine_seed(engine);
    medium->params = *params;
    medium->device_ops = device_ops;
    medium->gateway_ops = gateway_ops;
    medium->device_count = device_count;
    medium->gateway_count = gateway_count;
    if (!allocate(medium)) {
        medium_destroy(medium);
        return NULL;
    }
    medium->device_cut_off_mdbm = cut_off_mdbm(medium, RECEIVER_SX1276);
    medium->gateway_cut_off_mdbm = cut_off_mdbm(medium, RECEIVER_SX1301);
    place(medium, devices, gateways);
    if (!compute_links(medium, devices, gateways) || !medium_links_init(medium, gateways)
            || !index_reach(medium)) {
        medium_destroy(medium);
        return NULL;
    }
    medium->params.interferers = NULL; /* the caller's */
    struct lora_modulation longest = {
        .bandwidth_hz = 125000,
        .spreading_factor = 12,
        .coding_rate = 4,
        .preamble_symbols = 8,
        .low_data_rate = true,
        .payload_crc = true,
    };
    medium->longest_ns = lora_time_on_air_ns(&longest, LORA_FRAME_SIZE_MAX);
    medium->start_handler = engine_handler_add(engine, medium_on_start, medium);
    medium->detect_handler = engine_handler_add(engine, medium_on_detect, medium);
    medium->end_handler = engine_handler_add(engine, medium_on_end, medium);
    medium->late_handler = engine_handler_add(engine, medium_on_late, medium);
    return medium;
}

void medium_destroy(struct medium *medium)
{
    if (medium == NULL) {
        return;
    }
    medium_frames_finish(medium);
    medium_channels_finish(medium);
    medium_links_finish(medium);
    judge_tables_destroy(medium->tables);
    free(medium->device_sites);
    free(medium->listeners);
    free(medium->device_contexts);
    free(medium->device_entities);
    free(medium->device_sent);
    free(medium->gateway_sent);
    free(medium->gateways);
    free(medium->gain_mdb);
    free(medium->reach_from);
    free(medium->reach);
    free(medium);
}

void medium_device_attach(struct medium *medium, uint32_t device, void *context)
{
    assert(device < medium->device_count);
    medium->device_contexts[device] = context;
}

void medium_gateway_attach(struct medium *medium, uint32_t gateway, void *context)
{
    assert(gateway < medium->gateway_count);
    medium->gateways[gateway].context = context;
}

int32_t medium_link_gain_mdb(const struct medium *medium, uint32_t gateway, uint32_t device)
{
    assert(gateway < medium->gateway_count && device < medium->device_count);
    return medium_gain_mdb(medium, gateway, device);
}

int32_t medium_gain_at_mdb(
        const struct medium *medium, uint32_t gateway, double x_m, double y_m, double height_m)
{
    assert(gateway < medium->gateway_count);
    const struct gateway_state *g = &medium->gateways[gateway];
    const struct medium_site from = { .x_m = g->x_m, .y_m = g->y_m, .height_m = g->height_m };
    const struct medium_site to = { .x_m = x_m, .y_m = y_m, .height_m = height_m };
    return link_gain_mdb(&medium->params.propagation, &from, &to, 0.0);
}

void medium_device_place(const struct medium *medium, uint32_t device, double *x_m, double *y_m)
{
    assert(device < medium->device_count);
    *x_m = medium->device_sites[device].x_m;
    *y_m = medium->device_sites[device].y_m;
}

void medium_gateway_place(const struct medium *medium, uint32_t gateway, double *x_m, double *y_m)
{
    assert(gateway < medium->gateway_count);
    *x_m = medium->gateways[gateway].x_m;
    *y_m = medium->gateways[gateway].y_m;
}

uint64_t medium_deliveries(const struct medium *medium)
{
    return medium->deliveries;
}
