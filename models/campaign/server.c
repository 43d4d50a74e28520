/* The update server: any number of campaigns over one fleet.
 * SPDX-License-Identifier: MIT
 */
#include "campaign/server.h"

#include <assert.h>
#include <stdlib.h>

#include "campaign/campaign_internal.h"

struct server {
    struct engine *engine;
    struct network *network;
    const struct device_identity *identities;
    uint32_t device_count;
    struct campaign **campaigns;
    uint32_t campaign_count;
};

/* --- application of the network -------------------------------------------------------------- */

static void on_uplink(void *context, const struct network_uplink *uplink, sim_ns now_ns)
{
    struct server *server = context;
    assert(uplink->device < server->device_count);
    for (uint32_t i = 0; i < server->campaign_count; i++) {
        campaign_on_uplink(server->campaigns[i], uplink, now_ns);
    }
}

static void on_multicast_report(void *context, uint32_t group, uint32_t fcnt, uint32_t gateway,
        enum gateway_tx_result result, sim_ns at_ns, sim_ns now_ns)
{
    (void)at_ns;
    struct server *server = context;
    for (uint32_t i = 0; i < server->campaign_count; i++) {
        campaign_on_multicast_report(server->campaigns[i], group, fcnt, gateway, result, now_ns);
    }
}

static void on_multicast_idle(void *context, uint32_t group, sim_ns now_ns)
{
    struct server *server = context;
    for (uint32_t i = 0; i < server->campaign_count; i++) {
        campaign_on_multicast_idle(server->campaigns[i], group, now_ns);
    }
}

static const struct network_application server_application = {
    .uplink = on_uplink,
    .multicast_report = on_multicast_report,
    .multicast_idle = on_multicast_idle,
};

/* --- creation -------------------------------------------------------------------------------- */

struct server *server_create(struct engine *engine, struct network *network,
        const struct device_identity *devices, uint32_t device_count)
{
    struct server *server = calloc(1, sizeof *server);
    if (server == NULL) {
        return NULL;
    }
    server->engine = engine;
    server->network = network;
    server->identities = devices;
    server->device_count = device_count;
    return server;
}

void server_destroy(struct server *server)
{
    if (server == NULL) {
        return;
    }
    for (uint32_t i = 0; i < server->campaign_count; i++) {
        campaign_destroy(server->campaigns[i]);
    }
    free(server->campaigns);
    free(server);
}

struct campaign *server_campaign_add(struct server *server, const struct campaign_params *params,
        const uint8_t *image, uint32_t image_size, uint32_t version)
{
    struct campaign **campaigns =
            realloc(server->campaigns, (server->campaign_count + 1u) * sizeof(struct campaign *));
    if (campaigns == NULL) {
        return NULL;
    }
    server->campaigns = campaigns;
    struct campaign *campaign = campaign_create(server->engine, server->network, params,
            server->identities, server->device_count, image, image_size, version);
    if (campaign == NULL) {
        return NULL;
    }
    server->campaigns[server->campaign_count++] = campaign;
    network_set_application(server->network, &server_application, server);
    return campaign;
}

/* --- views ----------------------------------------------------------------------------------- */

uint32_t server_campaign_count(const struct server *server)
{
    return server->campaign_count;
}

const struct campaign *server_campaign(const struct server *server, uint32_t number)
{
    assert(number < server->campaign_count);
    return server->campaigns[number];
}

bool server_done(const struct server *server)
{
    for (uint32_t i = 0; i < server->campaign_count; i++) {
        if (campaign_phase(server->campaigns[i]) != CAMPAIGN_PHASE_DONE) {
            return false;
        }
    }
    return server->campaign_count > 0;
}
