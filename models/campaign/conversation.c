/* The update server's talk with one device: clock, set-up, reception, confirmation.
 * SPDX-License-Identifier: MIT
 *
 * A class A device listens behind its own uplinks only, so everything here starts with one. What
 * an uplink's answers left undone is asked for at once (design section 4, chained), or with the
 * next uplink (one per uplink); an answer that did not come is asked for again.
 */
#include <assert.h>
#include <string.h>

#include "campaign/campaign_internal.h"
#include "network/lorawan.h"
#include "network/wire.h"

#define REPORT_FPORT      2u /* the application's periodic report, device/app/report.h */
#define REPORT_SIZE_LEAST 12u
#define COMMANDS_SIZE_MAX (2u * PACKAGE_MESSAGE_MAX)

/* GPS time of the start of an uplink, which is where devices stamp. FOpts are not known here: at
 * most 15 bytes, less than the tolerances that this serves. */
static int64_t start_gps_ns(const struct region *region, const struct network_uplink *uplink)
{
    struct lora_modulation modulation = region_uplink_modulation(
            region, uplink->data_rate, region_default_channel_hz(region, 0));
    return uplink->gps_ns - lora_time_on_air_ns(&modulation, LORAWAN_OVERHEAD + uplink->size);
}

/* --- commands -------------------------------------------------------------------------------- */

static size_t put_group_setup(const struct campaign *campaign, uint32_t device, uint8_t *out)
{
    uint8_t mc_ke_key[16];
    uint8_t mc_key_encrypted[16];
    lorawan_mc_ke_key(campaign->identities[device].gen_app_key, mc_ke_key);
    lorawan_aes_decrypt(mc_ke_key, campaign->mc_key, mc_key_encrypted);
    return package_mc_group_setup_req(
            out, GROUP_ID, campaign->mc_addr, mc_key_encrypted, 0, FCNT_MAX);
}

static size_t put_session(const struct campaign *campaign, uint8_t *out)
{
    return package_mc_class_c_session_req(out, GROUP_ID, campaign->session_gps_s,
            campaign->schedule.time_out, campaign->params.frequency_hz, campaign->params.data_rate);
}

static size_t put_frag_setup(struct campaign *campaign, uint32_t device, uint8_t *out)
{
    struct campaign_record *record = &campaign->records[device];
    unsigned version = campaign->params.fragmentation_version;
    if (version >= 2 && !record->mic_known) {
        package_block_mic(campaign->identities[device].gen_app_key, record->session_cnt, FRAG_INDEX,
                campaign->descriptor, campaign->block, campaign->block_size, record->mic);
        record->mic_known = true;
    }
    struct package_frag_session session = {
        .frag_index = FRAG_INDEX,
        .group_mask = 1u << GROUP_ID,
        .nb_frag = campaign->nb_frag,
        .frag_size = campaign->params.fragment_size_bytes,
        .block_ack_delay = campaign->schedule.block_ack_delay,
        .ack_reception = true,
        .padding = campaign->padding,
        .session_cnt = record->session_cnt,
    };
    memcpy(session.descriptor, campaign->descriptor, 4);
    memcpy(session.mic, record->mic, 4);
    return package_frag_session_setup_req(out, version, &session);
}

static bool send(struct campaign *campaign, uint32_t device, uint8_t fport, const uint8_t *payload,
        size_t size, sim_ns now_ns)
{
    if (!network_enqueue(campaign->network, device, fport, payload, (uint16_t)size)) {
        return false;
    }
    struct campaign_record *record = &campaign->records[device];
    if (fport != PACKAGE_FPORT_CLOCK && record->first_command_ns == SIM_NS_NEVER) {
        record->first_command_ns = now_ns;
        campaign_stage_set(campaign, device, CAMPAIGN_CONTACTED, now_ns);
    }
    return true;
}

