/* Devices: how far each is with its update, by what the server, the recorders and the air show.
 * SPDX-License-Identifier: MIT
 */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "network/link_budget.h"
#include "record/clock.h"
#include "record/completion.h"
#include "record/devices.h"
#include "watch/watch_internal.h"

/* --- transfers -------------------------------------------------------------------------------- */

static bool has_begun(const struct campaign *campaign, uint32_t transfer, sim_ns now_ns)
{
    bool begun = false;
    for (uint32_t i = 0; !begun && i < campaign_session_count(campaign); i++) {
        struct campaign_session session;
        campaign_session_get(campaign, i, &session);
        begun = session.transfer == transfer && session.start_ns <= now_ns;
    }
    return begun;
}

void watch_look_at_transfers(struct watch *watch)
{
    sim_ns now_ns = engine_now(watch->world->engine);
    for (uint32_t c = 0; c < watch->campaign_count; c++) {
        const struct campaign *campaign = server_campaign(watch->world->server, c);
        for (uint32_t i = 0; i < campaign_transfer_count(campaign); i++) {
            struct watch_transfer *seen = &watch->transfers[watch->first_transfer[c] + i];
            struct campaign_transfer transfer;
            campaign_transfer_get(campaign, i, &transfer);
            seen->begun = transfer.open && has_begun(campaign, i, now_ns);
            seen->coded = transfer.sent_coded > 0;
        }
    }
}

uint32_t watch_fragments_sent(const struct watch *watch, uint32_t campaign, bool coded)
{
    return fragment_causes_sent(watch->causes, campaign, coded);
}

uint32_t watch_campaign_of_phase(const struct watch *watch, enum campaign_phase *phase)
{
    uint32_t found = UINT32_MAX;
    *phase = CAMPAIGN_PHASE_IDLE;
    for (uint32_t c = 0; c < watch->campaign_count; c++) {
        enum campaign_phase its = campaign_phase(server_campaign(watch->world->server, c));
        if (its != CAMPAIGN_PHASE_IDLE && (found == UINT32_MAX || its < *phase)) {
            found = c;
            *phase = its;
        }
    }
    return found;
}

/* --- stages ----------------------------------------------------------------------------------- */

/* A device that no campaign has spoken to may have been left out by one that is over. */
static void stand_outside(const struct watch *watch, uint32_t device, struct watch_standing *s)
{
    bool joined = devices_joined_ns(watch->recorders, device) <= engine_now(watch->world->engine);
    s->stage = joined ? SCENE_STAGE_JOINED : SCENE_STAGE_IDLE;
    for (uint32_t c = 0; c < watch->campaign_count; c++) {
        const struct campaign *campaign = server_campaign(watch->world->server, c);
        struct campaign_device d;
        campaign_device_get(campaign, device, &d);
        bool over = campaign_phase(campaign) == CAMPAIGN_PHASE_DONE;
        if (d.member && (over || s->stage != SCENE_STAGE_FAILED)) {
            s->failure = (uint8_t)d.failure;
            s->stage = over ? SCENE_STAGE_FAILED : s->stage;
        }
    }
}

/* By its flash; of a build that can't tell which image runs, by what it reports. */
bool watch_is_installed(
        const struct watch *watch, uint32_t device, uint32_t campaign, enum campaign_stage stage)
{
    if ((recorder_set_shows(watch->recorders, device) & FIRMWARE_SHOWS_IMAGE) == 0) {
        return stage == CAMPAIGN_CONFIRMED;
    }
    return (watch->installs->devices[device].campaigns >> campaign & 1u) != 0;
}

static enum scene_stage stage_in_set_up_or_session(
        const struct watch *watch, const struct watch_standing *s, const struct campaign_device *d)
{
    uint32_t first = watch->first_transfer[s->campaign];
    uint32_t count = watch->first_transfer[s->campaign + 1] - first;
    if (d->stage < CAMPAIGN_READY) {
        return SCENE_STAGE_SET_UP;
    }
    uint32_t own = count == 1 ? 0u : d->transfer;
    assert(own < count);
    const struct watch_transfer *transfer = &watch->transfers[first + own];
    return transfer->coded   ? SCENE_STAGE_REPAIRING
           : transfer->begun ? SCENE_STAGE_RECEIVING
                             : SCENE_STAGE_WAITING;
}

