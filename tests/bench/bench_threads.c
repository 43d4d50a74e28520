/* The bulk of a campaign on one and on two threads, by wall time, and what of it is parallel.
 * SPDX-License-Identifier: MIT
 *
 * Two runs of one scenario go on in turn, a few fragments each, so that both meet the same other
 * load of the machine; the figure is the median over these steps. The parallel share is measured on
 * one thread: CPU time inside engine_parts_play(), which the linker wraps for it, over all of the
 * bulk. It bounds the speed-up of N threads to 1 / (1 - share + share / N).
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "bench/bench.h"
#include "bench/fleet.h"
#include "support/first_campaign.h"

#define STEP_NS (30 * SIM_NS_PER_S)
#define STEPS   400u

static const char scenario_text[] =
        "name: threads\n"
        "duration: 200 h\n"
        "area: {radius: 1000 m}\n"
        "propagation: {penetration: 15 dB, shadowing: {sigma: 0 dB}, fading: rayleigh}\n"
        "gateways: {count: 1}\n"
        "devices: [{name: d, count: 10000, boot: {spread: 30 h}, report: {period: 20 h}}]\n"
        "firmware: {image: generated, size: 40 KiB}\n"
        "campaign: {start: 31 h, set_up: {window: 120 h}, fragment_size: 200 B, redundancy: 10 %,"
        " correction: {policy: fixed}}\n";

static int64_t parts_ns;

void __real_engine_parts_play(struct engine *engine, const struct engine_parts *parts);
void __wrap_engine_parts_play(struct engine *engine, const struct engine_parts *parts);

void __wrap_engine_parts_play(struct engine *engine, const struct engine_parts *parts)
{
    int64_t started_ns = bench_clock_ns();
    __real_engine_parts_play(engine, parts);
    parts_ns += bench_clock_ns() - started_ns;
}

static int64_t wall_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static int by_number(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median_of(double *values, unsigned count)
{
    qsort(values, count, sizeof values[0], by_number);
    return count > 0 ? values[count / 2] : NAN;
}

static bool in_bulk(struct run *run)
{
    return campaign_phase(world_first_campaign(run_world(run))) == CAMPAIGN_PHASE_UNCODED;
}

/* One step of a run. Returns the wall time that a delivery took, NaN without one. */
static double step(struct run *run)
{
    uint64_t before = fleet_deliveries(run_world(run));
    int64_t started_ns = wall_ns();
    run_advance_to(run, engine_now(run_engine(run)) + STEP_NS);
    double passed_ns = (double)(wall_ns() - started_ns);
    uint64_t delivered = fleet_deliveries(run_world(run)) - before;
    return delivered > 0 ? passed_ns / (double)delivered : NAN;
}

int main(int argc, char **argv)
{
    struct bench *bench = bench_open(argc, argv);
    static struct scenario scenarios[2];
    static double one_ns[STEPS], two_ns[STEPS], ratios[STEPS];
    struct run *runs[2];
    unsigned count = 0;
    for (unsigned i = 0; i < 2; i++) {
        const struct run_settings settings = { .crypto_memo = true, .threads = i + 1 };
        runs[i] = fleet_run(&scenarios[i], scenario_text, &settings);
        fleet_run_to_phase(runs[i], CAMPAIGN_PHASE_UNCODED);
    }
    int64_t alone_ns = 0, alone_parts_ns = 0;
    while (count < STEPS && in_bulk(runs[0])) {
        int64_t cpu_ns = bench_clock_ns(), played_ns = parts_ns;
        one_ns[count] = step(runs[0]);
        alone_ns += bench_clock_ns() - cpu_ns;
        alone_parts_ns += parts_ns - played_ns;
        two_ns[count] = step(runs[1]);
        ratios[count] = one_ns[count] / two_ns[count];
        count += isfinite(ratios[count]) ? 1 : 0;
    }
    double share = (double)alone_parts_ns / (double)alone_ns;
    bench_report(bench, "deliveries_per_s.threads_1", "frames/s wall",
            1e9 / median_of(one_ns, count), NAN);
    bench_report(bench, "deliveries_per_s.threads_2", "frames/s wall",
            1e9 / median_of(two_ns, count), NAN);
    bench_report(bench, "bulk.speed_up_threads_2", "x", median_of(ratios, count), NAN);
    bench_report(bench, "bulk.parallel_share", "%", 100.0 * share, NAN);
    bench_remark("two threads at most", "x", 1.0 / (1.0 - share / 2.0), NAN);
    run_destroy(runs[0]);
    run_destroy(runs[1]);
    return bench_close(bench);
}
