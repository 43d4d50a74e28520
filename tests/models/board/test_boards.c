/* Board types: what they must hold to, and whole campaigns on the second one and on both at once.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <string.h>

#include "record/installs.h"
#include "scenario/board_file.h"
#include "support/trial.h"
#include "update/flash_map.h"
#include "update/image.h"

static const char campaign[] = "name: boards\n"
                               "duration: 6 h\n"
                               "area: {radius: 800 m}\n"
                               "propagation: {penetration: 12 dB, shadowing: {sigma: 3 dB}}\n"
                               "gateways: {count: 2, radius: 400 m}\n"
                               "devices: [{name: d, count: 6, boot: {spread: 5 min}, "
                               "report: {period: 10 min}}]\n"
                               "firmware: {image: generated, size: 9 KiB}\n"
                               "campaign: {start: 20 min, set_up: {window: 40 min}, "
                               "correction: {timeout: 30 min}, confirm_timeout: 1 h}\n";

static const char mixed[] = "name: mixed\n"
                            "duration: 6 h\n"
                            "area: {radius: 800 m}\n"
                            "propagation: {penetration: 12 dB, shadowing: {sigma: 3 dB}}\n"
                            "gateways: {count: 2, radius: 400 m}\n"
                            "devices:\n"
                            "  - {name: a, count: 3, boot: {spread: 5 min}, "
                            "report: {period: 10 min}}\n"
                            "  - {name: b, count: 3, board: stm32l476-sx1276, "
                            "boot: {spread: 5 min}, report: {period: 10 min}}\n"
                            "firmware: {image: generated, size: 9 KiB}\n"
                            "campaign: {start: 20 min, set_up: {window: 40 min}, "
                            "correction: {timeout: 30 min}, confirm_timeout: 1 h}\n";

static void read_board(struct board_file *file, const char *name)
{
    struct scenario_errors *errors = scenario_errors_create();
    struct scenario_place place = { "test", 0, 0 };
    cr_assert(board_file_read(file, name, place, errors), "%s", name);
    scenario_errors_destroy(errors);
}

static void expect_all_updated(const struct trial *trial)
{
    const struct world *world = trial->world;
    const struct installs *installs = installs_of(trial->recorders);
    uint8_t header[64], other[64];
    cr_expect_float_eq(trial_value(trial, "devices.confirmed"), world->device_count, 0.0);
    node_flash_peek(world->nodes, 0, HAL_FLASH_INTERNAL, FLASH_RUNNING_ADDRESS, header, 64);
    for (uint32_t i = 0; i < world->device_count; i++) {
        cr_expect(installs->devices[i].first_ns != SIM_NS_NEVER, "device %u installed nothing", i);
        cr_expect(installs->devices[i].campaigns == 1u, "device %u installed other bytes", i);
        node_flash_peek(world->nodes, i, HAL_FLASH_INTERNAL, FLASH_RUNNING_ADDRESS, other, 64);
        cr_expect_arr_eq(header, other, 64, "device %u runs another image", i);
    }
    struct node_fleet_stats stats;
    node_fleet_stats(world->nodes, &stats);
    cr_expect_eq(stats.guest_errors, 0);
    cr_expect_eq(stats.flash_violations, 0);
    cr_expect_eq(stats.panics, 0);
}

/* The new image was installed from its slot there, and the old one saved; none of it in the NOR. */
static void expect_slots_in_internal_flash(const struct trial *trial)
{
    static uint8_t running[FLASH_SLOT_SIZE], slot[FLASH_SLOT_SIZE];
    const struct world *world = trial->world;
    for (uint32_t i = 0; i < world->device_count; i++) {
        node_flash_peek(world->nodes, i, HAL_FLASH_INTERNAL, FLASH_RUNNING_ADDRESS, running,
                sizeof running);
        node_flash_peek(
                world->nodes, i, HAL_FLASH_INTERNAL, FLASH_NEW_IMAGE_ADDRESS, slot, sizeof slot);
        cr_expect_arr_eq(slot, running, sizeof slot, "device %u", i);
        node_flash_peek(
                world->nodes, i, HAL_FLASH_INTERNAL, FLASH_OLD_IMAGE_ADDRESS, slot, sizeof slot);
        cr_expect_arr_eq(slot, "FIMG", 4, "device %u", i);
        cr_expect_arr_neq(slot, running, IMAGE_HEADER_SIZE);
        node_flash_peek(
                world->nodes, i, HAL_FLASH_EXTERNAL, NOR_NEW_IMAGE_ADDRESS, slot, sizeof slot);
        for (uint32_t at = 0; at < sizeof slot; at++) {
            cr_assert_eq(slot[at], 0xFF, "device %u uses the NOR's slot", i);
        }
    }
}

Test(boards, a_whole_campaign_runs_on_the_second_board)
{
    static const char *const sets[] = { "devices.0.board=stm32l476-sx1276" };
    struct trial *trial = trial_create(campaign, sets, 1);
    cr_assert_str_eq(node_board(trial->world->nodes, 0)->name, "stm32l476-sx1276");
    trial_play(trial);
    expect_all_updated(trial);
    expect_slots_in_internal_flash(trial);
    uint8_t rest[16];
    node_flash_peek(trial->world->nodes, 0, HAL_FLASH_INTERNAL, FLASH_NVM_ADDRESS - sizeof rest,
            rest, sizeof rest);
    for (size_t i = 0; i < sizeof rest; i++) {
        cr_expect_eq(rest[i], 0xFF, "erased flash of the STM32L4");
    }
    trial_destroy(trial);
}

