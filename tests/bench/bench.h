/* What every benchmark needs: a clock, repeated runs, a table on stdout, a results file.
 * SPDX-License-Identifier: MIT
 *
 * A benchmark program takes the path of the results file as its only argument (none: it only
 * prints), replaces its own keys there and keeps the others:
 *
 *     struct bench *bench = bench_open(argc, argv);
 *     double value = bench_median(run_ours, &context, 5);
 *     double floor = bench_median(run_floor, &context, 5);
 *     bench_report(bench, "events_per_s.n1e4", "events/s", value, floor);
 *     return bench_close(bench);
 */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <stdint.h>

struct bench;

struct bench *bench_open(int argc, char **argv);

/* Writes the results file and frees. Returns the program's exit status. */
int bench_close(struct bench *bench);

/* CPU time of the process: on a shared machine wall time moves by a factor of four. */
int64_t bench_clock_ns(void);

/* One run; returns its figure, mostly a rate. */
typedef double bench_run_fn(void *context);

/* The median figure of `runs` runs (odd, at most 99) after one that only warms up. */
double bench_median(bench_run_fn *run, void *context, int runs);

/* Prints a line and keeps `key` (dotted) and "floor." + key. `floor` is what the plainest way
 * reaches in the same run; NAN: there is none. */
void bench_report(
        struct bench *bench, const char *key, const char *unit, double value, double floor);

/* Prints a line that does not go to the results file. */
void bench_remark(const char *name, const char *unit, double value, double floor);

#endif
