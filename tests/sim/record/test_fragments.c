/* Rate of missing fragments and causes of loss against a count of the air.
 * SPDX-License-Identifier: MIT
 *
 * Method: observations of the air alone. A fragment was sent if a gateway transmitted a frame of
 * the group on port 201 whose counter the server gave to its N; a device has it if its radio
 * received one of those frames whole. Nothing here has lost a set-up, so every member listens from
 * the first fragment on. Reports of gateways, which a backhaul may lose, are not looked at.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record/fragment_causes.h"
#include "support/data_frame.h"
#include "support/recount.h"
#include "trace.h"

#define DEVICES 30u
#define NB_FRAG 64u /* more than the block has */

static const char fleet[] = "name: backhaul\n"
                            "duration: 12 h\n"
                            "area: {radius: 2 km}\n"
                            "propagation: {shadowing: {sigma: 4 dB}, fading: rayleigh}\n"
                            "gateways: {count: 1, backhaul: {loss: 5 %}}\n"
                            "interferers: [{frequency: 869.525 MHz, bandwidth: 125 kHz, "
                            "power: 33 dBm, x: 300 m, y: 0 m, on: 500 ms, off: 2 s, "
                            "statistics: exponential}]\n"
                            "devices: [{name: d, count: 30, boot: {spread: 5 min}, "
                            "report: {period: 10 min}}]\n"
                            "firmware: {image: generated, size: 8 KiB}\n"
                            "campaign: {start: 30 min, set_up: {window: 4 h}, redundancy: 30 %, "
                            "correction: {policy: fixed}, confirm_timeout: 1 h}\n";

struct air {
    const struct world *world;
    bool sent[NB_FRAG + 1];
    bool coded[4 * NB_FRAG];
    bool received[DEVICES][NB_FRAG + 1];
    /* Why the device lost it when it was last on the air; a receiver that is on takes no notice of
     * what is out of its reach. */
    enum loss_cause lost[DEVICES][NB_FRAG + 1];
};

static void watch(void *context, const struct observation *o)
{
    struct air *air = context;
    uint32_t n = data_frame_fragment(air->world, o->data);
    uint32_t device = o->entity - air->world->first_device; /* of what a radio made of it */
    if (n == 0) {
        return;
    }
    if (n > campaign_nb_frag(world_first_campaign(air->world))) {
        cr_assert_lt(n, 4 * NB_FRAG);
        air->coded[n] = true;
    } else if (o->kind == OBSERVE_FRAME_STARTED) {
        air->sent[n] = true;
        for (uint32_t i = 0; i < DEVICES; i++) {
            air->lost[i][n] = LOSS_BELOW_SENSITIVITY;
        }
    } else if (o->kind == OBSERVE_FRAME_LOST) {
        air->lost[device][n] = (enum loss_cause)o->b;
    } else {
        air->received[device][n] = true;
    }
}

static uint32_t count(const bool *of, size_t size)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < size; i++) {
        sum += of[i] ? 1u : 0u;
    }
    return sum;
}

static struct trial *play(struct air *air)
{
    struct trial *trial = trial_create(fleet, NULL, 0);
    air->world = trial->world;
    engine_observer_add(trial->world->engine,
            OBSERVE_BIT(OBSERVE_FRAME_STARTED) | OBSERVE_BIT(OBSERVE_FRAME_RECEIVED)
                    | OBSERVE_BIT(OBSERVE_FRAME_LOST),
            watch, air);
    trial_play(trial);
    cr_assert_eq(trial_value(trial, "devices.ready"), DEVICES);
    return trial;
}

Test(fragments, rate_is_that_of_the_air_where_the_backhaul_loses_reports)
{
    static struct air air;
    struct trial *trial = play(&air);
    uint32_t sent = count(air.sent, NB_FRAG + 1);
    struct values rate = { 0 };
    uint32_t recovered = 0, unrecovered = 0, with_losses = 0;
    for (uint32_t i = 0; i < DEVICES; i++) {
        struct campaign_device d;
        uint32_t missing = sent - count(air.received[i], NB_FRAG + 1);
        campaign_device_get(world_first_campaign(trial->world), i, &d);
        values_add(&rate, (double)missing / sent);
        *(d.complete_ns != SIM_NS_NEVER ? &recovered : &unrecovered) += missing;
        with_losses += missing > 0 ? 1u : 0u;
    }
    cr_expect_gt(recovered, 20, "the radio loses some");
    cr_expect_gt(unrecovered, 0, "and not all devices get enough coded ones");
    expect_count(trial, "missing_fragments.", "sent", sent);
    expect_count(trial, "missing_fragments.", "coded_sent", count(air.coded, 4 * NB_FRAG));
    expect_values(trial, "missing_fragments.rate_", &rate, 1e-12);
    expect_near(trial, "missing_fragments.rate_", "max", values_percentile(&rate, 1.0), 1e-12);
    expect_count(trial, "missing_fragments.", "devices_with_losses", with_losses);
    expect_count(trial, "missing_fragments.", "recovered", recovered);
    expect_count(trial, "missing_fragments.", "unrecovered", unrecovered);
    trial_destroy(trial);
}

