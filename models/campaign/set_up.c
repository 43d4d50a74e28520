/* The set-up of one member: group, session, clock, fragmentation session.
 * SPDX-License-Identifier: MIT
 *
 * A class A device listens after its own uplinks only, so everything here starts with one. What an
 * uplink's answers left undone is asked for at once (design section 4, chained), or with the next
 * uplink (one per uplink); an answer that did not come is asked for again.
 */
#include <assert.h>
#include <string.h>

#include "campaign/campaign_internal.h"
#include "network/lorawan.h"

#define COMMANDS_SIZE_MAX (2u * PACKAGE_MESSAGE_MAX)
/* FragSessionStatusReq to a restarted member, before its silence means that it has no session. */
#define SESSION_QUESTIONS_MAX 3u
/* One in so many PackageVersionReqs without an answer goes to TS005 instead of TS004. */
#define VERSION_QUESTIONS 4u

uint8_t member_group_id(const struct member *member, uint32_t session)
{
    uint8_t id = 0;
    uint32_t left = session;
    for (; id < SERVER_GROUP_IDS; id++) {
        if ((member->group_mask >> id & 1u) != 0 && left-- == 0) {
            return id;
        }
    }
    assert(false);
    return 0;
}

/* --- commands -------------------------------------------------------------------------------- */

/* When a session begins for a member that is told of it now: for all at one time, later for one
 * that is late. */
static sim_ns late_session_time_ns(const struct session *session, sim_ns now_ns)
{
    sim_ns late_ns = now_ns + RESTART_LEAD_NS;
    if (late_ns <= session->start_ns) {
        return session->start_ns;
    }
    return session->start_ns + (late_ns - session->start_ns) / SIM_NS_PER_S * SIM_NS_PER_S;
}

/* The announcement of a session; member->told_ns: when it begins for this member. */
static size_t put_announcement(const struct campaign *campaign, const struct member *member,
        uint32_t session_index, bool prepared, size_t room, uint8_t *out, uint8_t *fport)
{
    const struct transfer *transfer = member_transfer_of(campaign, member);
    assert(session_index < transfer->session_count);
    const struct session *session = transfer->sessions[session_index];
    const struct session_recipient recipient = {
        .identity = &campaign->server->identities[member->device],
        .number = member_group_id(member, session_index),
        .prepared = prepared,
        .room = room,
        .ask_version = campaign->params.versions == VERSIONS_ASK
                       && campaign->server->devices[member->device].multicast_version == 0,
        .one_step = campaign->params.set_up_policy != SET_UP_CHAINED
                    || member->fragmentation == MEMBER_FRAGMENTATION_FIRST,
        .start_ns = member->told_ns,
    };
    return session->ops->announce(session, &recipient, out, fport);
}

static bool send_announcement(
        struct campaign *campaign, struct member *member, uint32_t session, bool prepared)
{
    uint8_t command[COMMANDS_SIZE_MAX];
    uint8_t fport;
    size_t room = network_downlink_max(campaign->server->network, member->device);
    size_t size = put_announcement(campaign, member, session, prepared, room, command, &fport);
    return server_send(campaign->server, member->device, fport, command, size);
}

bool set_up_announce(struct campaign *campaign, struct member *member, uint32_t session,
        bool prepared, sim_ns now_ns)
{
    const struct transfer *transfer = member_transfer_of(campaign, member);
    assert(session < transfer->session_count);
    member->told_ns = late_session_time_ns(transfer->sessions[session], now_ns);
    return send_announcement(campaign, member, session, prepared);
}

bool set_up_move_session(struct campaign *campaign, struct member *member, sim_ns start_ns)
{
    assert(member->stage == MEMBER_RECEIVING && member->group_mask != 0);
    member->session = member_transfer_of(campaign, member)->session_now;
    member->told_ns = start_ns;
    member->moved = true;
    return send_announcement(campaign, member, member->session, true);
}

/* The session that is being set up. */
static size_t put_session(const struct campaign *campaign, struct member *member, sim_ns now_ns,
        uint8_t *out, uint8_t *fport)
{
    const struct session *session = member_transfer_of(campaign, member)->sessions[member->session];
    assert(member->restarts <= RESTARTS_MAX);
    member->told_ns =
            member->restarts > 0 ? late_session_time_ns(session, now_ns) : session->start_ns;
    return put_announcement(campaign, member, member->session, member->stage == MEMBER_SESSION,
            network_downlink_max(campaign->server->network, member->device), out, fport);
}

