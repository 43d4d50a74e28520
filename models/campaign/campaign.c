/* A campaign: its timers, its phases, its creation and end.
 * SPDX-License-Identifier: MIT
 */
#include "campaign/campaign.h"

#include <assert.h>
#include <stdlib.h>

#include "campaign/campaign_internal.h"
#include "campaign/delta_builder.h"
#include "campaign/image_builder.h"
#include "network/wire.h"
#include "observe.h"

/* --- time ------------------------------------------------------------------------------------ */

void campaign_timer_set(struct campaign *campaign, struct timer *timer, uint32_t owner,
        uint32_t which, sim_ns at_ns)
{
    assert(owner <= campaign->transfer_count && which <= UINT16_MAX);
    struct engine *engine = campaign->server->engine;
    sim_ns now_ns = engine_now(engine);
    timer->at_ns = at_ns > now_ns ? at_ns : now_ns;
    timer->generation++;
    engine_schedule(engine, timer->at_ns, SIM_PHASE_CAMPAIGN, campaign->entity, campaign->handler,
            (uint64_t)owner << 48 | (uint64_t)which << 32 | timer->generation);
}

static void renew(struct campaign *campaign, struct timer *timers, uint32_t count, uint32_t owner)
{
    assert(owner <= campaign->transfer_count);
    for (uint32_t i = 0; i < count; i++) {
        timers[i].generation++;
        if (timers[i].at_ns != SIM_NS_NEVER) {
            campaign_timer_set(campaign, &timers[i], owner, i, timers[i].at_ns);
        }
    }
}

void campaign_timers_renew(struct campaign *campaign)
{
    renew(campaign, campaign->timers, CAMPAIGN_TIMER_COUNT, 0);
    for (uint32_t i = 0; i < campaign->transfer_count; i++) {
        renew(campaign, campaign->transfers[i].timers, TRANSFER_TIMER_COUNT, i + 1u);
    }
}

void campaign_timer_start(struct campaign *campaign, enum campaign_timer timer, sim_ns at_ns)
{
    assert(timer < CAMPAIGN_TIMER_COUNT);
    campaign_timer_set(campaign, &campaign->timers[timer], 0, timer, at_ns);
}

void campaign_timer_stop(struct campaign *campaign, enum campaign_timer timer)
{
    assert(timer < CAMPAIGN_TIMER_COUNT);
    campaign->timers[timer].generation++;
    campaign->timers[timer].at_ns = SIM_NS_NEVER;
}

/* --- phases ---------------------------------------------------------------------------------- */

uint8_t campaign_frag_index(const struct campaign *campaign)
{
    assert(campaign->transfer_count > 0);
    return campaign->transfers[0].frag_index;
}

/* Other campaigns may have those that it holds. */
static void release_devices(struct campaign *campaign)
{
    for (uint32_t i = 0; i < campaign->member_count; i++) {
        server_release(campaign->server, campaign->members[i].device, campaign->number,
                campaign_frag_index(campaign), false);
    }
}

static void raise_phase(struct campaign *campaign, enum campaign_phase phase, sim_ns now_ns)
{
    assert(phase <= CAMPAIGN_PHASE_DONE);
    if (phase == CAMPAIGN_PHASE_DONE && campaign->phase != CAMPAIGN_PHASE_DONE) {
        release_devices(campaign);
        phase = rounds_end(campaign, now_ns) ? CAMPAIGN_PHASE_CONFIRMATION : CAMPAIGN_PHASE_DONE;
    }
    if (phase <= campaign->phase) {
        return;
    }
    campaign->phase = phase;
    engine_observe(campaign->server->engine, now_ns, campaign->entity, OBSERVE_CAMPAIGN_PHASE,
            campaign->phase, campaign->number, campaign->round, NULL);
}

void campaign_phase_set(struct transfer *transfer, enum campaign_phase phase, sim_ns now_ns)
{
    struct campaign *campaign = transfer->campaign;
    assert(phase >= transfer->phase);
    transfer->phase = phase;
    enum campaign_phase least = CAMPAIGN_PHASE_DONE;
    for (uint32_t i = 0; i < campaign->transfer_count; i++) {
        const struct transfer *other = &campaign->transfers[i];
        if (other->open && other->phase < least) {
            least = other->phase;
        }
    }
    raise_phase(campaign, least, now_ns);
}

