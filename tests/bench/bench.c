/* What every benchmark needs: a clock, repeated runs, a table on stdout, a results file.
 * SPDX-License-Identifier: MIT
 */
#include "bench.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench_store.h"

enum {
    RUNS_MAX = 99
};

struct bench {
    const char *path; /* NULL: print only */
    struct bench_store store;
};

struct bench *bench_open(int argc, char **argv)
{
    if (argc > 2) {
        fprintf(stderr, "usage: %s [RESULTS.json]\n", argv[0]);
        exit(2);
    }
    struct bench *bench = calloc(1, sizeof *bench);
    if (bench == NULL) {
        fprintf(stderr, "out of memory\n");
        exit(3);
    }
    bench->path = argc == 2 ? argv[1] : NULL;
    printf("%-28s %16s %-14s %16s %8s\n", "name", "value", "unit", "floor", "ratio");
    return bench;
}

int64_t bench_clock_ns(void)
{
    struct timespec now;
    int failed = clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    assert(failed == 0);
    return (int64_t)now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

double bench_median(bench_run_fn *run, void *context, int runs)
{
    assert(runs > 0 && runs <= RUNS_MAX && runs % 2 == 1);
    double figures[RUNS_MAX];
    (void)run(context);
    for (int i = 0; i < runs; i++) {
        figures[i] = run(context);
    }
    qsort(figures, (size_t)runs, sizeof figures[0], by_value);
    return figures[runs / 2];
}

void bench_remark(const char *name, const char *unit, double value, double floor)
{
    if (isfinite(floor)) {
        printf("%-28s %16.4g %-14s %16.4g %8.2f\n", name, value, unit, floor, value / floor);
    } else {
        printf("%-28s %16.4g %-14s %16s %8s\n", name, value, unit, "-", "-");
    }
    fflush(stdout);
}

void bench_report(
        struct bench *bench, const char *key, const char *unit, double value, double floor)
{
    bench_remark(key, unit, value, floor);
    bench_store_set(&bench->store, key, value);
    if (isfinite(floor)) {
        char floor_key[BENCH_KEY_SIZE];
        int length = snprintf(floor_key, sizeof floor_key, "floor.%s", key);
        assert(length > 0 && (size_t)length < sizeof floor_key);
        bench_store_set(&bench->store, floor_key, floor);
    }
}

/* Reads as late as this, so that a long benchmark does not undo what another wrote meanwhile. */
static bool merge(const struct bench *bench)
{
    static struct bench_store merged;
    if (!bench_store_read(&merged, bench->path)) {
        fprintf(stderr, "%s: not a results file, replaced\n", bench->path);
        merged.count = 0;
    }
    for (size_t i = 0; i < bench->store.count; i++) {
        bench_store_set(&merged, bench->store.entries[i].key, bench->store.entries[i].value);
    }
    return bench_store_write(&merged, bench->path);
}

int bench_close(struct bench *bench)
{
    int status = 0;
    if (bench->path != NULL && !merge(bench)) {
        fprintf(stderr, "%s: cannot write: %s\n", bench->path, strerror(errno));
        status = 1;
    }
    free(bench);
    return status;
}