/* The next step of a device that is not ready. */
static void send_next_step(struct campaign *campaign, uint32_t device, sim_ns now_ns)
{
    struct campaign_record *record = &campaign->records[device];
    bool chained = campaign->params.set_up_policy == SET_UP_CHAINED;
    uint8_t commands[COMMANDS_SIZE_MAX];
    size_t size = 0;
    if (record->clock_off) {
        size = package_force_device_resync_req(commands, 1);
        send(campaign, device, PACKAGE_FPORT_CLOCK, commands, size, now_ns);
    } else if (!record->group_ok || !record->session_ok) {
        if (!record->group_ok) {
            size += put_group_setup(campaign, device, commands);
        }
        bool room = network_downlink_max(campaign->network, device) >= size + 11u;
        if (record->group_ok || (chained && room)) {
            size += put_session(campaign, commands + size);
        }
        send(campaign, device, PACKAGE_FPORT_MULTICAST, commands, size, now_ns);
    } else {
        size = put_frag_setup(campaign, device, commands);
        send(campaign, device, PACKAGE_FPORT_FRAGMENTATION, commands, size, now_ns);
        return; /* the last step: the exchange need not stay open */
    }
    if (chained) {
        network_keep_open(campaign->network, device);
    }
}

static void set_up(struct campaign *campaign, uint32_t device, bool answered, sim_ns now_ns)
{
    const struct campaign_record *record = &campaign->records[device];
    if (record->stage >= CAMPAIGN_READY || record->refused
            || now_ns >= campaign->session_ns - SET_UP_CLOSE_NS) {
        return;
    }
    if (campaign->params.set_up_policy == SET_UP_ONE_PER_UPLINK && answered) {
        return;
    }
    send_next_step(campaign, device, now_ns);
}

/* --- answers --------------------------------------------------------------------------------- */

static void refuse(struct campaign_record *record)
{
    record->refusals++;
    record->refused = record->refusals >= REFUSALS_MAX;
}

static void update_set_up_stage(struct campaign *campaign, uint32_t device, sim_ns now_ns)
{
    const struct campaign_record *record = &campaign->records[device];
    if (record->group_ok && record->session_ok) {
        campaign_stage_set(campaign, device, CAMPAIGN_GROUP_SET_UP, now_ns);
        if (record->fragmentation_ok) {
            campaign_stage_set(campaign, device, CAMPAIGN_READY, now_ns);
        }
    }
}

static void on_session_ans(struct campaign *campaign, const struct network_uplink *uplink,
        const struct package_message *message, sim_ns now_ns)
{
    struct campaign_record *record = &campaign->records[uplink->device];
    if (now_ns >= campaign->session_ns) {
        return; /* too late to tell anything */
    }
    if ((message->status & PACKAGE_SESSION_UNDEFINED) != 0) {
        record->group_ok = false;
        record->session_ok = false;
    } else if ((message->status & PACKAGE_SESSION_START_MISSED) != 0) {
        record->session_ok = false; /* ours lies ahead: its clock does not */
        record->clock_off = true;
        record->clock_disagreed = true;
    } else if (message->status != 0) {
        refuse(record);
    } else {
        int64_t expected_ns = (int64_t)campaign->session_gps_s * SIM_NS_PER_S
                              - start_gps_ns(network_region(campaign->network), uplink);
        int64_t error_ns = (int64_t)message->time_to_start_s * SIM_NS_PER_S - expected_ns;
        /* TimeToStart is a whole number of seconds, rounded down. */
        record->clock_off = error_ns > CLOCK_TOLERANCE_S * SIM_NS_PER_S
                            || error_ns < -(CLOCK_TOLERANCE_S + 1) * SIM_NS_PER_S;
        record->session_ok = !record->clock_off;
        record->clock_disagreed = record->clock_off;
    }
}

static void on_frag_setup_ans(struct campaign_record *record, const struct package_message *message)
{
    if (message->status == 0) {
        record->fragmentation_ok = true;
    } else if ((message->status & PACKAGE_SETUP_REPLAY) != 0) {
        record->session_cnt++; /* an earlier campaign used this one */
        record->mic_known = false;
    } else {
        record->no_memory = record->no_memory || (message->status & PACKAGE_SETUP_MEMORY) != 0;
        refuse(record);
    }
}

/* TS003 section 3.2: answers when asked to, or when the clock is off by a second or more. Both
 * fields are seconds that have begun, of one instant: the end of the uplink. */
