/* The bulk of a campaign on one and on two threads, by wall time, and what of it is parallel.
 * SPDX-License-Identifier: MIT
 *
 * Two runs of one scenario go on in turn, a few fragments each, so that both meet the same other
 * load of the machine; figures are medians over these steps. The parallel share is measured on one
 * thread: CPU time inside engine_parts_finish() and engine_work_finish(), which the linker wraps
 * for it, over all of a step. It bounds the speed-up of N threads to 1 / (1 - share + share / N).
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

void __real_engine_parts_finish(struct engine *engine, const struct engine_parts *parts);
void __wrap_engine_parts_finish(struct engine *engine, const struct engine_parts *parts);

void __wrap_engine_parts_finish(struct engine *engine, const struct engine_parts *parts)
{
    int64_t started_ns = bench_clock_ns();
    __real_engine_parts_finish(engine, parts);
    parts_ns += bench_clock_ns() - started_ns;
}

void __real_engine_work_finish(struct engine *engine, struct engine_work *work);
void __wrap_engine_work_finish(struct engine *engine, struct engine_work *work);

void __wrap_engine_work_finish(struct engine *engine, struct engine_work *work)
{
    int64_t started_ns = bench_clock_ns();
    __real_engine_work_finish(engine, work);
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

struct step {
    double wall_ns; /* that a delivery took */
    double share;   /* of the CPU time in parts */
};

/* False: nothing was delivered in it. */
static bool step(struct run *run, struct step *step)
{
    uint64_t before = fleet_deliveries(run_world(run));
    int64_t started_ns = wall_ns(), cpu_ns = bench_clock_ns(), played_ns = parts_ns;
    run_advance_to(run, engine_now(run_engine(run)) + STEP_NS);
    uint64_t delivered = fleet_deliveries(run_world(run)) - before;
    step->wall_ns = (double)(wall_ns() - started_ns) / (double)delivered;
    step->share = (double)(parts_ns - played_ns) / (double)(bench_clock_ns() - cpu_ns);
    return delivered > 0;
}

int main(int argc, char **argv)
{
    struct bench *bench = bench_open(argc, argv);
    static struct scenario scenarios[2];
    static double one_ns[STEPS], two_ns[STEPS], ratios[STEPS], shares[STEPS];
    struct run *runs[2];
    unsigned count = 0;
    for (unsigned i = 0; i < 2; i++) {
        const struct run_settings settings = { .crypto_memo = true, .threads = i + 1 };
        runs[i] = fleet_run(&scenarios[i], scenario_text, &settings);
        fleet_run_to_phase(runs[i], CAMPAIGN_PHASE_UNCODED);
    }
    while (count < STEPS && in_bulk(runs[0])) {
        struct step one, two;
        bool delivers = step(runs[0], &one);
        if (step(runs[1], &two) && delivers) {
            one_ns[count] = one.wall_ns;
            two_ns[count] = two.wall_ns;
            shares[count] = one.share;
            ratios[count++] = one.wall_ns / two.wall_ns;
        }
    }
    double share = median_of(shares, count);
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
