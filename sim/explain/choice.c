/* Which device of a run that is over is worth a story.
 * SPDX-License-Identifier: MIT
 */
#include "explain/choice.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "record/clock.h"
#include "record/device_outcome.h"
#include "record/energy_phases.h"
#include "record/fragment_causes.h"
#include "record/set_up_times.h"

static double energy(const struct recorder_set *set, uint32_t device)
{
    const struct recorder_view *view = recorder_set_view(set);
    return node_energy_total_j(view->nodes, device, engine_now(view->engine));
}

static double update_energy(const struct recorder_set *set, uint32_t device)
{
    struct phase_energy phases;
    energy_phases_device(set, device, &phases);
    return phases.update_j;
}

/* Over campaigns; the greatest counts. */
static double missing(const struct recorder_set *set, uint32_t device)
{
    const struct fragment_causes *causes = fragment_causes_of(set);
    double most = NAN;
    for (uint32_t c = 0; c < server_campaign_count(recorder_set_view(set)->server); c++) {
        struct cause_counts counts = { { 0 } };
        uint32_t nb_frag = fragment_causes_device(causes, c, device, &counts);
        if (nb_frag > 0) {
            most = fmax(most, (double)nb_frag - (double)counts.of[LOSS_NONE]);
        }
    }
    return most;
}

static double set_up(const struct recorder_set *set, uint32_t device)
{
    double longest = NAN;
    for (uint32_t c = 0; c < server_campaign_count(recorder_set_view(set)->server); c++) {
        struct set_up_times times;
        if (set_up_times(set, c, device, &times)) {
            longest = fmax(longest, (double)times.total_ns / (double)SIM_NS_PER_S);
        }
    }
    return longest;
}

static double clock_error(const struct recorder_set *set, uint32_t device)
{
    bool campaign = server_campaign_count(recorder_set_view(set)->server) > 0;
    return campaign ? fabs(clock_of(set, device)->error_ms) : NAN;
}

static const struct choice_metric metrics[] = {
    { "energy", "J in all", energy },
    { "update", "J for the update", update_energy },
    { "missing", "uncoded fragments not received", missing },
    { "set-up", "s of set-up", set_up },
    { "clock", "ms of clock error at its first session", clock_error },
};

const struct choice_metric *choice_metric_named(const char *name)
{
    for (size_t i = 0; i < sizeof metrics / sizeof metrics[0]; i++) {
        if (strcmp(metrics[i].name, name) == 0) {
            return &metrics[i];
        }
    }
    return NULL;
}

void choice_metrics_write(FILE *out)
{
    for (size_t i = 0; i < sizeof metrics / sizeof metrics[0]; i++) {
        fprintf(out, "%s%s", i > 0 ? ", " : "", metrics[i].name);
    }
}

uint32_t choice_worst(const struct run *run, const struct choice_metric *metric, double *value)
{
    const struct recorder_set *set = run_recorders(run);
    uint32_t worst = CHOICE_NONE;
    for (uint32_t i = 0; i < recorder_set_view(set)->device_count; i++) {
        double own = metric->value(set, i);
        if (!isnan(own) && (worst == CHOICE_NONE || own > *value)) {
            worst = i;
            *value = own;
        }
    }
    return worst;
}

uint32_t choice_failed(const struct run *run, const char *reason, uint32_t *count)
{
    const struct recorder_set *set = run_recorders(run);
    const struct recorder_view *view = recorder_set_view(set);
    uint32_t first = CHOICE_NONE, campaigns = server_campaign_count(view->server);
    *count = 0;
    for (uint32_t i = 0; i < view->device_count; i++) {
        struct device_outcome outcome;
        bool member = device_outcome_get(set, 0, campaigns, i, &outcome);
        const char *own = member ? device_outcome_reason(&outcome) : NULL;
        if (own != NULL && strcmp(own, reason) == 0) {
            first = first == CHOICE_NONE ? i : first;
            ++*count;
        }
    }
    return first;
}

static uint32_t write_failed(const struct run *run, const char *reason, uint32_t reasons, FILE *out)
{
    uint32_t count;
    if (choice_failed(run, reason, &count) != CHOICE_NONE) {
        fprintf(out, "%s%s %" PRIu32, reasons > 0 ? ", " : "", reason, count);
    }
    return count > 0 ? 1 : 0;
}

void choice_failures_write(const struct run *run, FILE *out)
{
    uint32_t reasons = write_failed(run, "never_joined", 0, out);
    for (int f = CAMPAIGN_FAILURE_NONE + 1; f < CAMPAIGN_FAILURE_COUNT; f++) {
        reasons += write_failed(run, campaign_failure_name((enum campaign_failure)f), reasons, out);
    }
    fputs(reasons == 0 ? "none" : "", out);
}
