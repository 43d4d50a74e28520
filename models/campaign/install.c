/* Installation at a common time: members are told by TS006 when to reboot, and asked what runs.
 * SPDX-License-Identifier: MIT
 *
 * A member that has proved its block, or reported it whole where no proof is demanded, is asked for
 * its image, then told the time, then, after it, asked for its version. Its periodic report may
 * tell that first. With an agreed time it is told that once it is set up, for any reboot installs
 * what is there by then; one that was not told so, or missed it, is told like the others.
 */
#include <assert.h>
#include <string.h>

#include "campaign/campaign_internal.h"

/* A time that is nearer than this is told as "at once": answer and reboot would fall together. */
#define LEAD_NS (60 * SIM_NS_PER_S)
/* A reboot waits for the off-time of an uplink, and an install takes its time. */
#define GRACE_NS (300 * SIM_NS_PER_S)
/* Its block may be under verification: it is asked again after this, with an uplink. */
#define AGAIN_NS (300 * SIM_NS_PER_S)
/* What the answer may differ from the time that was told: whole seconds, airtime. */
#define TOLERANCE_NS (10 * SIM_NS_PER_S)

static bool is_common(const struct campaign *campaign)
{
    return campaign->params.install != INSTALL_AT_ONCE;
}

sim_ns install_end_ns(const struct campaign *campaign)
{
    const struct campaign_params *params = &campaign->params;
    return is_common(campaign)
                   ? params->start_ns + params->install_after_ns + params->install_spread_ns
                   : 0;
}

/* Members take even places in the spread. */
static sim_ns time_of(const struct campaign *campaign, const struct member *member)
{
    const struct campaign_params *params = &campaign->params;
    uint32_t index = (uint32_t)(member - campaign->members);
    assert(index < campaign->member_count);
    sim_ns share_ns = params->install_spread_ns / campaign->member_count * index;
    return params->start_ns + params->install_after_ns + share_ns;
}

static bool has_image(const struct campaign *campaign, const struct member *member)
{
    assert(member->stage < MEMBER_STAGE_COUNT && member->install <= MEMBER_INSTALL_TOLD);
    bool proof_due = campaign->params.block_mic || campaign->params.proofs != 0;
    return member->stage == MEMBER_PROVED || (member->stage == MEMBER_WHOLE && !proof_due);
}

/* Set up, and the transfer is still to come: the time of the reboot is agreed. */
static bool is_to_agree(const struct campaign *campaign, const struct member *member, sim_ns now_ns)
{
    return campaign->params.install == INSTALL_AGREED_TIME && member->stage == MEMBER_READY
           && member->install == MEMBER_INSTALL_UNKNOWN
           && time_of(campaign, member) >= now_ns + LEAD_NS;
}

/* One that does not wait for a proof may have the block, and its report was lost. */
static bool may_hold_image(const struct campaign *campaign, const struct member *member)
{
    if (has_image(campaign, member) || member->had_block) {
        return true;
    }
    if (member->transfer == TRANSFER_NONE) {
        return false;
    }
    const struct transfer *transfer = member_transfer_of(campaign, member);
    return transfer->sent_uncoded + transfer->sent_coded >= transfer->nb_frag;
}

static size_t reboot_request(
        const struct campaign *campaign, struct member *member, uint8_t *out, sim_ns now_ns)
{
    assert(member->install != MEMBER_INSTALL_TOLD);
    sim_ns at_ns = time_of(campaign, member);
    member->reboot_ns = at_ns < now_ns + LEAD_NS ? now_ns : at_ns; /* its answer may be lost */
    if (member->reboot_ns == now_ns) {                             /* no answer will come */
        member->install = MEMBER_INSTALL_TOLD;
        return package_dev_reboot_time_req(out, PACKAGE_REBOOT_NOW);
    }
    if (member->no_time) {
        return package_dev_reboot_countdown_req(out, (uint32_t)((at_ns - now_ns) / SIM_NS_PER_S));
    }
    int64_t gps_ns = network_gps_ns(campaign->server->network, at_ns);
    return package_dev_reboot_time_req(out, (uint32_t)(gps_ns / SIM_NS_PER_S));
}

/* In a pause no reboot is ordered; who has rebooted before is asked what runs. */
static bool waits_for_resume(const struct campaign *campaign, const struct member *member)
{
    assert(member->install <= MEMBER_INSTALL_TOLD);
    return campaign->paused && member->install != MEMBER_INSTALL_TOLD;
}

/* Returns its size, 0: nothing to ask for now. */
static size_t next_request(
        const struct campaign *campaign, struct member *member, uint8_t *out, sim_ns now_ns)
{
    switch ((enum member_install)member->install) {
    case MEMBER_INSTALL_UNKNOWN:
        return is_to_agree(campaign, member, now_ns) ? reboot_request(campaign, member, out, now_ns)
                                                     : package_dev_upgrade_image_req(out);
    case MEMBER_INSTALL_IMAGE:
        return reboot_request(campaign, member, out, now_ns);
    case MEMBER_INSTALL_TOLD:
        break;
    }
    return now_ns < member->reboot_ns + GRACE_NS ? 0 : package_dev_version_req(out);
}

