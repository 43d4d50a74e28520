/* Path loss against worked values.
 * SPDX-License-Identifier: MIT
 *
 * Oracle: spec-physics section 4, 868 MHz, base 30 m, mobile 1.5 m, and the formulas of the laws.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "air/propagation.h"

static void expect_db(enum propagation_environment environment, double distance_m, double db)
{
    double got = okumura_hata_db(environment, 868, 30, 1.5, distance_m);
    cr_expect(fabs(got - db) < 0.006, "%g m: %g dB, expected %g", distance_m, got, db);
}

Test(okumura_hata, gives_the_worked_values)
{
    static const struct {
        double distance_m, urban_db, suburban_db, open_db;
    } rows[] = {
        { 100, 90.77, 80.92, 62.42 },
        { 1000, 125.99, 116.15, 97.64 },
        { 2000, 136.60, 126.75, 108.25 },
        { 5000, 150.61, 140.77, 122.26 },
    };
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        expect_db(ENVIRONMENT_URBAN, rows[i].distance_m, rows[i].urban_db);
        expect_db(ENVIRONMENT_SUBURBAN, rows[i].distance_m, rows[i].suburban_db);
        expect_db(ENVIRONMENT_OPEN, rows[i].distance_m, rows[i].open_db);
    }
}

/* 14 dBm against the SX1276 sensitivities SF7..SF12: where the median link ends. */
Test(okumura_hata, gives_the_worked_ranges)
{
    static const double sensitivity_dbm[] = { -123, -126, -129, -132, -133, -136 };
    static const double urban_m[] = { 2053, 2498, 3039, 3698, 3948, 4803 };
    static const double suburban_m[] = { 3909, 4756, 5786, 7040, 7515, 9143 };
    for (unsigned i = 0; i < 6; i++) {
        double budget_db = 14 - sensitivity_dbm[i];
        cr_expect_lt(okumura_hata_db(ENVIRONMENT_URBAN, 868, 30, 1.5, urban_m[i] - 1), budget_db);
        cr_expect_gt(okumura_hata_db(ENVIRONMENT_URBAN, 868, 30, 1.5, urban_m[i] + 1), budget_db);
        cr_expect_lt(
                okumura_hata_db(ENVIRONMENT_SUBURBAN, 868, 30, 1.5, suburban_m[i] - 1), budget_db);
        cr_expect_gt(
                okumura_hata_db(ENVIRONMENT_SUBURBAN, 868, 30, 1.5, suburban_m[i] + 1), budget_db);
    }
}

Test(okumura_hata, counts_less_than_20_m_as_20_m)
{
    double at_20_m = okumura_hata_db(ENVIRONMENT_URBAN, 868, 30, 1.5, 20);
    cr_expect_eq(okumura_hata_db(ENVIRONMENT_URBAN, 868, 30, 1.5, 0), at_20_m);
    cr_expect_lt(at_20_m, okumura_hata_db(ENVIRONMENT_URBAN, 868, 30, 1.5, 21));
}

Test(path_loss, goes_by_the_model_of_the_scenario)
{
    struct propagation_params params = {
        .model = PROPAGATION_OKUMURA_HATA,
        .environment = ENVIRONMENT_SUBURBAN,
        .frequency_mhz = 868,
        .shadowing_sigma_db = 8,
    };
    cr_expect_float_eq(path_loss_db(&params, 30, 1.5, 2000), 126.75, 0.006,
            "the law alone, without shadowing");
}

/* --- the registry ----------------------------------------------------------------------------- */

static struct propagation_params of_model(enum propagation_model model)
{
    return (struct propagation_params){
        .model = model,
        .environment = ENVIRONMENT_URBAN,
        .frequency_mhz = 868,
        .exponent = 3,
        .reference_loss_db = 31.2,
        .reference_distance_m = 1,
        .exponent_far = 4,
        .breakpoint_m = 500,
    };
}

static double preset_db(enum path_loss_preset preset, double distance_m)
{
    struct propagation_params params = { .frequency_mhz = 868, .preset = preset };
    return path_loss_db(&params, 30, 1.5, distance_m);
}

