/* Delivery by unicast, with the real firmware: each device fetches its own copy of the block.
 * SPDX-License-Identifier: MIT
 *
 * Oracles: the image that starts, byte for byte (the recorder of installs); the duty cycles of both
 * sides, which their auditors hold each run to; and the arithmetic of the protocol: a fragment
 * comes once, but for those that a downlink brought again.
 */
#include <criterion/criterion.h>

#include "results/device_table.h"
#include "support/trial.h"
#include "update/image.h"

#define DEVICES 10u

#define SCENARIO                                                                                   \
    "name: fetch\n"                                                                                \
    "duration: 4 d\n"                                                                              \
    "area: {shape: disc, radius: 1500 m}\n"                                                        \
    "propagation: {model: okumura-hata, environment: urban, shadowing: {sigma: 0 dB}, "            \
    "fading: rayleigh}\n"                                                                          \
    "gateways: {count: 1}\n"                                                                       \
    "devices: [{name: d, count: 10, boot: {spread: 10 min}, report: {period: 20 min}}]\n"          \
    "firmware: {image: generated, size: 6 KiB}\n"                                                  \
    "campaign: {start: 30 min, delivery: unicast}\n"

static void expect_each_fetched(const struct trial *trial, uint32_t nb_frag)
{
    cr_assert_eq(trial_value(trial, "devices.confirmed"), DEVICES);
    cr_assert_eq(trial_value(trial, "security.bad_installs"), 0);
    cr_assert_eq(trial_value(trial, "missing_fragments.sent"), 0, "nothing by multicast");
    for (uint32_t i = 0; i < DEVICES; i++) {
        struct device_line line;
        device_line_get(trial->world, trial->recorders, i, false, &line);
        cr_assert_geq(line.unicast_fragments, nb_frag, "device %u", i);
    }
}

Test(unicast_delivery, brings_the_image_to_each_device)
{
    struct trial *trial = trial_create(SCENARIO, NULL, 0);
    trial_play(trial);
    uint32_t nb_frag = (uint32_t)trial_value(trial, "missing_fragments.nb_frag");
    cr_assert_eq(nb_frag, (6 * 1024 + IMAGE_HEADER_SIZE + 46) / 47);
    expect_each_fetched(trial, nb_frag);
    trial_destroy(trial);
}

Test(unicast_delivery, goes_on_after_resets)
{
    struct trial *trial = trial_create(SCENARIO
            "faults: [{kind: reset, devices: d, at: 50 min}, {kind: power-cut, devices: d, "
            "at: 80 min, duration: 2 s}]\n",
            NULL, 0);
    trial_play(trial);
    expect_each_fetched(trial, (uint32_t)trial_value(trial, "missing_fragments.nb_frag"));
    trial_destroy(trial);
}

Test(unicast_delivery, serves_version_1_of_ts004)
{
    const char *const sets[] = { "campaign.fragmentation_version=1", "campaign.verify=signature" };
    struct trial *trial = trial_create(SCENARIO, sets, 2);
    trial_play(trial);
    expect_each_fetched(trial, (uint32_t)trial_value(trial, "missing_fragments.nb_frag"));
    trial_destroy(trial);
}

/* The gateway is out for five hours: requests go unanswered, their pauses grow. */
Test(unicast_delivery, survives_an_outage_without_asking_all_the_time)
{
    struct trial *trial = trial_create(SCENARIO
            "faults: [{kind: outage, gateway: 0, part: power, at: 40 min, duration: 5 h}]\n",
            NULL, 0);
    trial_play(trial);
    expect_each_fetched(trial, (uint32_t)trial_value(trial, "missing_fragments.nb_frag"));
    trial_destroy(trial);
}

/* The time is over after an hour: who has the block by then installs it, the others say why not. */
Test(unicast_delivery, ends_when_its_time_is_over)
{
    const char *const sets[] = { "campaign.delivery_timeout=1 h", "campaign.confirm_timeout=2 h" };
    struct trial *trial = trial_create(SCENARIO, sets, 2);
    trial_play(trial);
    double confirmed = trial_value(trial, "devices.confirmed");
    double incomplete = trial_value(trial, "devices.failed.incomplete");
    cr_assert_lt(confirmed, DEVICES);
    cr_assert_gt(incomplete, 0);
    trial_destroy(trial);
}