void watch_standing(const struct watch *watch, uint32_t device, struct watch_standing *s)
{
    *s = (struct watch_standing){
        .campaign = recorder_campaign_of(recorder_set_view(watch->recorders), device),
    };
    if (s->campaign == UINT32_MAX) {
        stand_outside(watch, device, s);
        return;
    }
    const struct campaign *campaign = server_campaign(watch->world->server, s->campaign);
    const struct fragment_rows *rows = fragment_causes_rows(watch->causes, s->campaign, device);
    struct campaign_device d;
    campaign_device_get(campaign, device, &d);
    s->nb_frag = rows == NULL ? 0 : rows->nb_frag;
    s->missing = rows == NULL ? 0 : rows->nb_frag - rows->received[device];
    s->failure = (uint8_t)d.failure;
    bool whole = d.stage >= CAMPAIGN_COMPLETE || (s->nb_frag > 0 && s->missing == 0)
                 || completion_ns(watch->recorders, s->campaign, device) != SIM_NS_NEVER;
    bool installed = watch_is_installed(watch, device, s->campaign, d.stage);
    s->missing = whole || installed ? 0 : s->missing;
    if (installed) {
        s->stage = SCENE_STAGE_INSTALLED;
    } else if (campaign_phase(campaign) == CAMPAIGN_PHASE_DONE) {
        s->stage = SCENE_STAGE_FAILED;
    } else if (whole) {
        s->stage = SCENE_STAGE_VERIFYING;
    } else {
        s->stage = stage_in_set_up_or_session(watch, s, &d);
    }
}

/* --- scenes ----------------------------------------------------------------------------------- */

static float margin_db(const struct watch_device *own)
{
    return own->snr_sf == 0
                   ? NAN
                   : (float)(own->snr_mdb - link_demodulation_snr_mdb(own->snr_sf)) / 1000.0f;
}

/* After a long sleep a clock costs as much as all else of a device: its crystal is followed from
 * one segment of its course to the next. */
static float clock_error_of(const struct watch *watch, uint32_t device)
{
    sim_ns now_ns = engine_now(watch->world->engine);
    return watch->campaign_count == 0 ? NAN
                                      : (float)clock_error_ms(watch->recorders, device, now_ns);
}

static void fill_device(const struct watch *watch, uint32_t device, struct scene_device *to)
{
    const struct watch_device *own = &watch->devices[device];
    struct watch_standing standing;
    double x_m, y_m;
    watch_standing(watch, device, &standing);
    medium_device_place(watch->world->medium, device, &x_m, &y_m);
    to->x_m = (float)x_m;
    to->y_m = (float)y_m;
    to->margin_db = margin_db(own);
    to->last_ns = own->end_ns;
    to->nb_frag = (uint16_t)standing.nb_frag;
    to->missing = (uint16_t)standing.missing;
    to->stage = (uint8_t)standing.stage;
    to->activity = (uint8_t)recorder_set_activity(watch->recorders, device);
    to->last_cause = own->frame_id == 0 ? LOSS_NONE : own->cause;
    to->failure = standing.failure;
    to->group = own->group;
    to->faults = own->faults;
}

void watch_fill_devices(const struct watch *watch, struct scene *scene)
{
    uint32_t missing = 0;
    memset(scene->stages, 0, sizeof scene->stages);
    scene->worst_missing = SCENE_NONE;
    if (watch->selected != SCENE_NONE) {
        scene->devices[watch->selected].clock_error_ms = clock_error_of(watch, watch->selected);
    }
    for (uint32_t i = 0; i < watch->device_count; i++) {
        struct scene_device *device = &scene->devices[i];
        fill_device(watch, i, device);
        scene->stages[device->stage]++;
        bool counts = device->stage == SCENE_STAGE_RECEIVING
                      || device->stage == SCENE_STAGE_REPAIRING
                      || device->stage == SCENE_STAGE_FAILED;
        if (counts && device->missing > missing) {
            missing = device->missing;
            scene->worst_missing = i;
        }
    }
}

void watch_fill_meters(const struct watch *watch, struct scene *scene)
{
    double most_j = 0, sum_j = 0;
    scene->worst_energy = SCENE_NONE;
    for (uint32_t i = 0; i < watch->device_count; i++) {
        double joule = node_energy_total_j(watch->world->nodes, i, scene->now_ns);
        scene->devices[i].energy_j = (float)joule;
        scene->devices[i].clock_error_ms = clock_error_of(watch, i);
        sum_j += joule;
        if (joule > most_j) {
            most_j = joule;
            scene->worst_energy = i;
        }
    }
    scene->headline.energy_mean_j = sum_j / watch->device_count;
    scene->headline.energy_max_j = most_j;
    scene->energy_at_ns = scene->now_ns;
    scene->energy_fills = 0;
}