static void expect_loss(double got_db, double db, const char *what, double distance_m)
{
    cr_expect(fabs(got_db - db) < 0.006, "%s at %g m: %g dB, expected %g", what, distance_m, got_db,
            db);
}

/* Spec-physics section 4, 868 MHz, base 30 m, mobile 1.5 m; the columns of Hata stand above. */
Test(path_loss, gives_the_worked_values_of_every_law_and_preset)
{
    static const struct {
        double distance_m, lorasim_db, ns_3_db, oulu_db, macro_db, free_space_db;
    } rows[] = {
        { 100, 135.69, 82.90, 105.75, 82.97, 71.22 },
        { 1000, 156.49, 120.50, 128.95, 120.57, 91.22 },
        { 2000, 162.75, 131.82, 135.93, 131.89, 97.24 },
        { 5000, 171.03, 146.78, 145.17, 146.85, 105.20 },
    };
    struct propagation_params macro = of_model(PROPAGATION_3GPP_MACRO);
    struct propagation_params free_space = of_model(PROPAGATION_FREE_SPACE);
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        double d = rows[i].distance_m;
        expect_loss(preset_db(PATH_LOSS_PRESET_LORASIM, d), rows[i].lorasim_db, "LoRaSim", d);
        expect_loss(preset_db(PATH_LOSS_PRESET_NS_3, d), rows[i].ns_3_db, "ns-3", d);
        expect_loss(preset_db(PATH_LOSS_PRESET_FLORA_OULU, d), rows[i].oulu_db, "Oulu", d);
        expect_loss(path_loss_db(&macro, 30, 1.5, d), rows[i].macro_db, "TR 45.820", d);
        expect_loss(path_loss_db(&free_space, 30, 1.5, d), rows[i].free_space_db, "free space", d);
    }
}

/* Same table: the medians of FUOTASim, whose far part begins at 400 m. */
Test(path_loss, gives_the_worked_values_of_fuotasim)
{
    static const double rows[][2] = { { 50, 125.82 }, { 100, 128.98 }, { 400, 140.79 },
        { 1000, 143.97 } };
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        double d = rows[i][0];
        expect_loss(preset_db(PATH_LOSS_PRESET_FUOTASIM, d), rows[i][1], "FUOTASim", d);
    }
    /* Just short of it the near part still holds: 128.63 + 10.5 log10(400 / 92.67). */
    expect_loss(preset_db(PATH_LOSS_PRESET_FUOTASIM, 399.999), 135.30, "FUOTASim", 399.999);
}

Test(path_loss, gives_the_worked_value_of_cost_231)
{
    struct propagation_params params = of_model(PROPAGATION_COST_231);
    params.frequency_mhz = 1800;
    expect_loss(path_loss_db(&params, 30, 1.5, 1000), 136.20, "COST 231", 1000);
    params.environment = ENVIRONMENT_METROPOLITAN;
    expect_loss(path_loss_db(&params, 30, 1.5, 1000), 139.20, "COST 231 metropolitan", 1000);
}

/* Same section: 14 dBm against the SX1276 sensitivities SF7..SF12. */
Test(path_loss, presets_give_the_worked_ranges)
{
    static const double sensitivity_dbm[] = { -123, -126, -129, -132, -133, -136 };
    static const double ns_3_m[] = { 2747, 3301, 3966, 4766, 5067, 6089 };
    static const double lorasim_m[] = { 116, 161, 225, 313, 350, 488 };
    for (unsigned i = 0; i < 6; i++) {
        double budget_db = 14 - sensitivity_dbm[i];
        cr_expect_lt(preset_db(PATH_LOSS_PRESET_NS_3, ns_3_m[i] - 1), budget_db);
        cr_expect_gt(preset_db(PATH_LOSS_PRESET_NS_3, ns_3_m[i] + 1), budget_db);
        cr_expect_lt(preset_db(PATH_LOSS_PRESET_LORASIM, lorasim_m[i] - 1), budget_db);
        cr_expect_gt(preset_db(PATH_LOSS_PRESET_LORASIM, lorasim_m[i] + 1), budget_db);
    }
}