/* One gateway sends, so each time on the air is one frame. */
Test(fragments, each_pair_is_received_or_has_the_cause_of_its_last_frame)
{
    static struct air air;
    struct trial *trial = play(&air);
    uint32_t nb_frag = campaign_nb_frag(world_first_campaign(trial->world)), kinds = 0;
    uint64_t of[LOSS_CAUSE_COUNT] = { 0 };
    double pairs = nb_frag * DEVICES;
    for (uint32_t i = 0; i < DEVICES; i++) {
        for (uint32_t n = 1; n <= nb_frag; n++) {
            of[air.received[i][n] ? LOSS_NONE : air.lost[i][n]]++;
        }
    }
    expect_count(trial, "missing_fragments.", "pairs", nb_frag * DEVICES);
    expect_near(trial, "missing_fragments.", "received", (double)of[LOSS_NONE] / pairs, 1e-12);
    for (int cause = 0; cause < LOSS_NONE; cause++) {
        expect_near(trial, "missing_fragments.by_cause.", loss_cause_name((enum loss_cause)cause),
                (double)of[cause] / pairs, 1e-12);
        kinds += of[cause] > 0 ? 1u : 0u;
    }
    cr_expect_geq(kinds, 2, "%u causes", kinds);
    trial_destroy(trial);
}

/* A device that is set up again in mid-session has none of its fragments left. What was received
 * stays received: that is no contradiction. */
Test(fragments, causes_outlive_a_second_set_up)
{
    struct trial *trial = trial_create(fleet, NULL, 0);
    sim_ns at_ns = (4 * 3600 + 1800 + 60) * SIM_NS_PER_S; /* a minute of the session */
    cr_assert(trial_go(trial, at_ns));
    struct cause_counts counts;
    uint32_t nb_frag = fragment_causes_device(fragment_causes_of(trial->recorders), 0, 0, &counts);
    cr_assert_gt(counts.of[LOSS_NONE], 0);
    cr_assert_null(trial_failure(trial), "%s", trial_failure(trial));
    engine_observe(trial->world->engine, at_ns, trial->world->first_device, OBSERVE_FIRMWARE,
            FW_TRACE_FRAG_SET_UP, nb_frag, 0, NULL);
    cr_expect_null(trial_failure(trial), "%s", trial_failure(trial));
    trial_destroy(trial);
}

struct third {
    const struct world *world;
    sim_ns start_ns;
};

static void note_third(void *context, const struct observation *o)
{
    struct third *third = context;
    const struct frame *frame = o->data;
    if (data_frame_fragment(third->world, frame) == 3) {
        third->start_ns = frame->start_ns;
    }
}

/* The audit of the causes holds at that instant too. */
Test(fragments, may_be_on_the_air_when_the_run_ends)
{
    struct trial *trial = trial_create(fleet, NULL, 0);
    struct third third = { .world = trial->world };
    engine_observer_add(
            trial->world->engine, OBSERVE_BIT(OBSERVE_FRAME_STARTED), note_third, &third);
    trial_play(trial);
    trial_destroy(trial);
    cr_assert_gt(third.start_ns, 0);
    char duration[64];
    const char *const sets[] = { duration };
    snprintf(duration, sizeof duration, "duration=%lld ns", (long long)third.start_ns + 1);
    trial = trial_create(fleet, sets, 1);
    trial_play(trial);
    cr_expect_eq(trial_value(trial, "missing_fragments.sent"), 3);
    cr_expect_lt(trial_value(trial, "missing_fragments.received"),
            2.1 / campaign_nb_frag(world_first_campaign(trial->world)));
    trial_destroy(trial);
}
