/* Energy by phase against readings of the meter at moments that the air shows.
 * SPDX-License-Identifier: MIT
 *
 * Method: one quiet device beside its gateway. The observer of this test reads the node's meter
 * when the radio has received a set-up command (a downlink on port 200 or 201, LoRaWAN FPort in
 * clear) and when an answer starts on the air. Nothing is read from the firmware's trace.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "board/node.h"
#include "record/energy_phases.h"
#include "support/data_frame.h"
#include "support/trial.h"

static const char quiet[] =
        "name: quiet\n"
        "duration: 3 h\n"
        "area: {radius: 300 m}\n"
        "propagation: {shadowing: {sigma: 0 dB}, fading: none}\n"
        "gateways: {count: 1}\n"
        "devices: [{name: d, count: 1, state: commissioned, boot: {spread: 0 s}, "
        "report: {period: 30 min}, data_rate: DR5}]\n"
        "firmware: {image: generated, size: 8 KiB}\n"
        "campaign: {start: 20 min, set_up: {window: 100 min}, "
        "confirm_timeout: 1 h}\n";

struct meter {
    const struct world *world;
    double first_command_j, last_answer_j; /* 0: not yet */
    const struct recorder_set *recorders;
    double set_up_j; /* as recorded when the last answer started */
};

static void watch(void *context, const struct observation *o)
{
    struct meter *meter = context;
    const struct frame *frame = o->data;
    bool session = campaign_phase(world_first_campaign(meter->world)) > CAMPAIGN_PHASE_WAIT_SESSION;
    int port = data_frame_fport(frame);
    if (session || (port != 200 && port != 201)) {
        return;
    }
    double now_j = node_energy_total_j(meter->world->nodes, 0, o->at_ns);
    if (o->kind == OBSERVE_FRAME_RECEIVED && meter->first_command_j == 0.0) {
        meter->first_command_j = now_j;
    } else if (o->kind == OBSERVE_FRAME_STARTED && !frame->downlink) {
        struct phase_energy energy;
        energy_phases_device(meter->recorders, 0, &energy);
        meter->last_answer_j = now_j;
        meter->set_up_j = energy.joule[ENERGY_PHASE_SET_UP];
    }
}

/* The set-up is one chain of exchanges: all that the device draws from the first command to its
 * last answer is set-up, and the last exchange: at most 0.2 s at 44 mA and two windows of 0.2 s
 * at 11.5 mA from 3.3 V (spec-sx127x section 13). */
Test(energy_phases, set_up_is_all_from_the_first_command_to_the_end_of_the_last_answer)
{
    struct meter meter = { 0 };
    struct phase_energy energy;
    struct trial *trial = trial_create(quiet, NULL, 0);
    meter.world = trial->world;
    meter.recorders = trial->recorders;
    engine_observer_add(trial->world->engine,
            OBSERVE_BIT(OBSERVE_FRAME_STARTED) | OBSERVE_BIT(OBSERVE_FRAME_RECEIVED), watch,
            &meter);
    trial_go(trial, 115 * 60 * SIM_NS_PER_S);
    energy_phases_device(trial->recorders, 0, &energy);
    double chain_j = meter.last_answer_j - meter.first_command_j;
    double set_up_j = energy.joule[ENERGY_PHASE_SET_UP];
    printf("# set-up %.3f mJ, to the last answer %.3f mJ\n", set_up_j * 1e3, chain_j * 1e3);
    cr_assert_gt(chain_j, 1e-3);
    /* The windows of the first command end within 20 ms; a reading leads by 1 ms at most. */
    cr_expect_float_eq(meter.set_up_j, chain_j, 3.3 * (20e-3 * 14.5e-3 + 1e-3 * 44e-3));
    cr_expect_leq(set_up_j, chain_j + 3.3 * (0.2 * 44e-3 + 2 * 0.2 * 11.5e-3));
    trial_destroy(trial);
}

/* docs/summary.md: update_cost_percent is what the phases from set_up on cost; life is what join
 * apart the others do. */
Test(energy_phases, an_update_is_its_phases_from_the_set_up_on)
{
    struct phase_energy energy;
    struct trial *trial = trial_create(quiet, NULL, 0);
    trial_play(trial);
    energy_phases_device(trial->recorders, 0, &energy);
    double update_j = 0.0, steady_j = 0.0;
    for (int phase = ENERGY_PHASE_SET_UP; phase < ENERGY_PHASE_COUNT; phase++) {
        update_j += energy.joule[phase];
    }
    steady_j += energy.joule[ENERGY_PHASE_IDLE] + energy.joule[ENERGY_PHASE_REPORT]
                + energy.joule[ENERGY_PHASE_CLOCK_SYNC];
    cr_expect_gt(energy.joule[ENERGY_PHASE_SET_UP], 1e-3);
    cr_expect_float_eq(energy.update_j, update_j, 1e-9 * update_j);
    cr_expect_float_eq(energy.steady_j, steady_j, 1e-9 * steady_j);
    trial_destroy(trial);
}

/* Device 0 of a fleet starts commissioned: it draws nothing for a join, from its first moment on.
 */
Test(energy_phases, a_commissioned_device_spends_nothing_on_a_join)
{
    struct phase_energy energy;
    struct trial *trial = trial_create(quiet, NULL, 0);
    trial_play(trial);
    energy_phases_device(trial->recorders, 0, &energy);
    cr_expect_eq(energy.joule[ENERGY_PHASE_JOIN], 0.0);
    cr_expect_gt(energy.joule[ENERGY_PHASE_INSTALL], 1e-3, "it was updated");
    trial_destroy(trial);
}