Test(path_loss, log_distance_goes_by_the_scenarios_numbers)
{
    struct propagation_params params = of_model(PROPAGATION_LOG_DISTANCE);
    params.reference_distance_m = 10;
    params.exponent = 2.7;
    expect_loss(path_loss_db(&params, 30, 1.5, 10), 31.2, "log-distance", 10);
    expect_loss(path_loss_db(&params, 30, 1.5, 1000), 31.2 + 54, "log-distance", 1000);
}

Test(path_loss, dual_slope_turns_at_its_breakpoint_without_a_step)
{
    struct propagation_params params = of_model(PROPAGATION_DUAL_SLOPE);
    double at_break_db = 31.2 + 30 * log10(500);
    expect_loss(path_loss_db(&params, 30, 1.5, 50), at_break_db - 30, "near", 50);
    expect_loss(path_loss_db(&params, 30, 1.5, 499.999), at_break_db, "before", 500);
    expect_loss(path_loss_db(&params, 30, 1.5, 500), at_break_db, "at", 500);
    expect_loss(path_loss_db(&params, 30, 1.5, 5000), at_break_db + 40, "far", 5000);
}

/* Hata's large city has another mobile correction, which at 1.5 m vanishes like the other: 3.2
 * log10(11.75 h)^2 - 4.97 above 400 MHz, 8.29 log10(1.54 h)^2 - 1.1 below 200 MHz. */
Test(okumura_hata, large_city_differs_by_the_mobile_height_alone)
{
    static const struct {
        double frequency_mhz, mobile_height_m, large_db, small_db;
    } rows[] = {
        { 868, 1.5, -0.0009, 0.0145 },
        { 868, 10, 8.7421, 21.5396 },
        { 160, 10, 10.5906, 14.6069 },
    };
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        double f = rows[i].frequency_mhz, h = rows[i].mobile_height_m;
        double difference_db = okumura_hata_db(ENVIRONMENT_METROPOLITAN, f, 30, h, 3000)
                               - okumura_hata_db(ENVIRONMENT_URBAN, f, 30, h, 3000);
        cr_expect(fabs(difference_db - (rows[i].small_db - rows[i].large_db)) < 0.001,
                "%g MHz, %g m: %g dB", f, h, difference_db);
    }
}

Test(path_loss, no_law_falls_with_distance_or_gains_power)
{
    for (unsigned model = 0; model < PROPAGATION_MODEL_COUNT; model++) {
        struct propagation_params params = of_model((enum propagation_model)model);
        double before_db = path_loss_db(&params, 30, 1.5, 0);
        cr_expect(before_db >= 0, "%s at one point", path_loss_law_names[model]);
        for (double d = 0.5; d < 50000; d *= 1.3) {
            double db = path_loss_db(&params, 30, 1.5, d);
            cr_expect(isfinite(db) && db >= before_db, "%s at %g m", path_loss_law_names[model], d);
            before_db = db;
        }
    }
    struct propagation_params gainful = of_model(PROPAGATION_LOG_DISTANCE);
    gainful.reference_distance_m = 1000;
    cr_expect_eq(path_loss_db(&gainful, 30, 1.5, 2), 0.0, "not -50 dB");
}

/* TR 36.942 4.5.2: "no circumstances" under free space. */
Test(path_loss, macro_cell_is_never_better_than_free_space)
{
    struct propagation_params macro = of_model(PROPAGATION_3GPP_MACRO);
    struct propagation_params free_space = of_model(PROPAGATION_FREE_SPACE);
    cr_expect_eq(path_loss_db(&macro, 30, 1.5, 5), path_loss_db(&free_space, 30, 1.5, 5));
    cr_expect_gt(path_loss_db(&macro, 30, 1.5, 100), path_loss_db(&free_space, 30, 1.5, 100));
}

