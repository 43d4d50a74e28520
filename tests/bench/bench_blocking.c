/* What firmware costs that blocks and has variables, beside the built-in one, and what of it is
 * switching.
 * SPDX-License-Identifier: MIT
 *
 * The same devices and the same period of reports, once of each firmware. The object (tests/models/
 * firmware/objects/polled_radio.c) looks at its radio each millisecond of a transmission and has no
 * receive windows; the built-in firmware sleeps meanwhile, opens both windows and has a session.
 * Switching is the number of switches and swaps of the run, times what one of each takes in a loop
 * over as many stacks and copies.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "bench/fleet.h"
#include "board/fiber.h"

#define DEVICES       200u
#define SEGMENT_BYTES 4400u /* about what the object has */
#define STACK_BYTES   65536u
#define WARM_UP_S     (2 * 3600)
#define MEASURED_S    (10 * 3600)
#define PERIOD_S      300.0

static const char scenario_format[] =
        "name: blocking\n"
        "duration: 1000 h\n"
        "area: {radius: 500 m}\n"
        "propagation: {penetration: 0 dB, shadowing: {sigma: 0 dB}, fading: none}\n"
        "gateways: {count: 1, demodulators: 16}\n"
        "devices: [{name: d, count: %u, firmware: '%s', boot: {spread: 1 h},"
        " report: {period: 5 min}}]\n"
        "firmware: {image: generated, size: 1 KiB}\n";

struct cost {
    double seconds; /* of CPU, for the measured hours of all devices */
    struct node_fleet_stats stats;
};

static struct cost cost_of(const char *firmware)
{
    static struct scenario scenario;
    char text[2048];
    snprintf(text, sizeof text, scenario_format, DEVICES, firmware);
    struct run *run = fleet_run(&scenario, text, &(struct run_settings){ .crypto_memo = false });
    struct node_fleet_stats before;
    struct cost cost;
    run_advance_to(run, WARM_UP_S * SIM_NS_PER_S);
    node_fleet_stats(run_world(run)->nodes, &before);
    int64_t started_ns = bench_clock_ns();
    run_advance_to(run, (WARM_UP_S + MEASURED_S) * SIM_NS_PER_S);
    cost.seconds = 1e-9 * (double)(bench_clock_ns() - started_ns);
    node_fleet_stats(run_world(run)->nodes, &cost.stats);
    cost.stats.fiber_switches -= before.fiber_switches;
    cost.stats.segment_swaps -= before.segment_swaps;
    run_destroy(run);
    return cost;
}

/* --- one switch, one swap ----------------------------------------------------------------------
 */

static struct fiber *entered;

static void leave_again(void *argument)
{
    for (;;) {
        fiber_leave(entered);
    }
}

/* There and back. */
static double switch_s(void *context)
{
    struct fiber *const *fibers = context;
    const unsigned rounds = 2000;
    int64_t started_ns = bench_clock_ns();
    for (unsigned round = 0; round < rounds; round++) {
        for (unsigned i = 0; i < DEVICES; i++) {
            entered = fibers[i];
            fiber_enter(entered);
        }
    }
    return 1e-9 * (double)(bench_clock_ns() - started_ns) / (rounds * DEVICES);
}

static double swap_s(void *context)
{
    static uint8_t segment[SEGMENT_BYTES];
    uint8_t *copies = context;
    const unsigned rounds = 2000;
    int64_t started_ns = bench_clock_ns();
    for (unsigned round = 0; round < rounds; round++) {
        for (unsigned i = 0; i < DEVICES; i++) {
            memcpy(copies + (size_t)i * SEGMENT_BYTES, segment, SEGMENT_BYTES);
            memcpy(segment, copies + (size_t)((i + 1) % DEVICES) * SEGMENT_BYTES, SEGMENT_BYTES);
            __asm__ volatile("" ::"r"(segment) : "memory");
        }
    }
    return 1e-9 * (double)(bench_clock_ns() - started_ns) / (rounds * DEVICES);
}

static double switching_s(const struct node_fleet_stats *stats)
{
    struct fiber *fibers[DEVICES];
    uint8_t *copies = calloc(DEVICES, SEGMENT_BYTES);
    for (unsigned i = 0; i < DEVICES; i++) {
        fibers[i] = fiber_create(STACK_BYTES);
        if (copies == NULL || fibers[i] == NULL) {
            fprintf(stderr, "benchmark: out of memory\n");
            exit(1);
        }
        fiber_start(fibers[i], leave_again, NULL);
    }
    double one_switch_s = bench_median(switch_s, fibers, 5);
    double one_swap_s = bench_median(swap_s, copies, 5);
    for (unsigned i = 0; i < DEVICES; i++) {
        fiber_destroy(fibers[i]);
    }
    free(copies);
    bench_remark("switch there and back", "ns", 1e9 * one_switch_s, NAN);
    bench_remark("swap of variables", "ns", 1e9 * one_swap_s, NAN);
    return (double)stats->fiber_switches * one_switch_s + (double)stats->segment_swaps * one_swap_s;
}

int main(int argc, char **argv)
{
    struct bench *bench = bench_open(argc, argv);
    const double reports = DEVICES * MEASURED_S / PERIOD_S;
    struct cost builtin = cost_of("built-in");
    struct cost blocking = cost_of(BENCH_OBJECT);
    double switching = switching_s(&blocking.stats);
    bench_report(bench, "report_us.builtin", "us CPU", 1e6 * builtin.seconds / reports, NAN);
    bench_report(bench, "report_us.blocking", "us CPU", 1e6 * blocking.seconds / reports, NAN);
    bench_report(bench, "blocking.switches", "per report",
            (double)blocking.stats.fiber_switches / reports, NAN);
    bench_report(bench, "blocking.swaps", "per report",
            (double)blocking.stats.segment_swaps / reports, NAN);
    bench_report(bench, "blocking.switching_share", "%", 100.0 * switching / blocking.seconds, NAN);
    return bench_close(bench);
}
