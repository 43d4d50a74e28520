/* What a run records of uplinks and energy beside a second count, closed forms, changed numbers.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record/clock.h"
#include "record/energy_phases.h"
#include "record/fragment_counts.h"
#include "record/set_up_times.h"
#include "record/uplinks.h"
#include "support/trial.h"
#include "trace.h"

/* Nothing is lost: the energy of a phase is its time multiplied by its power. */
static const char calm[] = "name: calm\n"
                           "duration: 12 h\n"
                           "area: {radius: 500 m}\n"
                           "propagation: {shadowing: {sigma: 0 dB}, fading: none}\n"
                           "gateways: {count: 1}\n"
                           "devices: [{name: d, count: 5, boot: {spread: 5 min}, "
                           "report: {period: 20 min}}]\n"
                           "firmware: {image: generated, size: 8 KiB}\n"
                           "campaign: {start: 30 min, set_up: {window: 2 h}, "
                           "confirm_timeout: 1 h}\n";

/* Collisions, fading and a gateway that transmits. */
static const char busy[] = "name: busy\n"
                           "duration: 3 h\n"
                           "area: {radius: 1500 m}\n"
                           "gateways: {count: 3}\n"
                           "devices: [{name: d, count: 60, boot: {spread: 10 min}, "
                           "report: {period: 3 min}}]\n";

/* --- energy by phase -------------------------------------------------------------------------- */

struct moments {
    const struct world *world;
    sim_ns opened_ns[5], first_ns[5], complete_ns[5];
};

static void note_moments(void *context, const struct observation *o)
{
    struct moments *moments = context;
    uint32_t i = o->entity - moments->world->first_device;
    sim_ns *slot = o->a == FW_TRACE_SESSION_OPENED    ? &moments->opened_ns[i]
                   : o->a == FW_TRACE_FRAGMENT_STORED ? &moments->first_ns[i]
                   : o->a == FW_TRACE_FRAG_COMPLETE   ? &moments->complete_ns[i]
                                                      : NULL;
    if (slot != NULL && *slot == 0) {
        *slot = o->at_ns;
    }
}

/* A receiver at 125 kHz with LnaBoostHf, MCU in stop mode, NOR in power-down: 3.3 V x (11.5 mA +
 * 0.9 uA + 1 uA), spec-sx127x section 13, spec-physics section 8. */
#define CLASS_C_W (3.3 * (11.5e-3 + 0.9e-6 + 1e-6))

Test(records, listening_and_bulk_are_the_receivers_current_times_time)
{
    struct moments moments = { 0 };
    struct trial *trial = trial_create(calm, NULL, 0);
    moments.world = trial->world;
    engine_observer_add(
            trial->world->engine, OBSERVE_BIT(OBSERVE_FIRMWARE), note_moments, &moments);
    trial_play(trial);
    for (uint32_t i = 0; i < 5; i++) {
        struct phase_energy energy;
        energy_phases_device(trial->recorders, i, &energy);
        double listening_j = CLASS_C_W * (double)(moments.first_ns[i] - moments.opened_ns[i]) / 1e9;
        double bulk_j = CLASS_C_W * (double)(moments.complete_ns[i] - moments.first_ns[i]) / 1e9;
        cr_assert_gt(listening_j, 0.0);
        cr_assert_gt(bulk_j, 1.0);
        cr_expect_float_eq(energy.joule[ENERGY_PHASE_LISTENING] / listening_j, 1.0, 0.01,
                "device %u: %g J, %g J", i, energy.joule[ENERGY_PHASE_LISTENING], listening_j);
        /* Programs of the NOR and the firmware's work add some tenths of a percent. */
        double ratio = energy.joule[ENERGY_PHASE_BULK] / bulk_j;
        cr_expect(ratio > 0.999 && ratio < 1.01, "device %u: %g", i, ratio);
        cr_expect_float_eq(energy.joule[ENERGY_PHASE_CORRECTION], 0.0, 1e-12, "nothing was lost");
        /* 64 pages of 128 B erased, 128 half pages programmed, 3.2 ms each at 3.5 mA; twice, for
         * the old image is kept, and digests: spec-physics section 8. */
        double install_j = energy.joule[ENERGY_PHASE_INSTALL];
        cr_expect(install_j > 3.3 * 3.5e-3 * 192 * 3.2e-3 && install_j < 0.05, "%g J", install_j);
    }
    trial_destroy(trial);
}

