/* The medium as a whole: sites, links, handlers.
 * SPDX-License-Identifier: MIT
 */
#include "air/medium.h"

#include <assert.h>
#include <stdlib.h>

#include "air/medium_arrival.h"

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
    medium->rival_of_gateway = calloc(gateways + 1, sizeof *medium->rival_of_gateway);
    medium->link_of_gateway = calloc(gateways + 1, sizeof *medium->link_of_gateway);
    medium->tables = judge_tables_create(&medium->params.reception);
    return medium->device_sites != NULL && medium->listeners != NULL
           && medium->device_contexts != NULL && medium->device_entities != NULL
           && medium->device_sent != NULL && medium->gateway_sent != NULL
           && medium->gateways != NULL && medium->rival_of_gateway != NULL
           && medium->link_of_gateway != NULL && medium->tables != NULL;
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
    if (!allocate(medium) || !medium_delivery_init(medium)) {
        medium_destroy(medium);
        return NULL;
    }
    medium_fades_init(medium);
    member_set_init(&medium->hearing, gateway_count, engine_memory(engine));
    place(medium, devices, gateways);
    if (!medium_links_init(medium, gateways) || !medium_reach_init(medium)
            || !medium_link_table_init(medium)) {
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
    medium_heard_finish(medium);
    medium_links_finish(medium);
    medium_reach_finish(medium);
    medium_link_table_finish(medium);
    medium_audible_finish(medium);
    member_set_finish(&medium->hearing);
    medium_delivery_finish(medium);
    for (unsigned i = 0; i < ENGINE_THREADS_MAX; i++) {
        medium_scratch_finish(&medium->scratch[i]);
    }
    judge_tables_destroy(medium->tables);
    free(medium->device_sites);
    free(medium->listeners);
    free(medium->device_contexts);
    free(medium->device_entities);
    free(medium->device_sent);
    free(medium->gateway_sent);
    free(medium->link_of_gateway);
    free(medium->findings);
    free(medium->found);
    free(medium->gateways);
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

uint32_t medium_best_gateway(const struct medium *medium, uint32_t device, int32_t *gain_mdb)
{
    assert(medium->gateway_count > 0 && device < medium->device_count);
    const struct link_table *links = &medium->links;
    uint32_t first = links->from[device];
    if (first < links->from[device + 1]) {
        *gain_mdb = links->gains_mdb[first];
        return links->gateways[first];
    }
    uint32_t best = 0;
    *gain_mdb = medium_unlinked_gain_mdb(medium, 0, device);
    for (uint32_t g = 1; g < medium->gateway_count; g++) {
        int32_t other_mdb = medium_unlinked_gain_mdb(medium, g, device);
        best = other_mdb > *gain_mdb ? g : best;
        *gain_mdb = other_mdb > *gain_mdb ? other_mdb : *gain_mdb;
    }
    return best;
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

uint64_t medium_uplinks(const struct medium *medium)
{
    return medium->uplinks_started;
}

uint64_t medium_deliveries(const struct medium *medium)
{
    return medium->deliveries;
}
