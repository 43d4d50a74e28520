/* What a campaign tells of itself: names, members, transfers, sessions.
 * SPDX-License-Identifier: MIT
 */
#include <assert.h>
#include <string.h>

#include "campaign/campaign_internal.h"

/* --- names ----------------------------------------------------------------------------------- */

const char *campaign_phase_name(enum campaign_phase phase)
{
    static const char *const names[] = {
#define X(name, text) text,
        CAMPAIGN_PHASES(X)
#undef X
    };
    assert(phase < sizeof names / sizeof names[0]);
    return names[phase];
}

const char *campaign_stage_name(enum campaign_stage stage)
{
    static const char *const names[CAMPAIGN_STAGE_COUNT] = {
#define X(name, text) text,
        CAMPAIGN_STAGES(X)
#undef X
    };
    assert(stage < CAMPAIGN_STAGE_COUNT);
    return names[stage];
}

const char *campaign_failure_name(enum campaign_failure failure)
{
    static const char *const names[CAMPAIGN_FAILURE_COUNT] = {
#define X(name, text, again, aws) text,
        CAMPAIGN_FAILURES(X)
#undef X
    };
    assert(failure < CAMPAIGN_FAILURE_COUNT);
    return names[failure];
}

const char *campaign_failure_aws_name(enum campaign_failure failure)
{
    static const char *const names[CAMPAIGN_FAILURE_COUNT] = {
#define X(name, text, again, aws) aws,
        CAMPAIGN_FAILURES(X)
#undef X
    };
    assert(failure < CAMPAIGN_FAILURE_COUNT);
    return names[failure];
}

const char *campaign_proof_name(enum campaign_proof proof)
{
    static const char *const names[CAMPAIGN_PROOF_COUNT] = {
#define X(name, text) text,
        CAMPAIGN_PROOFS(X)
#undef X
    };
    assert(proof < CAMPAIGN_PROOF_COUNT);
    return names[proof];
}

const char *campaign_reboot_name(enum campaign_reboot reboot)
{
    static const char *const names[CAMPAIGN_REBOOT_COUNT] = {
#define X(name, text) text,
        CAMPAIGN_REBOOTS(X)
#undef X
    };
    assert(reboot < CAMPAIGN_REBOOT_COUNT);
    return names[reboot];
}

const char *campaign_transfer_delivery(const struct campaign_transfer *transfer)
{
    return transfer->is_unicast ? "unicast" : "multicast";
}

const char *campaign_transfer_form(const struct campaign_transfer *transfer)
{
    return transfer->delta ? "delta" : "full";
}

bool campaign_failure_is_old_version(enum campaign_failure failure)
{
    return failure == CAMPAIGN_FAILURE_NOT_INSTALLED || failure == CAMPAIGN_FAILURE_WRONG_HARDWARE
           || failure == CAMPAIGN_FAILURE_VERSION_REFUSED
           || failure == CAMPAIGN_FAILURE_IMAGE_REFUSED;
}

bool campaign_failure_may_pass(enum campaign_failure failure)
{
    static const bool may_pass[CAMPAIGN_FAILURE_COUNT] = {
#define X(name, text, again, aws) again,
        CAMPAIGN_FAILURES(X)
#undef X
    };
    assert(failure < CAMPAIGN_FAILURE_COUNT);
    return may_pass[failure];
}

/* --- members and transfers ------------------------------------------------------------------- */

enum campaign_phase campaign_phase(const struct campaign *campaign)
{
    return campaign->phase;
}

uint32_t campaign_number(const struct campaign *campaign)
{
    return campaign->number;
}

entity_id campaign_entity(const struct campaign *campaign)
{
    return campaign->entity;
}

uint32_t campaign_member_count(const struct campaign *campaign)
{
    return campaign->member_count;
}

sim_ns campaign_start_ns(const struct campaign *campaign)
{
    return campaign->params.start_ns;
}

static enum campaign_proof proof_of(const struct campaign *campaign, const struct member *member)
{
    if (campaign->params.proofs == 0) {
        return CAMPAIGN_PROOF_NONE;
    }
    if (member->reason == CAMPAIGN_FAILURE_PROOF_REJECTED) {
        return CAMPAIGN_PROOF_REJECTED;
    }
    bool all = (campaign->params.proofs & ~member->proofs) == 0;
    return all ? CAMPAIGN_PROOF_ACCEPTED : CAMPAIGN_PROOF_DUE;
}

