/* Power of a node, taken for a time: what it costs, what is lost, what stays.
 * SPDX-License-Identifier: MIT
 *
 * Goal: without power there is no current; RAM, keys, alarm, radio and the count of the RTC are
 * lost; flash and the error of the crystal stay.
 * Right values: by hand from times and currents. Continuous reception draws 10.3 mA at 3.3 V
 * without the LNA boost (SX1276 datasheet table 10).
 */
#include <criterion/criterion.h>
#include <string.h>

#include "rig.h"

TestSuite(node_power, .init = rig_open, .fini = rig_close);

#define CUT_NS           (10 * SIM_NS_PER_S)
#define GAP_NS           (20 * SIM_NS_PER_S)
#define BACK_NS          (CUT_NS + GAP_NS)
#define RTC_HZ           32768u
#define CHIP_READY_TICKS 400u /* 12 ms: SPI is legal 10 ms after power on */

static enum hal_reset_cause causes[4];
static unsigned cause_count, alarms, frames;
static int key_result;
static uint8_t registers[2]; /* RegOpMode, RegFrfMsb once the chip is ready */

static void note_boot(const struct hal *hal, enum hal_reset_cause cause)
{
    uint8_t block[16] = { 0 };
    key_result = hal_aes_block(hal, 3, block, block);
    causes[cause_count++ % 4] = cause;
    hal_alarm_set(hal, CHIP_READY_TICKS);
}

static void on_irq(const struct hal *hal, enum fw_irq source, uint64_t edge_ticks)
{
    if (source == FW_IRQ_DIO0) {
        frames++;
    } else if (source == FW_IRQ_ALARM && edge_ticks > CHIP_READY_TICKS) {
        alarms++;
    } else if (source == FW_IRQ_ALARM) {
        registers[0] = rig_read(hal, 0x01);
        registers[1] = rig_read(hal, 0x06);
        if (cause_count == 1) {
            const uint8_t key[16] = { 1 };
            hal_key_load(hal, 3, key);
            hal_alarm_set(hal, 15 * RTC_HZ);
            rig_lora_standby(hal);
            rig_receive_continuous(hal);
        }
    }
}

/* Listens until its power goes at 10 s; it is back at 30 s. */
static void start_and_cut(void)
{
    cause_count = alarms = frames = 0;
    rig_script.boot = note_boot;
    rig_script.irq = on_irq;
    rig_start(1);
    rig_run_to(CUT_NS);
    node_fleet_cut_power(rig.fleet, 0, CUT_NS, GAP_NS);
}

static double joule_at(sim_ns at_ns)
{
    rig_run_to(at_ns);
    struct energy_account account;
    node_energy(rig.fleet, 0, at_ns, &account);
    cr_assert_float_eq(energy_total_j(&account), node_energy_total_j(rig.fleet, 0, at_ns), 1e-12);
    return energy_total_j(&account);
}

Test(node_power, costs_no_energy_while_it_is_off)
{
    start_and_cut();
    double before_j = joule_at(CUT_NS);
    cr_expect_float_eq(before_j, 10 * 10.3e-3 * 3.3, 0.003, "%g J", before_j);
    cr_expect_eq(joule_at(CUT_NS + 1), before_j);
    cr_expect_eq(joule_at(BACK_NS - 1), before_j);
    double back_j = joule_at(BACK_NS + SIM_NS_PER_S);
    double idle_j = joule_at(BACK_NS + 2 * SIM_NS_PER_S) - back_j;
    cr_expect_gt(back_j, before_j);
    /* The chip stands by after power on (1.6 mA, table 10) and no longer receives. */
    cr_expect_float_eq(idle_j, 1.6e-3 * 3.3, 1e-4, "%g J in a second", idle_j);
}

/* The processor stops at 0.9 uA (STM32L072 datasheet: stop with RTC): for 10 s before the cut and
 * 10 s after it, and not for the 20 s between. */
