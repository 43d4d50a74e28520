/* The update server: what it sends, where each device is, and its clock.
 * SPDX-License-Identifier: MIT
 */
#include "campaign/campaign.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "campaign/campaign_internal.h"
#include "campaign/image_builder.h"
#include "network/wire.h"
#include "observe.h"
#include "random_stream.h"

/* --- names ----------------------------------------------------------------------------------- */

const char *campaign_phase_name(enum campaign_phase phase)
{
    static const char *const names[] = {
#define X(name, text) text,
        CAMPAIGN_PHASES(X)
#undef X
    };
    return names[phase];
}

const char *campaign_failure_name(enum campaign_failure failure)
{
    static const char *const names[CAMPAIGN_FAILURE_COUNT] = {
#define X(name, text) text,
        CAMPAIGN_FAILURES(X)
#undef X
    };
    return names[failure];
}

/* --- time ------------------------------------------------------------------------------------ */

/* Setting a timer again makes the earlier one void: events cannot be cancelled. */
void campaign_timer_set(struct campaign *campaign, enum campaign_timer timer, sim_ns at_ns)
{
    sim_ns now_ns = engine_now(campaign->engine);
    uint32_t generation = ++campaign->timer_generation[timer];
    engine_schedule(campaign->engine, at_ns > now_ns ? at_ns : now_ns, SIM_PHASE_CAMPAIGN,
            campaign->entity, campaign->handler, (uint64_t)timer << 32 | generation);
}

void campaign_timer_stop(struct campaign *campaign, enum campaign_timer timer)
{
    campaign->timer_generation[timer]++;
}

static void on_timer(void *context, sim_ns now_ns, entity_id entity, uint64_t argument)
{
    (void)entity;
    struct campaign *campaign = context;
    enum campaign_timer timer = (enum campaign_timer)(argument >> 32);
    if (campaign->timer_generation[timer] != (uint32_t)argument) {
        return;
    }
    switch (timer) {
    case TIMER_START:
        campaign_plan(campaign);
        campaign_phase_set(campaign, CAMPAIGN_PHASE_SET_UP, now_ns);
        break;
    case TIMER_SET_UP_CLOSE:
        campaign_phase_set(campaign, CAMPAIGN_PHASE_WAIT_SESSION, now_ns);
        break;
    case TIMER_SESSION:
        campaign_session_start(campaign, now_ns);
        break;
    case TIMER_ANSWERS:
        campaign_answers_over(campaign, now_ns);
        break;
    case TIMER_DEADLINE:
        campaign_session_end(campaign, now_ns);
        break;
    case TIMER_DONE:
        campaign_finish(campaign, now_ns);
        break;
    case TIMER_COUNT:
        assert(false);
        break;
    }
}

/* --- stages ---------------------------------------------------------------------------------- */

void campaign_phase_set(struct campaign *campaign, enum campaign_phase phase, sim_ns now_ns)
{
    if (campaign->phase == phase) {
        return;
    }
    campaign->phase = phase;
    engine_observe(
            campaign->engine, now_ns, campaign->entity, OBSERVE_CAMPAIGN_PHASE, phase, 0, 0, NULL);
}

void campaign_stage_set(
        struct campaign *campaign, uint32_t device, enum campaign_stage stage, sim_ns now_ns)
{
    struct campaign_record *record = &campaign->records[device];
    if (record->stage >= stage) {
        return;
    }
    campaign->stage_counts[record->stage]--;
    campaign->stage_counts[stage]++;
    record->stage = (uint8_t)stage;
    if (stage == CAMPAIGN_GROUP_SET_UP) {
        record->group_set_up_ns = now_ns;
    } else if (stage == CAMPAIGN_READY) {
        record->ready_ns = now_ns;
    } else if (stage == CAMPAIGN_CONFIRMED) {
        record->confirmed_ns = now_ns;
    }
    if (stage >= CAMPAIGN_COMPLETE && record->complete_ns == SIM_NS_NEVER) {
        record->complete_ns = now_ns;
    }
    engine_observe(campaign->engine, now_ns, campaign->entity, OBSERVE_CAMPAIGN_STAGE, device,
            stage, 0, NULL);
    /* Nobody is left to wait for: the session time was told to all, so it stays. */
    if (campaign->phase == CAMPAIGN_PHASE_SET_UP
            && campaign_stage_count(campaign, CAMPAIGN_READY) == campaign->device_count) {
        campaign_timer_stop(campaign, TIMER_SET_UP_CLOSE);
        campaign_phase_set(campaign, CAMPAIGN_PHASE_WAIT_SESSION, now_ns);
    }
}

