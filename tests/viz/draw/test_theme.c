/* Goal: colours are told apart by colour-blind eyes too, and text is read on its ground.
 * Method: distances by CIE76 (CIE 15:2004, D65) after simulation of missing cones.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <math.h>

#include "draw/theme.h"

#define APART 20.0

/* Machado, Oliveira, Fernandes, "A physiologically-based model for simulation of color vision
 * deficiency", IEEE TVCG 15(6), 2009: severity 1.0, on linear sRGB (IEC 61966-2-1). */
static const struct {
    const char *name;
    double rows[3][3];
} eyes[] = {
    { "usual", { { 1, 0, 0 }, { 0, 1, 0 }, { 0, 0, 1 } } },
    { "protanopia", { { 0.152286, 1.052583, -0.204868 }, { 0.114503, 0.786281, 0.099216 },
                            { -0.003882, -0.048116, 1.051998 } } },
    { "deuteranopia", { { 0.367322, 0.860646, -0.227968 }, { 0.280085, 0.672501, 0.047413 },
                              { -0.011820, 0.042940, 0.968881 } } },
};
static const double rgb_to_xyz[3][3] = { { 0.4124564, 0.3575761, 0.1804375 },
    { 0.2126729, 0.7151522, 0.0721750 }, { 0.0193339, 0.1191920, 0.9503041 } };

static double linear(uint8_t channel)
{
    double c = channel / 255.0;
    return c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
}

static void multiply(const double rows[3][3], const double in[3], double out[3])
{
    for (int i = 0; i < 3; i++) {
        out[i] = rows[i][0] * in[0] + rows[i][1] * in[1] + rows[i][2] * in[2];
    }
}

static double lab_part(double t)
{
    return t > 216.0 / 24389 ? cbrt(t) : t * 24389 / (27 * 116) + 16.0 / 116;
}

/* As the eye of a row of eyes[] sees it. */
static void lab_of(struct colour colour, size_t eye, double lab[3])
{
    double rgb[3] = { linear(colour.r), linear(colour.g), linear(colour.b) }, seen[3], xyz[3];
    multiply(eyes[eye].rows, rgb, seen);
    for (int i = 0; i < 3; i++) {
        seen[i] = fmin(fmax(seen[i], 0), 1);
    }
    multiply(rgb_to_xyz, seen, xyz);
    double x = lab_part(xyz[0] / 0.95047), y = lab_part(xyz[1]), z = lab_part(xyz[2] / 1.08883);
    lab[0] = 116 * y - 16;
    lab[1] = 500 * (x - y);
    lab[2] = 200 * (y - z);
}

static double distance(struct colour a, struct colour b, size_t eye)
{
    double p[3], q[3];
    lab_of(a, eye, p);
    lab_of(b, eye, q);
    return sqrt(pow(p[0] - q[0], 2) + pow(p[1] - q[1], 2) + pow(p[2] - q[2], 2));
}

/* Lindbloom's calculator (brucelindbloom.com, sRGB and D65) gives L*a*b* 53.24, 80.09, 67.20 for
 * red and 100, 0, 0 for white. */
Test(theme, the_distance_of_this_test_is_that_of_cie76)
{
    const struct colour red = { 255, 0, 0, 255 }, white = { 255, 255, 255, 255 };
    double right = sqrt(pow(100 - 53.24, 2) + pow(80.09, 2) + pow(67.20, 2));
    cr_expect_float_eq(distance(red, white, 0), right, 0.1);
}

Test(theme, every_two_colours_of_the_palette_are_apart_for_every_eye)
{
    for (size_t eye = 0; eye < 3; eye++) {
        for (int a = 0; a < PALETTE_COUNT; a++) {
            for (int b = 0; b < a; b++) {
                double apart = distance(palette[a], palette[b], eye);
                cr_expect(apart >= APART, "%s: colours %d and %d are %g apart", eyes[eye].name, a,
                        b, apart);
            }
        }
    }
}

/* A sequence goes by lightness, which every eye sees. */
Test(theme, a_sequence_gets_lighter_for_every_eye)
{
    for (size_t eye = 0; eye < 3; eye++) {
        double last = -1;
        for (int i = 0; i <= 20; i++) {
            double lab[3];
            lab_of(palette_sequence(i / 20.0), eye, lab);
            cr_expect(lab[0] > last, "%s: step %d", eyes[eye].name, i);
            last = lab[0];
        }
    }
}

Test(theme, a_sequence_is_clamped_to_its_ends)
{
    const struct colour low = palette_sequence(0), high = palette_sequence(1);
    cr_expect_eq(distance(palette_sequence(-1), low, 0), 0);
    cr_expect_eq(distance(palette_sequence((double)NAN), low, 0), 0);
    cr_expect_eq(distance(palette_sequence(2), high, 0), 0);
}

/* WCAG 2.1, section 1.4.3: 4.5 for text, 7 for much of it. */
static double luminance(struct colour c)
{
    return 0.2126 * linear(c.r) + 0.7152 * linear(c.g) + 0.0722 * linear(c.b);
}

static double contrast(struct colour a, struct colour b)
{
    double p = luminance(a), q = luminance(b);
    return (fmax(p, q) + 0.05) / (fmin(p, q) + 0.05);
}

Test(theme, text_is_read_on_its_ground)
{
    for (int kind = 0; kind < THEME_COUNT; kind++) {
        const struct theme *theme = &themes[kind];
        const struct colour grounds[] = { theme->background, theme->panel };
        for (size_t i = 0; i < 2; i++) {
            cr_expect(contrast(theme->text, grounds[i]) >= 7, "%s", theme->name);
            cr_expect(contrast(theme->faint, grounds[i]) >= 4.5, "%s", theme->name);
            cr_expect(contrast(theme->accent, grounds[i]) >= 4.5, "%s", theme->name);
            cr_expect(contrast(theme->warning, grounds[i]) >= 4.5, "%s", theme->name);
        }
    }
}
