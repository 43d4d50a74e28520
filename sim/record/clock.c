/* Clocks of devices: when they were set, how wrong they were when a session opened.
 * SPDX-License-Identifier: MIT
 *
 * A device that gets the time for an uplink counts on from the end of that uplink by its RTC: so
 * what it was told, and the readings of the RTC then and now, are its clock.
 */
#include "record/clock.h"

#include <math.h>
#include <stdlib.h>

#include "record/air_frames.h"
#include "record/devices.h"
#include "record/fragment_causes.h"
#include "record/measure.h"

#define RTC_HZ 32768 /* device/hal.h: HAL_RTC_HZ */

struct clock {
    struct device_clock result;
    sim_ns uplink_end_ns; /* of the last one */
    bool told;            /* a time, not only corrections of one that is not known: */
    int64_t told_gps_ns;  /* GPS time */
    uint64_t told_ticks;  /* of the RTC at that time */
};

struct clocks {
    const struct recorder_set *set;
    const struct recorder_view *view;
    sim_ns *opened_ns; /* [campaign][device]: clock_opened_ns() */
    struct clock devices[];
};

static size_t place_of(const struct clocks *clocks, uint32_t campaign, uint32_t device)
{
    return (size_t)campaign * clocks->view->device_count + device;
}

static void *create(const struct recorder_set *set)
{
    const struct recorder_view *view = recorder_set_view(set);
    size_t count = (size_t)server_campaign_count(view->server) * view->device_count;
    struct clocks *clocks =
            calloc(1, sizeof *clocks + view->device_count * sizeof clocks->devices[0]);
    sim_ns *opened_ns = malloc((count + 1u) * sizeof *opened_ns);
    if (clocks == NULL || opened_ns == NULL) {
        free(clocks);
        free(opened_ns);
        return NULL;
    }
    clocks->set = set;
    clocks->view = view;
    clocks->opened_ns = opened_ns;
    for (size_t i = 0; i < count; i++) {
        opened_ns[i] = SIM_NS_NEVER;
    }
    for (uint32_t i = 0; i < view->device_count; i++) {
        struct device_clock *result = &clocks->devices[i].result;
        result->set_ns = SIM_NS_NEVER;
        result->session_opened_ns = SIM_NS_NEVER;
        result->error_ms = NAN;
    }
    return clocks;
}

static void destroy(void *state)
{
    struct clocks *clocks = state;
    free(clocks->opened_ns);
    free(clocks);
}

/* --- setting ---------------------------------------------------------------------------------- */

static void downlink(struct clocks *clocks, uint32_t index, const struct observation *o)
{
    struct clock *clock = &clocks->devices[index];
    int64_t value_ns = 0;
    if (fragment_causes_has(fragment_causes_of(clocks->set), o->a)
            || !air_is_for(clocks->view, index, o->data)) {
        return;
    }
    enum air_time time = air_time_answer(clocks->view, index, o->data, &value_ns);
    if (time == AIR_TIME_NONE) {
        return;
    }
    if (clock->result.set_ns == SIM_NS_NEVER) {
        clock->result.set_ns = o->at_ns;
    }
    if (time == AIR_TIME_GPS) {
        clock->told = true;
        clock->told_gps_ns = value_ns;
        clock->told_ticks = node_rtc_ticks(clocks->view->nodes, index, clock->uplink_end_ns);
    } else {
        clock->told_gps_ns += value_ns;
    }
}

/* --- sessions --------------------------------------------------------------------------------- */

static double error_of(const struct clocks *clocks, uint32_t index, sim_ns at_ns)
{
    const struct clock *clock = &clocks->devices[index];
    if (!clock->told) {
        return NAN;
    }
    uint64_t ticks = node_rtc_ticks(clocks->view->nodes, index, at_ns) - clock->told_ticks;
    int64_t true_ns = network_gps_ns(clocks->view->network, at_ns) - clock->told_gps_ns;
    return (double)ticks / RTC_HZ * 1e3 - (double)true_ns / SIM_NS_PER_MS;
}

/* Its receiver is on outside the windows of an uplink: a class C session, if a campaign has spoken
 * to it. */
static void listens(struct clocks *clocks, uint32_t index, sim_ns at_ns)
{
    struct device_clock *result = &clocks->devices[index].result;
    uint32_t campaign = recorder_campaign_of(clocks->view, index);
    if (campaign == UINT32_MAX) {
        return;
    }
    sim_ns *opened_ns = &clocks->opened_ns[place_of(clocks, campaign, index)];
    if (*opened_ns == SIM_NS_NEVER) {
        *opened_ns = at_ns;
    }
    if (result->session_opened_ns == SIM_NS_NEVER) {
        result->error_ms = error_of(clocks, index, at_ns);
        result->session_opened_ns = at_ns;
    }
}

static void radio(void *state, uint32_t index, sim_ns at_ns, enum device_activity was,
        enum device_activity is)
{
    (void)was;
    if (is == DEVICE_LISTENING) {
        listens(state, index, at_ns);
    }
}

static void observe(void *state, const struct observation *o)
{
    struct clocks *clocks = state;
    uint32_t index = o->entity - clocks->view->first_device;
    if (o->kind == OBSERVE_FRAME_RECEIVED) {
        downlink(clocks, index, o);
    } else {
        const struct frame *frame = o->data;
        index = frame->sender - clocks->view->first_device;
        if (!frame->downlink && index < clocks->view->device_count) {
            clocks->devices[index].uplink_end_ns = frame->end_ns;
        }
    }
}

const struct device_clock *clock_of(const struct recorder_set *set, uint32_t device)
{
    const struct clocks *clocks = recorder_set_state(set, RECORDER_CLOCK);
    return &clocks->devices[device].result;
}

sim_ns clock_opened_ns(const struct recorder_set *set, uint32_t campaign, uint32_t device)
{
    const struct clocks *clocks = recorder_set_state(set, RECORDER_CLOCK);
    return clocks->opened_ns[place_of(clocks, campaign, device)];
}

double clock_error_ms(const struct recorder_set *set, uint32_t device, sim_ns at_ns)
{
    return error_of(recorder_set_state(set, RECORDER_CLOCK), device, at_ns);
}

static void measure_clock(const void *state, struct measure *m)
{
    const struct clocks *clocks = state;
    if (m->end_campaign == 0) {
        return;
    }
    for (uint32_t i = 0; i < m->view->device_count; i++) {
        if (!isnan(clocks->devices[i].result.error_ms)) {
            sample_add(&m->sample, fabs(clocks->devices[i].result.error_ms));
        }
    }
    measure_distribution(m, "clock.error_ms_", "59");
    for (uint32_t i = 0; i < m->view->device_count; i++) {
        sim_ns joined_ns = devices_joined_ns(m->set, i);
        sim_ns set_ns = clocks->devices[i].result.set_ns;
        if (joined_ns != SIM_NS_NEVER && set_ns != SIM_NS_NEVER) {
            sample_add(&m->sample, measure_seconds(set_ns - joined_ns));
        }
    }
    measure_distribution(m, "clock.first_set_s_", "a59");
}

const struct recorder_ops clock_recorder = {
    .name = "clock",
    .kinds = OBSERVE_BIT(OBSERVE_FRAME_STARTED) | OBSERVE_BIT(OBSERVE_FRAME_RECEIVED),
    .of_campaign = true,
    .create = create,
    .destroy = destroy,
    .observe = observe,
    .radio = radio,
    .measure = measure_clock,
};
