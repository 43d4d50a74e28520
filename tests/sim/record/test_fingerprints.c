/* Fingerprints by layer: the summary's own numbers as they are written, and which layer moves.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "observe.h"
#include "record/fingerprints.h"
#include "support/trial.h"

static const char *text_at(const struct summary *summary, const char *path)
{
    for (size_t i = 0; i < summary->count; i++) {
        if (strcmp(summary->items[i].path, path) == 0) {
            return summary->items[i].text;
        }
    }
    cr_assert_fail("no key %s", path);
    return NULL;
}

static void results_of(uint64_t events, uint64_t total, double energy_j, char text[72])
{
    struct engine *engine = engine_create(1);
    struct summary *summary = summary_create();
    summary_add_count(summary, "events", events);
    summary_add_bool(summary, "partial", false);
    summary_add_count(summary, "devices.total", total);
    summary_add_number(summary, "energy_j.mean", energy_j);
    summary_add_number(summary, "clock.error_ms_p50", NAN);
    fingerprints_add(summary, engine);
    snprintf(text, 72, "%s", text_at(summary, "fingerprints.results"));
    summary_destroy(summary);
    engine_destroy(engine);
}

/* FNV-1a of 64 bits (RFC 9923), computed by another program over "partial" false "devices.total" 20
 * "energy_j.mean" 1.23457 "clock.error_ms_p50" null, each text with its final zero. */
Test(fingerprints, results_are_the_numbers_as_they_are_written)
{
    char text[72], other[72];
    results_of(100, 20, 1.2345678, text);
    cr_expect_str_eq(text, "62bd963e3c8aa69e");
    results_of(101, 20, 1.23456781, other);
    cr_expect_str_eq(other, text, "neither the head nor a seventh digit is a result");
    results_of(100, 21, 1.2345678, other);
    cr_expect_str_neq(other, text);
    results_of(100, 20, 1.2346, other);
    cr_expect_str_neq(other, text);
}

/* Two devices whose reports a gateway hears, at 1 dB more or less. */
static struct summary *summary_with(const char *penetration)
{
    static const char text[] =
            "name: near\n"
            "duration: 2 h\n"
            "area: {radius: 500 m}\n"
            "propagation: {model: free-space, shadowing: {sigma: 0 dB}, fading: none}\n"
            "reception: {errors: threshold, interference: none}\n"
            "devices: [{name: d, count: 2, state: commissioned, clock_refresh: never}]\n";
    struct trial *trial = trial_create(text, &penetration, 1);
    trial_play(trial);
    struct summary *summary = run_summary(trial->run, false);
    cr_assert_not_null(summary);
    trial_destroy(trial);
    return summary;
}

/* Where nothing depends on how well a frame is received, the air alone moves. */
Test(fingerprints, say_which_layer_two_runs_differ_in)
{
    struct summary *near = summary_with("propagation.penetration=0 dB");
    struct summary *far = summary_with("propagation.penetration=1 dB");
    static const char *const same[] = { "fingerprints.time", "fingerprints.firmware",
        "fingerprints.servers", "fingerprints.results" };
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        cr_expect_str_eq(text_at(near, same[i]), text_at(far, same[i]), "%s", same[i]);
    }
    cr_expect_str_neq(text_at(near, "fingerprints.air"), text_at(far, "fingerprints.air"));
    cr_expect_str_neq(text_at(near, "trace_hash"), text_at(far, "trace_hash"));
    summary_destroy(near);
    summary_destroy(far);
}
