/* How long a device's set-up took, step by step: one line of time, cut at what the server knows
 * and what the device's radio receives.
 * SPDX-License-Identifier: MIT
 */
#include "record/set_up_times.h"

#include <inttypes.h>
#include <stdio.h>

#include "record/clock.h"
#include "record/measure.h"

static sim_ns within(sim_ns at_ns, sim_ns from_ns, sim_ns to_ns)
{
    return at_ns < from_ns ? from_ns : at_ns > to_ns ? to_ns : at_ns;
}

bool set_up_times(const struct recorder_set *set, uint32_t campaign, uint32_t device,
        struct set_up_times *times)
{
    struct campaign_device d;
    const struct recorder_view *view = recorder_set_view(set);
    const struct device_clock *clock = clock_of(set, device);
    campaign_device_get(server_campaign(view->server, campaign), device, &d);
    if (!d.member || d.ready_ns == SIM_NS_NEVER) {
        return false;
    }
    /* A device that reports about the block has been set up, even if an answer was lost: then its
     * step ends where the next one is known to have ended. */
    sim_ns start_ns = campaign_start_ns(server_campaign(view->server, campaign));
    sim_ns contact_ns = within(d.first_command_ns, start_ns, d.ready_ns);
    sim_ns group_ns = within(d.group_set_up_ns, contact_ns, d.ready_ns);
    sim_ns clock_ns = within(clock->set_ns, contact_ns, group_ns);
    times->step_ns[SET_UP_CONTACT] = contact_ns - start_ns;
    times->step_ns[SET_UP_CLOCK_SYNC] = clock_ns - contact_ns;
    times->step_ns[SET_UP_MULTICAST] = group_ns - clock_ns;
    times->step_ns[SET_UP_FRAGMENTATION] = d.ready_ns - group_ns;
    times->total_ns = d.ready_ns - start_ns;
    /* When answers are lost, the server may learn only later of a device that had opened already.
     */
    sim_ns opened_ns = clock_opened_ns(set, campaign, device);
    times->session_start_ns = opened_ns == SIM_NS_NEVER ? SIM_NS_NEVER
                              : opened_ns > d.ready_ns  ? opened_ns - d.ready_ns
                                                        : 0;
    return true;
}

static bool campaign_fails(
        const struct recorder_set *set, uint32_t campaign, char *text, size_t size)
{
    for (uint32_t i = 0; i < recorder_set_view(set)->device_count; i++) {
        struct set_up_times times;
        sim_ns sum_ns = 0;
        if (!set_up_times(set, campaign, i, &times)) {
            continue;
        }
        bool negative = false;
        for (int step = 0; step < SET_UP_STEP_COUNT; step++) {
            sum_ns += times.step_ns[step];
            negative = negative || times.step_ns[step] < 0;
        }
        if (negative || sum_ns != times.total_ns) {
            snprintf(text, size,
                    "INVARIANT device %" PRIu32 " was set up in %lld ns, by steps in %lld ns", i,
                    (long long)times.total_ns, (long long)sum_ns);
            return true;
        }
    }
    return false;
}

static bool audit(const void *state, const struct recorder_set *set, char *text, size_t size)
{
    (void)state;
    uint32_t campaign_count = server_campaign_count(recorder_set_view(set)->server);
    bool fails = false;
    for (uint32_t c = 0; !fails && c < campaign_count; c++) {
        fails = campaign_fails(set, c, text, size);
    }
    return fails;
}

/* --- results ---------------------------------------------------------------------------------- */

#define STEP_TOTAL         SET_UP_STEP_COUNT
#define STEP_SESSION_START (SET_UP_STEP_COUNT + 1)

static void add_step(struct measure *m, int step, const char *prefix, const char *keys)
{
    for (uint32_t c = m->first_campaign; c < m->end_campaign; c++) {
        for (uint32_t i = m->first_index; i < m->end_index; i++) {
            struct set_up_times times;
            if (!set_up_times(m->set, c, i, &times)) {
                continue;
            }
            sim_ns ns = step == STEP_TOTAL           ? times.total_ns
                        : step == STEP_SESSION_START ? times.session_start_ns
                                                     : times.step_ns[step];
            if (ns != SIM_NS_NEVER) {
                sample_add(&m->sample, measure_seconds(ns));
            }
        }
    }
    measure_distribution(m, prefix, keys);
}

static void measure_set_up(const void *state, struct measure *m)
{
    static const struct {
        int step;
        const char *prefix, *keys;
    } rows[] = {
        { STEP_TOTAL, "setup_time_s.", "ma59M" },
        { SET_UP_CONTACT, "setup_time_s.by_step.contact.", "a59" },
        { SET_UP_CLOCK_SYNC, "setup_time_s.by_step.clock_sync.", "a59" },
        { SET_UP_MULTICAST, "setup_time_s.by_step.multicast_setup.", "a59" },
        { SET_UP_FRAGMENTATION, "setup_time_s.by_step.fragmentation_setup.", "a59" },
        { STEP_SESSION_START, "setup_time_s.by_step.session_start.", "a59" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        add_step(m, rows[i].step, rows[i].prefix, rows[i].keys);
    }
}

const struct recorder_ops set_up_times_recorder = {
    .name = "set_up_times",
    .of_campaign = true,
    .by_campaign = true,
    .by_group = true,
    .audit = audit,
    .measure = measure_set_up,
};