void campaign_settle(struct campaign *campaign, uint32_t device, sim_ns now_ns)
{
    struct campaign_record *record = &campaign->records[device];
    if (record->member && !record->settled) {
        record->settled = true;
        campaign->settled_count++;
        campaign_session_on_settled(campaign, now_ns);
    }
}

void campaign_finish(struct campaign *campaign, sim_ns now_ns)
{
    if (campaign->phase == CAMPAIGN_PHASE_DONE) {
        return;
    }
    campaign_phase_set(campaign, CAMPAIGN_PHASE_DONE, now_ns);
}

/* The outcome of a member that will not change any more. */
void campaign_mark_final(struct campaign *campaign, uint32_t device)
{
    struct campaign_record *record = &campaign->records[device];
    if (record->member && !record->final) {
        record->final = true;
        campaign->final_count++;
    }
}

void campaign_finish_if_all_final(struct campaign *campaign, sim_ns now_ns)
{
    if (campaign->phase == CAMPAIGN_PHASE_CONFIRMATION
            && campaign->final_count == campaign->member_count) {
        campaign_finish(campaign, now_ns);
    }
}

/* --- creation -------------------------------------------------------------------------------- */

static bool block_create(struct campaign *campaign, const uint8_t *image, uint32_t image_size)
{
    uint32_t size = campaign->params.fragment_size_bytes;
    uint32_t room = region_downlink_payload_max(
            network_region(campaign->network), campaign->params.data_rate);
    if (size == 0 || size + PACKAGE_FRAGMENT_OVERHEAD > room || image_size == 0) {
        return false;
    }
    uint32_t nb_frag = schedule_nb_frag(image_size, (uint8_t)size);
    if (nb_frag > PACKAGE_FRAGMENTS_MAX) {
        return false;
    }
    campaign->nb_frag = (uint16_t)nb_frag;
    campaign->padding = (uint8_t)(nb_frag * size - image_size);
    campaign->block_size = image_size;
    campaign->block = calloc(nb_frag, size);
    if (campaign->block == NULL) {
        return false;
    }
    memcpy(campaign->block, image, image_size);
    return true;
}

static bool group_create(struct campaign *campaign)
{
    struct random_stream stream;
    random_stream_init(
            &stream, engine_seed(campaign->engine), campaign->entity, RANDOM_CAMPAIGN, 0);
    random_stream_bytes(&stream, campaign->mc_key, sizeof campaign->mc_key);
    campaign->mc_addr = network_mc_addr(campaign->network, 0);
    struct network_group_params params = {
        .mc_addr = campaign->mc_addr,
        .frequency_hz = campaign->params.frequency_hz,
        .data_rate = campaign->params.data_rate,
        .policy = campaign->params.gateways,
    };
    memcpy(params.mc_key, campaign->mc_key, sizeof params.mc_key);
    campaign->group = network_group_create(campaign->network, &params);
    return campaign->group != UINT32_MAX;
}

static void records_init(struct campaign *campaign)
{
    for (uint32_t i = 0; i < campaign->device_count; i++) {
        struct campaign_record *record = &campaign->records[i];
        record->first_command_ns = SIM_NS_NEVER;
        record->group_set_up_ns = SIM_NS_NEVER;
        record->ready_ns = SIM_NS_NEVER;
        record->complete_ns = SIM_NS_NEVER;
        record->confirmed_ns = SIM_NS_NEVER;
    }
    campaign->stage_counts[CAMPAIGN_WAITING] = campaign->device_count;
}

