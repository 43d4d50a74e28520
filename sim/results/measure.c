/* Reduces a run to the numbers of the summary.json contract.
 * SPDX-License-Identifier: MIT
 */
#include <assert.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "results/summary.h"
#include "results/summary_tree.h"
#include "world/fleet_record.h"

/* Values of one quantity over devices. */
struct sample {
    double *values;
    size_t count;
};

struct measure {
    const struct world *world;
    struct summary *summary;
    struct sample sample;
};

static void sample_add(struct sample *sample, double value)
{
    sample->values[sample->count++] = value;
}

static double seconds(sim_ns ns)
{
    return (double)ns / (double)SIM_NS_PER_S;
}

static void add_key(struct measure *m, const char *prefix, const char *key, double value)
{
    char path[72];
    snprintf(path, sizeof path, "%s%s", prefix, key);
    summary_add_number(m->summary, path, value);
}

/* Adds PREFIXmin .. PREFIXmax of the sample as `keys` asks ("m" min, "a" mean, "5" p50, "9" p95,
 * "M" max), and empties it. An empty sample gives null. */
static void add_distribution(struct measure *m, const char *prefix, const char *keys)
{
    struct sample *s = &m->sample;
    gsl_sort(s->values, 1, s->count);
    for (const char *key = keys; *key != '\0'; key++) {
        bool empty = s->count == 0;
        switch (*key) {
        case 'm':
            add_key(m, prefix, "min", empty ? NAN : s->values[0]);
            break;
        case 'a':
            add_key(m, prefix, "mean", empty ? NAN : gsl_stats_mean(s->values, 1, s->count));
            break;
        case '5':
            add_key(m, prefix, "p50",
                    empty ? NAN
                          : gsl_stats_quantile_from_sorted_data(s->values, 1, s->count, 0.50));
            break;
        case '9':
            add_key(m, prefix, "p95",
                    empty ? NAN
                          : gsl_stats_quantile_from_sorted_data(s->values, 1, s->count, 0.95));
            break;
        case 'M':
            add_key(m, prefix, "max", empty ? NAN : s->values[s->count - 1]);
            break;
        default:
            assert(false && "distribution key");
        }
    }
    s->count = 0;
}

static void device_of(const struct measure *m, uint32_t index, struct campaign_device *view)
{
    campaign_device_get(m->world->campaign, index, view);
}

static void add_failures(struct measure *m)
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

static void add_devices(struct measure *m, bool partial)
{
    const struct world *w = m->world;
    uint64_t joined = 0, installed = 0;
    for (uint32_t i = 0; i < w->device_count; i++) {
        joined += w->record->devices[i].joined_ns != SIM_NS_NEVER ? 1u : 0u;
        installed += w->record->devices[i].image_matches ? 1u : 0u;
    }
    summary_add_count(m->summary, "devices.total", w->device_count);
    summary_add_count(m->summary, "devices.joined", joined);
    if (w->campaign == NULL) {
        return;
    }
    static const struct {
        const char *path;
        enum campaign_stage stage;
    } stages[] = {
        { "devices.ready", CAMPAIGN_READY },
        { "devices.complete", CAMPAIGN_COMPLETE },
        { "devices.authenticated", CAMPAIGN_AUTHENTICATED },
    };
    for (size_t i = 0; i < sizeof stages / sizeof stages[0]; i++) {
        summary_add_count(
                m->summary, stages[i].path, campaign_stage_count(w->campaign, stages[i].stage));
    }
    summary_add_count(m->summary, "devices.installed", installed);
    summary_add_count(
            m->summary, "devices.confirmed", campaign_stage_count(w->campaign, CAMPAIGN_CONFIRMED));
    if (!partial) {
        add_failures(m);
    }
}

/* One step of the set-up of every device that finished it. */
enum step {
    STEP_TOTAL,
    STEP_CLOCK_SYNC, /* from the join: devices ask for the time without a campaign */
    STEP_MULTICAST,
    STEP_FRAGMENTATION,
    STEP_SESSION_START
};

