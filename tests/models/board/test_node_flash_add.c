/* Rows of flash that the board adds for the firmware.
 * SPDX-License-Identifier: MIT
 *
 * Goal: what they cost in time and energy, what they add up to, and which of their bits are read
 * wrong are those of one read a run and an addition by the firmware.
 * Right values: a node that does so.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "rig.h"

TestSuite(node_flash_add, .init = rig_open, .fini = rig_close);

#define NOR       HAL_FLASH_EXTERNAL
#define ROW_BYTES 113u
#define BLOCK     (64u * 1024u)
#define END_NS    (2 * SIM_NS_PER_S)

struct outcome {
    uint8_t sum[ROW_BYTES];
    sim_ns took_ns;
    double flash_j, mcu_j;
    uint64_t flipped_bits;
};

static const struct hal_flash_rows runs[] = { { BLOCK, 1 }, { BLOCK + 5 * ROW_BYTES, 4 },
    { BLOCK + 30 * ROW_BYTES, 2 }, { BLOCK + 4096 - 60, 1 } };
#define RUNS (sizeof runs / sizeof runs[0])

static bool by_reads;
static struct outcome outcome;

static sim_ns now_ns(const struct hal *hal)
{
    hal_trace(hal, 0, 0, 0);
    return rig.observed[(rig.observations - 1) % RIG_LOG_SIZE].at_ns;
}

static void read_and_add(const struct hal *hal, const struct hal_flash_rows *run)
{
    uint8_t bytes[4 * ROW_BYTES];
    size_t size = run->count * ROW_BYTES;
    cr_assert_eq(hal_flash_read(hal, NOR, run->address, bytes, size), HAL_OK);
    for (size_t i = 0; i < size; i++) {
        outcome.sum[i % ROW_BYTES] ^= bytes[i];
    }
}

static void add(const struct hal *hal, enum fw_irq source, uint64_t edge_ticks)
{
    sim_ns start_ns = now_ns(hal);
    if (by_reads) {
        for (size_t i = 0; i < RUNS; i++) {
            read_and_add(hal, &runs[i]);
        }
    } else {
        cr_assert_eq(hal_flash_add(hal, NOR, runs, RUNS, outcome.sum, ROW_BYTES), HAL_OK);
    }
    outcome.took_ns = now_ns(hal) - start_ns;
}

static void wait_a_second(const struct hal *hal, enum hal_reset_cause cause)
{
    hal_alarm_set(hal, 32768u);
}

static struct outcome play(bool reads, double bit_errors)
{
    uint8_t block[4096 + ROW_BYTES];
    const struct node_read_errors errors = { NOR, bit_errors };
    struct energy_account account;
    for (size_t i = 0; i < sizeof block; i++) {
        block[i] = (uint8_t)(i * 31u ^ i >> 8);
    }
    by_reads = reads;
    memset(&outcome, 0x11, sizeof outcome);
    rig_script.boot = wait_a_second;
    rig_script.irq = add;
    rig_start(1);
    node_flash_rewrite(rig.fleet, 0, NOR, BLOCK, block, sizeof block);
    if (bit_errors > 0) {
        node_fleet_read_errors_begin(rig.fleet, 0, &errors);
    }
    rig_run_to(END_NS);
    node_energy(rig.fleet, 0, END_NS, &account);
    outcome.flash_j = account.joule[ENERGY_FLASH];
    outcome.mcu_j = account.joule[ENERGY_MCU_RUN];
    outcome.flipped_bits = node_flipped_bits(rig.fleet, 0);
    rig_close();
    rig_open();
    return outcome;
}

static void expect_the_same(double bit_errors)
{
    struct outcome right = play(true, bit_errors);
    struct outcome ours = play(false, bit_errors);
    cr_expect_arr_eq(ours.sum, right.sum, sizeof ours.sum);
    cr_expect_eq(ours.took_ns, right.took_ns);
    cr_expect_gt(right.took_ns, (sim_ns)(8 * ROW_BYTES * 500), "16 MHz: half a microsecond a byte");
    cr_expect_eq(ours.flash_j, right.flash_j);
    cr_expect_eq(ours.mcu_j, right.mcu_j);
    cr_expect_eq(ours.flipped_bits, right.flipped_bits);
}

Test(node_flash_add, costs_and_adds_what_reads_do)
{
    expect_the_same(0.0);
}

Test(node_flash_add, is_read_with_the_same_errors)
{
    expect_the_same(0.01);
    cr_expect_gt(outcome.flipped_bits, 0);
}

static bool break_rules(const struct hal *hal)
{
    uint8_t sum[16] = { 0 };
    const struct hal_flash_rows outside[] = { { BLOCK, 1 }, { 1024u * 1024 - 31, 2 } };
    cr_assert_eq(hal_flash_add(hal, NOR, outside, 2, sum, 16), HAL_ERR_RANGE);
    cr_assert_eq(hal_flash_add(hal, HAL_FLASH_INTERNAL, outside, 1, sum, 16), HAL_ERR_RANGE);
    cr_assert_eq(hal_flash_erase(hal, NOR, BLOCK, 4096), HAL_OK);
    cr_assert_eq(hal_flash_add(hal, NOR, outside, 1, sum, 16), HAL_BUSY);
    for (unsigned i = 0; i < sizeof sum; i++) {
        cr_assert_eq(sum[i], 0);
    }
    return false;
}

Test(node_flash_add, is_refused_outside_the_rules)
{
    rig_script.run = break_rules;
    rig_start(1);
    rig_run_to(END_NS);
}