size_t set_up_put_call(
        const struct campaign *campaign, struct member *member, uint8_t *out, sim_ns now_ns)
{
    const struct transfer *transfer = member_transfer_of(campaign, member);
    const struct region *region = network_region(campaign->server->network);
    uint8_t fport;
    assert(member->stage == MEMBER_GROUP && member->restarts > 0);
    member->told_ns = late_session_time_ns(transfer->sessions[member->session], now_ns);
    return put_announcement(campaign, member, member->session, false,
            region_downlink_payload_max(region, transfer->data_rate), out, &fport);
}

static size_t put_frag_setup(
        const struct campaign *campaign, struct member *member, uint8_t *out, uint8_t *fport)
{
    const struct transfer *transfer = member_transfer_of(campaign, member);
    const struct device_identity *identity = &campaign->server->identities[member->device];
    unsigned version = transfer->fragmentation_version;
    assert(member->claimed);
    struct package_frag_session session = {
        .frag_index = transfer->frag_index,
        .group_mask = member->group_mask,
        .nb_frag = transfer->nb_frag,
        .frag_size = transfer->fragment_size_bytes,
        .block_ack_delay = transfer->schedule.block_ack_delay,
        .ack_reception = campaign->params.receipts == RECEIPTS_ASKED,
        .table = !unicast_delivery(campaign) && transfer_table_messages(transfer) > 0,
        .padding = transfer->padding,
        .session_cnt = server_session_cnt(campaign->server, member->device, transfer->frag_index),
    };
    if (version >= 2 && !member->mic_known) {
        static const uint8_t zero[4] = { 0 };
        bool right = campaign->params.mic_descriptor == MIC_OF_DESCRIPTOR;
        package_block_mic(identity->gen_app_key, session.session_cnt, transfer->frag_index,
                right ? campaign->descriptor : zero, transfer->block, transfer_block_size(transfer),
                member->mic);
        member->mic_known = true;
    }
    memcpy(session.descriptor, campaign->descriptor, sizeof session.descriptor);
    memcpy(session.mic, member->mic, sizeof session.mic);
    *fport = PACKAGE_FPORT_FRAGMENTATION;
    return package_frag_session_setup_req(out, version, &session);
}

void set_up_drop_unsent(struct campaign *campaign, struct member *member)
{
    struct network *network = campaign->server->network;
    assert(member->device < campaign->server->device_count);
    if (network_queue_length(network, member->device) > 0) {
        network_queue_clear(network, member->device);
        member_command_not_sent(member);
    }
}

/* A restarted member may have kept the block so far: it is asked before a set-up clears it. Version
 * 1 is silent without a session. */
static bool asks_for_session(const struct member *member)
{
    return member->session_asked && member->unanswered < SESSION_QUESTIONS_MAX;
}

/* No further command of the set-up follows the answer to this one. */
static bool is_last_step(const struct member *member)
{
    assert(member->stage < MEMBER_STAGE_COUNT);
    return (member->stage == MEMBER_FRAGMENTATION
                   && member->fragmentation == MEMBER_FRAGMENTATION_LAST)
           || (member->stage == MEMBER_SESSION
                   && member->fragmentation == MEMBER_FRAGMENTATION_DONE);
}

/* The command of the stage that the member is in. */
static void send_next_step(struct campaign *campaign, struct member *member, sim_ns now_ns)
{
    uint8_t commands[COMMANDS_SIZE_MAX];
    uint8_t fport = PACKAGE_FPORT_CLOCK;
    size_t size = 0;
    bool asks = member->stage == MEMBER_FRAGMENTATION && asks_for_session(member);
    bool frag_setup = member->stage == MEMBER_FRAGMENTATION && !asks;
    if (member->stage == MEMBER_CLOCK || member->stage == MEMBER_TIME) {
        size = package_force_device_resync_req(commands, 1);
    } else if (asks) {
        fport = PACKAGE_FPORT_FRAGMENTATION;
        size = package_frag_session_status_req(
                commands, member_transfer_of(campaign, member)->frag_index, true);
    } else if (frag_setup) {
        size = put_frag_setup(campaign, member, commands, &fport);
    } else {
        size = put_session(campaign, member, now_ns, commands, &fport);
    }
    assert(size > 0 && size <= sizeof commands);
    if (server_send(campaign->server, member->device, fport, commands, size)) {
        campaign_member_event(campaign, member, MEMBER_EVENT_COMMAND_QUEUED, now_ns);
        member_command_sent(member, now_ns);
        if (frag_setup && campaign->params.session_cnt == SESSION_CNT_PER_COMMAND) {
            server_session_cnt_skip(campaign->server, member->device,
                    member_transfer_of(campaign, member)->frag_index, 1);
            member->mic_known = false;
        }
    }
    bool more = !is_last_step(member) || asks_for_session(member)
                || second_period_follows(campaign, member);
    if (more && campaign->params.set_up_policy == SET_UP_CHAINED) { /* the exchange goes on */
        network_keep_open(campaign->server->network, member->device);
    }
}

