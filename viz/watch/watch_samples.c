/* Samples of the timeline: stages, fragments and duty cycle at even instants of the duration.
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <string.h>

#include "watch/watch_internal.h"

_Static_assert(SCENE_GATEWAY_BANDS_MAX >= REGION_BANDS_MAX, "a share for each sub-band");

sim_ns watch_next_sample_ns(const struct watch *watch)
{
    const uint32_t steps = SCENE_SAMPLES - 1u;
    sim_ns duration_ns = watch->world->scenario->duration_ns;
    uint32_t step = watch->sample_step;
    return step <= steps ? duration_ns / steps * step + duration_ns % steps * step / steps
                         : SIM_NS_NEVER;
}

double watch_duty_max(const struct watch *watch, uint32_t gateway, double *bands)
{
    const struct world *world = watch->world;
    const struct region *region = network_region(world->network);
    double max = 0;
    for (uint32_t band = 0; band < region->band_count; band++) {
        double used = gateway_duty_used(world->gateways, gateway, band, engine_now(world->engine));
        max = fmax(max, used);
        if (bands != NULL) {
            bands[band] = used;
        }
    }
    return max;
}

static void take(struct watch *watch)
{
    struct scene_sample *sample = &watch->samples[watch->sample_count++];
    enum campaign_phase phase;
    watch_look_at_transfers(watch);
    watch_campaign_of_phase(watch, &phase);
    *sample = (struct scene_sample){
        .at_ns = engine_now(watch->world->engine),
        .phase = (uint8_t)phase,
    };
    for (uint32_t i = 0; i < watch->device_count; i++) {
        struct watch_standing standing;
        watch_standing(watch, i, &standing);
        sample->stages[standing.stage]++;
    }
    for (uint32_t c = 0; c < watch->campaign_count; c++) {
        sample->uncoded += watch_fragments_sent(watch, c, false);
        sample->coded += watch_fragments_sent(watch, c, true);
    }
    double duty_max = 0;
    for (uint32_t g = 0; g < watch->gateway_count; g++) {
        duty_max = fmax(duty_max, watch_duty_max(watch, g, NULL));
    }
    sample->duty_max = (float)duty_max;
    while (watch_next_sample_ns(watch) <= sample->at_ns) {
        watch->sample_step++;
    }
}

void watch_sample(struct watch *watch)
{
    if (engine_now(watch->world->engine) >= watch_next_sample_ns(watch)) {
        take(watch);
    }
}

/* A run that ends before its duration has its last sample there. */
void watch_sample_end(struct watch *watch)
{
    uint32_t count = watch->sample_count;
    bool taken = count > 0 && watch->samples[count - 1].at_ns == engine_now(watch->world->engine);
    if (!taken && count < SCENE_SAMPLES) {
        take(watch);
    }
}

void watch_fill_samples(const struct watch *watch, struct scene *scene)
{
    memcpy(scene->samples + scene->sample_count, watch->samples + scene->sample_count,
            (watch->sample_count - scene->sample_count) * sizeof watch->samples[0]);
    scene->sample_count = watch->sample_count;
}
