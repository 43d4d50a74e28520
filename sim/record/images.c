/* Images of campaigns: their size, and what each form of them took and cost.
 * SPDX-License-Identifier: MIT
 *
 * What a member draws for updates counts for a campaign from the begin of its set-up until it is
 * done. Of campaigns at one time, both count it.
 */
#include "record/images.h"

#include <stdlib.h>

#include "record/completion.h"
#include "record/energy_phases.h"
#include "record/fragment_causes.h"
#include "record/measure.h"
#include "scenario/firmware_image.h"

enum image_form image_form_of(const struct campaign *campaign, const struct campaign_device *device)
{
    struct campaign_transfer transfer;
    if (device->transfer >= campaign_transfer_count(campaign)) {
        return IMAGE_FORM_COUNT;
    }
    campaign_transfer_get(campaign, device->transfer, &transfer);
    return transfer.delta ? IMAGE_DELTA : IMAGE_FULL;
}

/* --- energy ----------------------------------------------------------------------------------- */

struct images {
    const struct recorder_set *set;
    /* [campaign]: done, what follows is none of it */
    bool done[SCENARIO_CAMPAIGNS_MAX];
    /* [campaign][device]: for updates, from power on to the begin; of a campaign that is done, from
     * there to its end */
    float energy_j[];
};

static void *create(const struct recorder_set *set)
{
    const struct recorder_view *view = recorder_set_view(set);
    size_t count = (size_t)server_campaign_count(view->server) * view->device_count;
    struct images *images = calloc(1, sizeof *images + count * sizeof images->energy_j[0]);
    if (images != NULL) {
        images->set = set;
    }
    return images;
}

static float energy_now_j(const struct images *images, uint32_t device)
{
    struct phase_energy energy;
    energy_phases_device(images->set, device, &energy);
    return (float)energy.update_j;
}

static void observe(void *state, const struct observation *o)
{
    struct images *images = state;
    const struct recorder_view *view = recorder_set_view(images->set);
    float *energy_j = &images->energy_j[(size_t)o->b * view->device_count];
    bool begins = o->a == CAMPAIGN_PHASE_SET_UP && o->c == 0, ends = o->a == CAMPAIGN_PHASE_DONE;
    for (uint32_t i = 0; (begins || ends) && i < view->device_count; i++) {
        float now_j = energy_now_j(images, i);
        energy_j[i] = ends ? now_j - energy_j[i] : now_j;
    }
    images->done[o->b] = ends || images->done[o->b];
}

static double energy_of_j(const struct images *images, uint32_t campaign, uint32_t device)
{
    uint32_t device_count = recorder_set_view(images->set)->device_count;
    float energy_j = images->energy_j[(size_t)campaign * device_count + device];
    return (double)(images->done[campaign] ? energy_j : energy_now_j(images, device) - energy_j);
}

/* --- results ---------------------------------------------------------------------------------- */

static void add_member(const struct images *images, struct measure *m, uint32_t campaign,
        uint32_t device, bool energy)
{
    sim_ns complete_ns = completion_ns(m->set, campaign, device);
    if (energy) {
        sample_add(&m->sample, energy_of_j(images, campaign, device));
    } else if (complete_ns != SIM_NS_NEVER) {
        sim_ns start_ns = campaign_start_ns(server_campaign(m->view->server, campaign));
        sample_add(&m->sample, measure_seconds(complete_ns - start_ns));
    }
}

/* Adds values of the members that were set up for a form. Returns how many of them are confirmed.
 */
static uint64_t add_members(
        const struct images *images, struct measure *m, enum image_form form, bool energy)
{
    uint64_t confirmed = 0;
    for (uint32_t c = m->first_campaign; c < m->end_campaign; c++) {
        const struct campaign *campaign = server_campaign(m->view->server, c);
        for (uint32_t i = m->first_index; i < m->end_index; i++) {
            struct campaign_device d;
            if (measure_member(m, c, i, &d) && image_form_of(campaign, &d) == form) {
                add_member(images, m, c, i, energy);
                confirmed += d.stage == CAMPAIGN_CONFIRMED ? 1u : 0u;
            }
        }
    }
    return confirmed;
}

static double airtime_s(const struct measure *m, enum image_form form)
{
    sim_ns sum_ns = 0;
    for (uint32_t c = m->first_campaign; c < m->end_campaign; c++) {
        const struct campaign *campaign = server_campaign(m->view->server, c);
        for (uint32_t t = 0; t < campaign_transfer_count(campaign); t++) {
            struct campaign_transfer transfer;
            campaign_transfer_get(campaign, t, &transfer);
            if (transfer.delta == (form == IMAGE_DELTA)) {
                sum_ns += fragment_causes_transfer_airtime_ns(fragment_causes_of(m->set), c, t);
            }
        }
    }
    return measure_seconds(sum_ns);
}

static void measure_form(const struct images *images, struct measure *m, enum image_form form)
{
    static const char *const prefixes[IMAGE_FORM_COUNT] = { "image.full.", "image.delta." };
    char prefix[32];
    uint64_t confirmed = add_members(images, m, form, false);
    measure_count(m, prefixes[form], "confirmed", confirmed);
    measure_add(m, prefixes[form], "airtime_s", airtime_s(m, form));
    snprintf(prefix, sizeof prefix, "%scompletion_s.", prefixes[form]);
    measure_distribution(m, prefix, "a");
    add_members(images, m, form, true);
    snprintf(prefix, sizeof prefix, "%senergy_j.", prefixes[form]);
    measure_distribution(m, prefix, "a");
}

static void measure_images(const void *state, struct measure *m)
{
    uint64_t bytes = 0, encrypted = 0;
    for (uint32_t c = m->first_campaign; c < m->end_campaign; c++) {
        const struct scenario_campaign *campaign = &m->view->scenario->campaigns[c];
        bytes += firmware_image_size(campaign->code_size_bytes);
        encrypted += campaign->firmware.encryption ? 1u : 0u;
    }
    measure_count(m, "image.", "bytes", bytes);
    measure_count(m, "image.", "encrypted", encrypted);
    measure_form(state, m, IMAGE_FULL);
    measure_form(state, m, IMAGE_DELTA);
}

const struct recorder_ops images_recorder = {
    .name = "images",
    .kinds = OBSERVE_BIT(OBSERVE_CAMPAIGN_PHASE),
    .of_campaign = true,
    .by_campaign = true,
    .create = create,
    .destroy = free,
    .observe = observe,
    .measure = measure_images,
};
