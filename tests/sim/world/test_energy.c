/* Energy by closed forms: components add up, sleep is current x time, sending is airtime x current.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "air/frame.h"
#include "board/node.h"
#include "support/trial.h"

#define HOUR_NS (3600 * SIM_NS_PER_S)

/* No device sends anything after the first minutes: the first report follows the join, the clock is
 * synchronized again 36 h after (TS003 on the device's own schedule). */
static const char sleepers[] = "name: sleepers\n"
                               "duration: 30 h\n"
                               "area: {radius: 500 m}\n"
                               "propagation: {shadowing: {sigma: 0 dB}, fading: none}\n"
                               "gateways: {count: 1}\n"
                               "devices: [{name: d, count: 10, boot: {spread: 10 min}, "
                               "report: {period: 40 d, phase: boot}}]\n";

static const char campaign[] = "name: campaign\n"
                               "duration: 6 h\n"
                               "area: {radius: 1500 m}\n"
                               "gateways: {count: 2, radius: 400 m}\n"
                               "devices: [{name: d, count: 20, boot: {spread: 5 min}, "
                               "report: {period: 10 min}}]\n"
                               "firmware: {image: generated, size: 8 KiB}\n"
                               "campaign: {start: 30 min, set_up: {window: 1 h}, "
                               "correction: {timeout: 30 min}, confirm_timeout: 1 h}\n";

static double total_j(const struct world *world, uint32_t index)
{
    struct energy_account account;
    node_energy(world->nodes, index, engine_now(world->engine), &account);
    return energy_total_j(&account);
}

Test(energy, of_a_sleeping_device_is_current_times_time)
{
    /* STM32L0 stop with RTC 0.9 uA, SX1276 sleep 0.2 uA, SPI NOR power-down 1 uA, 3.3 V
     * (spec-physics section 8, spec-sx127x section 13): the board's own table says so too. */
    const struct energy_params *params = &board_stm32l072_sx1276.energy;
    double sleep_w = 3.3 * (0.9e-6 + 0.2e-6 + 1e-6);
    cr_expect_float_eq(params->supply_v
                               * (params->mcu_stop_ua + params->radio_ua[SX1276_POWER_SLEEP]
                                       + params->nor_power_down_ua)
                               * 1e-6,
            sleep_w, 1e-12);
    struct trial *trial = trial_create(sleepers, NULL, 0);
    struct world *world = trial->world;
    double before_j[10];
    uint8_t nwk_s_key[16], app_s_key[16];
    trial_go(trial, 2 * HOUR_NS);
    for (uint32_t i = 0; i < world->device_count; i++) {
        cr_assert(network_session_keys(world->network, i, nwk_s_key, app_s_key), "joined");
        before_j[i] = total_j(world, i);
    }
    trial_go(trial, 30 * HOUR_NS);
    cr_assert_null(trial_failure(trial));
    double expected_j = sleep_w * 28.0 * 3600.0;
    for (uint32_t i = 0; i < world->device_count; i++) {
        double slept_j = total_j(world, i) - before_j[i];
        cr_expect_float_eq(slept_j / expected_j, 1.0, 0.001, "device %u: %f J, expected %f J", i,
                slept_j, expected_j);
    }
    trial_destroy(trial);
}

Test(energy, of_components_adds_up_to_the_total)
{
    static const char *const keys[] = { "energy_j.by_component.radio_rx",
        "energy_j.by_component.radio_tx", "energy_j.by_component.radio_idle",
        "energy_j.by_component.mcu_run", "energy_j.by_component.mcu_sleep",
        "energy_j.by_component.flash" };
    struct trial *trial = trial_create(campaign, NULL, 0);
    struct world *world = trial->world;
    trial_play(trial);
    double sum_j = 0.0, largest_j = 0.0, fleet_j = 0.0;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        double component_j = trial_value(trial, keys[i]);
        cr_expect_gt(component_j, 0.0, "%s", keys[i]);
        sum_j += component_j;
    }
    for (uint32_t i = 0; i < world->device_count; i++) {
        struct energy_account account;
        node_energy(world->nodes, i, engine_now(world->engine), &account);
        double device_j = 0.0;
        for (size_t c = 0; c < ENERGY_COMPONENT_COUNT; c++) {
            cr_expect_geq(account.joule[c], 0.0);
            device_j += account.joule[c];
        }
        cr_expect_float_eq(device_j, total_j(world, i), 1e-12);
        largest_j = fmax(largest_j, device_j);
        fleet_j += device_j;
    }
    cr_expect_float_eq(trial_value(trial, "energy_j.mean"), sum_j, 1e-9 * sum_j);
    cr_expect_float_eq(fleet_j / world->device_count, sum_j, 1e-9 * sum_j);
    cr_expect_float_eq(trial_value(trial, "energy_j.max"), largest_j, 1e-12);
    trial_destroy(trial);
}

struct sent {
    const struct world *world;
    double joule[20];
};

/* Supply current of the SX1276 while it sends, 3.3 V: LoRaSim's table, which the board uses. */
static void add_uplink(void *context, const struct observation *observation)
{
    struct sent *sent = context;
    const struct frame *frame = observation->data;
    uint32_t index = observation->entity - sent->world->first_device;
    if (!frame->downlink) {
        int level = (int)lround(frame->power_mdbm / 1000.0) - ENERGY_TX_DBM_MIN;
        double ampere = board_stm32l072_sx1276.energy.radio_tx_ua[level] * 1e-6;
        sent->joule[index] += 3.3 * ampere * (double)(frame->end_ns - frame->start_ns) / 1e9;
    }
}

/* What a device spent on sending is the sum over its frames on the air. */
Test(energy, of_sending_is_airtime_times_current)
{
    struct trial *trial = trial_create(campaign, NULL, 0);
    struct world *world = trial->world;
    struct sent *sent = calloc(1, sizeof *sent);
    sent->world = world;
    engine_observer_add(world->engine, OBSERVE_BIT(OBSERVE_FRAME_ENDED), add_uplink, sent);
    trial_play(trial);
    for (uint32_t i = 0; i < world->device_count; i++) {
        struct energy_account account;
        node_energy(world->nodes, i, engine_now(world->engine), &account);
        cr_expect_float_eq(account.joule[ENERGY_RADIO_TX] / sent->joule[i], 1.0, 0.001,
                "device %u: %f J, expected %f J", i, account.joule[ENERGY_RADIO_TX],
                sent->joule[i]);
    }
    free(sent);
    trial_destroy(trial);
}
