/* The models of a run: engine, air, nodes, gateways and servers, wired from a scenario.
 * SPDX-License-Identifier: MIT
 */
#ifndef WORLD_WORLD_H
#define WORLD_WORLD_H

#include "adversary/adversary.h"
#include "board/node.h"
#include "campaign/image_builder.h"
#include "campaign/server.h"
#include "engine.h"
#include "firmware/firmware_object.h"
#include "gateway/gateway.h"
#include "making.h"
#include "network/network.h"
#include "observe.h"
#include "scenario/scenario.h"
#include "traffic/foreign.h"

#define WORLD_HARDWARE_ID 0x07201276u /* STM32L072 with SX1276 */

struct world_options {
    bool crypto_memo;  /* on unless --no-memo */
    bool spare_memory; /* node_fleet_params.spare_memory */
    bool whole_drops;  /* node_fleet_params.whole_drops */
    unsigned threads;  /* 0: one */
    struct making making;
};

/* Everything of one run; members are for reading. */
struct world {
    const struct scenario *scenario;
    struct engine *engine;
    struct medium *medium;
    struct node_fleet *nodes;
    struct gateway_fleet *gateways;
    struct network *network;
    struct server *server;               /* without a campaign if the scenario has none */
    struct foreign_fleet *foreign;       /* NULL: none */
    struct adversary_fleet *adversaries; /* NULL: none */
    uint32_t device_count, gateway_count;
    struct gateway_entities gateway_entities;
    entity_id first_device, first_foreign, first_adversary;
    const struct device_identity *identities;
    struct built_image images[SCENARIO_CAMPAIGNS_MAX]; /* of each campaign, as devices run it */
    struct built_image blocks[SCENARIO_CAMPAIGNS_MAX]; /* the same as it is sent */
    struct node_image_build image_builds[SCENARIO_IMAGE_BUILDS_MAX];
    struct firmware_object *image_objects[SCENARIO_IMAGE_BUILDS_MAX]; /* NULL: built-in */
    struct built_image deltas[SCENARIO_CAMPAIGNS_MAX]; /* of campaigns with delivery delta */
    struct world_group *groups; /* world/world_nodes.h: what nodes of a group share */
};

/* NULL: `error` says why in one line (image unreadable or too large, out of memory). */
struct world *world_create(const struct scenario *scenario, const struct world_options *options,
        char *error, size_t error_size);
void world_destroy(struct world *world);
/* Schedules the power-on of every device. Once; observers are added before it. */
void world_start(struct world *world);

/* Unix time of the engine's time 0, for time stamps in captures. */
int64_t world_start_unix_s(const struct world *world);

#endif
