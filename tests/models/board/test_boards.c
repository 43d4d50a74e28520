/* Board types: what they must hold to, and whole campaigns on the second one and on both at once.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <string.h>

#include "support/run.h"
#include "update/flash_map.h"
#include "world/fleet_record.h"

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

/* Before power on, devices `first`, `first + step`, ... get the other board. */
static void put_on_board(
        struct run *run, uint32_t first, uint32_t step, const struct board_type *board)
{
    struct world *world = run->world;
    for (uint32_t i = first; i < world->device_count; i += step) {
        struct node_params params = {
            .identity = world->identities[i],
            .crystal = { .tolerance_ppm = 20 },
            .boot_at_ns = node_power_on_ns(world->nodes, i),
            .configuration = { .report_period_s = 600,
                    .report_size = 24,
                    .fragmentation_version = 2 },
            .board = board,
        };
        node_fleet_configure(world->nodes, i, &params);
        cr_assert_eq(node_board(world->nodes, i), board);
    }
}

static void expect_everybody_updated(const struct run *run)
{
    const struct world *world = run->world;
    uint8_t header[64], other[64];
    cr_expect_float_eq(run_value(run, "devices.confirmed"), world->device_count, 0.0);
    node_flash_peek(world->nodes, 0, HAL_FLASH_INTERNAL, FLASH_RUNNING_ADDRESS, header, 64);
    for (uint32_t i = 0; i < world->device_count; i++) {
        cr_expect(world->record->devices[i].image_compared, "device %u installed nothing", i);
        cr_expect(world->record->devices[i].image_matches, "device %u installed other bytes", i);
        node_flash_peek(world->nodes, i, HAL_FLASH_INTERNAL, FLASH_RUNNING_ADDRESS, other, 64);
        cr_expect_arr_eq(header, other, 64, "device %u runs another image", i);
    }
    struct node_fleet_stats stats;
    node_fleet_stats(world->nodes, &stats);
    cr_expect_eq(stats.guest_errors, 0);
    cr_expect_eq(stats.flash_violations, 0);
    cr_expect_eq(stats.panics, 0);
}

Test(boards, a_whole_campaign_runs_on_the_second_board)
{
    struct run *run = run_create(campaign, NULL, 0);
    put_on_board(run, 0, 1, &board_stm32l476_sx1276);
    run_play(run);
    expect_everybody_updated(run);
    uint8_t rest[16];
    node_flash_peek(run->world->nodes, 0, HAL_FLASH_INTERNAL, FLASH_NVM_ADDRESS - sizeof rest, rest,
            sizeof rest);
    for (size_t i = 0; i < sizeof rest; i++) {
        cr_expect_eq(rest[i], 0xFF, "erased flash of the STM32L4");
    }
    run_destroy(run);
}

Test(boards, of_two_kinds_share_a_campaign)
{
    struct run *run = run_create(campaign, NULL, 0);
    put_on_board(run, 1, 2, &board_stm32l476_sx1276);
    run_play(run);
    expect_everybody_updated(run);
    /* spec-physics section 8: MCU stop 0.9 and 1.4 uA at 3.3 and 3.0 V, over nearly all the time */
    struct energy_states states[2];
    sim_ns now_ns = engine_now(run->world->engine);
    for (uint32_t i = 0; i < 2; i++) {
        node_energy_states(run->world->nodes, i, now_ns, &states[i]);
        double s = (double)(now_ns - node_power_on_ns(run->world->nodes, i)) * 1e-9;
        double stop_w = i == 0 ? 3.3 * 0.9e-6 : 3.0 * 1.4e-6;
        double ratio = states[i].joule[ENERGY_STATE_MCU_STOP] / (stop_w * s);
        cr_expect(ratio > 0.97 && ratio < 1.0, "device %u: %f", i, ratio);
    }
    run_destroy(run);
}

Test(boards, shipped_are_sound)
{
    cr_expect_null(board_type_fault(&board_stm32l072_sx1276));
    cr_expect_null(board_type_fault(&board_stm32l476_sx1276));
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
    board.flash[HAL_FLASH_EXTERNAL].stalls_cpu = true;
    expect_fault(board, "stalls");
    board = board_stm32l072_sx1276;
    board.flash[HAL_FLASH_INTERNAL].size_bytes *= 2;
    expect_fault(board, "larger");
    board = board_stm32l072_sx1276;
    board.flash[HAL_FLASH_INTERNAL].erased_value = 0x55;
    expect_fault(board, "0xFF");
    board = board_stm32l072_sx1276;
    board.flash[HAL_FLASH_INTERNAL].erase_unit_bytes = 96;
    expect_fault(board, "multiples");
}
