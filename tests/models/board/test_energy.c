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
    cr_assert_eq(energy_meter_total_j(meter, params, 0, now_ns, ahead), energy_total_j(&account),
            "the short way to the total, to the bit");
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
    meter.nor_standby_ns = 2 * s;
    meter.internal_program_ns = 3 * s;
    meter.internal_erase_ns = 2 * s;
    struct energy_account account = read_at(&meter, 86400 * s);
    double idle_j = 3.3 * (2 * 1.6e-3 + 1 * 5.8e-3 + (3598.0 + 82787.0) * 0.2e-6);
    double tx_j = 3.3 * 2 * 44e-3;
    double rx_j = 3.3 * 10 * 11.5e-3;
    double run_j = 3.3 * 20 * 3e-3;
    double sleep_j = 3.3 * 86380.0 * 0.9e-6;
    double flash_j = 3.3 * (86390.0 * 1e-6 + 2 * 10e-6 + 7 * 20e-3 + 1 * 4e-3 + 5 * 0.5e-3);
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

static struct energy_states states_at(const struct energy_meter *meter, sim_ns now_ns)
{
    struct energy_ahead none = { 0 };
    struct energy_states states;
    energy_meter_read(meter, params, 0, now_ns, &none, &states);
    return states;
}

Test(energy, a_window_of_8_symbols_at_sf12_is_9_95_millijoule)
{
    /* spec-physics section 8: 8 x 32.768 ms at 11.5 mA and 3.3 V */
    struct energy_meter meter;
    energy_meter_init(&meter, params, 0);
    energy_meter_radio(&meter, params, SIM_NS_PER_S, SX1276_POWER_RX, &narrow);
    energy_meter_radio(&meter, params, SIM_NS_PER_S + 8 * 32768000, SX1276_POWER_SLEEP, &narrow);
    struct energy_states states = states_at(&meter, 2 * SIM_NS_PER_S);
    cr_assert_float_eq(states.joule[ENERGY_STATE_RADIO_RX], 9.95e-3, 0.005e-3);
}

Test(energy, receive_current_follows_bandwidth_and_boost)
{
    /* spec-sx127x section 13: band 1, boost off 10.3 / 11.1 / 12.6 mA; CAD 6 / 6.8 / 8.3 mA */
    static const struct {
        uint32_t bandwidth_hz;
        double off_ma, boost_ma, cad_ma;
    } rows[] = { { 125000, 10.3, 11.5, 6.0 }, { 250000, 11.1, 12.3, 6.8 },
        { 500000, 12.6, 13.8, 8.3 }, { 62500, 10.3, 11.5, 6.0 } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct energy_radio radio = { .bandwidth_hz = rows[i].bandwidth_hz };
        struct energy_meter meter;
        energy_meter_init(&meter, params, 0);
        energy_meter_radio(&meter, params, 0, SX1276_POWER_RX, &radio);
        cr_assert_float_eq(meter.radio_ua, rows[i].off_ma * 1e3, 1e-9);
        radio.lna_boost = true;
        energy_meter_radio(&meter, params, 0, SX1276_POWER_RX, &radio);
        cr_assert_float_eq(meter.radio_ua, rows[i].boost_ma * 1e3, 1e-9);
        energy_meter_radio(&meter, params, 0, SX1276_POWER_CAD, &radio);
        cr_assert_float_eq(meter.radio_ua, rows[i].cad_ma * 1e3, 1e-9);
    }
}

static void send(struct energy_meter *meter, sim_ns at_ns, int32_t power_mdbm, sim_ns duration_ns)
{
    energy_meter_tx_power(meter, params, at_ns, power_mdbm);
    energy_meter_radio(meter, params, at_ns, SX1276_POWER_TX, NULL);
    energy_meter_radio(meter, params, at_ns + duration_ns, SX1276_POWER_STANDBY, NULL);
}

Test(energy, of_sending_is_told_by_power_level)
{
    struct energy_meter meter;
    const sim_ns s = SIM_NS_PER_S;
    energy_meter_init(&meter, params, 0);
    send(&meter, 10 * s, 14000, 2 * s);
    send(&meter, 20 * s, 2000, 3 * s);
    send(&meter, 30 * s, 14000, 1 * s);
    struct energy_states states = states_at(&meter, 100 * s);
    cr_assert_eq(states.tx_count, 2, "the level set at power on was never sent with");
    cr_assert_eq(states.tx[0].dbm, 14);
    cr_assert_float_eq(states.tx[0].joule, 3.3 * 44e-3 * 3, 1e-12);
    cr_assert_eq(states.tx[1].dbm, 2);
    cr_assert_float_eq(states.tx[1].joule, 3.3 * 24e-3 * 3, 1e-12);
}

