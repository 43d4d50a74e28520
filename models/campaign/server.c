/* The update server: hands what the network reports to campaigns and sessions.
 * SPDX-License-Identifier: MIT
 *
 * A message that names a McGroupID or a FragIndex goes to the campaign that has this number at the
 * device. AppTimeReq names neither: the server answers it. Reports of versions go to all campaigns
 * of the device.
 */
#include "campaign/server.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "campaign/campaign_internal.h"
#include "campaign/unicast_packages.h"
#include "network/wire.h"

#define REPORT_FPORT              2u /* the application's periodic report, device/app/report.h */
#define FRAGMENTATION_VERSION_MAX 2u
#define REPORT_DIGEST_AT          4u  /* 8 bytes, of the code that runs */
#define REPORT_RESETS_AT          18u /* u16, resets since the join */
/* Of the SNR of a new uplink in the smoothed one, which starts with the first. */
#define SNR_WEIGHT 4

/* --- messages -------------------------------------------------------------------------------- */

static bool is_over(const struct campaign *campaign)
{
    return campaign_phase(campaign) == CAMPAIGN_PHASE_DONE;
}

/* The campaign that gave a device a number, with the member; NULL: none. */
static struct campaign *owner(
        const struct server *server, uint32_t device, uint8_t number, struct member **member)
{
    if (number == SERVER_NO_CAMPAIGN) {
        return NULL;
    }
    assert(number < server->campaign_count);
    struct campaign *campaign = server->campaigns[number];
    *member = campaign_member(campaign, device);
    assert(*member != NULL);
    return campaign;
}

/* TS003 section 3.2: answers when asked to, or when the clock is off by a second or more. Both
 * fields are seconds that have begun, of one instant: the end of the uplink. */
static void on_app_time_req(struct server *server, const struct network_uplink *uplink,
        const struct package_message *message, sim_ns now_ns)
{
    int64_t network_s = uplink->gps_ns / SIM_NS_PER_S;
    /* Both are seconds mod 2^32: the shorter way round is the correction. */
    int32_t correction_s = (int32_t)((uint32_t)network_s - message->device_time_s);
    if (message->answer_required || correction_s != 0) {
        uint8_t answer[PACKAGE_MESSAGE_MAX];
        size_t size = package_app_time_ans(answer, correction_s, message->token);
        server_send(server, uplink->device, PACKAGE_FPORT_CLOCK, answer, size);
    }
    for (uint32_t i = 0; i < server->campaign_count; i++) {
        struct member *member = campaign_member(server->campaigns[i], uplink->device);
        if (member != NULL && !is_over(server->campaigns[i])) {
            campaign_member_event(server->campaigns[i], member, MEMBER_EVENT_CLOCK_ASKED, now_ns);
        }
    }
}

/* McGroupStatusAns lists groups of several owners. */
static void on_group_status(struct server *server, uint32_t device,
        const struct package_message *message, sim_ns now_ns)
{
    for (uint32_t i = 0; i < server->campaign_count; i++) {
        struct member *member = campaign_member(server->campaigns[i], device);
        if (member != NULL && !is_over(server->campaigns[i])) {
            release_on_group_status(server->campaigns[i], member, message, now_ns);
        }
    }
}

static void on_group_message(struct server *server, const struct network_uplink *uplink,
        const struct package_message *message, sim_ns now_ns)
{
    assert(uplink->device < server->device_count);
    const struct server_device *device = &server->devices[uplink->device];
    struct member *member = NULL;
    if (message->index >= SERVER_GROUP_IDS) {
        return;
    }
    struct campaign *campaign =
            owner(server, uplink->device, device->group_owner[message->index], &member);
    if (campaign == NULL || is_over(campaign)) {
        return;
    }
    bool set_up = member->claimed; /* else an answer is of an earlier round */
    if (message->kind == PACKAGE_MC_GROUP_SETUP_ANS && set_up) {
        set_up_on_group_ans(campaign, member, message, now_ns);
    } else if (message->kind == PACKAGE_MC_CLASS_C_SESSION_ANS && set_up) {
        set_up_on_session_ans(campaign, member, uplink, message, now_ns);
    } else if (message->kind == PACKAGE_MC_GROUP_DELETE_ANS) {
        repair_on_group_delete(member, message);
        release_on_group_delete(campaign, member, message, now_ns);
        halt_on_group_delete(campaign, member, message, now_ns);
    }
}

