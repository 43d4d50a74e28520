/* The update server: any number of campaigns over one fleet.
 * SPDX-License-Identifier: MIT
 *
 * The server is the network's one application: it hands uplinks and reports of gateways to its
 * campaigns, and it owns what campaigns share.
 */
#ifndef CAMPAIGN_SERVER_H
#define CAMPAIGN_SERVER_H

#include "campaign/campaign.h"

struct server;

/* Serves devices 0..device_count-1 of the network, whose keys are `devices`. A server without a
 * campaign leaves the network alone. NULL: out of memory. */
struct server *server_create(struct engine *engine, struct network *network,
        const struct device_identity *devices, uint32_t device_count);
void server_destroy(struct server *server); /* with its campaigns */

/* Adds a campaign that sends the block `image` (header and code, copied). The devices will report
 * `version` once they run it. Campaigns are numbered in the order in which they are added.
 * NULL: the block does not fit the fragment numbers or the data rate, or out of memory. */
struct campaign *server_campaign_add(struct server *server, const struct campaign_params *params,
        const uint8_t *image, uint32_t image_size, uint32_t version);

/* The server's process ends; the network goes on. What it would hear until server_start() is lost
 * to it: uplinks and the reports of gateways on multicast. */
void server_stop(struct server *server);
/* It starts again from what its database has. Timers that became due meanwhile come at once. */
void server_start(struct server *server, sim_ns now_ns);

uint32_t server_campaign_count(const struct server *server);
const struct campaign *server_campaign(const struct server *server, uint32_t number);
/* True: there are campaigns and all are over. */
bool server_done(const struct server *server);

#endif
