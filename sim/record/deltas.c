/* Delta images: how large they are, which devices they were for, and what making the target of one
 * took.
 * SPDX-License-Identifier: MIT
 *
 * A device makes the target after it has verified the delta image, by the events of its firmware.
 * A reset in between is part of it: it goes on from what the device has saved.
 */
#include <math.h>
#include <stdlib.h>

#include "record/images.h"
#include "record/measure.h"
#include "scenario/firmware_image.h"

/* The last one of a device in a campaign. */
struct delta_cost {
    bool made;
    double s, joule;
};

/* What a device makes at present. */
struct delta_begun {
    sim_ns at_ns; /* SIM_NS_NEVER: nothing */
    double read_j;
};

struct deltas {
    const struct recorder_view *view;
    struct delta_begun *begun; /* [device]; NULL: no campaign has a delta image */
    struct delta_cost *costs;  /* [campaign][device] */
};

static void destroy(void *state)
{
    struct deltas *deltas = state;
    if (deltas != NULL) {
        free(deltas->begun);
        free(deltas->costs);
        free(deltas);
    }
}

static bool has_delta(const struct recorder_view *view, uint32_t campaign)
{
    return view->scenario->campaigns[campaign].firmware.delivery == DELIVERY_DELTA;
}

static void *create(const struct recorder_set *set)
{
    const struct recorder_view *view = recorder_set_view(set);
    uint32_t campaigns = view->scenario->campaign_count, with_delta = 0;
    for (uint32_t c = 0; c < campaigns; c++) {
        with_delta += has_delta(view, c) ? 1u : 0u;
    }
    struct deltas *deltas = calloc(1, sizeof *deltas);
    if (deltas == NULL) {
        return NULL;
    }
    deltas->view = view;
    if (with_delta == 0) {
        return deltas;
    }
    size_t devices = view->device_count;
    deltas->begun = malloc(devices * sizeof *deltas->begun);
    deltas->costs = calloc(campaigns * devices, sizeof *deltas->costs);
    if (deltas->begun == NULL || deltas->costs == NULL) {
        destroy(deltas);
        return NULL;
    }
    for (size_t i = 0; i < devices; i++) {
        deltas->begun[i].at_ns = SIM_NS_NEVER;
    }
    return deltas;
}

static void built(struct deltas *deltas, uint32_t device, sim_ns at_ns)
{
    struct delta_begun *begun = &deltas->begun[device];
    uint32_t campaign = recorder_campaign_of(deltas->view, device);
    if (begun->at_ns == SIM_NS_NEVER || campaign == UINT32_MAX) {
        return;
    }
    deltas->costs[(size_t)campaign * deltas->view->device_count + device] = (struct delta_cost){
        .made = true,
        .s = measure_seconds(at_ns - begun->at_ns),
        .joule = node_energy_total_j(deltas->view->nodes, device, at_ns) - begun->read_j,
    };
    begun->at_ns = SIM_NS_NEVER;
}

static void observe(void *state, const struct observation *o)
{
    struct deltas *deltas = state;
    if (deltas->begun == NULL) {
        return;
    }
    uint32_t device = o->entity - deltas->view->first_device;
    struct delta_begun *begun = &deltas->begun[device];
    if (o->a == FW_TRACE_DELTA_BUILT) {
        built(deltas, device, o->at_ns);
    } else if (o->a == FW_TRACE_FRAG_SET_UP) { /* a former one came to nothing */
        begun->at_ns = SIM_NS_NEVER;
    } else if (begun->at_ns == SIM_NS_NEVER) {
        begun->at_ns = o->at_ns;
        begun->read_j = node_energy_total_j(deltas->view->nodes, device, o->at_ns);
    }
}

/* --- results ---------------------------------------------------------------------------------- */

/* Members by what they were set up for last. */
static void measure_members(struct measure *m)
{
    uint64_t counts[IMAGE_FORM_COUNT + 1] = { 0 };
    for (uint32_t c = m->first_campaign; c < m->end_campaign; c++) {
        const struct campaign *campaign = server_campaign(m->view->server, c);
        for (uint32_t i = m->first_index; i < m->end_index; i++) {
            struct campaign_device d;
            if (measure_member(m, c, i, &d)) {
                counts[image_form_of(campaign, &d)]++;
            }
        }
    }
    measure_count(m, "delta.devices.", "delta", counts[IMAGE_DELTA]);
    measure_count(m, "delta.devices.", "full", counts[IMAGE_FULL]);
}

static void add_builds(const struct deltas *deltas, struct measure *m, bool energy)
{
    uint32_t end = deltas->costs != NULL ? m->end_campaign : m->first_campaign;
    for (uint32_t c = m->first_campaign; c < end; c++) {
        for (uint32_t i = m->first_index; i < m->end_index; i++) {
            const struct delta_cost *cost = &deltas->costs[(size_t)c * m->view->device_count + i];
            if (cost->made) {
                sample_add(&m->sample, energy ? cost->joule : cost->s);
            }
        }
    }
}

static void measure_deltas(const void *state, struct measure *m)
{
    const struct deltas *deltas = state;
    uint64_t patch = 0, target = 0;
    for (uint32_t c = m->first_campaign; c < m->end_campaign; c++) {
        const struct scenario_campaign *campaign = &m->view->scenario->campaigns[c];
        patch += has_delta(m->view, c) ? campaign->block_size_bytes : 0;
        target += has_delta(m->view, c) ? firmware_image_size(campaign->code_size_bytes) : 0;
    }
    measure_count(m, "delta.", "patch_bytes", patch);
    measure_count(m, "delta.", "target_bytes", target);
    measure_add(m, "delta.", "share", target > 0 ? (double)patch / (double)target : NAN);
    measure_members(m);
    add_builds(deltas, m, false);
    measure_count(m, "delta.devices.", "built", m->sample.count);
    measure_distribution(m, "delta.build_s.", "a9M");
    add_builds(deltas, m, true);
    measure_distribution(m, "delta.build_j.", "aM");
}

const struct recorder_ops deltas_recorder = {
    .name = "deltas",
    .kinds = OBSERVE_BIT(OBSERVE_FIRMWARE),
    .traces = RECORDER_TRACE(DELTA_STARTED) | RECORDER_TRACE(DELTA_BUILT)
              | RECORDER_TRACE(FRAG_SET_UP),
    .of_campaign = true,
    .by_campaign = true,
    .create = create,
    .destroy = destroy,
    .observe = observe,
    .measure = measure_deltas,
};
