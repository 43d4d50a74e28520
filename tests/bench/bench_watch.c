/* What a watch costs a simulation, and what a scene costs to fill.
 * SPDX-License-Identifier: MIT
 *
 * A thousand nodes go through a whole campaign: alone, and with a watch that samples the timeline
 * and fills 30 scenes in each second of CPU time, as a view does that draws as often.
 */
#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "bench/bench.h"
#include "bench/fleet.h"
#include "watch/watch.h"

#define FILLS_PER_S 30
#define STEP_NS     (30 * SIM_NS_PER_S)

static const char campaign[] =
        "name: watched\n"
        "duration: 24 h\n"
        "area: {radius: 3 km}\n"
        "propagation: {environment: urban, penetration: 6 dB, shadowing: {sigma: 6 dB},"
        " fading: rayleigh}\n"
        "firmware: {image: generated, size: 47 KiB}\n"
        "gateways: {count: 3, radius: 1.5 km}\n"
        "devices: [{name: d, count: 1000, boot: {spread: 1 h}, report: {period: 4 h}}]\n"
        "campaign: {start: 2 h, set_up: {window: 8 h}, fragment_size: 200 B}\n";

struct measured {
    struct scenario scenario;
    bool watched;
    double fill_us; /* of the last run, mean */
};

static sim_ns earlier(sim_ns a, sim_ns b)
{
    return a < b ? a : b;
}

/* CPU time of one whole run in s. */
static double play(void *context)
{
    struct measured *measured = context;
    struct run *run =
            fleet_run(&measured->scenario, campaign, &(struct run_settings){ .crypto_memo = true });
    struct watch *watch = measured->watched ? watch_create(run, 1) : NULL;
    struct scene *scene = scene_create(1000, 3);
    assert(scene != NULL && (watch != NULL || !measured->watched));
    int64_t began_ns = bench_clock_ns(), filling_ns = 0;
    uint32_t fills = 0;
    enum run_stop stop = RUN_TIME;
    while (stop == RUN_TIME) {
        sim_ns next_ns = engine_now(run_engine(run)) + STEP_NS;
        stop = run_advance_to(
                run, watch == NULL ? next_ns : earlier(next_ns, watch_next_sample_ns(watch)));
        if (watch == NULL) {
            continue;
        }
        watch_sample(watch);
        int64_t now_ns = bench_clock_ns();
        if ((now_ns - began_ns) * FILLS_PER_S >= (int64_t)fills * SIM_NS_PER_S) {
            fills += watch_fill(watch, false, scene) ? 1u : 0u;
            filling_ns += bench_clock_ns() - now_ns;
        }
    }
    double s = (double)(bench_clock_ns() - began_ns) * 1e-9;
    measured->fill_us = fills == 0 ? NAN : (double)filling_ns * 1e-3 / fills;
    scene_destroy(scene);
    watch_destroy(watch);
    run_destroy(run);
    return s;
}

/* One after the other, so that what else the machine does slows both. */
static double slowdown(void *context)
{
    struct measured *pair = context;
    double alone_s = play(&pair[0]);
    return play(&pair[1]) / alone_s;
}

int main(int argc, char **argv)
{
    struct bench *bench = bench_open(argc, argv);
    static struct measured pair[2] = { [1] = { .watched = true } };
    bench_report(bench, "watch.slowdown.n1e3", "x", bench_median(slowdown, pair, 5), NAN);
    bench_remark("fill of a scene", "us", pair[1].fill_us, NAN);
    return bench_close(bench);
}
