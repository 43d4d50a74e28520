/* A campaign in numbers: failures, set-up, lost fragments, completion, clocks.
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <stdio.h>

#include "results/measure.h"
#include "world/fragment_causes.h"
#include "world/set_up_times.h"

static void device_of(const struct measure *m, uint32_t index, struct campaign_device *view)
{
    campaign_device_get(world_first_campaign(m->world), index, view);
}

void measure_failures(struct measure *m)
{
    uint64_t counts[CAMPAIGN_FAILURE_COUNT] = { 0 };
    for (uint32_t i = 0; i < m->world->device_count; i++) {
        struct campaign_device view;
        device_of(m, i, &view);
        counts[view.failure]++;
    }
    for (int f = CAMPAIGN_FAILURE_NONE + 1; f < CAMPAIGN_FAILURE_COUNT; f++) {
        char path[72];
        snprintf(path, sizeof path, "devices.failed.%s",
                campaign_failure_name((enum campaign_failure)f));
        summary_add_count(m->summary, path, counts[f]);
    }
}

/* --- set-up ---------------------------------------------------------------------------------- */

#define STEP_TOTAL         SET_UP_STEP_COUNT
#define STEP_SESSION_START (SET_UP_STEP_COUNT + 1)

static void add_step(struct measure *m, int step, const char *prefix, const char *keys)
{
    for (uint32_t i = 0; i < m->world->device_count; i++) {
        struct set_up_times times;
        if (!set_up_times(m->world, i, &times)) {
            continue;
        }
        sim_ns ns = step == STEP_TOTAL           ? times.total_ns
                    : step == STEP_SESSION_START ? times.session_start_ns
                                                 : times.step_ns[step];
        if (ns != SIM_NS_NEVER) {
            sample_add(&m->sample, measure_seconds(ns));
        }
    }
    measure_distribution(m, prefix, keys);
}

static void add_setup_time(struct measure *m)
{
    add_step(m, STEP_TOTAL, "setup_time_s.", "ma59M");
    add_step(m, SET_UP_CONTACT, "setup_time_s.by_step.contact.", "a59");
    add_step(m, SET_UP_CLOCK_SYNC, "setup_time_s.by_step.clock_sync.", "a59");
    add_step(m, SET_UP_MULTICAST, "setup_time_s.by_step.multicast_setup.", "a59");
    add_step(m, SET_UP_FRAGMENTATION, "setup_time_s.by_step.fragmentation_setup.", "a59");
    add_step(m, STEP_SESSION_START, "setup_time_s.by_step.session_start.", "a59");
}

/* --- fragments ------------------------------------------------------------------------------- */

/* Shares of all pairs of a device and an uncoded fragment of the block. */
static void add_causes(struct measure *m)
{
    struct cause_counts counts;
    fragment_causes_total(m->world->record->causes, &counts);
    double pairs =
            (double)m->world->device_count * campaign_nb_frag(world_first_campaign(m->world));
    measure_add(m, "missing_fragments.", "received", (double)counts.of[LOSS_NONE] / pairs);
    for (int cause = 0; cause < LOSS_NONE; cause++) {
        measure_add(m, "missing_fragments.by_cause.", loss_cause_name((enum loss_cause)cause),
                (double)counts.of[cause] / pairs);
    }
}

/* Uncoded fragments received before FEC came in. */
static uint32_t uncoded_received(const struct device_record *r)
{
    return r->uncoded_counted ? r->uncoded_received : r->uncoded_now;
}

static void add_missing(struct measure *m)
{
    const struct world *w = m->world;
    uint64_t recovered = 0, unrecovered = 0, needed_fec = 0;
    uint32_t nb_frag = campaign_nb_frag(world_first_campaign(w));
    uint32_t sent = campaign_fragments_sent(world_first_campaign(w), false);
    for (uint32_t i = 0; i < w->device_count; i++) {
        const struct device_record *r = &w->record->devices[i];
        struct campaign_device d;
        device_of(m, i, &d);
        if (d.ready_ns == SIM_NS_NEVER || sent == 0) {
            continue;
        }
        uint32_t received = uncoded_received(r);
        uint32_t missing = received < sent ? sent - received : 0;
        sample_add(&m->sample, (double)missing / (double)sent);
        bool whole = r->block_complete_ns != SIM_NS_NEVER;
        recovered += whole ? missing : 0u;
        unrecovered += whole ? 0u : missing;
        needed_fec += missing > 0 ? 1u : 0u;
    }
    summary_add_count(m->summary, "missing_fragments.nb_frag", nb_frag);
    summary_add_count(m->summary, "missing_fragments.sent", sent);
    summary_add_count(m->summary, "missing_fragments.coded_sent",
            campaign_fragments_sent(world_first_campaign(w), true));
    summary_add_count(m->summary, "missing_fragments.correction_batches",
            campaign_correction_batches(world_first_campaign(w)));
    summary_add_count(m->summary, "missing_fragments.devices_with_losses", needed_fec);
    measure_distribution(m, "missing_fragments.rate_", "a59M");
    summary_add_count(m->summary, "missing_fragments.recovered", recovered);
    summary_add_count(m->summary, "missing_fragments.unrecovered", unrecovered);
}

static void add_completion(struct measure *m)
{
    const struct world *w = m->world;
    for (uint32_t i = 0; i < w->device_count; i++) {
        const struct device_record *r = &w->record->devices[i];
        if (r->block_complete_ns != SIM_NS_NEVER) {
            sample_add(&m->sample, measure_seconds(r->block_complete_ns
                                                   - w->scenario->campaigns[0].params.start_ns));
        }
    }
    measure_distribution(m, "completion_time_s.", "ma59M");
}

void measure_campaign(struct measure *m)
{
    add_setup_time(m);
    add_missing(m);
    add_causes(m);
    add_completion(m);
}

/* --- clocks ---------------------------------------------------------------------------------- */

static void add_first_set(struct measure *m)
{
    for (uint32_t i = 0; i < m->world->device_count; i++) {
        const struct device_record *r = &m->world->record->devices[i];
        if (r->joined_ns != SIM_NS_NEVER && r->clock_set_ns != SIM_NS_NEVER) {
            sample_add(&m->sample, measure_seconds(r->clock_set_ns - r->joined_ns));
        }
    }
    measure_distribution(m, "clock.first_set_s_", "a59");
}

void measure_clock(struct measure *m)
{
    const struct world *w = m->world;
    for (uint32_t i = 0; i < w->device_count; i++) {
        const struct device_record *r = &w->record->devices[i];
        if (r->session_opened_ns != SIM_NS_NEVER) {
            sample_add(&m->sample, fabs(r->clock_error_ms));
        }
    }
    measure_distribution(m, "clock.error_ms_", "59");
    add_first_set(m);
}