void campaign_begin(struct campaign *campaign, sim_ns now_ns)
{
    assert(campaign->phase == CAMPAIGN_PHASE_IDLE);
    raise_phase(campaign, CAMPAIGN_PHASE_SET_UP, now_ns);
    campaign_timer_start(campaign, CAMPAIGN_TIMER_SET_UP_OVER, campaign->session_ns);
}

void campaign_end(struct campaign *campaign, sim_ns now_ns)
{
    raise_phase(campaign, CAMPAIGN_PHASE_DONE, now_ns);
}

void campaign_begin_again(struct campaign *campaign)
{
    assert(campaign->phase == CAMPAIGN_PHASE_CONFIRMATION);
    campaign->phase = CAMPAIGN_PHASE_IDLE;
}

/* Members of which not even the version is known are in no transfer, whose session would say so. */
static void drop_unsent_questions(struct campaign *campaign)
{
    for (uint32_t i = 0; i < campaign->member_count; i++) {
        struct member *member = &campaign->members[i];
        assert(member->device < campaign->server->device_count);
        bool known = campaign->server->devices[member->device].fragmentation_version != 0;
        if (member->stage == MEMBER_VERSION && !known) {
            set_up_drop_unsent(campaign, member);
        }
    }
}

/* No member was set up for any transfer of this round. */
static void end_unless_needed(struct campaign *campaign, sim_ns now_ns)
{
    bool open = false;
    for (uint32_t i = split_first(campaign); i < split_end(campaign); i++) {
        open = open || campaign->transfers[i].open;
    }
    if (!open) {
        campaign_end(campaign, now_ns);
    }
}

static void on_own_timer(struct campaign *campaign, enum campaign_timer timer, sim_ns now_ns)
{
    switch (timer) {
    case CAMPAIGN_TIMER_START:
        if (!campaign->paused) { /* else it starts when the pause is over */
            rounds_start(campaign, now_ns);
        }
        break;
    case CAMPAIGN_TIMER_SET_UP_OVER:
        drop_unsent_questions(campaign);
        end_unless_needed(campaign, now_ns);
        break;
    case CAMPAIGN_TIMER_ROUND:
        rounds_begin(campaign, now_ns);
        break;
    case CAMPAIGN_TIMER_REPORTS:
        campaign_end(campaign, now_ns);
        break;
    case CAMPAIGN_TIMER_STOP:
        halt_stop(campaign, now_ns);
        break;
    case CAMPAIGN_TIMER_LEFT:
        halt_on_time_over(campaign, now_ns);
        break;
    case CAMPAIGN_TIMER_PAUSE:
        halt_pause(campaign, now_ns);
        break;
    case CAMPAIGN_TIMER_RESUME:
        halt_resume(campaign, now_ns);
        break;
    case CAMPAIGN_TIMER_COUNT:
    default:
        assert(false && "timer of a campaign");
    }
}

static void on_timer(void *context, sim_ns now_ns, entity_id entity, uint64_t argument)
{
    (void)entity;
    struct campaign *campaign = context;
    uint32_t owner = (uint32_t)(argument >> 48), which = (uint32_t)(argument >> 32 & 0xFFFFu);
    assert(owner <= campaign->transfer_count);
    struct transfer *transfer = owner == 0 ? NULL : &campaign->transfers[owner - 1u];
    struct timer *timer = owner == 0 ? &campaign->timers[which] : &transfer->timers[which];
    if (campaign->server->down || timer->generation != (uint32_t)argument) {
        return;
    }
    timer->at_ns = SIM_NS_NEVER;
    if (transfer == NULL) {
        on_own_timer(campaign, (enum campaign_timer)which, now_ns);
    } else {
        transfer_on_timer(transfer, (enum transfer_timer)which, now_ns);
    }
}

/* --- creation -------------------------------------------------------------------------------- */

