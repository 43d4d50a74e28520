/* A run: wires engine, air, nodes, gateways, network and campaign from a scenario.
 * SPDX-License-Identifier: MIT
 */
#ifndef WORLD_WORLD_H
#define WORLD_WORLD_H

#include "board/node.h"
#include "campaign/server.h"
#include "engine.h"
#include "gateway/gateway.h"
#include "network/network.h"
#include "observe.h"
#include "record/recorder_set.h"
#include "scenario/scenario.h"
#include "traffic/foreign.h"

#define WORLD_HARDWARE_ID 0x07201276u /* STM32L072 with SX1276 */

struct world_options {
    bool crypto_memo; /* on unless --no-memo */
};

/* Everything of one run; members are for reading. */
struct world {
    const struct scenario *scenario;
    struct engine *engine;
    struct medium *medium;
    struct node_fleet *nodes;
    struct gateway_fleet *gateways;
    struct network *network;
    struct server *server;         /* without a campaign if the scenario has none */
    struct foreign_fleet *foreign; /* NULL: none */
    uint32_t device_count, gateway_count;
    entity_id first_device, first_gateway, first_foreign;
    const struct device_identity *identities;
    struct recorder_image images[SCENARIO_CAMPAIGNS_MAX]; /* the block of each campaign */
    struct world_group *groups; /* world/world_nodes.h: what nodes of a group share */
    struct recorder_set *recorders;
    char failure[192]; /* see world_failure() */
};

/* NULL: `error` says why in one line (image unreadable or too large, out of memory). */
struct world *world_create(const struct scenario *scenario, const struct world_options *options,
        char *error, size_t error_size);
void world_destroy(struct world *world);

/* Campaign 0 of the server, for callers that know one only. NULL: no campaign. */
const struct campaign *world_first_campaign(const struct world *world);

/* Runs to `until_ns` or to the end of scenario or campaign. True: there is more. */
bool world_run(struct world *world, sim_ns until_ns);

/* Unix time of the engine's time 0, for time stamps in captures. */
int64_t world_start_unix_s(const struct world *world);

/* NULL: no invariant broke; else one line. A run looks for faults of devices each simulated second,
 * for broken books (duty cycle, installed images, lead over the air) each minute; this does both.
 */
const char *world_failure(struct world *world);

#endif
