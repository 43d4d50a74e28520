/* A run that gets no more memory ends with an error, wherever it asks for it.
 * SPDX-License-Identifier: MIT
 *
 * Method: the same run again and again, in which the system refuses the first, the second, ... of
 * all requests. The state has to be whole: the numbers so far are read, and everything is freed
 * (also clean under address sanitizer, which finds what is lost).
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run_memory.h"
#include "support/trial.h"

/* Frames that overlap and break, long fades, lost gateways, jammers, cuts that wait for the flash:
 * all that grows while a run goes on. */
static const char text[] =
        "name: memory\n"
        "duration: 90 min\n"
        "area: {radius: 2 km}\n"
        "firmware: {image: generated, size: 2 KiB}\n"
        "propagation: {fading: rayleigh, coherence: 50 ms}\n"
        "reception: {interference: goursaud}\n"
        "gateways: {count: 2, demodulators: 0}\n"
        "foreign: {devices: 50, period: 1 min}\n"
        "faults:\n"
        "  - {kind: jammer, at: 10 min, duration: 1 min, received: -100 dBm}\n"
        "  - {kind: jammer, at: 10 min, duration: 2 min, power: 10 dBm}\n"
        "  - {kind: power-cut, device: 1, at: 5 min, flash: {operation: 3}}\n"
        "  - {kind: outage, gateway: 1, part: power, at: 40 min, every: 10 s, duration: 1 s}\n"
        "devices: [{name: d, count: 20, boot: {spread: 2 min}, report: {period: 2 min}}]\n"
        "campaign: {start: 10 min, set_up: {window: 25 min}, fragment_size: 100 B,"
        " correction: {timeout: 10 min}, confirm_timeout: 10 min}\n";

static const struct run_memory *memory;
static unsigned requests, refused; /* number of the one that is refused; 0: none */

static void *refuse_one(void *block, size_t bytes)
{
    return ++requests == refused ? NULL : realloc(block, bytes);
}

/* Requests are counted from the start of the run. */
static struct trial *play(unsigned refused_request)
{
    struct trial *trial = trial_create(text, NULL, 0);
    struct run_memory *of_engine = engine_memory(trial->world->engine);
    requests = 0;
    refused = refused_request;
    of_engine->resize = refuse_one;
    memory = of_engine;
    while (trial_go(trial, engine_now(trial->world->engine) + SIM_NS_PER_S)) {
    }
    return trial;
}

Test(memory, that_ends_at_any_request_ends_the_run_with_an_error)
{
    struct trial *whole = play(0);
    unsigned count = requests;
    cr_expect_null(trial_failure(whole));
    trial_destroy(whole);
    printf("# %u requests in a run\n", count);
    cr_assert_geq(count, 20);
    for (unsigned i = 1; i <= count; i += i < 40 ? 1 : 13) { /* later ones are much alike */
        struct trial *trial = play(i);
        cr_assert(memory->exhausted, "request %u", i);
        cr_assert_lt(engine_now(trial->world->engine), trial->scenario.duration_ns);
        const char *failure = trial_failure(trial);
        cr_assert_not_null(failure);
        char expected[128];
        snprintf(expected, sizeof expected,
                "out of memory at %.3f s of simulated time: the system refused a block of %zu "
                "bytes",
                (double)engine_now(trial->world->engine) / (double)SIM_NS_PER_S,
                memory->refused_bytes);
        cr_expect_str_eq(failure, expected);
        cr_expect_gt(memory->refused_bytes, 0);
        cr_expect_eq(run_advance_to(trial->run, trial->scenario.duration_ns), RUN_BROKEN);
        free(trial_summary(trial));
        trial_destroy(trial);
    }
}
