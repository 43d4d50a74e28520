/* Flash operations: rules, times and currents as the firmware meets them.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <string.h>

#include "firmware/factory_record.h"
#include "rig.h"
#include "update/flash_map.h"

TestSuite(node_flash, .init = rig_open, .fini = rig_close);

#define NOR HAL_FLASH_EXTERNAL
#define MCU HAL_FLASH_INTERNAL

static sim_ns now_ns(const struct hal *hal)
{
    hal_trace(hal, 0, 0, 0);
    return rig.observed[(rig.observations - 1) % RIG_LOG_SIZE].at_ns;
}

static void run_once(bool (*run)(const struct hal *hal))
{
    rig_script.run = run;
    rig_start(1);
    rig_run_to(20 * SIM_NS_PER_S);
}

static bool look_at_geometry(const struct hal *hal)
{
    const struct hal_flash_geometry *mcu = hal_flash_geometry(hal, MCU);
    const struct hal_flash_geometry *nor = hal_flash_geometry(hal, NOR);
    cr_assert_eq(mcu->size_bytes, 192u * 1024);
    cr_assert_eq(mcu->erased_value, 0x00);
    cr_assert(mcu->stalls_cpu);
    cr_assert_eq(nor->size_bytes, 1024u * 1024);
    cr_assert_eq(nor->erased_value, 0xFF);
    cr_assert_not(nor->stalls_cpu);
    return false;
}

Test(node_flash, the_firmware_learns_the_geometry)
{
    run_once(look_at_geometry);
}

static bool break_rules(const struct hal *hal)
{
    uint8_t data[300] = { 0 };
    const uint32_t end = 1024u * 1024;
    cr_assert_eq(hal_flash_read(hal, NOR, end - 10, data, 11), HAL_ERR_RANGE);
    cr_assert_eq(hal_flash_read(hal, NOR, UINT32_MAX, data, 2), HAL_ERR_RANGE);
    cr_assert_eq(hal_flash_program(hal, NOR, 200, data, 100), HAL_ERR_RANGE, "across a page");
    cr_assert_eq(hal_flash_program(hal, MCU, 66, data, 4), HAL_ERR_ALIGN);
    cr_assert_eq(hal_flash_program(hal, MCU, 64, data, 6), HAL_ERR_ALIGN);
    cr_assert_eq(hal_flash_program(hal, MCU, 32, data, 64), HAL_ERR_RANGE);
    cr_assert_eq(hal_flash_erase(hal, MCU, 64, 128), HAL_ERR_ALIGN);
    cr_assert_eq(hal_flash_erase(hal, NOR, 4096, 100), HAL_ERR_ALIGN);
    cr_assert_eq(hal_flash_erase(hal, NOR, 4096, 8192), HAL_ERR_RANGE, "one unit a call");
    cr_assert_eq(hal_flash_erase(hal, NOR, end, 4096), HAL_ERR_RANGE);
    cr_assert_eq(hal_flash_read(hal, (enum hal_flash_region)7, 0, data, 1), HAL_ERR_RANGE);
    return false;
}

Test(node_flash, calls_outside_the_rules_are_refused)
{
    run_once(break_rules);
    cr_assert_eq(rig_stats().flash_violations, 0);
}

static bool write_internal(const struct hal *hal)
{
    uint8_t data[64], back[64];
    memset(data, 0x5A, sizeof data);
    sim_ns start_ns = now_ns(hal);
    cr_assert_eq(hal_flash_program(hal, MCU, FLASH_NVM_ADDRESS, data, 64), HAL_OK);
    sim_ns half_page_ns = now_ns(hal) - start_ns;
    cr_assert_eq(hal_flash_program(hal, MCU, FLASH_NVM_ADDRESS + 64, data, 8), HAL_OK);
    sim_ns words_ns = now_ns(hal) - start_ns - half_page_ns;
    cr_assert_eq(hal_flash_erase(hal, MCU, FLASH_NVM_ADDRESS, 256), HAL_OK);
    sim_ns erase_ns = now_ns(hal) - start_ns - half_page_ns - words_ns;
    cr_assert_float_eq((double)half_page_ns, 3.2e6, 2000);
    cr_assert_float_eq((double)words_ns, 6.4e6, 2000, "two words");
    cr_assert_float_eq((double)erase_ns, 6.4e6, 2000, "two pages");
    cr_assert_not(hal_flash_busy(hal, MCU));
    cr_assert_eq(hal_flash_read(hal, MCU, FLASH_NVM_ADDRESS, back, 64), HAL_OK);
    cr_assert_eq(back[0] | back[63], 0);
    return false;
}

Test(node_flash, internal_flash_stalls_the_cpu_for_its_time)
{
    run_once(write_internal);
    struct energy_account account;
    node_energy(rig.fleet, 0, 20 * SIM_NS_PER_S, &account);
    double flash_j = 3.3 * (20.0 * 1e-6 + 16.0e-3 * 0.5e-3);
    cr_assert_float_eq(account.joule[ENERGY_FLASH] / flash_j, 1.0, 1e-3);
    cr_assert_float_eq(account.joule[ENERGY_MCU_RUN] / (3.3 * 3e-3 * 17.0e-3), 1.0, 5e-3,
            "16 ms of stall, 1 ms of reset");
}

static bool erase_both(const struct hal *hal)
{
    cr_assert_eq(hal_flash_erase(hal, MCU, FLASH_NVM_ADDRESS, 384), HAL_OK);
    cr_assert_eq(hal_flash_erase(hal, MCU, FLASH_NVM_ADDRESS, 100), HAL_ERR_ALIGN);
    cr_assert_eq(hal_flash_erase(hal, NOR, 8192, 4096), HAL_OK);
    cr_assert_eq(hal_flash_erase(hal, NOR, 4096, 4096), HAL_BUSY);
    return false;
}

/* Wear: units of what was erased, not what was refused. */
Test(node_flash, erased_units_are_counted_by_region)
{
    run_once(erase_both);
    cr_expect_eq(node_flash_wear(rig.fleet, 0, MCU)->total, 3);
    cr_expect_eq(node_flash_wear(rig.fleet, 0, NOR)->total, 1);
    cr_expect_eq(node_flash_wear(rig.fleet, 0, NOR)->runs[0].first, 2);
    cr_expect_eq(node_flash_operations(rig.fleet, 0), 2);
}

