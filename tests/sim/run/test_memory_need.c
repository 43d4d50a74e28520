/* A fleet that memory cannot hold is refused before the run, and the refusal says what would fit.
 * SPDX-License-Identifier: MIT
 *
 * Goals: nothing that fits is refused; what is named as fitting does; the need is no more than what
 * a run really takes. Method: available memory is an argument; the peak of a run is measured in a
 * process of its own, as the growth from a small fleet to a larger one, without what sanitizers
 * add.
 */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "run/memory_need.h"
#include "support/trial.h"

#define GIBIBYTE ((uint64_t)1 << 30)

static struct scenario *scenario_of(uint32_t devices)
{
    static struct scenario scenario;
    char text[512];
    struct scenario_errors *errors = scenario_errors_create();
    snprintf(text, sizeof text,
            "name: need\nduration: 3 h\narea: {radius: 1 km}\ngateways: {count: 1}\n"
            "propagation: {shadowing: {sigma: 0 dB}, fading: none}\n"
            "devices: [{name: d, count: %" PRIu32 ", boot: {spread: 10 min},"
            " report: {period: 30 min}}]\n"
            "firmware: {image: generated, size: 10 KiB}\n"
            "campaign: {start: 10 min, set_up: {window: 1 h}, correction: {policy: fixed}}\n",
            devices);
    cr_assert(scenario_read(&scenario, "need", text, strlen(text), NULL, 0, errors));
    scenario_errors_destroy(errors);
    return &scenario;
}

Test(memory_need, refuses_what_does_not_fit_and_names_what_does)
{
    char error[256] = "";
    unsigned fit = 0;
    const uint32_t count = 1000000;
    uint64_t need_bytes = memory_need_bytes(count, MEMORY_SPARE);
    cr_assert(memory_suffices(count, MEMORY_SPARE, need_bytes, error, sizeof error));
    cr_assert_str_empty(error);
    cr_assert_not(memory_suffices(count, MEMORY_SPARE, need_bytes - 1u, error, sizeof error));
    cr_assert_not(memory_suffices(count, MEMORY_SPARE, GIBIBYTE, error, sizeof error));
    const char *named = strstr(error, "at most ");
    cr_assert_not_null(named, "%s", error);
    cr_assert_eq(sscanf(named, "at most %u devices fit", &fit), 1, "%s", error);
    cr_assert_not_null(strstr(error, "1000000 devices need "), "%s", error);
    cr_assert_not_null(strstr(error, "1024 MiB are available"), "%s", error);
    cr_assert(memory_suffices(fit, MEMORY_SPARE, GIBIBYTE, error, sizeof error));
    cr_assert_not(memory_suffices(fit + 1u, MEMORY_SPARE, GIBIBYTE, error, sizeof error));
    cr_assert_not(memory_suffices(1, MEMORY_SPARE, 1000, error, sizeof error));
    cr_assert_not_null(strstr(error, "at most 0 devices fit"), "%s", error);
}

Test(memory_need, sees_the_limit_of_the_process)
{
    struct rlimit limit;
    cr_assert_gt(memory_available_bytes(), 1u << 20);
    cr_assert_eq(getrlimit(RLIMIT_AS, &limit), 0);
    limit.rlim_cur = 1; /* below what it has: nothing more is granted */
    cr_assert_eq(setrlimit(RLIMIT_AS, &limit), 0);
    uint64_t available_bytes = memory_available_bytes();
    limit.rlim_cur = limit.rlim_max;
    cr_assert_eq(setrlimit(RLIMIT_AS, &limit), 0);
    cr_assert_eq(available_bytes, 0);
}

/* Peak bytes of a run, up to the end of its campaign. */
static uint64_t peak_bytes(uint32_t devices)
{
    struct rusage usage;
    int ends[2];
    uint64_t bytes = 0;
    cr_assert_eq(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        char error[256];
        const struct run_settings settings = { .crypto_memo = true, .memory = MEMORY_SPARE };
        struct run *run = run_create(scenario_of(devices), &settings, error, sizeof error);
        while (run != NULL && run_advance_to(run, INT64_MAX) == RUN_TIME) {
        }
        getrusage(RUSAGE_SELF, &usage);
        bytes = run != NULL ? (uint64_t)usage.ru_maxrss * 1024u : 0;
        _exit(write(ends[1], &bytes, sizeof bytes) == (ssize_t)sizeof bytes ? 0 : 1);
    }
    cr_assert_eq(read(ends[0], &bytes, sizeof bytes), (ssize_t)sizeof bytes);
    close(ends[0]);
    close(ends[1]);
    cr_assert_eq(waitpid(child, NULL, 0), child);
    return bytes;
}

Test(memory_need, is_no_more_than_a_run_takes)
{
    uint64_t small = peak_bytes(200), large = peak_bytes(1200);
    uint64_t need = memory_need_bytes(1200, MEMORY_SPARE) - memory_need_bytes(200, MEMORY_SPARE);
    cr_assert_gt(large, small);
    cr_assert_leq(need, large - small, "%" PRIu64 " B a device needed, %" PRIu64 " taken",
            need / 1000u, (large - small) / 1000u);
}

Test(memory_need, spares_memory_where_a_fleet_takes_more_than_an_eighth)
{
    const struct scenario *scenario = scenario_of(100000);
    cr_assert_not(memory_is_to_be_spared(scenario, 16 * GIBIBYTE));
    cr_assert(memory_is_to_be_spared(scenario, 8 * GIBIBYTE));
}

Test(memory_need, plans_with_what_other_runs_leave)
{
    char error[256];
    struct memory_plan plan;
    const struct scenario *scenario = scenario_of(100);
    uint64_t available_bytes = memory_available_bytes();
    cr_assert(memory_plan_make(scenario, MEMORY_AUTO, 0, &plan, error, sizeof error));
    cr_assert_eq(plan.layout, MEMORY_HUGE);
    uint64_t kept_bytes = available_bytes / 2;
    cr_assert(memory_plan_make(scenario, MEMORY_SPARE, kept_bytes, &plan, error, sizeof error));
    cr_assert_eq(plan.layout, MEMORY_SPARE);
    cr_assert_lt(plan.available_bytes, available_bytes / 4 * 3);
    cr_assert_not(memory_plan_make(scenario, MEMORY_HUGE, UINT64_MAX, &plan, error, sizeof error));
    cr_assert_not_null(strstr(error, "100 devices need 9 MiB at least"), "%s", error);
}

/* A run of 600 devices, of which 344 do not get poison in all of their RAM. */
static uint64_t trace_hash(enum memory_layout layout, uint64_t *node_bytes)
{
    char error[256];
    const struct run_settings settings = { .crypto_memo = true, .memory = layout };
    struct run *run = run_create(scenario_of(600), &settings, error, sizeof error);
    cr_assert_not_null(run, "%s", error);
    while (run_advance_to(run, INT64_MAX) == RUN_TIME) {
    }
    uint64_t hash = engine_trace_hash(run_engine(run));
    *node_bytes = node_fleet_resident_bytes(run_world(run)->nodes) / 600u;
    run_destroy(run);
    return hash;
}

Test(memory_need, what_is_spared_changes_no_result)
{
    uint64_t spared_bytes, bytes;
    cr_assert_eq(trace_hash(MEMORY_SPARE, &spared_bytes), trace_hash(MEMORY_HUGE, &bytes));
    cr_assert_lt(spared_bytes, bytes);
}