Test(energy, a_ninth_power_level_joins_the_nearest_and_loses_nothing)
{
    struct energy_meter meter;
    const sim_ns s = SIM_NS_PER_S;
    energy_meter_init(&meter, params, 0);
    double sum_j = 0;
    for (int dbm = 0; dbm <= 20; dbm += 2) { /* eleven levels */
        send(&meter, (10 + dbm) * s, dbm * 1000, s);
        sum_j += 3.3 * params->radio_tx_ua[dbm - ENERGY_TX_DBM_MIN] * 1e-6;
    }
    struct energy_states states = states_at(&meter, 100 * s);
    cr_assert_eq(states.tx_count, ENERGY_TX_SLOTS);
    double levels_j = 0;
    for (uint32_t i = 0; i < states.tx_count; i++) {
        cr_assert_eq(states.tx[i].dbm, 2 * (int)i);
        levels_j += states.tx[i].joule;
    }
    cr_assert_float_eq(states.joule[ENERGY_STATE_RADIO_TX], sum_j, 1e-9);
    cr_assert_float_eq(levels_j, sum_j, 1e-9);
    cr_assert_float_eq(states.tx[7].joule, 3.3 * 1e-3 * (44 + 85 + 105 + 125), 1e-9);
}

Test(energy, a_component_is_the_sum_of_its_states)
{
    struct energy_meter meter;
    const sim_ns s = SIM_NS_PER_S;
    energy_meter_init(&meter, params, 0);
    for (int power = 0; power < SX1276_POWER_COUNT; power++) {
        energy_meter_radio(&meter, params, (1 + power) * s, (enum sx1276_power)power, &narrow);
    }
    meter.mcu_run_ns = 2 * s;
    meter.nor_program_ns = 3 * s;
    meter.nor_erase_ns = 4 * s;
    meter.nor_read_ns = 5 * s;
    meter.nor_standby_ns = 8 * s;
    meter.internal_program_ns = 6 * s;
    meter.internal_erase_ns = 7 * s;
    struct energy_states states = states_at(&meter, 100 * s);
    struct energy_account account;
    energy_account_of(&states, &account);
    double sums[ENERGY_COMPONENT_COUNT] = { 0 };
    double total_j = 0;
    for (int i = 0; i < ENERGY_STATE_COUNT; i++) {
        cr_assert_gt(states.joule[i], 0.0, "%s", energy_state_names[i]);
        sums[energy_state_component((enum energy_state)i)] += states.joule[i];
        total_j += states.joule[i];
    }
    for (int c = 0; c < ENERGY_COMPONENT_COUNT; c++) {
        cr_assert_eq(account.joule[c], sums[c]);
    }
    cr_assert_float_eq(energy_total_j(&account), total_j, 1e-12 * total_j);
    double idle_j = states.joule[ENERGY_STATE_RADIO_RESET] + states.joule[ENERGY_STATE_RADIO_SLEEP]
                    + states.joule[ENERGY_STATE_RADIO_STANDBY]
                    + states.joule[ENERGY_STATE_RADIO_FS];
    cr_assert_float_eq(account.joule[ENERGY_RADIO_IDLE], idle_j, 1e-12);
}

Test(energy, the_short_way_to_the_total_is_exact_in_every_radio_state)
{
    struct energy_meter meter;
    sim_ns at_ns = 0;
    energy_meter_init(&meter, params, 0);
    for (int round = 0; round < 20; round++) {
        for (int power = 0; power < SX1276_POWER_COUNT; power++) {
            at_ns += 1234567 + 7919 * (sim_ns)round * power;
            energy_meter_tx_power(&meter, params, at_ns, 1000 * (round % 15));
            energy_meter_radio(&meter, params, at_ns, (enum sx1276_power)power, &narrow);
            meter.mcu_run_ns += 12345;
            meter.nor_read_ns += 321 * power;
            meter.nor_standby_ns += 45 * power;
            meter.internal_erase_ns += 17;
            read_at(&meter, at_ns + 54321);
        }
    }
    cr_assert_eq(
            energy_meter_total_j(&meter, params, at_ns, at_ns, &(struct energy_ahead){ 0 }), 0);
}
