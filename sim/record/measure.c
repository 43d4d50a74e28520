/* What recorders share when they add their keys to a summary.
 * SPDX-License-Identifier: MIT
 */
#include "record/measure.h"

#include <assert.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

void sample_add(struct sample *sample, double value)
{
    sample->values[sample->count++] = value;
}

double measure_seconds(sim_ns ns)
{
    return (double)ns / (double)SIM_NS_PER_S;
}

uint32_t measure_device_count(const struct measure *m)
{
    return m->end_index - m->first_index;
}

bool measure_member(
        const struct measure *m, uint32_t campaign, uint32_t device, struct campaign_device *d)
{
    campaign_device_get(server_campaign(m->view->server, campaign), device, d);
    return d->member;
}

bool measure_shows(const struct measure *m, uint32_t device, uint8_t bits)
{
    return (recorder_set_shows(m->set, device) & bits) == bits;
}

/* False: no device that counts shows what the number needs. */
static bool path_of(
        const struct measure *m, const char *prefix, const char *key, char path[SUMMARY_PATH_SIZE])
{
    snprintf(path, SUMMARY_PATH_SIZE, "%s%s%s", m->prefix, prefix, key);
    return (expect_key_needs(path + strlen(m->prefix)) & ~m->shows) == 0;
}

void measure_add(struct measure *m, const char *prefix, const char *key, double value)
{
    char path[SUMMARY_PATH_SIZE];
    bool known = path_of(m, prefix, key, path);
    summary_add_number(m->summary, path, known ? value : NAN);
}

void measure_count(struct measure *m, const char *prefix, const char *key, uint64_t value)
{
    char path[SUMMARY_PATH_SIZE];
    if (path_of(m, prefix, key, path)) {
        summary_add_count(m->summary, path, value);
    } else {
        summary_add_number(m->summary, path, NAN);
    }
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
