/* Building penetration against its distribution.
 * SPDX-License-Identifier: MIT
 *
 * Oracle: the sum of outer wall and max(p inner walls, 0.6 dB/m of depth) of spec-physics section
 * 4, integrated numerically over the wall.
 */
#include <criterion/criterion.h>
#include <math.h>

#include "air/penetration.h"
#include "estimate.h"

enum {
    DEVICES = 20000
};

static double samples[DEVICES];

static double uniform_cdf(double value, double from, double to)
{
    return fmin(fmax((value - from) / (to - from), 0), 1);
}

/* P(what is inside loses at most `db`). */
static double inside_cdf(double db)
{
    double walls = db >= 0 ? 0.2833 : 0;
    walls += 0.2827 * uniform_cdf(db, 4, 10);
    walls += 0.284 * uniform_cdf(db, 8, 20);
    walls += 0.15 * uniform_cdf(db, 12, 30);
    return walls * uniform_cdf(db, 0, 9);
}

static double wall_cdf(double db, double from, double to)
{
    enum {
        STEPS = 100
    };
    double sum = 0;
    for (unsigned i = 0; i < STEPS; i++) {
        sum += inside_cdf(db - from - (to - from) * (i + 0.5) / STEPS) / STEPS;
    }
    return sum;
}

static double class_cdf(double db, const void *context)
{
    switch (*(const enum penetration_class *)context) {
    case PENETRATION_LIGHT:
        return wall_cdf(db, 4, 11);
    case PENETRATION_MEDIUM:
        return wall_cdf(db, 11, 19);
    case PENETRATION_DEEP:
        return wall_cdf(db, 19, 23);
    case PENETRATION_TR45820:
        return 0.25 * wall_cdf(db, 4, 11) + 0.65 * wall_cdf(db, 11, 19)
               + 0.10 * wall_cdf(db, 19, 23);
    case PENETRATION_OUTDOOR:
    case PENETRATION_FIXED:
        break;
    }
    cr_assert(false, "no distribution");
    return 0;
}

static void draw(enum penetration_class class)
{
    for (unsigned i = 0; i < DEVICES; i++) {
        samples[i] = penetration_draw_db(3, i + 1, class);
    }
}

Test(penetration, is_distributed_as_the_report_says)
{
    static const enum penetration_class classes[] = { PENETRATION_LIGHT, PENETRATION_MEDIUM,
        PENETRATION_DEEP, PENETRATION_TR45820 };
    for (unsigned i = 0; i < 4; i++) {
        draw(classes[i]);
        double statistic = estimate_kolmogorov(samples, DEVICES, class_cdf, &classes[i]);
        cr_expect_lt(statistic, KOLMOGOROV_1_PERCENT, "%s: sqrt(n) D = %g",
                penetration_class_names[classes[i]], statistic);
    }
}

/* Least: the thinnest wall and no depth. Most: 23 dB of wall, three inner walls of 10 dB. */
Test(penetration, keeps_within_the_ends_of_its_parts)
{
    draw(PENETRATION_TR45820);
    for (unsigned i = 0; i < DEVICES; i++) {
        cr_expect(samples[i] >= 4 && samples[i] <= 53, "%g dB", samples[i]);
    }
}

Test(penetration, a_device_keeps_its_loss_and_others_do_not_matter)
{
    cr_expect_eq(penetration_draw_db(3, 17, PENETRATION_TR45820),
            penetration_draw_db(3, 17, PENETRATION_TR45820));
    cr_expect_neq(penetration_draw_db(3, 17, PENETRATION_TR45820),
            penetration_draw_db(3, 18, PENETRATION_TR45820));
    cr_expect_neq(penetration_draw_db(3, 17, PENETRATION_TR45820),
            penetration_draw_db(4, 17, PENETRATION_TR45820));
}

Test(penetration, a_thicker_wall_costs_the_same_device_more)
{
    for (unsigned i = 1; i < 1000; i++) {
        double light_db = penetration_draw_db(3, i, PENETRATION_LIGHT);
        double medium_db = penetration_draw_db(3, i, PENETRATION_MEDIUM);
        double deep_db = penetration_draw_db(3, i, PENETRATION_DEEP);
        cr_expect(light_db < medium_db && medium_db < deep_db);
        double mixed_db = penetration_draw_db(3, i, PENETRATION_TR45820);
        cr_expect(mixed_db == light_db || mixed_db == medium_db || mixed_db == deep_db);
    }
}

Test(penetration, outdoor_and_fixed_draw_nothing)
{
    cr_expect_eq(penetration_draw_db(3, 17, PENETRATION_OUTDOOR), 0.0);
    cr_expect_eq(penetration_draw_db(3, 17, PENETRATION_FIXED), 0.0);
    cr_expect_str_eq(penetration_class_names[PENETRATION_OUTDOOR], "outdoor");
    cr_expect_str_eq(penetration_class_names[PENETRATION_FIXED], "fixed");
    cr_expect_str_eq(penetration_class_names[PENETRATION_TR45820], "tr45820");
    cr_expect_null(penetration_class_names[PENETRATION_TR45820 + 1]);
}