struct campaign *campaign_create(struct engine *engine, struct network *network,
        const struct campaign_params *params, const struct device_identity *devices,
        uint32_t device_count, const uint8_t *image, uint32_t image_size, uint32_t version)
{
    assert(params->fragmentation_version == 1 || params->fragmentation_version == 2);
    assert(params->block_ack_delay <= 7 || params->block_ack_delay == SCHEDULE_AUTOMATIC_DELAY);
    struct campaign *campaign = calloc(1, sizeof *campaign);
    if (campaign == NULL) {
        return NULL;
    }
    campaign->engine = engine;
    campaign->network = network;
    campaign->params = *params;
    campaign->identities = devices;
    campaign->device_count = device_count;
    campaign->version = version;
    campaign->records = calloc(device_count > 0 ? device_count : 1, sizeof *campaign->records);
    if (campaign->records == NULL
            || !region_has_downlink(network_region(network), params->data_rate)
            || !block_create(campaign, image, image_size)) {
        campaign_destroy(campaign);
        return NULL;
    }
    campaign->entity = engine_entity_add(engine, 1);
    campaign->handler = engine_handler_add(engine, on_timer, campaign);
    if (!group_create(campaign)) {
        campaign_destroy(campaign);
        return NULL;
    }
    uint32_t image_version;
    campaign->has_digest = image_identity(image, image_size, &image_version, campaign->digest);
    wire_put_u32(campaign->descriptor, version);
    records_init(campaign);
    campaign_timer_set(campaign, TIMER_START, params->start_ns);
    return campaign;
}

void campaign_destroy(struct campaign *campaign)
{
    if (campaign == NULL) {
        return;
    }
    free(campaign->block);
    free(campaign->records);
    free(campaign);
}

/* --- views ----------------------------------------------------------------------------------- */

enum campaign_phase campaign_phase(const struct campaign *campaign)
{
    return campaign->phase;
}

void campaign_device_get(
        const struct campaign *campaign, uint32_t device, struct campaign_device *view)
{
    assert(device < campaign->device_count);
    const struct campaign_record *record = &campaign->records[device];
    *view = (struct campaign_device){
        .stage = (enum campaign_stage)record->stage,
        .failure = campaign_failure_of(campaign, device),
        .first_command_ns = record->first_command_ns,
        .group_set_up_ns = record->group_set_up_ns,
        .ready_ns = record->ready_ns,
        .complete_ns = record->complete_ns,
        .confirmed_ns = record->confirmed_ns,
        .missing_reported = record->missing,
        .group_deleted = record->group_gone,
    };
}

uint32_t campaign_stage_count(const struct campaign *campaign, enum campaign_stage at_least)
{
    uint32_t count = 0;
    for (uint32_t stage = at_least; stage < CAMPAIGN_STAGE_COUNT; stage++) {
        count += campaign->stage_counts[stage];
    }
    return count;
}

uint32_t campaign_nb_frag(const struct campaign *campaign)
{
    return campaign->nb_frag;
}

uint32_t campaign_fragment_number(const struct campaign *campaign, uint32_t mc_fcnt)
{
    return mc_fcnt < FCNT_MAX ? campaign->n_of_fcnt[mc_fcnt] : 0;
}

uint32_t campaign_fragments_sent(const struct campaign *campaign, bool coded)
{
    return coded ? campaign->sent_coded : campaign->sent_uncoded;
}

uint32_t campaign_correction_batches(const struct campaign *campaign)
{
    return campaign->batches;
}

uint32_t campaign_mc_addr(const struct campaign *campaign)
{
    return campaign->mc_addr;
}

void campaign_mc_key(const struct campaign *campaign, uint8_t key[16])
{
    memcpy(key, campaign->mc_key, sizeof campaign->mc_key);
}