static void on_fragmentation_message(struct server *server, uint32_t device_index,
        const struct package_message *message, sim_ns now_ns)
{
    assert(device_index < server->device_count);
    const struct server_device *device = &server->devices[device_index];
    struct member *member = NULL;
    if (message->index >= SERVER_FRAG_INDEXES) {
        return;
    }
    struct campaign *campaign =
            owner(server, device_index, device->index_owner[message->index], &member);
    if (campaign == NULL) {
        return;
    }
    bool block_received = message->kind == PACKAGE_FRAG_DATA_BLOCK_RECEIVED_REQ;
    bool block_auth = message->kind == PACKAGE_DATA_BLOCK_AUTH_REQ;
    if (is_over(campaign)) {
        if (block_received) {
            reception_on_late_block(campaign, member);
        } else if (block_auth) {
            reception_on_late_block_auth(campaign, member, message);
        }
        return;
    }
    if (message->kind == PACKAGE_FRAG_SESSION_SETUP_ANS) {
        set_up_on_frag_ans(campaign, member, message, now_ns);
    } else if (message->kind == PACKAGE_FRAG_SESSION_DELETE_ANS) {
        halt_on_session_delete(campaign, member, now_ns);
    } else if (block_received) {
        reception_on_block_received(campaign, member, message, now_ns);
    } else if (block_auth) {
        reception_on_block_auth(campaign, member, message, now_ns);
    } else {
        reception_on_status_ans(campaign, member, message, now_ns);
    }
}

/* What a device answers is kept over campaigns. */
static void on_package_version(struct server *server, const struct network_uplink *uplink,
        const struct package_message *message, sim_ns now_ns)
{
    assert(uplink->device < server->device_count);
    struct server_device *device = &server->devices[uplink->device];
    uint8_t version = message->package_version;
    bool fragmentation = uplink->fport == PACKAGE_FPORT_FRAGMENTATION;
    bool multicast = uplink->fport == PACKAGE_FPORT_MULTICAST;
    if (fragmentation) {
        bool served = message->package_id == PACKAGE_ID_FRAGMENTATION && version >= 1
                      && version <= FRAGMENTATION_VERSION_MAX;
        device->fragmentation_version = served ? version : 0;
        device->no_fragmentation = !served;
    } else if (multicast && message->package_id == PACKAGE_ID_MULTICAST) {
        device->multicast_version = version;
    }
    for (uint32_t i = 0; i < server->campaign_count; i++) {
        struct member *member = campaign_member(server->campaigns[i], uplink->device);
        if (member == NULL || is_over(server->campaigns[i])) {
            continue;
        }
        if (fragmentation && device->no_fragmentation) {
            set_up_on_no_package(server->campaigns[i], member, now_ns);
        } else if (fragmentation) {
            set_up_on_version(server->campaigns[i], member, version, now_ns);
        } else if (multicast) {
            set_up_on_other_package(server->campaigns[i], member, now_ns);
        }
    }
}

static void on_no_frag_session(struct server *server, uint32_t device)
{
    for (uint32_t i = 0; i < server->campaign_count; i++) {
        struct member *member = campaign_member(server->campaigns[i], device);
        if (member != NULL) {
            set_up_on_no_frag_session(member);
        }
    }
}

/* Messages of TS006 name no campaign. */
static void on_management_message(struct server *server, uint32_t device,
        const struct package_message *message, sim_ns now_ns)
{
    assert(device < server->device_count);
    for (uint32_t i = 0; i < server->campaign_count; i++) {
        struct member *member = campaign_member(server->campaigns[i], device);
        if (member != NULL && !is_over(server->campaigns[i])) {
            install_on_answer(server->campaigns[i], member, message, now_ns);
        }
    }
}