Test(records, phases_add_up_and_what_did_not_happen_costs_nothing)
{
    struct trial *trial = trial_create(busy, NULL, 0);
    trial_play(trial);
    double sum_j = 0.0;
    for (int phase = 0; phase < ENERGY_PHASE_COUNT; phase++) {
        char path[64];
        snprintf(path, sizeof path, "energy_j.by_phase.%s",
                energy_phase_name((enum energy_phase)phase));
        double joule = trial_value(trial, path);
        bool update = phase >= ENERGY_PHASE_LISTENING;
        cr_expect(update ? joule == 0.0 : joule >= 0.0, "%s: %g J", path, joule);
        sum_j += joule;
    }
    double mean_j = trial_value(trial, "energy_j.mean");
    cr_expect_float_eq(sum_j, mean_j, 1e-9 * mean_j);
    trial_destroy(trial);
}

/* What a report costs, by its own difference: a fleet that reports twice as often. */
Test(records, reports_cost_in_proportion_to_their_number)
{
    static const char *const often[] = { "devices.d.data_rate=DR3",
        "devices.d.report.period=2 min" };
    static const char *const rarely[] = { "devices.d.data_rate=DR3",
        "devices.d.report.period=8 min" };
    double per_frame_j[2];
    for (int i = 0; i < 2; i++) {
        struct trial *trial = trial_create(busy, i == 0 ? often : rarely, 2);
        trial_play(trial);
        per_frame_j[i] = 60.0 * trial_value(trial, "energy_j.by_phase.report")
                         / trial_value(trial, "uplinks.sent");
        trial_destroy(trial);
    }
    cr_expect_float_eq(per_frame_j[0] / per_frame_j[1], 1.0, 0.05, "%g J, %g J", per_frame_j[0],
            per_frame_j[1]);
}

/* --- uplinks ---------------------------------------------------------------------------------- */

#define FRAMES_MAX 20000u

/* The same by another way: every uplink kept, looked up by its number. */
struct uplink_log {
    const struct world *world;
    uint32_t count;
    struct {
        uint64_t id;
        bool data, received, ended;
    } frames[FRAMES_MAX];
};

static void keep(void *context, const struct observation *o)
{
    struct uplink_log *uplinks = context;
    const struct frame *frame = o->data;
    if (o->kind == OBSERVE_FRAME_STARTED) {
        if (!frame->downlink) {
            cr_assert_lt(uplinks->count, FRAMES_MAX);
            unsigned type = frame->bytes[0] >> 5;
            uplinks->frames[uplinks->count].id = frame->id;
            uplinks->frames[uplinks->count++].data = type == 2 || type == 4;
        }
        return;
    }
    for (uint32_t i = uplinks->count; i-- > 0;) {
        if (uplinks->frames[i].id == (uint64_t)o->a) {
            uplinks->frames[i].received |= o->kind == OBSERVE_GATEWAY_RECEIVED;
            uplinks->frames[i].ended |= o->kind == OBSERVE_FRAME_ENDED;
            return;
        }
    }
}

Test(records, uplinks_are_those_of_a_second_count)
{
    struct uplink_log *uplinks = calloc(1, sizeof *uplinks);
    static const char *const slow[] = { "devices.d.data_rate=DR2" };
    struct trial *trial = trial_create(busy, slow, 1);
    uplinks->world = trial->world;
    engine_observer_add(trial->world->engine,
            OBSERVE_BIT(OBSERVE_FRAME_STARTED) | OBSERVE_BIT(OBSERVE_FRAME_ENDED)
                    | OBSERVE_BIT(OBSERVE_GATEWAY_RECEIVED),
            keep, uplinks);
    trial_play(trial);
    uint32_t sent = 0, received = 0;
    for (uint32_t i = 0; i < uplinks->count; i++) {
        sent += uplinks->frames[i].data && uplinks->frames[i].ended;
        received += uplinks->frames[i].data && uplinks->frames[i].received;
    }
    cr_expect_gt(sent, 500u);
    cr_expect_lt(received, sent, "a busy city loses some");
    cr_expect_float_eq(trial_value(trial, "uplinks.sent"), sent, 0.0);
    cr_expect_float_eq(trial_value(trial, "uplinks.received"), received, 0.0);
    cr_expect_float_eq(trial_value(trial, "uplinks.pdr"), (double)received / sent, 1e-12);
    cr_expect_gt(trial_value(trial, "uplinks.by_cause.interference"), 0.0);
    trial_destroy(trial);
    free(uplinks);
}