static bool write_nor(const struct hal *hal)
{
    uint8_t data[256], back[4];
    memset(data, 0x12, sizeof data);
    sim_ns start_ns = now_ns(hal);
    cr_assert_eq(hal_flash_program(hal, NOR, 256, data, 256), HAL_OK);
    memset(data, 0, sizeof data); /* taken over already */
    sim_ns call_ns = now_ns(hal) - start_ns;
    /* 261 bytes at 16 MHz, the call, and out of power-down and back: a byte and 3 us, each */
    cr_assert_float_eq((double)call_ns, 261 * 500 + 1250 + 2 * 3500, 100);
    cr_assert_eq(hal_flash_read(hal, NOR, 256, back, 4), HAL_BUSY);
    cr_assert_eq(hal_flash_program(hal, NOR, 0, data, 4), HAL_BUSY);
    cr_assert_eq(hal_flash_erase(hal, NOR, 4096, 4096), HAL_BUSY);
    cr_assert(hal_flash_busy(hal, NOR));
    while (hal_flash_busy(hal, NOR)) {
    }
    sim_ns done_ns = now_ns(hal) - start_ns;
    cr_assert_float_eq((double)done_ns, 137500 + 700000, 10000);
    cr_assert_eq(hal_flash_read(hal, NOR, 510, back, 4), HAL_OK);
    cr_assert_arr_eq(back, "\x12\x12\xFF\xFF", 4);
    return false;
}

Test(node_flash, the_nor_runs_on_and_answers_busy)
{
    run_once(write_nor);
    cr_assert_eq(rig_stats().flash_violations, 0);
}

static uint64_t done_ticks;
static unsigned done_count;
static sim_ns erase_from_ns;

static void note_done(const struct hal *hal, enum fw_irq source, uint64_t edge_ticks)
{
    cr_assert_eq(source, FW_IRQ_FLASH_DONE);
    done_ticks = edge_ticks;
    done_count++;
}

static bool erase_and_ask(const struct hal *hal)
{
    static bool started;
    if (!started) {
        started = true;
        cr_assert_eq(hal_flash_erase(hal, NOR, 8192, 4096), HAL_OK);
        erase_from_ns = now_ns(hal);
        hal_flash_notify(hal, NOR);
    }
    return false;
}

