/* Goal: each cell of the coverage has the strongest gateway and its median level.
 * Method: free space, with levels by ITU-R P.525-4, eq. 4; sensitivities by the datasheet of the
 * SX1276 (rev. 4, table 10, HF port).
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <math.h>

#include "watched.h"

static const char text[] = "duration: 24 h\n"
                           "area: {radius: 2 km}\n"
                           "gateways: {count: 2, layout: ring, radius: 1 km, height: 30 m}\n"
                           "propagation: {model: free-space, shadowing: {sigma: 0 dB}}\n"
                           "devices:\n"
                           "  - {name: d, count: 4, height: 30 m}\n"
                           "campaign: {data_rate: DR5, start: 10 s}\n";

#define EIRP_MDBM 29150 /* 27 dBm e.r.p. in 869.4 to 869.65 MHz (ERC/REC 70-03, band P) */

static double distance(const struct scene *scene, uint32_t cell, uint32_t gateway)
{
    const struct scene_coverage *coverage = &scene->coverage;
    double column = cell % coverage->columns, row = cell / coverage->columns;
    double x_m = (double)coverage->left_m + (column + 0.5) * (double)coverage->cell_m;
    double y_m = (double)coverage->bottom_m + (row + 0.5) * (double)coverage->cell_m;
    return hypot(
            x_m - (double)scene->gateways[gateway].x_m, y_m - (double)scene->gateways[gateway].y_m);
}

Test(coverage, each_cell_has_the_nearest_gateway_at_its_level_in_free_space)
{
    struct watched watched = watched_create(text, NULL, 0);
    watched_fill(&watched);
    const struct scene_coverage *coverage = &watched.scene->coverage;
    cr_assert(coverage->columns > 20 && coverage->rows > 20);
    double offset_mdb = 0;
    for (uint32_t cell = 0; cell < (uint32_t)coverage->columns * coverage->rows; cell++) {
        double to_0 = distance(watched.scene, cell, 0), to_1 = distance(watched.scene, cell, 1);
        double nearest = fmin(to_0, to_1);
        if (fabs(to_0 - to_1) > 1) {
            cr_expect_eq(coverage->gateways[cell], to_0 < to_1 ? 0 : 1);
        }
        /* 32.4 dB at 1 MHz and 1 km; the antennas of both stations are alike in all cells. */
        double loss_db = 32.4 + 20 * log10(869.525) + 20 * log10(fmax(nearest, 1) / 1000);
        double without_mdb = coverage->level_mdbm[cell] + 1000 * loss_db - EIRP_MDBM;
        offset_mdb = cell == 0 ? without_mdb : offset_mdb;
        cr_expect_float_eq(without_mdb, offset_mdb, 20, "cell %u at %g m: %g, not %g", cell,
                nearest, without_mdb, offset_mdb);
    }
    cr_expect(fabs(offset_mdb) < 6000, "what the antennas add: %g", offset_mdb);
    watched_destroy(&watched);
}

Test(coverage, it_says_what_its_data_rates_need)
{
    struct watched watched = watched_create(text, NULL, 0);
    watched_fill(&watched);
    const struct scene_coverage *coverage = &watched.scene->coverage;
    cr_expect_eq(coverage->data_rates[0], 0);
    cr_expect_eq(coverage->data_rates[1], 5);
    cr_expect_eq(coverage->needed_mdbm[0], -136000); /* SF12, 125 kHz */
    cr_expect_eq(coverage->needed_mdbm[1], -123000); /* SF7 */
    watched_destroy(&watched);
}

Test(coverage, it_holds_all_stations)
{
    struct watched watched = watched_create(text, NULL, 0);
    watched_fill(&watched);
    const struct scene *scene = watched.scene;
    const struct scene_coverage *coverage = &scene->coverage;
    float right = coverage->left_m + coverage->columns * coverage->cell_m;
    float top = coverage->bottom_m + coverage->rows * coverage->cell_m;
    for (uint32_t i = 0; i < scene->device_count; i++) {
        cr_expect(scene->devices[i].x_m > coverage->left_m && scene->devices[i].x_m < right
                  && scene->devices[i].y_m > coverage->bottom_m && scene->devices[i].y_m < top);
    }
    for (uint32_t i = 0; i < scene->gateway_count; i++) {
        cr_expect(scene->gateways[i].x_m > coverage->left_m && scene->gateways[i].x_m < right);
    }
    watched_destroy(&watched);
}
