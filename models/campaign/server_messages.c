/* Messages of devices: handed to the campaign that they name.
 * SPDX-License-Identifier: MIT
 *
 * A message that names a McGroupID or a FragIndex goes to the campaign that has this number at the
 * device. AppTimeReq names neither: the server answers it.
 */
#include <assert.h>

#include "campaign/campaign_internal.h"
#include "campaign/unicast_packages.h"

#define FRAGMENTATION_VERSION_MAX 2u

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
        if (member != NULL && !campaign_is_over(server->campaigns[i])) {
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
        if (member != NULL && !campaign_is_over(server->campaigns[i])) {
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
    if (campaign == NULL || campaign_is_over(campaign)) {
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
        clean_up_on_group_delete(campaign, member, message, now_ns);
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
    if (campaign_is_over(campaign)) {
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
        clean_up_on_session_delete(campaign, member, now_ns);
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
    if (uplink->fport == PACKAGE_FPORT_MANAGEMENT) {
        management_on_version(device, message);
        return;
    }
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
        if (member == NULL || campaign_is_over(server->campaigns[i])) {
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
        if (member != NULL && !campaign_is_over(server->campaigns[i])) {
            clean_up_on_management(server->campaigns[i], member, message, now_ns);
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
    case PACKAGE_DELETE_IMAGE_ANS:
        on_management_message(server, uplink->device, message, now_ns);
        break;
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
    bool served = campaign != NULL && !campaign_is_over(campaign)
                  && unicast_delivery_on_message(campaign, member, message, course, now_ns);
    if (!served && message->kind == UNICAST_DATA_REQ) {
        uint8_t stop[PACKAGE_MESSAGE_MAX];
        size_t size = unicast_fetch_stop(stop, message->index);
        server_send(server, device_index, UNICAST_FPORT, stop, size);
    }
}

void server_on_unicast_messages(struct server *server, const struct network_uplink *uplink,
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

void server_on_messages(struct server *server, const struct network_uplink *uplink,
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