Test(node_power, leaves_the_time_without_power_out_of_every_state)
{
    start_and_cut();
    rig_run_to(BACK_NS + 10 * SIM_NS_PER_S);
    struct energy_account account;
    node_energy(rig.fleet, 0, BACK_NS + 10 * SIM_NS_PER_S, &account);
    double sleep_j = account.joule[ENERGY_MCU_SLEEP];
    cr_expect_float_eq(sleep_j, 20 * 0.9e-6 * 3.3, 0.1e-6, "%g J", sleep_j);
}

static void note_radio(void *context, uint32_t index, sim_ns at_ns, enum sx1276_power power)
{
    enum sx1276_power *last = context;
    *last = index == 0 ? power : SX1276_POWER_COUNT;
}

/* RegOpMode: LoRa, RXCONTINUOUS; after power on: FSK, standby (SX1276 datasheet section 6.4). */
Test(node_power, shows_power_radio_and_registers_without_touching_them)
{
    enum sx1276_power told[NODE_RADIO_HOOKS_MAX] = { SX1276_POWER_COUNT, SX1276_POWER_COUNT };
    cause_count = alarms = frames = 0;
    rig_script.boot = note_boot;
    rig_script.irq = on_irq;
    rig_start(1);
    node_fleet_on_radio(rig.fleet, note_radio, &told[0]);
    node_fleet_on_radio(rig.fleet, note_radio, &told[1]);
    rig_run_to(CUT_NS);
    cr_expect(node_has_power(rig.fleet, 0));
    cr_expect_eq(node_radio_power(rig.fleet, 0), SX1276_POWER_RX);
    cr_expect_eq(node_radio_register(rig.fleet, 0, 0x01), 0x85);
    cr_expect(told[0] == SX1276_POWER_RX && told[1] == SX1276_POWER_RX, "both hooks are called");
    double before_j = node_energy_total_j(rig.fleet, 0, CUT_NS);
    node_fleet_cut_power(rig.fleet, 0, CUT_NS, GAP_NS);
    rig_run_to(BACK_NS - 1);
    cr_expect_not(node_has_power(rig.fleet, 0));
    cr_expect_eq(node_radio_power(rig.fleet, 0), SX1276_POWER_RESET);
    cr_expect_eq(told[1], SX1276_POWER_RESET);
    cr_expect_eq(node_energy_total_j(rig.fleet, 0, BACK_NS - 1), before_j);
    rig_run_to(BACK_NS + SIM_NS_PER_MS);
    cr_expect(node_has_power(rig.fleet, 0));
    cr_expect_eq(node_radio_power(rig.fleet, 0), SX1276_POWER_STANDBY);
    cr_expect_eq(node_radio_register(rig.fleet, 0, 0x01), 0x09);
}

Test(node_power, starts_the_clock_from_zero)
{
    start_and_cut();
    rig_run_to(BACK_NS + 40 * SIM_NS_PER_S);
    cr_expect_eq(node_rtc_ticks(rig.fleet, 0, BACK_NS), 0);
    cr_expect_eq(node_rtc_ticks(rig.fleet, 0, BACK_NS + 40 * SIM_NS_PER_S), 40 * RTC_HZ);
    cr_expect_eq(node_power_on_ns(rig.fleet, 0), BACK_NS);
}

Test(node_power, leaves_the_crystal_its_error)
{
    rig.crystal.tolerance_ppm = 100;
    start_and_cut();
    uint64_t before = node_rtc_ticks(rig.fleet, 0, CUT_NS);
    rig_run_to(BACK_NS + CUT_NS);
    cr_expect_neq(before, CUT_NS / SIM_NS_PER_S * RTC_HZ, "this crystal is off");
    cr_expect_eq(node_rtc_ticks(rig.fleet, 0, BACK_NS + CUT_NS), before);
}

Test(node_power, boots_from_power_on_with_all_that_is_volatile_gone)
{
    start_and_cut();
    rig_run_to(BACK_NS + SIM_NS_PER_MS - 1);
    cr_expect_eq(cause_count, 1, "1 ms of reset");
    rig_run_to(BACK_NS + 40 * SIM_NS_PER_S);
    cr_assert_eq(cause_count, 2);
    cr_expect_eq(causes[1], HAL_RESET_POWER_ON);
    cr_expect(rig.ram_was_poisoned);
    cr_expect_eq(key_result, HAL_ERR_KEY);
    cr_expect_eq(registers[0], 0x09, "RegOpMode as after power on: FSK, standby");
    cr_expect_eq(registers[1], 0x6C, "RegFrfMsb as after power on: 434 MHz");
    cr_expect_eq(alarms, 0, "the alarm at 15 s");
}