static bool step_seconds(const struct measure *m, uint32_t index, enum step step, double *value)
{
    struct campaign_device d;
    device_of(m, index, &d);
    const struct device_record *r = &m->world->record->devices[index];
    sim_ns from_ns = 0, to_ns = 0;
    switch (step) {
    case STEP_TOTAL:
        from_ns = m->world->scenario->campaign.start_ns;
        to_ns = d.ready_ns;
        break;
    case STEP_CLOCK_SYNC:
        from_ns = r->joined_ns;
        to_ns = r->clock_set_ns;
        break;
    case STEP_MULTICAST:
        from_ns = d.first_command_ns;
        to_ns = d.group_set_up_ns;
        break;
    case STEP_FRAGMENTATION:
        from_ns = d.group_set_up_ns;
        to_ns = d.ready_ns;
        break;
    case STEP_SESSION_START:
    default:
        from_ns = d.ready_ns;
        to_ns = r->session_opened_ns;
        break;
    }
    *value = seconds(to_ns - from_ns);
    return d.ready_ns != SIM_NS_NEVER && from_ns != SIM_NS_NEVER && to_ns != SIM_NS_NEVER;
}

static void collect_step(struct measure *m, enum step step)
{
    for (uint32_t i = 0; i < m->world->device_count; i++) {
        double value;
        if (step_seconds(m, i, step, &value)) {
            sample_add(&m->sample, value);
        }
    }
}

static void add_setup_time(struct measure *m)
{
    collect_step(m, STEP_TOTAL);
    add_distribution(m, "setup_time_s.", "ma59M");
    collect_step(m, STEP_CLOCK_SYNC);
    add_distribution(m, "setup_time_s.by_step.clock_sync.", "a59");
    collect_step(m, STEP_MULTICAST);
    add_distribution(m, "setup_time_s.by_step.multicast_setup.", "a59");
    collect_step(m, STEP_FRAGMENTATION);
    add_distribution(m, "setup_time_s.by_step.fragmentation_setup.", "a59");
    collect_step(m, STEP_SESSION_START);
    add_distribution(m, "setup_time_s.by_step.session_start.", "a59");
}

/* Uncoded fragments received before FEC came in. */
static uint32_t uncoded_received(const struct device_record *r)
{
    return r->uncoded_received != 0 ? r->uncoded_received : r->uncoded_now;
}

static void add_missing(struct measure *m)
{
    const struct world *w = m->world;
    uint64_t recovered = 0, unrecovered = 0, needed_fec = 0;
    uint32_t nb_frag = campaign_nb_frag(w->campaign);
    uint32_t sent = campaign_fragments_sent(w->campaign, false);
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
    summary_add_count(
            m->summary, "missing_fragments.coded_sent", campaign_fragments_sent(w->campaign, true));
    summary_add_count(m->summary, "missing_fragments.correction_batches",
            campaign_correction_batches(w->campaign));
    summary_add_count(m->summary, "missing_fragments.devices_with_losses", needed_fec);
    add_distribution(m, "missing_fragments.rate_", "a59M");
    summary_add_count(m->summary, "missing_fragments.recovered", recovered);
    summary_add_count(m->summary, "missing_fragments.unrecovered", unrecovered);
}

static void add_completion(struct measure *m)
{
    const struct world *w = m->world;
    for (uint32_t i = 0; i < w->device_count; i++) {
        const struct device_record *r = &w->record->devices[i];
        if (r->block_complete_ns != SIM_NS_NEVER) {
            sample_add(&m->sample, seconds(r->block_complete_ns - w->scenario->campaign.start_ns));
        }
    }
    add_distribution(m, "completion_time_s.", "ma59M");
}

