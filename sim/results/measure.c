/* Reduces a run to the numbers of the summary.json contract.
 * SPDX-License-Identifier: MIT
 */
#include "results/measure.h"

#include <assert.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

void sample_add(struct sample *sample, double value)
{
    sample->values[sample->count++] = value;
}

double measure_seconds(sim_ns ns)
{
    return (double)ns / (double)SIM_NS_PER_S;
}

void measure_add(struct measure *m, const char *prefix, const char *key, double value)
{
    char path[SUMMARY_PATH_SIZE];
    snprintf(path, sizeof path, "%s%s", prefix, key);
    summary_add_number(m->summary, path, value);
}

void measure_count(struct measure *m, const char *prefix, const char *key, uint64_t value)
{
    char path[SUMMARY_PATH_SIZE];
    snprintf(path, sizeof path, "%s%s", prefix, key);
    summary_add_count(m->summary, path, value);
}

void measure_distribution(struct measure *m, const char *prefix, const char *keys)
{
    struct sample *s = &m->sample;
    gsl_sort(s->values, 1, s->count);
    for (const char *key = keys; *key != '\0'; key++) {
        bool empty = s->count == 0;
        switch (*key) {
        case 'm':
            measure_add(m, prefix, "min", empty ? NAN : s->values[0]);
            break;
        case 'a':
            measure_add(m, prefix, "mean", empty ? NAN : gsl_stats_mean(s->values, 1, s->count));
            break;
        case '5':
            measure_add(m, prefix, "p50",
                    empty ? NAN
                          : gsl_stats_quantile_from_sorted_data(s->values, 1, s->count, 0.50));
            break;
        case '9':
            measure_add(m, prefix, "p95",
                    empty ? NAN
                          : gsl_stats_quantile_from_sorted_data(s->values, 1, s->count, 0.95));
            break;
        case 'M':
            measure_add(m, prefix, "max", empty ? NAN : s->values[s->count - 1]);
            break;
        default:
            assert(false && "distribution key");
        }
    }
    s->count = 0;
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
    if (world_first_campaign(w) == NULL) {
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
        summary_add_count(m->summary, stages[i].path,
                campaign_stage_count(world_first_campaign(w), stages[i].stage));
    }
    summary_add_count(m->summary, "devices.installed", installed);
    summary_add_count(m->summary, "devices.confirmed",
            campaign_stage_count(world_first_campaign(w), CAMPAIGN_CONFIRMED));
    if (!partial) {
        measure_failures(m);
    }
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
    summary_add_number(m->summary, "sim_time_s", measure_seconds(engine_now(w->engine)));
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
    if (world_first_campaign(world) != NULL) {
        measure_campaign(&m);
    }
    measure_energy(&m);
    measure_air(&m);
    if (world_first_campaign(world) != NULL) {
        measure_estimate(&m);
    }
    if (world_first_campaign(world) != NULL) {
        measure_clock(&m);
        summary_add_count(m.summary, "security.bad_installs", world->record->installs_wrong);
    }
    add_guest(&m);
    free(m.sample.values);
    return m.summary;
}