Test(node_power, hears_nothing_once_it_is_off)
{
    const uint8_t bytes[12] = { 0x60 };
    cause_count = alarms = frames = 0;
    rig_script.boot = note_boot;
    rig_script.irq = on_irq;
    rig_start(1);
    rig_frame_at(CUT_NS - SIM_NS_PER_S, bytes, sizeof bytes, false);
    rig_run_to(CUT_NS);
    cr_expect_eq(frames, 1);
    cr_assert(rig.heard[(rig.listenings - 1) % RIG_LOG_SIZE].on);
    node_fleet_cut_power(rig.fleet, 0, CUT_NS, GAP_NS);
    const struct rig_listening *last = &rig.heard[(rig.listenings - 1) % RIG_LOG_SIZE];
    cr_expect_not(last->on);
    cr_expect_eq(last->at_ns, CUT_NS);
}

Test(node_power, keeps_the_flash)
{
    start_and_cut();
    uint8_t before[64], after[64];
    node_flash_peek(rig.fleet, 0, HAL_FLASH_INTERNAL, 0, before, sizeof before);
    rig_run_to(BACK_NS + SIM_NS_PER_S);
    node_flash_peek(rig.fleet, 0, HAL_FLASH_INTERNAL, 0, after, sizeof after);
    cr_expect_arr_eq(after, before, sizeof before);
}

/* --- cuts that wait for the flash ------------------------------------------------------------- */

#define PROGRAM_BYTES 1024u
#define PROGRAM_AT    8192u

static void program_once(const struct hal *hal, enum hal_reset_cause cause)
{
    static uint8_t data[PROGRAM_BYTES];
    memset(data, 0x5A, sizeof data);
    if (cause_count++ == 0) {
        hal_flash_program(hal, HAL_FLASH_INTERNAL, PROGRAM_AT, data, sizeof data);
    }
    (void)cause;
}

/* Board files allow program pages of up to 4 KiB: longer than a page of the model. docs/models.md
 * says what a torn program leaves. */
Test(node_power, tears_a_long_program)
{
    uint8_t after[PROGRAM_BYTES];
    struct hal_flash_geometry *geometry = &rig.board.flash[HAL_FLASH_INTERNAL];
    geometry->erase_unit_bytes = 4096;
    geometry->program_page_bytes = 4096;
    cause_count = 0;
    rig_script.boot = program_once;
    rig_start(1);
    const struct node_power_cut cut = { .operation = 1, .torn = true, .duration_ns = GAP_NS };
    node_fleet_cut_at_flash(rig.fleet, 0, &cut);
    rig_run_to(BACK_NS);
    cr_assert_eq(cause_count, 2, "its power was cut");
    node_flash_peek(rig.fleet, 0, HAL_FLASH_INTERNAL, PROGRAM_AT, after, sizeof after);
    uint32_t whole = 0;
    while (whole < sizeof after && after[whole] == 0x5A) {
        whole++;
    }
    cr_assert_lt(whole, PROGRAM_BYTES);
    uint8_t erased = geometry->erased_value;
    cr_expect_eq((after[whole] ^ erased) & ~(0x5A ^ erased), 0, "bits of the data alone");
    for (uint32_t i = whole + 1; i < sizeof after; i++) {
        cr_assert_eq(after[i], erased, "byte %u", i);
    }
}

Test(node_power, cut_in_a_cut_has_no_effect)
{
    start_and_cut();
    rig_run_to(CUT_NS + SIM_NS_PER_S);
    node_fleet_cut_power(rig.fleet, 0, CUT_NS + SIM_NS_PER_S, 1000 * SIM_NS_PER_S);
    rig_run_to(BACK_NS + SIM_NS_PER_S);
    cr_expect_eq(cause_count, 2);
}