static enum campaign_reboot reboot_of(const struct campaign *campaign, const struct member *member)
{
    static const uint8_t reboots[] = {
        [MEMBER_INSTALL_UNKNOWN] = CAMPAIGN_REBOOT_UNKNOWN,
        [MEMBER_INSTALL_IMAGE] = CAMPAIGN_REBOOT_IMAGE,
        [MEMBER_INSTALL_TOLD] = CAMPAIGN_REBOOT_TOLD,
    };
    assert(member->install < sizeof reboots / sizeof reboots[0]);
    return campaign->params.install != INSTALL_AT_ONCE
                   ? (enum campaign_reboot)reboots[member->install]
                   : CAMPAIGN_REBOOT_NONE;
}

void campaign_device_get(
        const struct campaign *campaign, uint32_t device, struct campaign_device *view)
{
    const struct member *member = campaign_member(campaign, device);
    struct member none;
    if (member == NULL) {
        member_init(&none, device);
    }
    const struct member *of = member != NULL ? member : &none;
    *view = (struct campaign_device){
        .member = member != NULL,
        .transfer = of->transfer,
        .stage = (enum campaign_stage)of->shown,
        .failure = member_failure(of),
        .claimed_ns = of->claimed_ns,
        .first_command_ns = of->first_command_ns,
        .group_set_up_ns = of->group_set_up_ns,
        .ready_ns = of->ready_ns,
        .complete_ns = of->complete_ns,
        .authenticated_ns = of->authenticated_ns,
        .confirmed_ns = of->confirmed_ns,
        .missing_reported = of->missing,
        .rounds = of->rounds,
        .group_deleted = of->stage == MEMBER_RELEASED,
        .proof = proof_of(campaign, of),
        .reboot = reboot_of(campaign, of),
        .reboot_ns = of->install == MEMBER_INSTALL_TOLD ? of->reboot_ns : SIM_NS_NEVER,
    };
    memcpy(view->left, of->left, sizeof view->left);
}

uint32_t campaign_stage_count(const struct campaign *campaign, enum campaign_stage at_least)
{
    assert(at_least < CAMPAIGN_STAGE_COUNT);
    uint32_t count = 0;
    for (uint32_t stage = at_least; stage < CAMPAIGN_STAGE_COUNT; stage++) {
        count += campaign->stage_counts[stage];
    }
    return count;
}

uint32_t campaign_transfer_count(const struct campaign *campaign)
{
    return campaign->transfer_count;
}

void campaign_transfer_get(
        const struct campaign *campaign, uint32_t index, struct campaign_transfer *view)
{
    assert(index < campaign->transfer_count);
    const struct transfer *transfer = &campaign->transfers[index];
    *view = (struct campaign_transfer){
        .open = transfer->open,
        .data_rate = transfer->data_rate,
        .fragmentation_version = transfer->fragmentation_version,
        .fragment_size_bytes = transfer->fragment_size_bytes,
        .frag_index = transfer->frag_index,
        .delta = transfer->delta,
        .nb_frag = transfer->nb_frag,
        .members = transfer->member_count,
        .sent_uncoded = transfer->sent_uncoded,
        .sent_coded = transfer->sent_coded,
        .correction_batches = transfer->correction.batches,
        .session_count = transfer->session_count,
        .round = split_round_of(campaign, index),
        .wave = split_wave_of(campaign, index),
        .is_unicast = unicast_delivery(campaign),
    };
}

const uint8_t *campaign_transfer_block(const struct campaign *campaign, uint32_t index)
{
    assert(index < campaign->transfer_count);
    return campaign->transfers[index].block;
}

uint32_t campaign_group_restarts(const struct campaign *campaign)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < campaign->transfer_count; i++) {
        count += campaign->transfers[i].group_restarts;
    }
    return count;
}

uint32_t campaign_round_count(const struct campaign *campaign)
{
    return campaign->phase == CAMPAIGN_PHASE_IDLE ? 0 : campaign->round + 1u;
}