/* More than 256 fragments are missing: no decoder has to hold them, for no coded one comes. */
Test(unicast_delivery, blames_no_decoder)
{
    const char *const sets[] = { "campaign.delivery_timeout=2 h", "campaign.confirm_timeout=1 h",
        "firmware.size=16 KiB", "area.radius=800 m" };
    struct trial *trial = trial_create(SCENARIO, sets, 4);
    trial_play(trial);
    cr_expect_gt(trial_value(trial, "devices.failed.incomplete"), 0);
    cr_expect_eq(trial_value(trial, "devices.failed.decoder_memory"), 0);
    trial_destroy(trial);
}

/* --- further rounds ----------------------------------------------------------------------------*/

/* Time on air of what gateways sent. */
static void add_downlink(void *context, const struct observation *o)
{
    sim_ns *airtime_ns = context;
    const struct frame *frame = o->data;
    *airtime_ns += frame->downlink ? frame->end_ns - frame->start_ns : 0;
}

static double fragments_of_all(const struct trial *trial)
{
    double sum = 0;
    for (uint32_t i = 0; i < DEVICES; i++) {
        struct device_line line;
        device_line_get(trial->world, trial->recorders, i, false, &line);
        sum += (double)line.unicast_fragments;
    }
    return sum;
}

/* What further rounds send is to what the first one sent as what was missing is to what was there.
 * Set-up and questions are the same in both, and so have a bound: 16 bytes in each of twelve
 * exchanges are a fragment each. */
Test(unicast_delivery, brings_only_what_is_missing_in_further_rounds)
{
    const char *const sets[] = { "campaign.retries=3", "campaign.delivery_timeout=1 h",
        "campaign.confirm_timeout=1 h", "firmware.size=10 KiB", "area.radius=600 m" };
    struct trial *trial = trial_create(SCENARIO, sets, 5);
    sim_ns airtime_ns = 0;
    engine_observer_add(
            trial->world->engine, OBSERVE_BIT(OBSERVE_FRAME_ENDED), add_downlink, &airtime_ns);
    const struct campaign *campaign = world_first_campaign(trial->world);
    sim_ns now_ns = 0;
    while (campaign_round_count(campaign) < 2) {
        cr_assert(trial_go(trial, now_ns += 60 * SIM_NS_PER_S));
    }
    double first = fragments_of_all(trial), first_s = (double)airtime_ns / 1e9;
    airtime_ns = 0;
    trial_play(trial);
    double second_s = (double)airtime_ns / 1e9;
    double needed = DEVICES * campaign_nb_frag(campaign);
    double second = fragments_of_all(trial) - first;
    cr_assert_eq(trial_value(trial, "devices.confirmed"), DEVICES);
    cr_expect(first > needed / 4 && first < 0.9 * needed, "%g of %g", first, needed);
    /* A device may lose what was not in flash when the round ended, and answers come twice. */
    cr_expect_leq(second, 1.1 * (needed - first), "%g for %g", second, needed - first);
    double share = (second + 12 * DEVICES) / first;
    cr_expect_leq(second_s, 1.1 * share * first_s, "%g s after %g s", second_s, first_s);
    double reported_s = trial_value(trial, "rounds.airtime_s"); /* without set-up and questions */
    cr_expect(reported_s > 0.7 * second_s && reported_s < second_s, "%g s of %g s", reported_s,
            second_s);
    trial_destroy(trial);
}

static void expect_confirmed_with(const char *const *sets, size_t set_count)
{
    struct trial *trial = trial_create(SCENARIO, sets, set_count);
    trial_play(trial);
    cr_assert_eq(trial_value(trial, "devices.confirmed"), DEVICES);
    trial_destroy(trial);
}

Test(unicast_delivery, goes_on_after_a_pause)
{
    expect_confirmed_with(
            (const char *const[]){ "campaign.pause_at=70 min", "campaign.resume_at=3 h" }, 2);
}

Test(unicast_delivery, serves_in_further_rounds_those_whose_time_was_too_short)
{
    expect_confirmed_with((const char *const[]){ "campaign.retries=6",
                                  "campaign.delivery_timeout=4 h", "campaign.confirm_timeout=1 h" },
            3);
}
