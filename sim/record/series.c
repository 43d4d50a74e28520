/* How campaigns and gateways went on over time: points at even steps of simulated time.
 * SPDX-License-Identifier: MIT
 */
#include "record/series.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "record/fragment_causes.h"

/* Each divides the next one, by 10 at most; after the last they double. */
static const sim_ns steps_ns[] = {
    1 * SIM_NS_PER_S,
    2 * SIM_NS_PER_S,
    10 * SIM_NS_PER_S,
    30 * SIM_NS_PER_S,
    60 * SIM_NS_PER_S,
    120 * SIM_NS_PER_S,
    600 * SIM_NS_PER_S,
    1800 * SIM_NS_PER_S,
    3600 * SIM_NS_PER_S,
    2 * 3600 * SIM_NS_PER_S,
    6 * 3600 * SIM_NS_PER_S,
    12 * 3600 * SIM_NS_PER_S,
    24 * 3600 * SIM_NS_PER_S,
};

static void destroy(void *state)
{
    struct series *series = state;
    if (series != NULL) {
        free(series->campaigns);
        free(series->duty);
        free(series);
    }
}

static uint32_t gateways_of(const struct recorder_view *view)
{
    return view->gateway_count < SERIES_GATEWAYS_MAX ? view->gateway_count : SERIES_GATEWAYS_MAX;
}

static void *create(const struct recorder_set *set)
{
    const struct recorder_view *view = recorder_set_view(set);
    struct series *series = calloc(1, sizeof *series);
    if (series == NULL) {
        return NULL;
    }
    series->step_ns = steps_ns[0];
    series->campaign_count = server_campaign_count(view->server);
    series->gateway_count = gateways_of(view);
    series->campaigns = calloc(
            (size_t)SERIES_POINTS_MAX * series->campaign_count + 1, sizeof *series->campaigns);
    series->duty =
            calloc((size_t)SERIES_POINTS_MAX * series->gateway_count + 1, sizeof *series->duty);
    if (series->campaigns == NULL || series->duty == NULL) {
        destroy(series);
        return NULL;
    }
    return series;
}

static double duty_of(const struct recorder_view *view, uint32_t gateway)
{
    const struct region *region = network_region(view->network);
    double duty = 0.0;
    for (uint32_t band = 0; band < region->band_count; band++) {
        duty = fmax(
                duty, gateway_duty_used(view->gateways, gateway, band, engine_now(view->engine)));
    }
    return duty;
}

void series_take(const struct recorder_set *set, struct series_campaign *campaigns, double *duty)
{
    const struct recorder_view *view = recorder_set_view(set);
    const struct fragment_causes *causes = fragment_causes_of(set);
    for (uint32_t c = 0; c < server_campaign_count(view->server); c++) {
        campaigns[c] = (struct series_campaign){
            .phase = campaign_phase(server_campaign(view->server, c)),
            .sent = fragment_causes_sent(causes, c, false),
            .coded_sent = fragment_causes_sent(causes, c, true),
            .received = fragment_causes_received_by_all(causes, c),
        };
    }
    for (uint32_t g = 0; g < gateways_of(view); g++) {
        duty[g] = duty_of(view, g);
    }
}

static sim_ns next_step(sim_ns step_ns)
{
    for (size_t i = 0; i < sizeof steps_ns / sizeof steps_ns[0]; i++) {
        if (steps_ns[i] > step_ns) {
            return steps_ns[i];
        }
    }
    return 2 * step_ns;
}

static struct series_campaign *campaigns_at(const struct series *series, uint32_t point)
{
    return &series->campaigns[(size_t)point * series->campaign_count];
}

static double *duty_at(const struct series *series, uint32_t point)
{
    return &series->duty[(size_t)point * series->gateway_count];
}

/* Keeps the points at multiples of the next step. */
static void thin(struct series *series)
{
    uint32_t kept = 0;
    series->step_ns = next_step(series->step_ns);
    for (uint32_t i = 0; i < series->count; i++) {
        if (series->at_ns[i] % series->step_ns == 0) {
            series->at_ns[kept] = series->at_ns[i];
            memmove(campaigns_at(series, kept), campaigns_at(series, i),
                    series->campaign_count * sizeof *series->campaigns);
            memmove(duty_at(series, kept), duty_at(series, i),
                    series->gateway_count * sizeof *series->duty);
            kept++;
        }
    }
    series->count = kept;
}

static void look(void *state, const struct recorder_set *set, sim_ns now_ns)
{
    struct series *series = state;
    if (now_ns % series->step_ns != 0) {
        return;
    }
    if (series->count == SERIES_POINTS_MAX) {
        thin(series);
        if (now_ns % series->step_ns != 0) {
            return;
        }
    }
    series->at_ns[series->count] = now_ns;
    series_take(set, campaigns_at(series, series->count), duty_at(series, series->count));
    series->count++;
}

const struct series *series_of(const struct recorder_set *set)
{
    return recorder_set_state(set, RECORDER_SERIES);
}

const struct recorder_ops series_recorder = {
    .name = "series",
    .create = create,
    .destroy = destroy,
    .look = look,
};