void campaign_round_get(
        const struct campaign *campaign, uint32_t round, struct campaign_round *view)
{
    assert(round <= campaign->round);
    *view = (struct campaign_round){
        .start_ns = campaign->round_start_ns[round],
        .end_ns = campaign->round_end_ns[round],
        .first_transfer = round * campaign->round_transfers,
        .end_transfer = (round + 1u) * campaign->round_transfers,
    };
    for (uint32_t i = 0; i < campaign->member_count; i++) {
        const struct member *member = &campaign->members[i];
        if (member->rounds > round) {
            bool last = member->rounds == round + 1u;
            view->members++;
            view->failed[last ? member_failure(member) : member->left[round]]++;
        }
    }
    for (uint32_t i = view->first_transfer; i < view->end_transfer; i++) {
        view->sent_uncoded += campaign->transfers[i].sent_uncoded;
        view->sent_coded += campaign->transfers[i].sent_coded;
    }
}

uint32_t campaign_session_count(const struct campaign *campaign)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < campaign->transfer_count; i++) {
        count += campaign->transfers[i].session_count;
    }
    return count;
}

static const struct session *session_at(const struct campaign *campaign, uint32_t session)
{
    uint32_t transfer = 0;
    while (session >= campaign->transfers[transfer].session_count) {
        session -= campaign->transfers[transfer].session_count;
        transfer++;
        assert(transfer < campaign->transfer_count);
    }
    return campaign->transfers[transfer].sessions[session];
}

void campaign_session_get(
        const struct campaign *campaign, uint32_t index, struct campaign_session *view)
{
    const struct session *session = session_at(campaign, index);
    *view = (struct campaign_session){
        .transfer = session->transfer->index,
        .mc_addr = session_class_c_mc_addr(session),
        .entity = session->entity,
        .data_rate = session->params.data_rate,
        .frequency_hz = session->params.frequency_hz,
        .start_ns = session->start_ns,
        .end_ns = session->end_ns,
    };
    session_class_c_mc_key(session, view->mc_key);
}

uint32_t campaign_session_of(const struct campaign *campaign, uint32_t mc_addr)
{
    uint32_t index = 0;
    for (uint32_t i = 0; i < campaign->transfer_count; i++) {
        const struct transfer *transfer = &campaign->transfers[i];
        for (uint32_t s = 0; s < transfer->session_count; s++, index++) {
            if (session_class_c_mc_addr(transfer->sessions[s]) == mc_addr) {
                return index;
            }
        }
    }
    return UINT32_MAX;
}

bool campaign_serves(const struct campaign *campaign, uint32_t device, uint32_t mc_addr)
{
    uint32_t index = campaign_session_of(campaign, mc_addr);
    struct campaign_device view;
    campaign_device_get(campaign, device, &view);
    return view.member && view.stage < CAMPAIGN_COMPLETE && index != UINT32_MAX
           && session_at(campaign, index)->transfer->index == view.transfer;
}

uint32_t campaign_session_fragment(
        const struct campaign *campaign, uint32_t index, uint32_t mc_fcnt)
{
    const struct session *session = session_at(campaign, index);
    return session->ops->number(session, mc_fcnt);
}

uint32_t campaign_nb_frag(const struct campaign *campaign)
{
    assert(campaign->transfer_count > 0);
    return campaign->transfers[0].nb_frag;
}

uint32_t campaign_fragment_number(const struct campaign *campaign, uint32_t mc_fcnt)
{
    return campaign_session_fragment(campaign, 0, mc_fcnt);
}

uint32_t campaign_fragments_sent(const struct campaign *campaign, bool coded)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < campaign->transfer_count; i++) {
        const struct transfer *transfer = &campaign->transfers[i];
        count += coded ? transfer->sent_coded : transfer->sent_uncoded;
    }
    return count;
}

uint32_t campaign_correction_batches(const struct campaign *campaign)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < campaign->transfer_count; i++) {
        count += campaign->transfers[i].correction.batches;
    }
    return count;
}

uint32_t campaign_mc_addr(const struct campaign *campaign)
{
    assert(campaign->transfer_count > 0 && campaign->transfers[0].session_count > 0);
    return session_class_c_mc_addr(campaign->transfers[0].sessions[0]);
}

void campaign_mc_key(const struct campaign *campaign, uint8_t key[16])
{
    assert(campaign->transfer_count > 0 && campaign->transfers[0].session_count > 0);
    session_class_c_mc_key(campaign->transfers[0].sessions[0], key);
}