Test(boards, of_two_kinds_share_a_campaign)
{
    struct trial *trial = trial_create(mixed, NULL, 0);
    trial_play(trial);
    expect_all_updated(trial);
    /* spec-physics section 8: MCU stop 0.9 and 1.4 uA, over nearly all the time */
    sim_ns now_ns = engine_now(trial->world->engine);
    for (uint32_t i = 0; i < trial->world->device_count; i++) {
        struct energy_states states;
        node_energy_states(trial->world->nodes, i, now_ns, &states);
        double s = (double)(now_ns - node_power_on_ns(trial->world->nodes, i)) * 1e-9;
        double supply_v = node_board(trial->world->nodes, i)->energy.supply_v;
        double stop_w = supply_v * (i < 3 ? 0.9e-6 : 1.4e-6);
        double ratio = states.joule[ENERGY_STATE_MCU_STOP] / (stop_w * s);
        cr_expect(ratio > 0.97 && ratio < 1.0, "device %u: %f", i, ratio);
    }
    trial_destroy(trial);
}

Test(boards, shipped_are_sound)
{
    for (size_t i = 0; board_names[i] != NULL; i++) {
        struct board_file file;
        read_board(&file, board_names[i]);
        cr_expect_null(board_type_fault(&file.type));
        cr_expect_str_eq(file.type.name, board_names[i]);
        double signature_s = (double)file.type.cycles_ed25519_verify / file.type.cpu_hz;
        cr_expect_leq(signature_s, (double)HAL_ED25519_TICKS / HAL_RTC_HZ, "as firmware expects");
    }
}

static void expect_equal(const double *a, const double *b, size_t count, const char *what)
{
    for (size_t i = 0; i < count; i++) {
        cr_expect_float_eq(a[i], b[i], 1e-9, "%s %zu", what, i);
    }
}

#define EXPECT_MEMBER(member) cr_expect_eq(file.type.member, board->member, #member)

Test(boards, of_reference_are_the_same_as_constant_and_as_data_file)
{
    struct board_file file;
    read_board(&file, "stm32l072-sx1276");
    const struct board_type *board = &board_stm32l072_sx1276;
    EXPECT_MEMBER(cpu_hz);
    EXPECT_MEMBER(radio_spi_hz);
    EXPECT_MEMBER(nor_spi_hz);
    EXPECT_MEMBER(irq_wakeup_ns);
    EXPECT_MEMBER(cycles_per_hal_call);
    EXPECT_MEMBER(cycles_per_aes_block);
    EXPECT_MEMBER(cycles_per_sha_block);
    EXPECT_MEMBER(cycles_ed25519_verify);
    EXPECT_MEMBER(radio_interrupts);
    EXPECT_MEMBER(tx_antenna_gain_mdb);
    EXPECT_MEMBER(nor_poll_ns);
    EXPECT_MEMBER(nor_wake_up_ns);
    EXPECT_MEMBER(reset_ns);
    EXPECT_MEMBER(watchdog_ns);
    for (int r = 0; r < HAL_FLASH_REGION_COUNT; r++) {
        EXPECT_MEMBER(flash[r].size_bytes);
        EXPECT_MEMBER(flash[r].erase_unit_bytes);
        EXPECT_MEMBER(flash[r].program_unit_bytes);
        EXPECT_MEMBER(flash[r].program_page_bytes);
        EXPECT_MEMBER(flash[r].erased_value);
        EXPECT_MEMBER(flash[r].rewritable);
        EXPECT_MEMBER(flash[r].stalls_cpu);
        EXPECT_MEMBER(flash_timing[r].program_ns_per_unit);
        EXPECT_MEMBER(flash_timing[r].erase_ns_per_unit);
        EXPECT_MEMBER(flash_timing[r].read_ns_per_byte);
        EXPECT_MEMBER(flash_endurance[r]);
    }
    /* plain tables of double, to their ends */
    expect_equal((const double *)&file.type.energy, (const double *)&board->energy,
            sizeof board->energy / sizeof(double), "energy");
    expect_equal((const double *)&file.type.battery, (const double *)&board->battery,
            sizeof board->battery / sizeof(double), "battery");
}

static void expect_fault(struct board_type board, const char *part)
{
    const char *fault = board_type_fault(&board);
    cr_assert_not_null(fault, "%s", part);
    cr_expect_not_null(strstr(fault, part), "'%s' in '%s'", part, fault);
}

Test(boards, that_no_node_could_simulate_are_refused)
{
    struct board_type board = board_stm32l072_sx1276;
    board.cpu_hz = 0;
    expect_fault(board, "0 Hz");
    board = board_stm32l072_sx1276;
    board.cycles_per_hal_call = 0;
    expect_fault(board, "HAL call");
    board = board_stm32l072_sx1276;
    board.radio_interrupts = 7; /* of DIO0..DIO5 */
    expect_fault(board, "DIO lines");
    board = board_stm32l072_sx1276;
    board.flash[HAL_FLASH_EXTERNAL].stalls_cpu = true;
    expect_fault(board, "stalls");
    board = board_stm32l072_sx1276;
    board.flash[HAL_FLASH_INTERNAL].size_bytes = 2 * BOARD_INTERNAL_FLASH_MAX;
    expect_fault(board, "larger");
    board = board_stm32l072_sx1276;
    board.flash[HAL_FLASH_INTERNAL].erased_value = 0x55;
    expect_fault(board, "0xFF");
    board = board_stm32l072_sx1276;
    board.flash[HAL_FLASH_INTERNAL].erase_unit_bytes = 96;
    expect_fault(board, "multiples");
}
