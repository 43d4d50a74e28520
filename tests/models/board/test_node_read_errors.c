/* Reads of the flash with wrong bits.
 * SPDX-License-Identifier: MIT
 *
 * Goal: while the fault lasts each bit that is read is wrong with its probability; the cells keep
 * what they hold, the other flash is read as it is, and a read draws the same whatever other nodes
 * read.
 * Right values: the binomial distribution, 4 standard deviations.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "rig.h"

TestSuite(node_read_errors, .init = rig_open, .fini = rig_close);

#define NOR        HAL_FLASH_EXTERNAL
#define READ_BYTES 256u
#define READS      400u
#define READ_BITS  (READ_BYTES * 8.0 * READS)
#define BEGIN_NS   (SIM_NS_PER_S / 2)

static enum hal_flash_region region;
static uint64_t wrong_bits; /* of all reads */
static uint8_t
        first[READ_BYTES]; /* of the first one: events of one instant come in the order of nodes */
static const void *first_board;

/* An erased flash: what is not the erased value was read wrong. */
static void read_many(const struct hal *hal, enum fw_irq source, uint64_t edge_ticks)
{
    uint8_t data[READ_BYTES];
    uint8_t erased = rig.board.flash[region].erased_value;
    for (unsigned i = 0; i < READS; i++) {
        while (hal_flash_read(hal, region, 64 * 1024, data, sizeof data) == HAL_BUSY) {
        }
        for (unsigned b = 0; b < sizeof data; b++) {
            wrong_bits += (unsigned)__builtin_popcount((unsigned)(data[b] ^ erased));
        }
        if (first_board == NULL) {
            first_board = hal->board;
            memcpy(first, data, sizeof data);
        }
    }
}

static void wait_a_second(const struct hal *hal, enum hal_reset_cause cause)
{
    hal_alarm_set(hal, 32768u);
}

static const struct node_read_errors errors = { NOR, 1e-3 };

static void begin(uint32_t nodes)
{
    wrong_bits = 0;
    first_board = NULL;
    rig_script.boot = wait_a_second;
    rig_script.irq = read_many;
    rig_start(nodes);
    rig_run_to(BEGIN_NS);
}

static void expect_wrong_bits(double probability)
{
    double mean = READ_BITS * probability;
    cr_expect_float_eq((double)wrong_bits, mean, 4 * sqrt(mean * (1 - probability)), "%llu of %g",
            (unsigned long long)wrong_bits, mean);
    cr_expect_eq(node_flipped_bits(rig.fleet, 0), wrong_bits);
}

Test(node_read_errors, come_with_their_probability)
{
    region = NOR;
    begin(1);
    node_fleet_read_errors_begin(rig.fleet, 0, &errors);
    rig_run_to(2 * SIM_NS_PER_S);
    expect_wrong_bits(1e-3);
}

Test(node_read_errors, add_up_and_end)
{
    const struct node_read_errors more = { NOR, 0.02 };
    region = NOR;
    begin(1);
    node_fleet_read_errors_begin(rig.fleet, 0, &errors);
    node_fleet_read_errors_begin(rig.fleet, 0, &more);
    node_fleet_read_errors_end(rig.fleet, 0, &errors);
    node_fleet_read_errors_begin(rig.fleet, 0, &errors);
    rig_run_to(2 * SIM_NS_PER_S);
    expect_wrong_bits(0.021);
}

Test(node_read_errors, are_of_one_flash_and_leave_its_content)
{
    uint8_t content[READ_BYTES];
    region = HAL_FLASH_INTERNAL;
    begin(1);
    node_fleet_read_errors_begin(rig.fleet, 0, &errors);
    rig_run_to(2 * SIM_NS_PER_S);
    cr_expect_eq(wrong_bits, 0, "the NOR has the errors");
    node_fleet_read_errors_end(rig.fleet, 0, &errors);
    node_flash_peek(rig.fleet, 0, NOR, 64 * 1024, content, sizeof content);
    for (unsigned i = 0; i < sizeof content; i++) {
        cr_assert_eq(content[i], 0xFF);
    }
}

Test(node_read_errors, of_half_the_bits_are_the_most)
{
    const struct node_read_errors half = { NOR, 0.5 };
    region = NOR;
    begin(1);
    node_fleet_read_errors_begin(rig.fleet, 0, &half);
    node_fleet_read_errors_begin(rig.fleet, 0, &half);
    rig_run_to(2 * SIM_NS_PER_S);
    expect_wrong_bits(0.5);
}

Test(node_read_errors, of_a_node_are_drawn_for_it_alone)
{
    uint8_t alone[READ_BYTES];
    region = NOR;
    begin(1);
    node_fleet_read_errors_begin(rig.fleet, 0, &errors);
    rig_run_to(2 * SIM_NS_PER_S);
    memcpy(alone, first, sizeof alone);
    rig_close();
    rig_open();
    begin(3);
    node_fleet_read_errors_begin(rig.fleet, 2, &errors);
    node_fleet_read_errors_begin(rig.fleet, 0, &errors);
    rig_run_to(2 * SIM_NS_PER_S);
    cr_expect_eq(node_flipped_bits(rig.fleet, 1), 0);
    cr_expect_neq(node_flipped_bits(rig.fleet, 0), 0);
    cr_expect_neq(node_flipped_bits(rig.fleet, 2), 0);
    cr_expect_arr_eq(first, alone, sizeof alone);
}
