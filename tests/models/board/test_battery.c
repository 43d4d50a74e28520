/* Batteries: the check values of the specification, and the identities between the functions.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>

#include "board/battery.h"
#include "board/board_type.h"

/* spec-physics section 8: LS14500 class, 2.6 Ah at 3.6 V, 1 % a year, 80 % usable */
static const struct battery_params cell = { 2600, 3.6, 0.01, 0.8, 250e3, 3.0, 1.8 };

static const double year_s = 365.25 * 86400.0;

Test(battery, of_2_6_ah_holds_33_7_kilojoule)
{
    cr_assert_float_eq(battery_capacity_j(&cell), 33696.0, 1e-6);
    cr_assert_float_eq(battery_usable_j(&cell), 26956.8, 1e-6);
}

Test(battery, an_hour_of_class_c_is_0_4_percent_of_the_cell)
{
    struct battery_params whole = cell;
    whole.usable_fraction = 1.0;
    cr_assert_float_eq(battery_cost_percent(&whole, 136.62), 0.405, 0.001);
    cr_assert_float_eq(battery_cost_percent(&cell, 136.62), 0.405 / 0.8, 0.001);
}

Test(battery, life_is_usable_energy_over_load_and_leak)
{
    /* 1 % of 33696 J a year leaks: 10.68 uW. With 40 uW of load: 26956.8 J / 50.68 uW. */
    double leak_w = 336.96 / year_s;
    cr_assert_float_eq(battery_self_discharge_w(&cell), leak_w, 1e-12);
    cr_assert_float_eq(battery_life_years(&cell, 40e-6), 26956.8 / (40e-6 + leak_w) / year_s, 1e-9);
    cr_assert_float_eq(battery_life_years(&cell, 0), 80.0, 1e-9, "80 years of 1 percent");
}

Test(battery, what_is_left_falls_to_nothing_at_the_end_of_its_life)
{
    double load_w = 100e-6;
    double life_s = battery_life_years(&cell, load_w) * year_s;
    cr_assert_float_eq(battery_left(&cell, 0, 0), 1.0, 1e-12);
    sim_ns half_ns = (sim_ns)(life_s / 2 * 1e9);
    cr_assert_float_eq(battery_left(&cell, load_w * life_s / 2, half_ns), 0.5, 1e-9);
    sim_ns end_ns = (sim_ns)(life_s * 1e9);
    cr_assert_float_eq(battery_left(&cell, load_w * life_s, end_ns), 0.0, 1e-9);
    cr_assert_eq(battery_left(&cell, 1e6, 0), 0.0, "never below empty");
}

Test(battery, an_update_costs_the_days_that_its_energy_would_have_lasted)
{
    double load_w = 60e-6;
    double before = battery_life_years(&cell, load_w);
    struct battery_params less = cell;
    less.usable_fraction -= 100.0 / battery_capacity_j(&cell); /* 100 J are gone */
    double after = battery_life_years(&less, load_w);
    cr_assert_float_eq(battery_cost_days(&cell, 100.0, load_w), (before - after) * 365.25, 1e-6);
}

Test(battery, of_the_reference_board_is_a_lithium_cell)
{
    cr_assert_float_eq(battery_capacity_j(&board_stm32l072_sx1276.battery), 33696.0, 1e-6);
}

/* Saft LS 14500, pulse capability: above 3.0 V at 250 mA. */
Test(battery, gives_less_voltage_under_load_and_the_emptier_it_is)
{
    cr_expect_float_eq(battery_loaded_v(&cell, 1.0, 0), 3.6, 1e-12);
    cr_expect_float_eq(battery_loaded_v(&cell, 1.0, 250e3), 3.0, 1e-12);
    cr_expect_float_eq(battery_loaded_v(&cell, 0.05, 12.5e3), 3.0, 1e-12);
    cr_expect_eq(battery_loaded_v(&cell, 0.001, 12.5e3), 0.0, "never below 0 V");
    cr_expect_eq(battery_loaded_v(&cell, 0.0, 0), 0.0);
}

Test(battery, is_at_the_end_of_its_usable_part_before_its_charge_is_gone)
{
    cr_expect_float_eq(battery_usable_left(&cell, 1.0), 1.0, 1e-12);
    cr_expect_float_eq(battery_usable_left(&cell, 0.6), 0.5, 1e-12);
    cr_expect_float_eq(battery_usable_left(&cell, 0.2), 0.0, 1e-12);
    cr_expect_eq(battery_usable_left(&cell, 0.05), 0.0);
}
