/* A stream that had to wait for the duty cycle uses its sub-band fully afterwards.
 * SPDX-License-Identifier: MIT
 *
 * Method: the set-up of 300 devices through one gateway spends the hour of 869.525 MHz (RX2) before
 * the session. The gateway then refuses multicast for a while. After that the first pass must take
 * no more intervals than it has fragments, but for those that unicast answers cost, and lose none.
 */
#include <criterion/criterion.h>
#include <stdio.h>

#include "support/trial.h"

static const char city[] =
        "name: duty-wait\n"
        "duration: 3 d\n"
        "area: {radius: 3 km}\n"
        "propagation: {environment: urban, penetration: 6 dB, shadowing: {sigma: 6 dB}, "
        "fading: rayleigh}\n"
        "gateways: {count: 1, radius: 0 m}\n"
        "devices: [{name: d, count: 300, boot: {spread: 10 min}, report: {period: 20 min}}]\n"
        "firmware: {image: generated, size: 32 KiB}\n"
        "campaign: {start: 30 min, set_up: {window: 60 min}, data_rate: DR3, "
        "fragment_size: 100 B}\n";

#define SESSION_NS     (90 * 60 * SIM_NS_PER_S)
#define FRAGMENTS      331u /* 32 KiB and the header of the image, over 100 bytes */
#define FIRST_PASS     381u /* and 15 % coded ones */
#define FIRST_PASS_MAX (INT64_C(4500) * SIM_NS_PER_S)

struct stream {
    sim_ns first_ns, last_ns;
    sim_ns pause_ns, resumed_ns; /* the longest pause so far, the session's start counts */
    uint32_t sent, resumed_n;
};

static void watch_fragment(void *context, const struct observation *observation)
{
    struct stream *stream = context;
    if (observation->a <= 0 || observation->a > FIRST_PASS) {
        return;
    }
    sim_ns before_ns = stream->sent == 0 ? SESSION_NS : stream->last_ns;
    if (observation->at_ns - before_ns > stream->pause_ns) {
        stream->pause_ns = observation->at_ns - before_ns;
        stream->resumed_ns = observation->at_ns;
        stream->resumed_n = stream->sent;
    }
    stream->first_ns = stream->sent == 0 ? observation->at_ns : stream->first_ns;
    stream->last_ns = observation->at_ns;
    stream->sent++;
}

static void check(const char *seed)
{
    const char *const sets[] = { seed };
    struct trial *trial = trial_create(city, sets, 1);
    struct stream stream = { 0 };
    engine_observer_add(
            trial->world->engine, OBSERVE_BIT(OBSERVE_CAMPAIGN_FRAGMENT), watch_fragment, &stream);
    trial_play(trial);
    cr_assert_eq(trial_value(trial, "missing_fragments.nb_frag"), FRAGMENTS);
    cr_expect_eq(stream.sent, FIRST_PASS, "%u", stream.sent);
    /* SF9, 116 bytes: 12.25 + 8 + 5 x 26 symbols of 4.096 ms = 615.424 ms, over 0.1 x 0.8. */
    double interval_s = 0.615424 / 0.08;
    double used = (stream.sent - stream.resumed_n - 1u) * interval_s
                  / ((double)(stream.last_ns - stream.resumed_ns) / 1e9);
    printf("# %s: wait %.0f s, then %u fragments in %.0f s: %.1f %% of the intervals\n", seed,
            (double)stream.pause_ns / 1e9, stream.sent - stream.resumed_n,
            (double)(stream.last_ns - stream.resumed_ns) / 1e9, used * 100.0);
    cr_expect_geq(used, 0.8, "%f", used);
    cr_expect_leq(used, 1.01, "%f", used);
    cr_expect_leq(stream.last_ns - stream.first_ns, FIRST_PASS_MAX);
    cr_expect_eq(trial_value(trial, "missing_fragments.by_cause.gateway_skipped"), 0.0);
    cr_expect_gt(trial_value(trial, "gateways.rejected.duty_cycle"), 10.0, "it had to wait");
    trial_destroy(trial);
}

Test(duty_wait, costs_a_stream_nothing_after_its_end)
{
    static const char *const seeds[] = { "seed=1", "seed=2", "seed=3", "seed=4", "seed=5" };
    for (size_t i = 0; i < sizeof seeds / sizeof seeds[0]; i++) {
        check(seeds[i]);
    }
}