static void on_message(struct server *server, const struct network_uplink *uplink,
        const struct package_message *message, struct uplink_course *course, sim_ns now_ns)
{
    switch (message->kind) {
    case PACKAGE_VERSION_ANS:
        course->answered = true;
        on_package_version(server, uplink, message, now_ns);
        break;
    case PACKAGE_MC_GROUP_SETUP_ANS:
    case PACKAGE_MC_CLASS_C_SESSION_ANS:
        course->answered = true;
        on_group_message(server, uplink, message, now_ns);
        break;
    case PACKAGE_MC_GROUP_DELETE_ANS:
        on_group_message(server, uplink, message, now_ns);
        break;
    case PACKAGE_MC_GROUP_STATUS_ANS:
        on_group_status(server, uplink->device, message, now_ns);
        break;
    case PACKAGE_FRAG_SESSION_SETUP_ANS:
        course->answered = true;
        on_fragmentation_message(server, uplink->device, message, now_ns);
        break;
    case PACKAGE_FRAG_SESSION_STATUS_ANS:
        course->status_answered = true;
        if ((message->status & PACKAGE_STATUS_NO_SESSION) != 0) {
            on_no_frag_session(server, uplink->device); /* the answer names no FragIndex */
            break;
        }
        on_fragmentation_message(server, uplink->device, message, now_ns);
        break;
    case PACKAGE_FRAG_SESSION_DELETE_ANS:
    case PACKAGE_FRAG_DATA_BLOCK_RECEIVED_REQ:
    case PACKAGE_DATA_BLOCK_AUTH_REQ:
        on_fragmentation_message(server, uplink->device, message, now_ns);
        break;
    case PACKAGE_APP_TIME_REQ:
        on_app_time_req(server, uplink, message, now_ns);
        break;
    case PACKAGE_DEV_VERSION_ANS:
    case PACKAGE_REBOOT_ANS:
    case PACKAGE_UPGRADE_IMAGE_ANS:
        on_management_message(server, uplink->device, message, now_ns);
        break;
    case PACKAGE_DELETE_IMAGE_ANS:
    case PACKAGE_OTHER:
        break;
    }
}

/* A request that no transfer answers is answered with the end, once for each: the device is wrong.
 */
static void on_unicast_message(struct server *server, uint32_t device_index,
        const struct unicast_message *message, struct uplink_course *course, sim_ns now_ns)
{
    struct member *member = NULL;
    if (message->kind == UNICAST_OTHER) {
        return;
    }
    assert(message->index < SERVER_FRAG_INDEXES);
    struct campaign *campaign = owner(server, device_index,
            server->devices[device_index].index_owner[message->index], &member);
    bool served = campaign != NULL && !is_over(campaign)
                  && unicast_delivery_on_message(campaign, member, message, course, now_ns);
    if (!served && message->kind == UNICAST_DATA_REQ) {
        uint8_t stop[PACKAGE_MESSAGE_MAX];
        size_t size = unicast_fetch_stop(stop, message->index);
        server_send(server, device_index, UNICAST_FPORT, stop, size);
    }
}

static void on_unicast_messages(struct server *server, const struct network_uplink *uplink,
        struct uplink_course *course, sim_ns now_ns)
{
    struct unicast_message message;
    size_t used;
    for (size_t at = 0; at < uplink->size; at += used) {
        used = unicast_message_parse(uplink->payload + at, uplink->size - at, &message);
        if (used == 0) {
            return;
        }
        assert(used <= uplink->size - at);
        on_unicast_message(server, uplink->device, &message, course, now_ns);
    }
}

static void on_messages(struct server *server, const struct network_uplink *uplink,
        struct uplink_course *course, sim_ns now_ns)
{
    assert(uplink->device < server->device_count);
    unsigned known = server->devices[uplink->device].fragmentation_version;
    unsigned version = known != 0 ? known : FRAGMENTATION_VERSION_MAX;
    struct package_message message;
    size_t used;
    for (size_t at = 0; at < uplink->size; at += used) {
        used = package_message_parse(
                uplink->fport, version, uplink->payload + at, uplink->size - at, &message);
        if (used == 0) {
            return;
        }
        assert(used <= uplink->size - at);
        on_message(server, uplink, &message, course, now_ns);
    }
}

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
        if (member != NULL && !is_over(server->campaigns[i])) {
            campaign_on_reset(server->campaigns[i], member, now_ns);
        }
    }
}

static void learn_image(struct server_device *device, const struct network_uplink *uplink)
{
    if (uplink->fport == REPORT_FPORT
            && uplink->size >= REPORT_DIGEST_AT + sizeof device->image_digest) {
        device->image_known = true;
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
        if (is_over(server->campaigns[i])) {
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
        on_unicast_messages(server, uplink, &course, now_ns);
    } else {
        on_messages(server, uplink, &course, now_ns);
    }
    for (uint32_t i = 0; i < server->campaign_count; i++) {
        struct member *member = campaign_member(server->campaigns[i], uplink->device);
        if (member != NULL && !is_over(server->campaigns[i])) {
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
        if (!is_over(server->campaigns[i])) {
            return false;
        }
    }
    return server->campaign_count > 0;
}