/* A member that was called takes its place: a transfer, and the numbers that it needs there. */
static bool claim(struct campaign *campaign, struct member *member, sim_ns now_ns)
{
    if (member->claimed) {
        return true;
    }
    if (!split_assign(campaign, member, now_ns)) {
        return false;
    }
    const struct transfer *transfer = member_transfer_of(campaign, member);
    /* A device that fetches does not listen: it is held for as long, and no session meets another.
     */
    sim_ns start_ns = transfer_start_ns(transfer);
    sim_ns end_ns = unicast_delivery(campaign) ? start_ns : transfer_end_ns(transfer);
    if (!server_claim(campaign->server, member->device, campaign->number, transfer->frag_index,
                transfer->session_count, campaign->params.numbers == NUMBERS_ZERO, start_ns, end_ns,
                &member->group_mask)) {
        campaign_member_event(campaign, member, MEMBER_EVENT_DEVICE_HELD, now_ns);
        return false;
    }
    member->claimed = true;
    member->claimed_ns = now_ns;
    return true;
}

/* The version of TS004 decides on the transfer, so nothing comes before it. True: it is known. */
static bool knows_version(struct campaign *campaign, struct member *member, sim_ns now_ns)
{
    const struct server_device *device = &campaign->server->devices[member->device];
    if (device->fragmentation_version != 0) {
        return true;
    }
    if (device->no_fragmentation) { /* as it said to an earlier campaign */
        set_up_on_no_package(campaign, member, now_ns);
        return false;
    }
    uint8_t question[PACKAGE_MESSAGE_MAX];
    size_t size = package_version_req(question);
    /* Silence is a lost message, or no such package: whether it answers elsewhere tells. */
    bool elsewhere = member->unanswered % VERSION_QUESTIONS == VERSION_QUESTIONS - 1u;
    uint8_t fport = elsewhere ? PACKAGE_FPORT_MULTICAST : PACKAGE_FPORT_FRAGMENTATION;
    if (server_send(campaign->server, member->device, fport, question, size)) {
        campaign_member_event(campaign, member, MEMBER_EVENT_VERSION_ASKED, now_ns);
        member_command_sent(member, now_ns);
    }
    if (campaign->params.set_up_policy == SET_UP_CHAINED) {
        network_keep_open(campaign->server->network, member->device);
    }
    return false;
}

static sim_ns closes_ns(const struct transfer *transfer, const struct member *member)
{
    return member->restarts > 0 || unicast_delivery(transfer->campaign)
                   ? transfer_end_ns(transfer) - RESTART_LEAST_NS
                   : transfer_start_ns(transfer) - SET_UP_CLOSE_NS;
}

/* A restarted member is set up for the first session that has time left for it. */
static void pass_ending_sessions(
        const struct transfer *transfer, struct member *member, sim_ns now_ns)
{
    assert(member->session < transfer->session_count);
    while (member->restarts > 0 && member->stage < MEMBER_FRAGMENTATION
            && member->session + 1u < transfer->session_count
            && now_ns >= transfer->sessions[member->session]->end_ns - RESTART_LEAST_NS) {
        member->session++;
    }
}

void set_up_step(struct campaign *campaign, struct member *member,
        const struct uplink_course *course, sim_ns now_ns)
{
    if (member->stage < MEMBER_CALLED || member->stage > MEMBER_FRAGMENTATION
            || (campaign->params.set_up_policy == SET_UP_ONE_PER_UPLINK && course->answered)) {
        return;
    }
    if (course->unsent) {
        member_command_not_sent(member);
    }
    if (member_is_silent(campaign, member)) {
        campaign_member_event(campaign, member, MEMBER_EVENT_SET_UP_SILENT, now_ns);
        return;
    }
    if (now_ns < member->pause_until_ns || !knows_version(campaign, member, now_ns)
            || !claim(campaign, member, now_ns)
            || now_ns >= closes_ns(member_transfer_of(campaign, member), member)) {
        return;
    }
    if (unicast_delivery(campaign)) {
        unicast_delivery_skip_group(campaign, member, now_ns);
    } else {
        pass_ending_sessions(member_transfer_of(campaign, member), member, now_ns);
    }
    send_next_step(campaign, member, now_ns);
}