Test(records, uplinks_that_no_gateway_notices_are_below_sensitivity)
{
    static const char *const far[] = { "devices.d.state=commissioned", "devices.d.data_rate=DR5",
        "devices.d.layout=ring", "area.radius=20 km", "gateways.radius=10 m",
        "propagation.shadowing.sigma=0 dB", "propagation.fading=none" };
    struct trial *trial = trial_create(busy, far, sizeof far / sizeof far[0]);
    trial_play(trial);
    double sent = trial_value(trial, "uplinks.sent");
    cr_expect_gt(sent, 500.0);
    cr_expect_float_eq(trial_value(trial, "uplinks.received"), 0.0, 0.0);
    cr_expect_float_eq(trial_value(trial, "uplinks.by_cause.below_sensitivity"), sent, 0.0);
    cr_expect_float_eq(trial_value(trial, "uplinks.by_data_rate.DR5.sent"), sent, 0.0);
    trial_destroy(trial);
}

/* --- set-up ----------------------------------------------------------------------------------- */

Test(records, steps_of_the_set_up_add_up_to_its_time)
{
    static const char *const steps[] = { "contact", "clock_sync", "multicast_setup",
        "fragmentation_setup" };
    struct trial *trial = trial_create(calm, NULL, 0);
    trial_play(trial);
    double sum_s = 0.0;
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        char path[80];
        snprintf(path, sizeof path, "setup_time_s.by_step.%s.mean", steps[i]);
        double value = trial_value(trial, path);
        cr_expect_geq(value, 0.0, "%s", path);
        sum_s += value;
    }
    double mean_s = trial_value(trial, "setup_time_s.mean");
    cr_expect_float_eq(sum_s, mean_s, 1e-9 * mean_s);
    trial_destroy(trial);
}

/* A guard of ten minutes opens sessions while answers are still being lost. */
Test(records, sessions_that_open_before_the_last_answer_waited_0_s)
{
    static const char *const early[] = { "campaign.set_up.window=20 min", "devices.d.count=30",
        "devices.d.guard.fixed=10 min", "gateways.backhaul.loss=30 %",
        "devices.d.report.period=2 min" };
    struct trial *trial = trial_create(calm, early, sizeof early / sizeof early[0]);
    trial_play(trial);
    unsigned opened_first = 0;
    for (uint32_t i = 0; i < 30; i++) {
        struct set_up_times times;
        struct campaign_device d;
        campaign_device_get(world_first_campaign(trial->world), i, &d);
        if (!set_up_times(trial->recorders, 0, i, &times)
                || times.session_start_ns == SIM_NS_NEVER) {
            continue;
        }
        sim_ns opened_ns = clock_of(trial->recorders, i)->session_opened_ns;
        sim_ns waited_ns = opened_ns - d.ready_ns;
        opened_first += waited_ns < 0 ? 1u : 0u;
        cr_expect_eq(times.session_start_ns, waited_ns > 0 ? waited_ns : 0, "device %u", i);
    }
    cr_expect_gt(opened_first, 0);
    trial_destroy(trial);
}

/* --- audits ----------------------------------------------------------------------------------- */

static void expect_failure(struct trial *trial, const char *words)
{
    const char *failure = trial_failure(trial);
    cr_assert_not_null(failure, "a number was changed: %s", words);
    cr_expect_not_null(strstr(failure, words), "'%s' does not name %s", failure, words);
    trial_destroy(trial);
}

Test(records, a_fragment_that_the_firmware_does_not_know_of_fails_the_run)
{
    struct trial *trial = trial_create(calm, NULL, 0);
    trial_play(trial);
    struct device_fragments *counted =
            (struct device_fragments *)(uintptr_t)fragment_counts_of(trial->recorders, 0, 3);
    counted->uncoded_received--;
    expect_failure(trial, "by their causes");
}

Test(records, a_device_that_breaks_its_duty_cycle_fails_the_run)
{
    struct trial *trial = trial_create(calm, NULL, 0);
    struct world *world = trial->world;
    static const uint8_t bytes[51] = { 0x40 };
    struct lora_modulation slow = {
        .frequency_hz = 868100000u,
        .bandwidth_hz = 125000u,
        .spreading_factor = 12,
        .coding_rate = 1,
        .preamble_symbols = 8,
        .sync_word = 0x34,
        .low_data_rate = true,
        .payload_crc = true,
    };
    /* 2.465792 s each, one a minute: the 15th is the first beyond 36 s. */
    for (int i = 0; i < 20; i++) {
        trial_go(trial, engine_now(world->engine) + 60 * SIM_NS_PER_S);
        medium_transmit_device(
                world->medium, 0, engine_now(world->engine), &slow, 14000, bytes, sizeof bytes);
    }
    trial_go(trial, engine_now(world->engine) + 60 * SIM_NS_PER_S);
    expect_failure(trial, "first device 0 at 902.466 s");
}
