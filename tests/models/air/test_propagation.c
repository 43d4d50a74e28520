/* Path loss against worked values.
 * SPDX-License-Identifier: MIT
 *
 * Oracle: spec-physics section 4, 868 MHz, base 30 m, mobile 1.5 m.
 */
#include <criterion/criterion.h>
#include <math.h>

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
        .penetration_db = 20,
        .shadowing_sigma_db = 8,
    };
    cr_expect_float_eq(path_loss_db(&params, 30, 1.5, 2000), 126.75, 0.006,
            "the law alone, without penetration and shadowing");
}