/* Version question, cancellation, or the next request. True: it was queued. */
static bool send_next(const struct campaign *campaign, struct member *member, sim_ns now_ns)
{
    bool sent = false;
    /* After a pause the next order replaces what the device plans. */
    member->reboot_left = member->reboot_left && campaign->paused;
    if (member->reboot_left) {
        return management_send_clean_up(campaign, member);
    }
    if (waits_for_resume(campaign, member) || management_asks_version(campaign, member, &sent)) {
        return sent;
    }
    uint8_t request[PACKAGE_MESSAGE_MAX];
    size_t size = next_request(campaign, member, request, now_ns);
    return size > 0 && management_send(campaign, member, request, size);
}

void install_step(struct campaign *campaign, struct member *member,
        const struct uplink_course *course, sim_ns now_ns)
{
    bool due = has_image(campaign, member) || is_to_agree(campaign, member, now_ns);
    if (!is_common(campaign) || !due || management_is_absent(campaign, member)) {
        return;
    }
    struct network *network = campaign->server->network;
    if (course->unsent) {
        member_command_not_sent(member);
    }
    if (network_queue_length(network, member->device) > 0) {
        if (campaign->params.set_up_policy == SET_UP_CHAINED) {
            network_keep_open(network, member->device);
        }
        return;
    }
    if (now_ns >= member->pause_until_ns && send_next(campaign, member, now_ns)) {
        member_command_sent(member, now_ns);
    }
}

static void on_image(const struct campaign *campaign, struct member *member,
        const struct package_message *message, sim_ns now_ns)
{
    assert(message->kind == PACKAGE_UPGRADE_IMAGE_ANS);
    bool ours = message->status == PACKAGE_IMAGE_VALID && message->version == campaign->version;
    if (ours && member->install == MEMBER_INSTALL_UNKNOWN) {
        member->install = MEMBER_INSTALL_IMAGE;
    } else if (!ours) {
        member->pause_until_ns = now_ns + AGAIN_NS;
    }
}

static void on_reboot_planned(
        const struct campaign *campaign, struct member *member, uint32_t seconds, sim_ns now_ns)
{
    sim_ns off_ns = now_ns + (sim_ns)seconds * SIM_NS_PER_S - time_of(campaign, member);
    if (member->install != MEMBER_INSTALL_IMAGE && !is_to_agree(campaign, member, now_ns)) {
        return;
    }
    if (seconds == 0) {
        member->no_time = true; /* a countdown needs none */
    } else if (off_ns >= -TOLERANCE_NS && off_ns <= TOLERANCE_NS) {
        member->install = MEMBER_INSTALL_TOLD;
        member->reboot_ns = time_of(campaign, member);
    }
}

void install_on_halt(const struct campaign *campaign, struct member *member)
{
    member->reboot_left = member->reboot_ns > 0;
    member->image_left = is_common(campaign) && may_hold_image(campaign, member);
    member->install = MEMBER_INSTALL_UNKNOWN;
}

void install_on_pause(const struct campaign *campaign, struct member *member, sim_ns now_ns)
{
    sim_ns at_ns = time_of(campaign, member);
    if (member->reboot_ns == 0 || at_ns <= now_ns || at_ns >= campaign->params.resume_ns) {
        return;
    }
    member->reboot_left = true;
    member->install = MEMBER_INSTALL_UNKNOWN;
}

sim_ns install_cancel_until_ns(const struct campaign *campaign, const struct member *member)
{
    return management_reboot_is_left(campaign, member) ? member->reboot_ns + GRACE_NS : 0;
}

/* Not where the device has reported that it runs another image of the same version. */
static bool version_proves_image(const struct campaign *campaign, const struct member *member)
{
    assert(member->device < campaign->server->device_count);
    const struct server_device *device = &campaign->server->devices[member->device];
    bool other = device->image_known && device->image_version == campaign->version
                 && campaign->has_digest
                 && memcmp(device->image_digest, campaign->digest, sizeof campaign->digest) != 0;
    return !member->ran_before && !other;
}

void install_on_answer(struct campaign *campaign, struct member *member,
        const struct package_message *message, sim_ns now_ns)
{
    assert(campaign_member(campaign, member->device) == member);
    bool due = has_image(campaign, member) || is_to_agree(campaign, member, now_ns);
    if (!is_common(campaign) || !due) {
        return; /* it answers another campaign, or is confirmed */
    }
    member_answered(member);
    if (management_on_clean_up(member, message) || message->kind == PACKAGE_DELETE_IMAGE_ANS) {
        return;
    }
    if (message->kind == PACKAGE_UPGRADE_IMAGE_ANS) {
        on_image(campaign, member, message, now_ns);
    } else if (message->kind == PACKAGE_REBOOT_ANS) {
        on_reboot_planned(campaign, member, message->seconds, now_ns);
    } else if (message->version == campaign->version && version_proves_image(campaign, member)) {
        campaign_member_event(campaign, member, MEMBER_EVENT_NEW_VERSION, now_ns);
    } else { /* it missed its reboot */
        member->install = MEMBER_INSTALL_UNKNOWN;
    }
}
