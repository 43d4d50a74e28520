/* Results of a fleet of two firmwares: the built-in one, and one that tells nothing of itself.
 * SPDX-License-Identifier: MIT
 *
 * What is seen from outside (air, servers, radio, flash) holds for both; the trace of the other
 * firmware, whose numbers mean other things, moves nothing.
 *
 * Method: a mixed fleet with tests/models/firmware/objects/joining.c, and the same fleet without
 * it; frames on the air are counted again from observations.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "air/frame.h"
#include "support/trial.h"
#include "trace.h"

#define VENDOR 6u
#define OWN    8u

static const char fleet[] = "name: mixed\n"
                            "duration: 5 h\n"
                            "area: {radius: 800 m}\n"
                            "gateways: {count: 2, radius: 400 m}\n"
                            "devices:\n"
                            "  - {name: vendor, count: 6, boot: {spread: 5 min}, "
                            "report: {period: 10 s}}\n"
                            "  - {name: own, count: 8, boot: {spread: 5 min}, "
                            "report: {period: 10 min}}\n"
                            "firmware: {image: generated, size: 9 KiB}\n"
                            "campaign: {start: 20 min, set_up: {window: 40 min}, devices: own, "
                            "correction: {timeout: 30 min}, confirm_timeout: 1 h}\n";

/* The fleet with another firmware in the group `vendor`. */
static struct trial *create(void)
{
    char set[1100];
    const char *const sets[] = { set };
    const char *folder = getenv("FLEETCAST_BUILD");
    cr_assert_not_null(folder, "FLEETCAST_BUILD is not set: run by meson test");
    snprintf(set, sizeof set, "devices.0.firmware=%s/tests/models/firmware/firmware_joining.so",
            folder);
    return trial_create(fleet, sets, 1);
}

/* --- the air ---------------------------------------------------------------------------------- */

struct air {
    entity_id first;
    uint64_t frames;                     /* data frames of all devices */
    uint64_t by_vendor;                  /* of them, of the group vendor */
    uint64_t traced;                     /* messages in the trace of the built-in firmware */
    uint64_t answers[VENDOR + OWN];      /* on ports 200 and 201, and without port */
    uint64_t last_counter[VENDOR + OWN]; /* + 1 */
    uint64_t messages;                   /* different counters */
};

static void on_frame(struct air *air, const struct frame *frame)
{
    uint32_t device = frame->sender - air->first;
    unsigned type = frame->bytes[0] >> 5;
    if (device >= VENDOR + OWN || (type != 2 && type != 4)) {
        return;
    }
    air->frames++;
    air->by_vendor += device < VENDOR ? 1u : 0u;
    uint64_t counter = 1u + (frame->bytes[6] | (uint32_t)frame->bytes[7] << 8);
    if (counter == air->last_counter[device]) {
        return;
    }
    air->last_counter[device] = counter;
    air->messages++;
    unsigned port_at = 8u + (frame->bytes[5] & 15u);
    unsigned port = port_at + 4u < frame->size ? frame->bytes[port_at] : 0u;
    air->answers[device] += port == 0 || port == 200 || port == 201 ? 1u : 0u;
}

static void watch(void *context, const struct observation *o)
{
    struct air *air = context;
    if (o->kind == OBSERVE_FRAME_ENDED) {
        on_frame(air, o->data);
    } else if (o->entity - air->first >= VENDOR) {
        air->traced += o->a == FW_TRACE_UPLINK ? 1u : 0u;
    }
}

Test(foreign_firmware, uplinks_are_those_on_the_air)
{
    struct trial *trial = create();
    struct air air = { .first = trial->world->first_device };
    engine_observer_add(trial->world->engine,
            OBSERVE_BIT(OBSERVE_FRAME_ENDED) | OBSERVE_BIT(OBSERVE_FIRMWARE), watch, &air);
    trial_play(trial);
    struct network_stats network;
    network_stats(trial->world->network, &network);
    cr_expect_gt(air.by_vendor, 1000);
    cr_expect_eq(trial_value(trial, "uplinks.sent"), (double)air.frames);
    cr_expect_eq(air.messages, air.by_vendor + air.traced, "without NbTrans each is one frame");
    cr_expect_float_eq(trial_value(trial, "airtime.uplink_pdr"),
            (double)network.uplinks / (double)air.messages, 1e-9);
    cr_expect_gt(trial_value(trial, "airtime.uplink_pdr"), 0.5, "the server takes its frames");
    uint64_t answers = 0;
    for (uint32_t i = VENDOR; i < VENDOR + OWN; i++) {
        answers += air.answers[i];
    }
    cr_assert_eq(trial_value(trial, "devices.ready"), OWN);
    cr_expect_float_eq(
            trial_value(trial, "estimate.uplinks.simulated"), (double)answers / OWN, 1e-9);
    trial_destroy(trial);
}

Test(foreign_firmware, it_joins_and_its_broken_duty_cycle_is_a_result)
{
    struct trial *trial = create();
    trial_play(trial); /* no invariant is broken by it */
    struct summary *summary = run_summary(trial->run, false);
    double value = 0.0;
    cr_expect_eq(trial_value(trial, "groups.vendor.devices.joined"), VENDOR);
    cr_expect_eq(trial_value(trial, "groups.own.devices.confirmed"), OWN);
    cr_expect_gt(trial_value(trial, "groups.vendor.uplinks.duty_violations"), 1000);
    cr_expect_eq(trial_value(trial, "groups.own.uplinks.duty_violations"), 0);
    /* 197 bytes at SF7 are 305.25 symbols of 1.024 ms (SX1276 datasheet 4.1.1.7): 0.3126 s in each
     * 10.31 s is 3.03 of 1 %; the auditor sees 55 to 60 minutes of each hour. */
    double worst_hour = trial_value(trial, "groups.vendor.uplinks.duty_worst_hour");
    cr_expect(worst_hour > 2.75 && worst_hour < 3.05, "%g", worst_hour);
    cr_expect_not(summary_value(summary, "groups.vendor.energy_j.by_phase.idle", &value));
    summary_destroy(summary);
    trial_destroy(trial);
}
