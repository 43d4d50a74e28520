/* The update server: hands what the network reports to campaigns and sessions.
 * SPDX-License-Identifier: MIT
 *
 * Messages of packages go to the campaign that they name (server_messages.c), reports of versions
 * to all campaigns of the device.
 */
#include "campaign/server.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "campaign/campaign_internal.h"
#include "campaign/unicast_packages.h"
#include "network/wire.h"

#define REPORT_FPORT     2u  /* the application's periodic report, device/app/report.h */
#define REPORT_DIGEST_AT 4u  /* 8 bytes, of the code that runs */
#define REPORT_RESETS_AT 18u /* u16, resets since the join */
/* Of the SNR of a new uplink in the smoothed one, which starts with the first. */
#define SNR_WEIGHT 4

/* --- application of the network -------------------------------------------------------------- */

static void learn(struct server_device *device, const struct network_uplink *uplink)
{
    int32_t snr_mdb = uplink->best_snr_mdb;
    device->snr_mdb =
            device->heard ? device->snr_mdb + (snr_mdb - device->snr_mdb) / SNR_WEIGHT : snr_mdb;
    device->heard = true;
    device->data_rate = uplink->data_rate;
}

/* Every campaign that the device is set up for sets it up again. */
static void on_reset(struct server *server, uint32_t device, sim_ns now_ns)
{
    for (uint32_t i = 0; i < server->campaign_count; i++) {
        struct member *member = campaign_member(server->campaigns[i], device);
        if (member != NULL && !campaign_is_over(server->campaigns[i])) {
            campaign_on_reset(server->campaigns[i], member, now_ns);
        }
    }
}

static void learn_image(struct server_device *device, const struct network_uplink *uplink)
{
    if (uplink->fport == REPORT_FPORT
            && uplink->size >= REPORT_DIGEST_AT + sizeof device->image_digest) {
        device->image_known = true;
        device->image_version = wire_u32(uplink->payload);
        memcpy(device->image_digest, uplink->payload + REPORT_DIGEST_AT,
                sizeof device->image_digest);
    }
}

/* True: the report counts another reset than the last one did. */
static bool learn_resets(struct server_device *device, const struct network_uplink *uplink)
{
    if (uplink->fport != REPORT_FPORT || uplink->size < REPORT_RESETS_AT + 2u) {
        return false;
    }
    uint16_t resets = (uint16_t)wire_u16(uplink->payload + REPORT_RESETS_AT);
    bool changed = device->resets_known && resets != device->resets;
    device->resets_known = true;
    device->resets = resets;
    return changed;
}

static void on_report(struct server *server, const struct network_uplink *uplink, sim_ns now_ns)
{
    for (uint32_t i = 0; i < server->campaign_count; i++) {
        struct member *member = campaign_member(server->campaigns[i], uplink->device);
        if (member == NULL) {
            continue;
        }
        if (campaign_is_over(server->campaigns[i])) {
            reception_on_late_version(server->campaigns[i], member, uplink, now_ns);
        } else {
            reception_on_version(server->campaigns[i], member, uplink, now_ns);
        }
    }
}

static void on_uplink(void *context, const struct network_uplink *uplink, sim_ns now_ns)
{
    struct server *server = context;
    assert(uplink->device < server->device_count);
    if (server->down) {
        return;
    }
    learn(&server->devices[uplink->device], uplink);
    learn_image(&server->devices[uplink->device], uplink);
    bool reset = learn_resets(&server->devices[uplink->device], uplink);
    for (uint32_t i = 0; i < server->campaign_count; i++) {
        struct member *member = campaign_member(server->campaigns[i], uplink->device);
        if (member != NULL) {
            campaign_on_heard(server->campaigns[i], member, now_ns);
        }
    }
    /* What no gateway could send is out of date by now: the next uplink decides what to send. */
    struct uplink_course course = {
        .unsent = network_queue_length(server->network, uplink->device) > 0,
        .time_answered = uplink->time_answered,
    };
    network_queue_clear(server->network, uplink->device);
    if (uplink->fport == REPORT_FPORT) {
        on_report(server, uplink, now_ns);
        if (reset) {
            on_reset(server, uplink->device, now_ns);
        }
    } else if (uplink->fport == UNICAST_FPORT) {
        server_on_unicast_messages(server, uplink, &course, now_ns);
    } else {
        server_on_messages(server, uplink, &course, now_ns);
    }
    for (uint32_t i = 0; i < server->campaign_count; i++) {
        struct member *member = campaign_member(server->campaigns[i], uplink->device);
        if (member != NULL && !campaign_is_over(server->campaigns[i])) {
            campaign_on_uplink_end(server->campaigns[i], member, &course, now_ns);
        }
    }
}

/* NULL: the group is none of a session, or the server is down. */
static struct session *session_of(const struct server *server, uint32_t group)
{
    return !server->down && group < server->session_capacity ? server->sessions[group] : NULL;
}

static void on_multicast_report(void *context, uint32_t group, uint32_t fcnt, uint32_t gateway,
        enum gateway_tx_result result, sim_ns at_ns, sim_ns now_ns)
{
    (void)at_ns;
    struct session *session = session_of(context, group);
    if (session != NULL) {
        session->ops->report(session, fcnt, gateway, result, now_ns);
        transfer_on_report(session->transfer);
    }
}

static void on_multicast_idle(void *context, uint32_t group, sim_ns now_ns)
{
    struct session *session = session_of(context, group);
    if (session != NULL) {
        transfer_on_idle(session->transfer, now_ns);
    }
}

/* A device that joins again has lost its state, or the network's. */
static void on_joined(void *context, uint32_t device, sim_ns now_ns)
{
    struct server *server = context;
    assert(device < server->device_count);
    if (server->down) {
        return;
    }
    server->devices[device].resets_known = false;
    on_reset(server, device, now_ns);
}

static const struct network_application application = {
    .joined = on_joined,
    .uplink = on_uplink,
    .multicast_report = on_multicast_report,
    .multicast_idle = on_multicast_idle,
};

/* --- creation -------------------------------------------------------------------------------- */

static void device_init(struct server_device *device)
{
    memset(device, 0, sizeof *device);
    device->held_by = SERVER_NO_CAMPAIGN;
    memset(device->group_owner, SERVER_NO_CAMPAIGN, sizeof device->group_owner);
    memset(device->index_owner, SERVER_NO_CAMPAIGN, sizeof device->index_owner);
}

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
    server->devices = malloc((device_count > 0 ? device_count : 1) * sizeof *server->devices);
    if (server->devices == NULL) {
        server_destroy(server);
        return NULL;
    }
    for (uint32_t i = 0; i < device_count; i++) {
        device_init(&server->devices[i]);
    }
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
    free(server->sessions);
    free(server->devices);
    free(server);
}

struct campaign *server_campaign_add(struct server *server, const struct campaign_params *params,
        const uint8_t *image, uint32_t image_size, uint32_t version)
{
    if (server->campaign_count >= SERVER_CAMPAIGNS_MAX) {
        return NULL;
    }
    struct campaign **campaigns =
            realloc(server->campaigns, (server->campaign_count + 1u) * sizeof(struct campaign *));
    if (campaigns == NULL) {
        return NULL;
    }
    server->campaigns = campaigns;
    struct campaign *campaign =
            campaign_create(server, server->campaign_count, params, image, image_size, version);
    if (campaign == NULL) {
        return NULL;
    }
    server->campaigns[server->campaign_count++] = campaign;
    network_set_application(server->network, &application, server);
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
        if (!campaign_is_over(server->campaigns[i])) {
            return false;
        }
    }
    return server->campaign_count > 0;
}