Test(node_flash, the_end_of_an_erase_interrupts_once_when_asked_for)
{
    rig_script.irq = note_done;
    run_once(erase_and_ask);
    cr_assert_eq(done_count, 1);
    cr_assert_eq(done_ticks, node_rtc_ticks(rig.fleet, 0, erase_from_ns + 45 * SIM_NS_PER_MS));
    struct energy_account account;
    node_energy(rig.fleet, 0, 20 * SIM_NS_PER_S, &account);
    cr_assert_float_eq(
            account.joule[ENERGY_FLASH] / (3.3 * (19.955 * 1e-6 + 0.045 * 20e-3)), 1.0, 1e-3);
}

static bool erase_silently(const struct hal *hal)
{
    (void)hal_flash_erase(hal, NOR, 8192, 4096);
    return false;
}

Test(node_flash, no_node_is_woken_that_did_not_ask)
{
    rig_script.irq = note_done;
    run_once(erase_silently);
    cr_assert_eq(done_count, 0);
}

static bool ask_an_idle_nor(const struct hal *hal)
{
    static bool asked;
    if (!asked) {
        asked = true;
        hal_flash_notify(hal, NOR);
    }
    return false;
}

Test(node_flash, an_idle_nor_answers_at_once)
{
    rig_script.irq = note_done;
    run_once(ask_an_idle_nor);
    cr_assert_eq(done_count, 1);
    cr_assert_leq(done_ticks, 33);
}

/* --- power-down (spec-physics section 8: W25Q80 1 uA, standby 10 uA, tRES1 3 us) -----------------
 */

static bool leave_it_alone(const struct hal *hal)
{
    (void)hal;
    return false;
}

Test(node_flash, an_idle_nor_draws_its_power_down_current)
{
    run_once(leave_it_alone);
    struct energy_states states;
    node_energy_states(rig.fleet, 0, 20 * SIM_NS_PER_S, &states);
    cr_assert_float_eq(states.joule[ENERGY_STATE_NOR_POWER_DOWN], 3.3 * 20 * 1e-6, 1e-12);
    cr_assert_eq(states.joule[ENERGY_STATE_NOR_STANDBY], 0);
}

static sim_ns read_ns[2];
static sim_ns program_ns;

static bool access_three_times(const struct hal *hal)
{
    uint8_t byte;
    for (int i = 0; i < 2; i++) {
        sim_ns start_ns = now_ns(hal);
        cr_assert_eq(hal_flash_read(hal, NOR, 0, &byte, 1), HAL_OK);
        read_ns[i] = now_ns(hal) - start_ns;
    }
    sim_ns start_ns = now_ns(hal);
    cr_assert_eq(hal_flash_program(hal, NOR, 0, "\x00", 1), HAL_OK);
    program_ns = now_ns(hal) - start_ns;
    return false;
}

Test(node_flash, each_access_wakes_the_nor_and_sends_it_back)
{
    run_once(access_three_times);
    /* Out of it and back: a byte of 0.5 us at 16 MHz and 3 us each time, 7 us an access. Then 4
     * bytes of command and one of data to read, 6 to program; a call is 40 cycles at 32 MHz. */
    cr_assert_float_eq((double)read_ns[0], 7000 + 5 * 500 + 1250, 2);
    cr_assert_float_eq((double)read_ns[1], 7000 + 5 * 500 + 1250, 2);
    cr_assert_float_eq((double)program_ns, 7000 + 6 * 500 + 1250, 2);
    struct energy_states states;
    node_energy_states(rig.fleet, 0, 20 * SIM_NS_PER_S, &states);
    double standby_s = 3 * 7e-6 + 6 * 0.5e-6;
    double read_s = 2 * 5 * 0.5e-6;
    double down_s = 20 - standby_s - read_s - 0.7e-3;
    cr_assert_float_eq(states.joule[ENERGY_STATE_NOR_STANDBY], 3.3 * 10e-6 * standby_s, 1e-15);
    cr_assert_float_eq(states.joule[ENERGY_STATE_NOR_READ], 3.3 * 4e-3 * read_s, 1e-13);
    cr_assert_float_eq(states.joule[ENERGY_STATE_NOR_PROGRAM], 3.3 * 20e-3 * 0.7e-3, 1e-12);
    cr_assert_float_eq(states.joule[ENERGY_STATE_NOR_POWER_DOWN], 3.3 * 1e-6 * down_s, 1e-12);
}