static void on_app_time_req(struct campaign *campaign, const struct network_uplink *uplink,
        const struct package_message *message, sim_ns now_ns)
{
    struct campaign_record *record = &campaign->records[uplink->device];
    int64_t network_s = uplink->gps_ns / SIM_NS_PER_S;
    /* Both are seconds mod 2^32: the shorter way round is the correction. */
    int32_t correction_s = (int32_t)((uint32_t)network_s - message->device_time_s);
    if (message->answer_required || correction_s != 0) {
        uint8_t answer[PACKAGE_MESSAGE_MAX];
        size_t size = package_app_time_ans(answer, correction_s, message->token);
        send(campaign, uplink->device, PACKAGE_FPORT_CLOCK, answer, size, now_ns);
    }
    record->clock_off = false; /* or it will be told again by the next TimeToStart */
}

/* Who reports about the fragmentation session has it, even if its FragSessionSetupAns was lost. */
static bool has_session(struct campaign *campaign, uint32_t device, sim_ns now_ns)
{
    if (campaign->records[device].stage < CAMPAIGN_GROUP_SET_UP) {
        return false;
    }
    campaign_stage_set(campaign, device, CAMPAIGN_READY, now_ns);
    return true;
}

static void on_whole(struct campaign *campaign, uint32_t device, bool bad_mic, sim_ns now_ns)
{
    struct campaign_record *record = &campaign->records[device];
    record->missing = 0;
    record->status_known = true;
    if (bad_mic) {
        record->bad_mic = true;
        campaign_mark_final(campaign, device);
    } else {
        record->bad_mic = false;
        campaign_stage_set(campaign, device, CAMPAIGN_COMPLETE, now_ns);
    }
}

static bool acknowledge(struct campaign *campaign, uint32_t device, sim_ns now_ns)
{
    uint8_t answer[PACKAGE_MESSAGE_MAX];
    size_t size = package_frag_data_block_received_ans(answer, FRAG_INDEX);
    return send(campaign, device, PACKAGE_FPORT_FRAGMENTATION, answer, size, now_ns);
}

static void on_block_received(struct campaign *campaign, uint32_t device,
        const struct package_message *message, sim_ns now_ns)
{
    if (message->index != FRAG_INDEX || !has_session(campaign, device, now_ns)) {
        return;
    }
    bool bad_mic = (message->status & PACKAGE_STATUS_MIC) != 0;
    on_whole(campaign, device, bad_mic, now_ns);
    bool acknowledged = acknowledge(campaign, device, now_ns);
    if (acknowledged && !bad_mic && campaign->params.block_mic) {
        campaign_stage_set(campaign, device, CAMPAIGN_AUTHENTICATED, now_ns);
    }
    campaign_settle(campaign, device, now_ns);
}

static void on_status_ans(struct campaign *campaign, uint32_t device,
        const struct package_message *message, sim_ns now_ns)
{
    struct campaign_record *record = &campaign->records[device];
    if ((message->status & PACKAGE_STATUS_NO_SESSION) != 0 || message->index != FRAG_INDEX
            || !has_session(campaign, device, now_ns)) {
        return;
    }
    record->no_memory = (message->status & PACKAGE_STATUS_MEMORY) != 0;
    record->received = message->received;
    if (message->missing == 0 && !record->no_memory) {
        on_whole(campaign, device, (message->status & PACKAGE_STATUS_MIC) != 0, now_ns);
        campaign_settle(campaign, device, now_ns);
        return;
    }
    record->missing = message->missing;
    record->status_known = true;
    if (record->no_memory) {
        campaign_mark_final(campaign, device);
        campaign_settle(campaign, device, now_ns);
    } else {
        campaign_session_on_answer(campaign, device, now_ns);
    }
}

/* --- reports --------------------------------------------------------------------------------- */

static void on_report(struct campaign *campaign, const struct network_uplink *uplink, sim_ns now_ns)
{
    struct campaign_record *record = &campaign->records[uplink->device];
    if (uplink->size < REPORT_SIZE_LEAST || record->stage < CAMPAIGN_READY) {
        return;
    }
    bool same =
            wire_u32(uplink->payload) == campaign->version
            && (!campaign->has_digest
                    || memcmp(uplink->payload + 4, campaign->digest, sizeof campaign->digest) == 0);
    if (!same) {
        record->reports_old_version = record->stage >= CAMPAIGN_COMPLETE;
        if (record->stage == CAMPAIGN_AUTHENTICATED) {
            /* It waits for an answer that was lost. */
            acknowledge(campaign, uplink->device, now_ns);
        }
        return;
    }
    record->bad_mic = false;
    campaign_stage_set(campaign, uplink->device, CAMPAIGN_CONFIRMED, now_ns);
    campaign_settle(campaign, uplink->device, now_ns);
    if (!campaign->params.group_delete) {
        campaign_mark_final(campaign, uplink->device);
    }
}

