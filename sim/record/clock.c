/* Clocks of devices: when they were set, how wrong they were when a session opened.
 * SPDX-License-Identifier: MIT
 */
#include "record/clock.h"

#include <math.h>
#include <stdlib.h>

#include "record/devices.h"
#include "record/measure.h"

struct clocks {
    const struct recorder_view *view;
    struct device_clock devices[];
};

extern const struct recorder_ops clock_recorder;

static void *create(const struct recorder_set *set)
{
    const struct recorder_view *view = recorder_set_view(set);
    struct clocks *clocks =
            calloc(1, sizeof *clocks + view->device_count * sizeof clocks->devices[0]);
    if (clocks == NULL) {
        return NULL;
    }
    clocks->view = view;
    for (uint32_t i = 0; i < view->device_count; i++) {
        clocks->devices[i].set_ns = SIM_NS_NEVER;
        clocks->devices[i].session_opened_ns = SIM_NS_NEVER;
        for (uint32_t c = 0; c < SCENARIO_CAMPAIGNS_MAX; c++) {
            clocks->devices[i].opened_ns[c] = SIM_NS_NEVER;
        }
    }
    return clocks;
}

/* The event of a session that opens carries the device's own GPS time in ms: the error of its
 * clock is measured, not modelled. */
static void observe(void *state, const struct observation *o)
{
    struct clocks *clocks = state;
    struct device_clock *device = &clocks->devices[o->entity - clocks->view->first_device];
    if (o->a == FW_TRACE_CLOCK_SET) {
        if (device->set_ns == SIM_NS_NEVER) {
            device->set_ns = o->at_ns;
        }
        return;
    }
    uint32_t index = o->entity - clocks->view->first_device;
    uint32_t campaign = recorder_campaign_of(clocks->view, index);
    if (campaign != UINT32_MAX && device->opened_ns[campaign] == SIM_NS_NEVER) {
        device->opened_ns[campaign] = o->at_ns;
    }
    if (device->session_opened_ns == SIM_NS_NEVER) {
        int64_t true_ms = network_gps_ns(clocks->view->network, o->at_ns) / SIM_NS_PER_MS;
        device->error_ms = (double)(int32_t)((uint32_t)o->c - (uint32_t)true_ms);
        device->session_opened_ns = o->at_ns;
    }
}

const struct device_clock *clock_of(const struct recorder_set *set, uint32_t device)
{
    const struct clocks *clocks = recorder_set_state(set, &clock_recorder);
    return &clocks->devices[device];
}

static void measure_clock(const void *state, struct measure *m)
{
    const struct clocks *clocks = state;
    if (m->end_campaign == 0) {
        return;
    }
    for (uint32_t i = 0; i < m->view->device_count; i++) {
        if (clocks->devices[i].session_opened_ns != SIM_NS_NEVER) {
            sample_add(&m->sample, fabs(clocks->devices[i].error_ms));
        }
    }
    measure_distribution(m, "clock.error_ms_", "59");
    for (uint32_t i = 0; i < m->view->device_count; i++) {
        sim_ns joined_ns = devices_joined_ns(m->set, i);
        sim_ns set_ns = clocks->devices[i].set_ns;
        if (joined_ns != SIM_NS_NEVER && set_ns != SIM_NS_NEVER) {
            sample_add(&m->sample, measure_seconds(set_ns - joined_ns));
        }
    }
    measure_distribution(m, "clock.first_set_s_", "a59");
}

const struct recorder_ops clock_recorder = {
    .name = "clock",
    .traces = RECORDER_TRACE(CLOCK_SET) | RECORDER_TRACE(SESSION_OPENED),
    .create = create,
    .destroy = free,
    .observe = observe,
    .measure = measure_clock,
};