Test(node_flash, wake_up_time_and_power_down_current_are_the_boards)
{
    rig.board.nor_wake_up_ns = 35000; /* MX25R8035F: tRDP 35 us, 7 nA */
    rig.board.energy.nor_power_down_ua = 0.007;
    run_once(access_three_times);
    cr_assert_float_eq((double)read_ns[0], 71000 + 5 * 500 + 1250, 2);
    struct energy_states states;
    node_energy_states(rig.fleet, 0, 20 * SIM_NS_PER_S, &states);
    double down_s = 20 - 3 * 71e-6 - 16 * 0.5e-6 - 0.7e-3;
    cr_assert_float_eq(states.joule[ENERGY_STATE_NOR_POWER_DOWN], 3.3 * 7e-9 * down_s, 1e-14);
}

static bool write_twice(const struct hal *hal)
{
    cr_assert_eq(hal_flash_program(hal, MCU, FLASH_NVM_ADDRESS, "\x01\x02\x03\x04", 4), HAL_OK);
    cr_assert_eq(hal_flash_program(hal, MCU, FLASH_NVM_ADDRESS, "\x01\x02\x03\x04", 4), HAL_OK);
    return false;
}

Test(node_flash, programming_what_is_not_erased_is_a_violation)
{
    rig.params.guest_errors_fatal = true;
    run_once(write_twice);
    struct node_fleet_stats stats = rig_stats();
    cr_assert_eq(stats.flash_violations, 1);
    cr_assert_eq(stats.guest_errors, 1);
    cr_assert_not_null(strstr(stats.first_fault, "internal flash"), "%s", stats.first_fault);
}

static bool clear_marks(const struct hal *hal)
{
    cr_assert_eq(hal_flash_program(hal, NOR, 100, "\xFE", 1), HAL_OK);
    while (hal_flash_busy(hal, NOR)) {
    }
    cr_assert_eq(hal_flash_program(hal, NOR, 100, "\xFC", 1), HAL_OK);
    return false;
}

Test(node_flash, marks_on_the_nor_may_clear_bit_by_bit)
{
    run_once(clear_marks);
    cr_assert_eq(rig_stats().flash_violations, 0);
}

Test(node_flash, the_factory_leaves_image_and_identity)
{
    rig.build.manufacture = firmware_builtin.manufacture;
    rig.build.image_size_max = firmware_builtin.image_size_max;
    rig.build.provision = firmware_builtin.provision;
    rig_start(2);
    uint8_t bytes[700];
    node_flash_peek(rig.fleet, 1, MCU, FLASH_RUNNING_ADDRESS, bytes, 700);
    cr_assert_arr_eq(bytes, "FI", 2);
    cr_assert_eq(bytes[699], 0x99);
    struct device_identity identity;
    device_identity_draw(&identity, RIG_SEED, 1);
    uint8_t record[FACTORY_RECORD_SIZE];
    factory_record_write(&identity,
            &(struct device_configuration){ .report_period_s = 14400, .report_size = 24 }, record);
    node_flash_peek(rig.fleet, 1, MCU, FLASH_FACTORY_ADDRESS, bytes, FACTORY_RECORD_SIZE);
    cr_assert_arr_eq(bytes, record, FACTORY_RECORD_SIZE);
    node_flash_peek(rig.fleet, 1, NOR, 0, bytes, 1);
    cr_assert_eq(bytes[0], 0xFF);
}

static bool survive(const struct hal *hal)
{
    uint8_t byte;
    if (rig.boots == 1) {
        cr_assert_eq(hal_flash_program(hal, NOR, 77, "\x5A", 1), HAL_OK);
        hal_reboot(hal);
    }
    while (hal_flash_busy(hal, NOR)) {
    }
    cr_assert_eq(hal_flash_read(hal, NOR, 77, &byte, 1), HAL_OK);
    cr_assert_eq(byte, 0x5A);
    return false;
}

Test(node_flash, content_survives_a_reset)
{
    run_once(survive);
    cr_assert_eq(rig.boots, 2);
}

/* --- 64 KiB, at 3 V as the specification reckons (spec-physics section 8) -----------------------
 */

static bool fill_internal(const struct hal *hal)
{
    static const uint8_t half_page[64] = { 1 };
    const uint32_t from = 64u * 1024;
    cr_assert_eq(hal_flash_erase(hal, MCU, from, 64u * 1024), HAL_OK);
    for (uint32_t at = 0; at < 64u * 1024; at += sizeof half_page) {
        cr_assert_eq(hal_flash_program(hal, MCU, from + at, half_page, 64), HAL_OK);
    }
    return false;
}