/* After the session, whoever has not reported is asked behind each of its uplinks. */
static void ask_for_status(struct campaign *campaign, uint32_t device, sim_ns now_ns)
{
    const struct campaign_record *record = &campaign->records[device];
    if (!record->member || record->settled || network_queue_length(campaign->network, device) > 0) {
        return;
    }
    uint8_t request[PACKAGE_MESSAGE_MAX];
    size_t size = package_frag_session_status_req(request, FRAG_INDEX, true);
    send(campaign, device, PACKAGE_FPORT_FRAGMENTATION, request, size, now_ns);
}

/* --- clearing up ----------------------------------------------------------------------------- */

static void on_group_gone(struct campaign *campaign, uint32_t device)
{
    campaign->records[device].group_gone = true;
    campaign_mark_final(campaign, device);
}

/* A device that has forgotten our group, or has another one under its number, needs no delete. */
static void on_group_status(
        struct campaign *campaign, uint32_t device, const struct package_message *message)
{
    struct campaign_record *record = &campaign->records[device];
    if (record->stage != CAMPAIGN_CONFIRMED || record->group_requests == 0) {
        return;
    }
    record->group_seen = (message->group_mask >> GROUP_ID & 1u) != 0
                         && message->group_mc_addr[GROUP_ID] == campaign->mc_addr;
    if (!record->group_seen) {
        on_group_gone(campaign, device);
    }
}

static void on_group_delete(
        struct campaign *campaign, uint32_t device, const struct package_message *message)
{
    /* McGroupUndefined says the same: an earlier answer was lost. */
    if (message->index == GROUP_ID && campaign->records[device].group_seen) {
        on_group_gone(campaign, device);
    }
}

/* Behind each uplink of a confirmed device: first ask what it has, then delete what is ours. */
static void release_group(struct campaign *campaign, uint32_t device, sim_ns now_ns)
{
    struct campaign_record *record = &campaign->records[device];
    if (!campaign->params.group_delete || record->stage != CAMPAIGN_CONFIRMED
            || record->group_gone) {
        return;
    }
    if (record->group_requests >= GROUP_REQUESTS_MAX) {
        campaign_mark_final(campaign, device);
        return;
    }
    uint8_t request[PACKAGE_MESSAGE_MAX];
    size_t size = record->group_seen ? package_mc_group_delete_req(request, GROUP_ID)
                                     : package_mc_group_status_req(request, 1u << GROUP_ID);
    if (send(campaign, device, PACKAGE_FPORT_MULTICAST, request, size, now_ns)) {
        record->group_requests++;
    }
    if (campaign->params.set_up_policy == SET_UP_CHAINED && !record->group_seen) {
        network_keep_open(campaign->network, device);
    }
}

/* --- uplinks --------------------------------------------------------------------------------- */

/* True: the message was an answer to a command of the set-up. */
static bool on_message(struct campaign *campaign, const struct network_uplink *uplink,
        const struct package_message *message, sim_ns now_ns)
{
    struct campaign_record *record = &campaign->records[uplink->device];
    switch (message->kind) {
    case PACKAGE_MC_GROUP_SETUP_ANS:
        if (message->index == GROUP_ID && message->status == 0) {
            record->group_ok = true;
        } else {
            refuse(record);
        }
        break;
    case PACKAGE_MC_CLASS_C_SESSION_ANS:
        on_session_ans(campaign, uplink, message, now_ns);
        break;
    case PACKAGE_FRAG_SESSION_SETUP_ANS:
        on_frag_setup_ans(record, message);
        break;
    case PACKAGE_MC_GROUP_STATUS_ANS:
        on_group_status(campaign, uplink->device, message);
        return false;
    case PACKAGE_MC_GROUP_DELETE_ANS:
        on_group_delete(campaign, uplink->device, message);
        return false;
    case PACKAGE_APP_TIME_REQ:
        on_app_time_req(campaign, uplink, message, now_ns);
        return false;
    case PACKAGE_FRAG_DATA_BLOCK_RECEIVED_REQ:
        on_block_received(campaign, uplink->device, message, now_ns);
        return false;
    case PACKAGE_FRAG_SESSION_STATUS_ANS:
        on_status_ans(campaign, uplink->device, message, now_ns);
        return false;
    case PACKAGE_OTHER:
        return false;
    }
    update_set_up_stage(campaign, uplink->device, now_ns);
    return true;
}