/* --- answers --------------------------------------------------------------------------------- */

void set_up_on_group_ans(struct campaign *campaign, struct member *member,
        const struct package_message *message, sim_ns now_ns)
{
    assert(message->kind == PACKAGE_MC_GROUP_SETUP_ANS);
    if (second_period_on_group_ans(campaign, member, message)) {
        return;
    }
    if (message->index != member_group_id(member, member->session)) {
        return; /* of an earlier step */
    }
    if (message->status != 0) {
        member_try_failed(campaign, member, MEMBER_CAUSE_REFUSED, now_ns);
    } else {
        bool fragmentation = member->fragmentation == MEMBER_FRAGMENTATION_FIRST;
        member->listens = false; /* the session of the group before is over */
        campaign_member_event(campaign, member,
                fragmentation ? MEMBER_EVENT_GROUP_ACCEPTED_FRAGMENTATION
                              : MEMBER_EVENT_GROUP_ACCEPTED,
                now_ns);
    }
}

/* GPS time of the start of an uplink, which is where devices stamp. FOpts are not known here: at
 * most 15 bytes, less than the tolerances that this serves. */
static int64_t start_gps_ns(const struct region *region, const struct network_uplink *uplink)
{
    struct lora_modulation modulation = region_uplink_modulation(
            region, uplink->data_rate, region_default_channel_hz(region, 0));
    return uplink->gps_ns - lora_time_on_air_ns(&modulation, LORAWAN_OVERHEAD + uplink->size);
}

/* TimeToStart is a whole number of seconds, rounded down. */
static bool clock_agrees(const struct campaign *campaign, sim_ns start_ns,
        const struct network_uplink *uplink, const struct package_message *message)
{
    const struct network *network = campaign->server->network;
    int64_t expected_ns =
            network_gps_ns(network, start_ns) - start_gps_ns(network_region(network), uplink);
    int64_t error_ns = (int64_t)message->time_to_start_s * SIM_NS_PER_S - expected_ns;
    return error_ns <= CLOCK_TOLERANCE_S * SIM_NS_PER_S
           && error_ns >= -(CLOCK_TOLERANCE_S + 1) * SIM_NS_PER_S;
}

/* Why a McClassCSessionAns asks for another try. */
static enum member_cause session_cause(const struct package_message *message)
{
    if ((message->status & PACKAGE_SESSION_UNDEFINED) != 0) {
        return MEMBER_CAUSE_GROUP;
    }
    if ((message->status & PACKAGE_SESSION_START_MISSED) != 0) {
        return MEMBER_CAUSE_START; /* ours lies ahead: its clock does not */
    }
    if (message->status != 0) {
        return MEMBER_CAUSE_REFUSED;
    }
    return message->time_to_start_s == PACKAGE_TIME_TO_START_MAX ? MEMBER_CAUSE_NO_TIME
                                                                 : MEMBER_CAUSE_CLOCK;
}

void set_up_on_session_ans(struct campaign *campaign, struct member *member,
        const struct network_uplink *uplink, const struct package_message *message, sim_ns now_ns)
{
    assert(message->kind == PACKAGE_MC_CLASS_C_SESSION_ANS);
    const struct transfer *transfer = member_transfer_of(campaign, member);
    assert(member->session < transfer->session_count);
    bool told_agrees = clock_agrees(campaign, member->told_ns, uplink, message);
    if (second_period_on_session_ans(campaign, member, message, told_agrees)) {
        return;
    }
    if (member->stage == MEMBER_RECEIVING
            && message->index == member_group_id(member, member->session)) {
        deferral_on_session_ans(campaign, member, message->status == 0 && told_agrees, now_ns);
        return;
    }
    const struct session *session = transfer->sessions[member->session];
    bool restarted = member->restarts > 0;
    sim_ns start_ns = restarted ? member->told_ns : session->start_ns;
    if (now_ns >= (restarted ? start_ns : transfer_start_ns(transfer))
            || message->index != member_group_id(member, member->session)) {
        return; /* too late to tell anything, or of an earlier step */
    }
    if (message->status != 0 || !clock_agrees(campaign, start_ns, uplink, message)) {
        member_try_failed(campaign, member, session_cause(message), now_ns);
        return;
    }
    uint32_t first_period = transfer->second > 0 ? transfer->second : transfer->session_count;
    bool more = member->session + 1u < first_period;
    enum member_event last = member->fragmentation == MEMBER_FRAGMENTATION_DONE
                                     ? MEMBER_EVENT_SESSION_ACCEPTED_DONE
                                     : MEMBER_EVENT_SESSION_ACCEPTED;
    if (!campaign_member_event(
                campaign, member, more ? MEMBER_EVENT_SESSION_ACCEPTED_MORE : last, now_ns)) {
        return;
    }
    if (more) {
        member->session++;
    } else if (member->session >= first_period) {
        member->second = MEMBER_SECOND_TOLD;
    }
}

