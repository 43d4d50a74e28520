/* How far devices came: joined, and the stages of a campaign.
 * SPDX-License-Identifier: MIT
 */
#include "record/devices.h"

#include <stdio.h>
#include <stdlib.h>

#include "record/installs.h"
#include "record/measure.h"

struct devices {
    entity_id first_device;
    sim_ns joined_ns[];
};

extern const struct recorder_ops devices_recorder;

static void *create(const struct recorder_set *set)
{
    const struct recorder_view *view = recorder_set_view(set);
    struct devices *devices =
            malloc(sizeof *devices + view->device_count * sizeof devices->joined_ns[0]);
    if (devices == NULL) {
        return NULL;
    }
    devices->first_device = view->first_device;
    for (uint32_t i = 0; i < view->device_count; i++) {
        devices->joined_ns[i] = SIM_NS_NEVER;
    }
    return devices;
}

static void observe(void *state, const struct observation *o)
{
    struct devices *devices = state;
    sim_ns *joined_ns = &devices->joined_ns[o->entity - devices->first_device];
    if (*joined_ns == SIM_NS_NEVER) {
        *joined_ns = o->at_ns;
    }
}

sim_ns devices_joined_ns(const struct recorder_set *set, uint32_t device)
{
    const struct devices *devices = recorder_set_state(set, &devices_recorder);
    return devices->joined_ns[device];
}

/* --- results ---------------------------------------------------------------------------------- */

static void add_failures(struct measure *m)
{
    uint64_t counts[CAMPAIGN_FAILURE_COUNT] = { 0 };
    for (uint32_t i = m->first_index; i < m->end_index; i++) {
        struct campaign_device device;
        campaign_device_get(m->campaign, i, &device);
        counts[device.failure]++;
    }
    for (int f = CAMPAIGN_FAILURE_NONE + 1; f < CAMPAIGN_FAILURE_COUNT; f++) {
        measure_count(
                m, "devices.failed.", campaign_failure_name((enum campaign_failure)f), counts[f]);
    }
}

static uint64_t count_at_least(const struct measure *m, enum campaign_stage stage)
{
    uint64_t count = 0;
    for (uint32_t i = m->first_index; i < m->end_index; i++) {
        struct campaign_device device;
        campaign_device_get(m->campaign, i, &device);
        count += device.stage >= stage ? 1u : 0u;
    }
    return count;
}

static void add_stages(struct measure *m)
{
    static const struct {
        const char *key;
        enum campaign_stage stage;
    } stages[] = {
        { "ready", CAMPAIGN_READY },
        { "complete", CAMPAIGN_COMPLETE },
        { "authenticated", CAMPAIGN_AUTHENTICATED },
    };
    for (size_t i = 0; i < sizeof stages / sizeof stages[0]; i++) {
        measure_count(m, "devices.", stages[i].key, count_at_least(m, stages[i].stage));
    }
    uint64_t installed = 0;
    const struct installs *installs = installs_of(m->set);
    for (uint32_t i = m->first_index; i < m->end_index; i++) {
        installed += installs->devices[i].matches ? 1u : 0u;
    }
    measure_count(m, "devices.", "installed", installed);
    measure_count(m, "devices.", "confirmed", count_at_least(m, CAMPAIGN_CONFIRMED));
}

static void measure_devices(const void *state, struct measure *m)
{
    const struct devices *devices = state;
    uint64_t joined = 0;
    for (uint32_t i = m->first_index; i < m->end_index; i++) {
        joined += devices->joined_ns[i] != SIM_NS_NEVER ? 1u : 0u;
    }
    measure_count(m, "devices.", "total", measure_device_count(m));
    if (m->scope != EXPECT_CAMPAIGN) {
        measure_count(m, "devices.", "joined", joined);
    }
    if (m->campaign != NULL) {
        add_stages(m);
        if (!m->partial) {
            add_failures(m);
        }
    }
}

const struct recorder_ops devices_recorder = {
    .name = "devices",
    .by_campaign = true,
    .by_group = true,
    .traces = RECORDER_TRACE(JOINED),
    .create = create,
    .destroy = free,
    .observe = observe,
    .measure = measure_devices,
};
