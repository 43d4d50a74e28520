/* Energy: integration by hand, and the check values of the specification.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>

#include "board/energy.h"
#include "board/node.h"

static const struct energy_params *const params = &board_stm32l072_sx1276.energy;

static double relative(double value, double expected)
{
    return value / expected - 1.0;
}

static struct energy_account read_ahead_at(
        const struct energy_meter *meter, sim_ns now_ns, const struct energy_ahead *ahead)
{
    struct energy_states states;
    struct energy_account account;
    energy_meter_read(meter, params, 0, now_ns, ahead, &states);
    energy_account_of(&states, &account);
    return account;
}

static struct energy_account read_at(const struct energy_meter *meter, sim_ns now_ns)
{
    struct energy_ahead none = { 0 };
    return read_ahead_at(meter, now_ns, &none);
}

/* What the firmware uses: 125 kHz with LnaBoostHf. */
static const struct energy_radio narrow = { .bandwidth_hz = 125000, .lna_boost = true };

Test(energy, an_hour_of_class_c_is_136_6_joule)
{
    /* spec-physics section 8: 11.5 mA at 3.3 V */
    struct energy_meter meter;
    energy_meter_init(&meter, params, 0);
    energy_meter_radio(&meter, params, 0, SX1276_POWER_RX, &narrow);
    struct energy_account account = read_at(&meter, 3600 * SIM_NS_PER_S);
    cr_assert_float_eq(account.joule[ENERGY_RADIO_RX], 136.62, 0.01);
}

Test(energy, a_64_byte_uplink_at_sf12_and_14_dbm_is_406_millijoule)
{
    struct energy_meter meter;
    energy_meter_init(&meter, params, 0);
    energy_meter_tx_power(&meter, params, 0, 14000);
    energy_meter_radio(&meter, params, SIM_NS_PER_S, SX1276_POWER_TX, &narrow);
    /* 2793.472 ms: 64 bytes, SF12, CR 4/5, LDRO */
    energy_meter_radio(&meter, params, SIM_NS_PER_S + 2793472000, SX1276_POWER_STANDBY, &narrow);
    struct energy_account account = read_at(&meter, 10 * SIM_NS_PER_S);
    cr_assert_float_eq(account.joule[ENERGY_RADIO_TX], 0.4056, 0.0005);
}

Test(energy, transmit_current_follows_the_power_and_saturates)
{
    struct energy_meter meter;
    energy_meter_init(&meter, params, 0);
    energy_meter_tx_power(&meter, params, 0, 20000);
    cr_assert_float_eq(params->radio_tx_ua[meter.tx_level], 125000, 1e-9);
    energy_meter_tx_power(&meter, params, 0, 7400);
    cr_assert_float_eq(params->radio_tx_ua[meter.tx_level], 25000, 1e-9);
    energy_meter_tx_power(&meter, params, 0, -9000);
    cr_assert_float_eq(params->radio_tx_ua[meter.tx_level], 22000, 1e-9);
    energy_meter_tx_power(&meter, params, 0, 33000);
    cr_assert_float_eq(params->radio_tx_ua[meter.tx_level], 125000, 1e-9);
}

Test(energy, a_day_by_hand_agrees_within_a_thousandth)
{
    struct energy_meter meter;
    const sim_ns s = SIM_NS_PER_S;
    energy_meter_init(&meter, params, 0);
    energy_meter_radio(&meter, params, 2 * s, SX1276_POWER_SLEEP, &narrow); /* 2 s standby */
    energy_meter_radio(&meter, params, 3600 * s, SX1276_POWER_FS, &narrow); /* 3598 s sleep */
    energy_meter_tx_power(&meter, params, 3600 * s, 14000);
    energy_meter_radio(&meter, params, 3601 * s, SX1276_POWER_TX, &narrow); /* 1 s FS */
    energy_meter_radio(&meter, params, 3603 * s, SX1276_POWER_RX, &narrow); /* 2 s TX */
    energy_meter_radio(
            &meter, params, 3613 * s, SX1276_POWER_SLEEP, &narrow); /* 10 s RX, then sleep */
    meter.mcu_run_ns = 20 * s;
    meter.nor_program_ns = 3 * s;
    meter.nor_erase_ns = 4 * s;
    meter.nor_read_ns = 1 * s;
    meter.internal_program_ns = 3 * s;
    meter.internal_erase_ns = 2 * s;
    struct energy_account account = read_at(&meter, 86400 * s);
    double idle_j = 3.3 * (2 * 1.6e-3 + 1 * 5.8e-3 + (3598.0 + 82787.0) * 0.2e-6);
    double tx_j = 3.3 * 2 * 44e-3;
    double rx_j = 3.3 * 10 * 11.5e-3;
    double run_j = 3.3 * 20 * 3e-3;
    double sleep_j = 3.3 * 86380.0 * 0.9e-6;
    double flash_j = 3.3 * (86392.0 * 10e-6 + 7 * 20e-3 + 1 * 4e-3 + 5 * 0.5e-3);
    cr_assert_float_eq(relative(account.joule[ENERGY_RADIO_IDLE], idle_j), 0, 1e-3);
    cr_assert_float_eq(relative(account.joule[ENERGY_RADIO_TX], tx_j), 0, 1e-3);
    cr_assert_float_eq(relative(account.joule[ENERGY_RADIO_RX], rx_j), 0, 1e-3);
    cr_assert_float_eq(relative(account.joule[ENERGY_MCU_RUN], run_j), 0, 1e-3);
    cr_assert_float_eq(relative(account.joule[ENERGY_MCU_SLEEP], sleep_j), 0, 1e-3);
    cr_assert_float_eq(relative(account.joule[ENERGY_FLASH], flash_j), 0, 1e-3);
    double total_j = idle_j + tx_j + rx_j + run_j + sleep_j + flash_j;
    cr_assert_float_eq(relative(energy_total_j(&account), total_j), 0, 1e-3);
}

Test(energy, what_is_booked_ahead_does_not_count_yet)
{
    struct energy_meter meter;
    energy_meter_init(&meter, params, 0);
    meter.nor_erase_ns = 45 * SIM_NS_PER_MS;
    struct energy_ahead ahead = { .nor_erase_ns = 44 * SIM_NS_PER_MS };
    struct energy_account account = read_ahead_at(&meter, SIM_NS_PER_MS, &ahead);
    cr_assert_float_eq(account.joule[ENERGY_FLASH], 3.3 * 20e-3 * 1e-3, 1e-12);
}