void campaign_on_uplink(
        struct campaign *campaign, const struct network_uplink *uplink, sim_ns now_ns)
{
    assert(uplink->device < campaign->device_count);
    struct campaign_record *record = &campaign->records[uplink->device];
    record->heard = true;
    record->data_rate = uplink->data_rate;
    if (campaign->phase == CAMPAIGN_PHASE_DONE) {
        return;
    }
    record->heard_in_window = record->heard_in_window || campaign->phase == CAMPAIGN_PHASE_SET_UP;
    /* What no gateway could send is out of date by now: the conversation decides anew. */
    network_queue_clear(campaign->network, uplink->device);
    bool answered = false;
    bool status_answered = false;
    if (uplink->fport == REPORT_FPORT) {
        on_report(campaign, uplink, now_ns);
    } else {
        struct package_message message;
        size_t used;
        for (size_t at = 0; at < uplink->size; at += used) {
            used = package_message_parse(uplink->fport, campaign->params.fragmentation_version,
                    uplink->payload + at, uplink->size - at, &message);
            if (used == 0) {
                break;
            }
            answered = on_message(campaign, uplink, &message, now_ns) || answered;
            status_answered = status_answered || message.kind == PACKAGE_FRAG_SESSION_STATUS_ANS;
        }
    }
    release_group(campaign, uplink->device, now_ns);
    campaign_finish_if_all_final(campaign, now_ns);
    if (campaign->phase == CAMPAIGN_PHASE_SET_UP
            || campaign->phase == CAMPAIGN_PHASE_WAIT_SESSION) {
        set_up(campaign, uplink->device, answered, now_ns);
    } else if (campaign->phase == CAMPAIGN_PHASE_CONFIRMATION && !status_answered) {
        ask_for_status(campaign, uplink->device, now_ns);
    }
}

/* --- outcome --------------------------------------------------------------------------------- */

enum campaign_failure campaign_failure_of(const struct campaign *campaign, uint32_t device)
{
    const struct campaign_record *record = &campaign->records[device];
    if (record->stage == CAMPAIGN_CONFIRMED) {
        return CAMPAIGN_FAILURE_NONE;
    }
    if (record->no_memory) {
        return CAMPAIGN_FAILURE_DECODER_MEMORY;
    }
    if (record->bad_mic) {
        return CAMPAIGN_FAILURE_BLOCK_MIC;
    }
    if (record->stage >= CAMPAIGN_COMPLETE) {
        return record->reports_old_version ? CAMPAIGN_FAILURE_NOT_INSTALLED
                                           : CAMPAIGN_FAILURE_NOT_CONFIRMED;
    }
    if (record->stage == CAMPAIGN_READY) {
        return record->status_known ? CAMPAIGN_FAILURE_INCOMPLETE
                                    : CAMPAIGN_FAILURE_SILENT_AFTER_SESSION;
    }
    if (record->refused) {
        return CAMPAIGN_FAILURE_SET_UP_REFUSED;
    }
    if (record->clock_disagreed) {
        return CAMPAIGN_FAILURE_CLOCK;
    }
    if (record->stage > CAMPAIGN_WAITING || record->heard_in_window) {
        return CAMPAIGN_FAILURE_SET_UP_UNANSWERED;
    }
    /* A join-accept may have been lost: a device has joined when it was heard in its session. */
    return record->heard ? CAMPAIGN_FAILURE_NO_UPLINK : CAMPAIGN_FAILURE_NEVER_JOINED;
}
