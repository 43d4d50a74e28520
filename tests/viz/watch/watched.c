/* A run with a watch and a scene of it, played as the player does.
 * SPDX-License-Identifier: MIT
 */
#include "watched.h"

#include <criterion/criterion.h>

const char watched_small[] =
        "name: small\n"
        "seed: 3\n"
        "duration: 5 h\n"
        "area: {radius: 4 km}\n"
        "firmware: {image: generated, size: 4 KiB}\n"
        "propagation: {fading: rayleigh}\n"
        "gateways: {count: 2}\n"
        "devices: [{name: d, count: 8, boot: {spread: 5 min}, report: {period: 10 min}}]\n"
        "campaign: {start: 15 min, set_up: {window: 30 min}, fragment_size: 100 B,"
        " correction: {timeout: 30 min}, confirm_timeout: 1 h}\n"
        "faults:\n"
        "  - {kind: outage, gateway: 0, part: power, at: 20 min, duration: 5 min}\n"
        "  - {kind: reset, device: 1, at: 40 min}\n"
        "  - {kind: power-cut, device: 2, at: 30 min, duration: 1 min}\n";

struct watched watched_create(const char *text, const char *const *sets, size_t set_count)
{
    static uint64_t generation;
    struct watched watched = { .trial = trial_create(text, sets, set_count) };
    const struct world *world = watched.trial->world;
    watched.watch = watch_create(watched.trial->run, ++generation);
    watched.scene = scene_create(world->device_count, world->gateway_count);
    cr_assert(watched.watch != NULL && watched.scene != NULL);
    return watched;
}

static sim_ns earlier(sim_ns a, sim_ns b)
{
    return a < b ? a : b;
}

bool watched_go(struct watched *watched, sim_ns until_ns)
{
    enum run_stop stop = RUN_TIME;
    const struct engine *engine = watched->trial->world->engine;
    watch_sample(watched->watch);
    while (stop == RUN_TIME && engine_now(engine) < until_ns) {
        sim_ns to_ns = earlier(until_ns, watch_next_sample_ns(watched->watch));
        stop = run_advance_to(watched->trial->run, to_ns);
        watch_sample(watched->watch);
    }
    return stop == RUN_TIME;
}

void watched_play(struct watched *watched, sim_ns step_ns)
{
    sim_ns to_ns = step_ns;
    for (; watched_go(watched, to_ns); to_ns += step_ns) {
        watched_fill(watched);
    }
    watched_fill(watched);
}

void watched_fill(struct watched *watched)
{
    cr_assert(watch_fill(watched->watch, true, watched->scene));
}

void watched_destroy(struct watched *watched)
{
    scene_destroy(watched->scene);
    watch_destroy(watched->watch);
    trial_destroy(watched->trial);
}