/* The device's last SessionCnt is not known: 1, 16, 256 and 4096 further on reach it soon. */
static void raise_session_cnt(struct campaign *campaign, struct member *member, sim_ns now_ns)
{
    member_try_failed(campaign, member, MEMBER_CAUSE_SESSION_CNT, now_ns);
    if (member->stage != MEMBER_FRAGMENTATION) {
        return;
    }
    uint32_t tries = member->tries[MEMBER_CAUSE_SESSION_CNT];
    assert(tries >= 1 && tries <= 4);
    server_session_cnt_skip(campaign->server, member->device,
            member_transfer_of(campaign, member)->frag_index, UINT32_C(1) << 4u * (tries - 1u));
    member->mic_known = false;
}

/* TS004-2.0.0 section 3.4.1; of several bits the one that says most. */
static enum member_cause refusal_of(uint8_t status)
{
    assert((status & PACKAGE_SETUP_REPLAY) == 0);
    return (status & PACKAGE_SETUP_ALGORITHM) != 0    ? MEMBER_CAUSE_ALGORITHM
           : (status & PACKAGE_SETUP_DESCRIPTOR) != 0 ? MEMBER_CAUSE_DESCRIPTOR
           : (status & PACKAGE_SETUP_MEMORY) != 0     ? MEMBER_CAUSE_MEMORY
                                                      : MEMBER_CAUSE_INDEX;
}

void set_up_on_frag_ans(struct campaign *campaign, struct member *member,
        const struct package_message *message, sim_ns now_ns)
{
    assert(message->kind == PACKAGE_FRAG_SESSION_SETUP_ANS);
    if (member->stage != MEMBER_FRAGMENTATION) {
        return; /* late */
    }
    if (message->status == 0 && member->fragmentation == MEMBER_FRAGMENTATION_FIRST) {
        member->fragmentation = MEMBER_FRAGMENTATION_DONE;
        campaign_member_event(
                campaign, member, MEMBER_EVENT_FRAGMENTATION_ACCEPTED_SESSION, now_ns);
    } else if (message->status == 0) {
        campaign_member_event(campaign, member, MEMBER_EVENT_FRAGMENTATION_ACCEPTED, now_ns);
        set_up_resume(campaign, member, now_ns);
    } else if ((message->status & PACKAGE_SETUP_REPLAY) != 0) {
        raise_session_cnt(campaign, member, now_ns);
    } else {
        member_try_failed(campaign, member, refusal_of(message->status), now_ns);
    }
}

void set_up_on_no_frag_session(struct member *member)
{
    if (member->stage == MEMBER_FRAGMENTATION) {
        member->session_asked = false;
    }
}

void set_up_resume(struct campaign *campaign, struct member *member, sim_ns now_ns)
{
    struct transfer *transfer = member_transfer_of(campaign, member);
    if (member->stage == MEMBER_READY && transfer_runs(transfer)) {
        transfer_join(transfer, member, now_ns);
    }
}

void set_up_on_other_package(struct campaign *campaign, struct member *member, sim_ns now_ns)
{
    campaign_member_event(campaign, member, MEMBER_EVENT_OTHER_PACKAGE, now_ns);
}

void set_up_on_version(
        struct campaign *campaign, struct member *member, uint8_t version, sim_ns now_ns)
{
    if (member->transfer != TRANSFER_NONE
            && version != member_transfer_of(campaign, member)->fragmentation_version) {
        campaign_member_event(campaign, member, MEMBER_EVENT_VERSION_DIFFERS, now_ns);
    }
}

void set_up_on_no_package(struct campaign *campaign, struct member *member, sim_ns now_ns)
{
    campaign_member_event(campaign, member, MEMBER_EVENT_NO_PACKAGE, now_ns);
}