Test(path_loss, names_stand_in_the_order_of_the_numbers)
{
    cr_expect_str_eq(path_loss_law_names[PROPAGATION_OKUMURA_HATA], "okumura-hata");
    cr_expect_str_eq(path_loss_law_names[PROPAGATION_FREE_SPACE], "free-space");
    cr_expect_str_eq(path_loss_law_names[PROPAGATION_LOG_DISTANCE], "log-distance");
    cr_expect_str_eq(path_loss_law_names[PROPAGATION_DUAL_SLOPE], "dual-slope");
    cr_expect_str_eq(path_loss_law_names[PROPAGATION_COST_231], "cost-231");
    cr_expect_str_eq(path_loss_law_names[PROPAGATION_3GPP_MACRO], "3gpp-macro");
    cr_expect_null(path_loss_law_names[PROPAGATION_MODEL_COUNT]);
    cr_expect_str_eq(propagation_environment_names[ENVIRONMENT_METROPOLITAN], "metropolitan");
    cr_expect_null(propagation_environment_names[ENVIRONMENT_METROPOLITAN + 1]);
    cr_expect_str_eq(path_loss_preset_names[PATH_LOSS_PRESET_FUOTASIM], "fuotasim");
    cr_expect_null(path_loss_preset_names[PATH_LOSS_PRESET_FUOTASIM + 1]);
}

Test(path_loss, between_two_antennas_the_higher_is_the_base)
{
    struct propagation_params params = of_model(PROPAGATION_OKUMURA_HATA);
    double db = path_loss_db(&params, 30, 1.5, 2000);
    cr_expect_eq(path_loss_between_db(&params, 1.5, 30, 2000), db);
    cr_expect_eq(path_loss_between_db(&params, 30, 1.5, 2000), db);
}

/* --- where a law holds ------------------------------------------------------------------------ */

static void expect_beyond(const struct propagation_params *params, double base_m, double mobile_m,
        double distance_m, const char *what)
{
    const char *source = NULL;
    const char *beyond = path_loss_beyond(params, base_m, mobile_m, distance_m, &source);
    cr_expect_not_null(source);
    if (what == NULL) {
        cr_expect_null(beyond, "%s out of range", beyond);
    } else {
        cr_assert_not_null(beyond, "no objection, expected %s", what);
        cr_expect_str_eq(beyond, what);
    }
}

/* Hata 1980: 150..1500 MHz, 30..200 m, 1..10 m, 1..20 km. COST 231: the same at 1500..2000 MHz, no
 * open land. */
Test(path_loss, names_what_is_beyond_its_source)
{
    struct propagation_params hata = of_model(PROPAGATION_OKUMURA_HATA);
    expect_beyond(&hata, 30, 1.5, 1000, NULL);
    expect_beyond(&hata, 200, 10, 20000, NULL);
    expect_beyond(&hata, 29, 1.5, 1000, "base height");
    expect_beyond(&hata, 201, 1.5, 1000, "base height");
    expect_beyond(&hata, 30, 0.5, 1000, "mobile height");
    expect_beyond(&hata, 30, 1.5, 999, "distance");
    expect_beyond(&hata, 30, 1.5, 20001, "distance");
    hata.frequency_mhz = 2400;
    expect_beyond(&hata, 30, 1.5, 1000, "frequency");
    cr_expect_str_eq(path_loss_beyond(&hata, 30, 1.5, 1000, NULL), "frequency");

    struct propagation_params cost = of_model(PROPAGATION_COST_231);
    expect_beyond(&cost, 30, 1.5, 1000, "frequency");
    cost.frequency_mhz = 1800;
    expect_beyond(&cost, 30, 1.5, 1000, NULL);
    cost.environment = ENVIRONMENT_OPEN;
    expect_beyond(&cost, 30, 1.5, 1000, "environment");
}

Test(path_loss, a_preset_replaces_law_numbers_and_range)
{
    struct propagation_params params = of_model(PROPAGATION_COST_231);
    params.preset = PATH_LOSS_PRESET_FLORA_OULU;
    expect_loss(path_loss_db(&params, 30, 1.5, 1000), 128.95, "Oulu", 1000);
    expect_beyond(&params, 24, 1.5, 1000, NULL);
    expect_beyond(&params, 24, 1.5, 999, "distance");
    const char *source = NULL;
    (void)path_loss_beyond(&params, 24, 1.5, 1000, &source);
    cr_expect_not_null(strstr(source, "Petajajarvi"));
}
