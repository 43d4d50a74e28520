/* Wear of a flash region.
 * SPDX-License-Identifier: MIT
 *
 * Goal: erases are counted by unit, whatever their order, and runs are as few as they can be.
 * Right values: a plain array of counts.
 */
#include <criterion/criterion.h>

#include "board/flash_wear.h"

#define UNITS 300u

static uint32_t erases_of(const struct flash_wear *wear, uint32_t unit)
{
    uint32_t erases = 0;
    for (uint32_t run = 0; run < wear->count && wear->runs[run].first <= unit; run++) {
        erases = wear->runs[run].erases;
    }
    return erases;
}

/* Runs that a plain array shows. */
static uint32_t runs_of(const uint32_t *counts)
{
    uint32_t runs = counts[0] != 0;
    for (uint32_t unit = 1; unit <= UNITS; unit++) {
        runs += counts[unit] != counts[unit - 1];
    }
    return runs;
}

Test(flash_wear, is_that_of_a_plain_array)
{
    struct flash_wear wear = { 0 };
    uint32_t counts[UNITS + 1] = { 0 }, most = 0, total = 0, random = 1;
    for (uint32_t turn = 0; turn < 5000; turn++) {
        random = random * 1664525u + 1013904223u; /* Numerical Recipes */
        uint32_t first = (random >> 8) % UNITS;
        uint32_t units = 1 + (random >> 20) % (turn % 7 == 0 ? UNITS - first : 1);
        flash_wear_erase(&wear, NULL, first, units);
        for (uint32_t unit = first; unit < first + units; unit++) {
            counts[unit]++;
            most = counts[unit] > most ? counts[unit] : most;
        }
        total += units;
        cr_assert_eq(wear.count, runs_of(counts), "turn %u", turn);
    }
    for (uint32_t unit = 0; unit <= UNITS; unit++) {
        cr_expect_eq(erases_of(&wear, unit), counts[unit], "unit %u", unit);
    }
    cr_expect_eq(flash_wear_most(&wear), most);
    cr_expect_eq(wear.total, total);
    flash_wear_finish(&wear);
}

Test(flash_wear, of_a_slot_that_is_erased_from_end_to_end_is_two_runs)
{
    struct flash_wear wear = { 0 };
    cr_expect_eq(flash_wear_most(&wear), 0);
    for (uint32_t unit = 40; unit < 200; unit++) {
        flash_wear_erase(&wear, NULL, unit, 1);
    }
    cr_expect_eq(wear.count, 2);
    cr_expect_eq(flash_wear_most(&wear), 1);
    flash_wear_finish(&wear);
}