static bool members_create(struct campaign *campaign, const struct campaign_params *params)
{
    uint32_t device_count = campaign->server->device_count;
    uint32_t count = params->member_count > 0 ? params->member_count : device_count;
    assert(count <= device_count);
    campaign->members = calloc(count > 0 ? count : 1, sizeof *campaign->members);
    campaign->member_of_device = malloc((device_count > 0 ? device_count : 1) * sizeof(uint32_t));
    if (campaign->members == NULL || campaign->member_of_device == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < device_count; i++) {
        campaign->member_of_device[i] = MEMBER_NONE;
    }
    for (uint32_t i = 0; i < count; i++) {
        uint32_t device = params->member_count > 0 ? params->members[i] : i;
        assert(device < device_count && campaign->member_of_device[device] == MEMBER_NONE);
        campaign->member_of_device[device] = i;
        member_init(&campaign->members[i], device);
        if (params->set_up_order == SET_UP_FRAGMENTATION_FIRST) {
            campaign->members[i].fragmentation = MEMBER_FRAGMENTATION_FIRST;
        }
        if (params->versions == VERSIONS_KNOWN) {
            campaign->server->devices[device].fragmentation_version =
                    params->member_versions != NULL ? params->member_versions[i]
                                                    : params->fragmentation_version;
        }
    }
    campaign->member_count = count;
    campaign->stage_counts[CAMPAIGN_WAITING] = count;
    return true;
}

static void start_timers(struct campaign *campaign)
{
    const struct campaign_params *params = &campaign->params;
    assert((params->pause_ns > 0) == (params->resume_ns > 0));
    campaign_timer_start(campaign, CAMPAIGN_TIMER_START, params->start_ns);
    if (params->stop_ns > 0) {
        campaign_timer_start(campaign, CAMPAIGN_TIMER_STOP, params->stop_ns);
    }
    if (params->pause_ns > 0) {
        campaign_timer_start(campaign, CAMPAIGN_TIMER_PAUSE, params->pause_ns);
        campaign_timer_start(campaign, CAMPAIGN_TIMER_RESUME, params->resume_ns);
    }
}

struct campaign *campaign_create(struct server *server, uint32_t number,
        const struct campaign_params *params, const uint8_t *image, uint32_t image_size,
        uint32_t version)
{
    assert(params->fragmentation_version == 1 || params->fragmentation_version == 2);
    assert(params->block_ack_delay <= 7 || params->block_ack_delay == SCHEDULE_AUTOMATIC_DELAY);
    assert(params->periods <= CAMPAIGN_PERIODS_MAX);
    assert(params->time_out == TIME_OUT_PLANNED || params->interval_ns > 0);
    struct campaign *campaign = calloc(1, sizeof *campaign);
    if (campaign == NULL) {
        return NULL;
    }
    campaign->server = server;
    campaign->number = number;
    campaign->params = *params;
    campaign->params.members = NULL;
    campaign->params.member_versions = NULL;
    campaign->retries_left = params->retries;
    campaign->version = version;
    campaign->params.delta = NULL;
    campaign->has_delta = params->delta != NULL;
    if (campaign->has_delta) {
        assert(params->delta_size > DELTA_BUILDER_MANIFEST_SIZE);
        delta_base_digest(params->delta, campaign->base_digest);
    }
    for (uint32_t i = 0; i < CAMPAIGN_TIMER_COUNT; i++) {
        campaign->timers[i].at_ns = SIM_NS_NEVER;
    }
    campaign->entity = engine_entity_add(server->engine, 1);
    campaign->handler = engine_handler_add(server->engine, on_timer, campaign);
    if (!members_create(campaign, params) || !split_create(campaign, params, image, image_size)) {
        campaign_destroy(campaign);
        return NULL;
    }
    uint32_t image_version;
    campaign->has_digest = image_identity(image, image_size, &image_version, campaign->digest);
    wire_put_u32(campaign->descriptor, version);
    start_timers(campaign);
    return campaign;
}

void campaign_destroy(struct campaign *campaign)
{
    if (campaign == NULL) {
        return;
    }
    for (uint32_t i = 0; i < campaign->transfer_count; i++) {
        transfer_finish(&campaign->transfers[i]);
    }
    free(campaign->transfers);
    free(campaign->member_of_device);
    free(campaign->members);
    free(campaign);
}