Test(node_flash, rewriting_64_kib_of_internal_flash_is_52_millijoule)
{
    rig.board.energy.supply_v = 3.0;
    run_once(fill_internal);
    struct energy_states states;
    node_energy_states(rig.fleet, 0, 20 * SIM_NS_PER_S, &states);
    /* 512 erases and 1024 half pages of 3.2 ms: 4.9 s at 3 + 0.5 mA */
    double erase_s = states.joule[ENERGY_STATE_INTERNAL_ERASE] / (3.0 * 0.5e-3);
    double program_s = states.joule[ENERGY_STATE_INTERNAL_PROGRAM] / (3.0 * 0.5e-3);
    cr_assert_float_eq(erase_s, 1.6384, 1e-6);
    cr_assert_float_eq(program_s, 3.2768, 1e-6);
    double sum_j = states.joule[ENERGY_STATE_MCU_RUN] + states.joule[ENERGY_STATE_INTERNAL_ERASE]
                   + states.joule[ENERGY_STATE_INTERNAL_PROGRAM];
    cr_assert_float_eq(sum_j, 51.6e-3, 0.2e-3);
}

static bool fill_nor(const struct hal *hal)
{
    static uint32_t erased, programmed;
    static const uint8_t page[256] = { 1 };
    if (hal_flash_busy(hal, NOR)) {
        return true;
    }
    if (erased < 16) {
        cr_assert_eq(hal_flash_erase(hal, NOR, 4096 * erased++, 4096), HAL_OK);
    } else if (programmed < 256) {
        cr_assert_eq(hal_flash_program(hal, NOR, 256 * programmed++, page, 256), HAL_OK);
    } else {
        return false;
    }
    return true;
}

Test(node_flash, rewriting_64_kib_of_nor_is_54_millijoule)
{
    rig.board.energy.supply_v = 3.0;
    run_once(fill_nor);
    struct energy_states states;
    node_energy_states(rig.fleet, 0, 20 * SIM_NS_PER_S, &states);
    /* 16 sectors of 45 ms, 256 pages of 0.7 ms, 20 mA */
    cr_assert_float_eq(states.joule[ENERGY_STATE_NOR_ERASE], 43.2e-3, 1e-6);
    cr_assert_float_eq(states.joule[ENERGY_STATE_NOR_PROGRAM], 10.75e-3, 0.01e-3);
}

/* --- another controller --------------------------------------------------------------------------
 */

static bool write_double_words(const struct hal *hal)
{
    uint8_t data[16], back[16];
    memset(data, 0x5A, sizeof data);
    sim_ns start_ns = now_ns(hal);
    cr_assert_eq(hal_flash_program(hal, MCU, FLASH_NVM_ADDRESS, data, 4), HAL_ERR_ALIGN);
    cr_assert_eq(hal_flash_erase(hal, MCU, FLASH_NVM_ADDRESS, 128), HAL_ERR_ALIGN);
    cr_assert_eq(hal_flash_read(hal, MCU, FLASH_NVM_ADDRESS, back, 16), HAL_OK);
    cr_assert_eq(back[0] & back[15], 0xFF);
    start_ns = now_ns(hal);
    cr_assert_eq(hal_flash_program(hal, MCU, FLASH_NVM_ADDRESS, data, 8), HAL_OK);
    cr_assert_float_eq((double)(now_ns(hal) - start_ns), 81.7e3, 2000);
    start_ns = now_ns(hal);
    cr_assert_eq(hal_flash_erase(hal, MCU, FLASH_NVM_ADDRESS, 2048), HAL_OK);
    cr_assert_float_eq((double)(now_ns(hal) - start_ns), 22e6, 2000);
    return false;
}

Test(node_flash, of_another_controller_has_its_own_units_and_times)
{
    /* STM32L476 (spec-physics section 8): 2 KiB pages, double words, 0xFF, 22 ms and 81.7 us */
    rig.board.flash[MCU] = (struct hal_flash_geometry){ .size_bytes = 192u * 1024,
        .erase_unit_bytes = 2048,
        .program_unit_bytes = 8,
        .program_page_bytes = 8,
        .erased_value = 0xFF,
        .stalls_cpu = true };
    rig.board.flash_timing[MCU].program_ns_per_unit = 81700;
    rig.board.flash_timing[MCU].erase_ns_per_unit = 22000000;
    run_once(write_double_words);
    cr_assert_eq(rig_stats().flash_violations, 0);
}