static void add_energy(struct measure *m)
{
    static const char *const names[ENERGY_COMPONENT_COUNT] = { "radio_rx", "radio_tx", "radio_idle",
        "mcu_run", "mcu_sleep", "flash" };
    const struct world *w = m->world;
    double by_component[ENERGY_COMPONENT_COUNT] = { 0 };
    for (uint32_t i = 0; i < w->device_count; i++) {
        struct energy_account account;
        node_energy(w->nodes, i, engine_now(w->engine), &account);
        double total = 0.0;
        for (size_t c = 0; c < ENERGY_COMPONENT_COUNT; c++) {
            total += account.joule[c];
            by_component[c] += account.joule[c];
        }
        sample_add(&m->sample, total);
    }
    add_distribution(m, "energy_j.", "a59M");
    for (size_t c = 0; c < ENERGY_COMPONENT_COUNT; c++) {
        add_key(m, "energy_j.by_component.", names[c], by_component[c] / w->device_count);
    }
}

static void add_airtime(struct measure *m)
{
    const struct world *w = m->world;
    struct network_stats network;
    double duty_max = 0.0, duty_mean = 0.0;
    uint64_t downlinks = 0;
    for (uint32_t g = 0; g < w->gateway_count; g++) {
        struct gateway_stats stats;
        gateway_stats(w->gateways, g, engine_now(w->engine), &stats);
        duty_max = fmax(duty_max, stats.duty_cycle_max);
        duty_mean += stats.duty_cycle_mean / w->gateway_count;
        downlinks += stats.transmitted;
    }
    network_stats(w->network, &network);
    summary_add_number(m->summary, "airtime.gateway_duty_cycle.max", duty_max);
    summary_add_number(m->summary, "airtime.gateway_duty_cycle.mean", duty_mean);
    summary_add_number(m->summary, "airtime.uplink_pdr",
            w->record->uplinks_sent == 0
                    ? NAN
                    : (double)network.uplinks / (double)w->record->uplinks_sent);
    summary_add_count(m->summary, "airtime.downlink_frames", downlinks);
}

static void add_clock(struct measure *m)
{
    const struct world *w = m->world;
    for (uint32_t i = 0; i < w->device_count; i++) {
        const struct device_record *r = &w->record->devices[i];
        if (r->session_opened_ns != SIM_NS_NEVER) {
            sample_add(&m->sample, fabs(r->clock_error_ms));
        }
    }
    add_distribution(m, "clock.error_ms_", "59");
}

/* With on_guest_error: count a run goes on behind these: they must not go unseen. */
static void add_guest(struct measure *m)
{
    struct node_fleet_stats stats;
    node_fleet_stats(m->world->nodes, &stats);
    summary_add_count(m->summary, "guest.errors", stats.guest_errors);
    summary_add_count(m->summary, "guest.panics", stats.panics);
}

static void add_head(struct measure *m, bool partial)
{
    const struct world *w = m->world;
    struct node_fleet_stats stats;
    char hash[24];
    node_fleet_stats(w->nodes, &stats);
    snprintf(hash, sizeof hash, "%016llx", (unsigned long long)engine_trace_hash(w->engine));
    summary_add_text(m->summary, "scenario.name", w->scenario->name);
    summary_add_count(m->summary, "seed", w->scenario->seed);
    summary_add_number(m->summary, "sim_time_s", seconds(engine_now(w->engine)));
    summary_add_count(m->summary, "events", engine_event_count(w->engine));
    summary_add_count(m->summary, "deliveries", stats.deliveries);
    summary_add_text(m->summary, "trace_hash", hash);
    summary_add_bool(m->summary, "partial", partial);
}

struct summary *summary_create(const struct world *world, bool partial)
{
    struct measure m = { .world = world, .summary = summary_tree_create() };
    m.sample.values = calloc(world->device_count, sizeof *m.sample.values);
    if (m.summary == NULL || m.sample.values == NULL) {
        free(m.sample.values);
        summary_destroy(m.summary);
        return NULL;
    }
    add_head(&m, partial);
    add_devices(&m, partial);
    if (world->campaign != NULL) {
        add_setup_time(&m);
        add_missing(&m);
        add_completion(&m);
    }
    add_energy(&m);
    add_airtime(&m);
    if (world->campaign != NULL) {
        add_clock(&m);
        summary_add_count(m.summary, "security.bad_installs", world->record->installs_wrong);
    }
    add_guest(&m);
    free(m.sample.values);
    return m.summary;
}
