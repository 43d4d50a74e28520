/* The firmware's main loop on a fake board with a scripted chip.
 * SPDX-License-Identifier: MIT
 */
#include "device/mac/fw_rig.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "update/flash_map.h"

static bool flash_busy(void *board, enum hal_flash_region region)
{
    return script.flash_busy;
}

static void flash_notify(void *board, enum hal_flash_region region)
{
}

/* The reference board's: it says where images lie. */
static const struct hal_flash_geometry *flash_geometry(void *board, enum hal_flash_region region)
{
    static const struct hal_flash_geometry internal = { .size_bytes = FLASH_INTERNAL_SIZE };
    static const struct hal_flash_geometry nor = { .size_bytes = NOR_SIZE };
    return region == HAL_FLASH_INTERNAL ? &internal : &nor;
}

struct rig *rig_create(void)
{
    struct rig *rig = calloc(1, sizeof *rig);
    fake_board_init(&rig->board, 3);
    rig->hal = fake_board_hal(&rig->board);
    rig->ops = *rig->hal.ops;
    rig->ops.flash_busy = flash_busy;
    rig->ops.flash_notify = flash_notify;
    rig->ops.flash_geometry = flash_geometry;
    rig->hal.ops = &rig->ops;
    rig->board.now = 50;
    memset(&script, 0, sizeof script);
    script.uplink_at = HAL_TICKS_NEVER;
    script.ordered_at = HAL_TICKS_NEVER;
    script.step_at = HAL_TICKS_NEVER;
    script.factory = (struct factory){ .dev_eui = { 1 }, .app_key = { 2 }, .report_period_s = 600 };
    return rig;
}

void rig_boot(struct rig *rig, enum hal_reset_cause cause)
{
    fake_board_reset(&rig->board);
    memset(&rig->fw, 0xA5, sizeof rig->fw); /* RAM holds nothing of the past */
    fleetcast_fw.boot(&rig->fw, &rig->hal, cause);
    while (fleetcast_fw.run(&rig->fw)) {
        cr_assert_lt(++rig->runs, 1000000u);
    }
}

void rig_run(struct rig *rig)
{
    unsigned in_a_row = 0;
    while (fleetcast_fw.run(&rig->fw)) {
        cr_assert_lt(++in_a_row, 1000u, "the main loop spins");
    }
    rig->runs++;
}

void rig_run_until(struct rig *rig, uint64_t ticks)
{
    struct fake_board *board = &rig->board;
    for (;;) {
        uint64_t edge_at = fake_chip_edge_at(board);
        uint64_t at = edge_at < board->alarm_at ? edge_at : board->alarm_at;
        if (at > ticks || board->reboots > 0) {
            break;
        }
        board->now = at > board->now ? at : board->now;
        if (edge_at <= board->now) {
            int dio = fake_chip_edge(board);
            if (dio >= 0) {
                fleetcast_fw.irq(&rig->fw, (enum fw_irq)(FW_IRQ_DIO0 + dio), board->now);
            }
        } else {
            board->alarm_at = HAL_TICKS_NEVER;
            fleetcast_fw.irq(&rig->fw, FW_IRQ_ALARM, board->now);
        }
        rig_run(rig);
    }
    board->now = ticks > board->now && board->reboots == 0 ? ticks : board->now;
}

void rig_run_s(struct rig *rig, unsigned seconds)
{
    rig_run_until(rig, rig->board.now + (uint64_t)seconds * TICKS_PER_S);
}

void rig_run_to_tx(struct rig *rig, unsigned limit_s)
{
    unsigned count = rig->board.tx_count;
    for (unsigned i = 0; i < limit_s * 100u && rig->board.tx_count == count; i++) {
        rig_run_until(rig, rig->board.now + TICKS_PER_S / 100u);
    }
    cr_assert_eq(rig->board.tx_count, count + 1, "nothing was sent in %u s", limit_s);
}

void rig_answer(struct rig *rig, const uint8_t *bytes, size_t size)
{
    struct fake_air *air = &rig->board.air;
    uint64_t delay_s = rig->board.tx[0] == 0 ? 5 : 1;
    *air = (struct fake_air){ .present = true,
        .inverted = true,
        .size = (uint8_t)size,
        .start_ticks = rig->board.tx_end + delay_s * TICKS_PER_S,
        .frequency_hz = rig->board.tx_frequency_hz,
        .spreading_factor = rig->board.tx_spreading_factor };
    memcpy(air->bytes, bytes, size);
}

void rig_join(struct rig *rig)
{
    uint8_t accept[33];
    rig_boot(rig, HAL_RESET_POWER_ON);
    rig_run_to_tx(rig, 10);
    size_t size = fake_write_join_accept(
            script.factory.app_key, 1, 0, BENCH_DEV_ADDR, 0, 1, NULL, accept);
    rig_answer(rig, accept, size);
    rig->keys = fake_session_keys(script.factory.app_key, 1, 0, 0);
    rig_run_s(rig, 6);
    cr_assert(mac_joined(&rig->fw.core));
}

struct rig *rig_joined(void)
{
    struct rig *rig = rig_create();
    rig_join(rig);
    return rig;
}

struct fake_uplink rig_next_uplink(struct rig *rig, unsigned limit_s)
{
    rig_run_to_tx(rig, limit_s);
    return fake_read_uplink(&rig->keys, rig->board.tx, rig->board.tx_size, 0);
}

void rig_destroy(struct rig *rig)
{
    cr_assert_eq(rig->board.panics, 0, "device assertion at line %d", rig->board.panic_line);
    cr_assert_eq(rig->board.fifo_in_sleep, 0);
    free(rig);
}
