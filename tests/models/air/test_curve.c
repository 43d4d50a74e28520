/* Symbol and bit error curves against worked values, a second method, and their own table.
 * SPDX-License-Identifier: MIT
 *
 * Oracles: spec-physics section 3 (computed by an independent script); the closed alternating
 * series of non-coherent M-ary orthogonal signalling (Proakis, Digital Communications, 4.5-43).
 */
#include <criterion/criterion.h>
#include <math.h>

#include "air/error_curve.h"

static double bisect_bit_snr_db(unsigned sf, double bit_error)
{
    double low = -40, high = 20;
    for (int i = 0; i < 60; i++) {
        double middle = (low + high) / 2;
        if (error_curve_bit(sf, middle) > bit_error) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return high;
}

static void expect_relative(double got, double expected, double tolerance, const char *what)
{
    cr_expect(fabs(got / expected - 1) < tolerance, "%s: %g, expected %g", what, got, expected);
}

Test(error_curve, bit_errors_around_the_datasheet_thresholds_are_the_worked_ones)
{
    static const struct {
        unsigned sf;
        double threshold_db;
        double bit_error[4]; /* at threshold -2, -1, 0, +1 dB */
    } rows[] = {
        { 7, -7.5, { 1.03e-2, 2.15e-3, 2.63e-4, 1.64e-5 } },
        { 9, -12.5, { 5.30e-3, 7.37e-4, 5.12e-5, 1.5e-6 } },
        { 12, -20, { 8.95e-4, 5.01e-5, 1.02e-6, 6.0e-9 } },
    };
    for (unsigned i = 0; i < 3; i++) {
        for (int k = 0; k < 4; k++) {
            double got = error_curve_bit(rows[i].sf, rows[i].threshold_db + k - 2);
            expect_relative(got, rows[i].bit_error[k], 0.04, "Pb");
        }
    }
}

Test(error_curve, snr_for_given_bit_errors_is_the_worked_one)
{
    static const double snr_db[6][3] = {
        { -8.10, -7.12, -6.35 },
        { -10.86, -9.92, -9.17 },
        { -13.64, -12.72, -12.00 },
        { -16.43, -15.54, -14.85 },
        { -19.23, -18.37, -17.69 },
        { -22.05, -21.21, -20.55 },
    };
    static const double bit_error[3] = { 1e-3, 1e-4, 1e-5 };
    for (unsigned i = 0; i < 6; i++) {
        for (unsigned k = 0; k < 3; k++) {
            double got = bisect_bit_snr_db(7 + i, bit_error[k]);
            cr_expect(fabs(got - snr_db[i][k]) < 0.0051, "SF%u, Pb %g: %g dB", 7 + i, bit_error[k],
                    got);
        }
    }
}

/* Ps = sum_{k=1}^{M-1} (-1)^(k+1) C(M-1,k) / (k+1) exp(-g k/(k+1)): alternating, with huge terms.
 * In quadruple precision it is still good for M = 64 and M = 128 where g is small. */
static double series_symbol_error(unsigned sf, double snr_db)
{
    unsigned m = 1u << sf;
    double g = m * pow(10, snr_db / 10);
    __float128 sum = 0, binomial = 1;
    for (unsigned k = 1; k < m; k++) {
        binomial = binomial * (__float128)(m - k) / (__float128)k;
        /* exp(-g k/(k+1)) = exp(-g) exp(g/(k+1)), the second factor by its own series */
        __float128 x = (__float128)g / (k + 1), term = 1, exponential = 1;
        for (int n = 1; n < 60; n++) {
            term = term * x / n;
            exponential += term;
        }
        __float128 part = binomial / (k + 1) * exponential;
        sum += k % 2 == 1 ? part : -part;
    }
    return (double)sum * exp(-g);
}

Test(error_curve, quadrature_agrees_with_the_alternating_series)
{
    for (double snr_db = -20; snr_db <= -6; snr_db += 0.5) {
        expect_relative(
                error_curve_symbol(6, snr_db), series_symbol_error(6, snr_db), 1e-9, "SF6 Ps");
    }
}

Test(error_curve, pure_noise_is_guessing)
{
    for (unsigned sf = 6; sf <= 12; sf++) {
        expect_relative(error_curve_symbol(sf, -90), 1 - ldexp(1, -(int)sf), 1e-6, "Ps in noise");
        expect_relative(error_curve_bit(sf, -90), 0.5, 1e-6, "Pb in noise");
    }
}

Test(error_curve, table_follows_the_quadrature_within_half_a_percent)
{
    for (unsigned sf = 6; sf <= 12; sf++) {
        struct error_curve curve;
        error_curve_fill(&curve, sf);
        for (int32_t offset = 11; offset < 20000; offset += 397) {
            int32_t snr_mdb = curve.from_mdb + offset;
            double bit = error_curve_bit(sf, snr_mdb / 1000.0);
            if (bit < 1e-10) {
                break;
            }
            expect_relative(error_curve_exponent(&curve, ERROR_BIT, snr_mdb), -log1p(-bit), 5e-3,
                    "bit exponent");
            double word = pow(1 - bit, 8) + 8 * bit * pow(1 - bit, 7);
            if (word < 1 - 1e-9) {
                expect_relative(error_curve_exponent(&curve, ERROR_WORD_48, snr_mdb), -log(word),
                        1.5e-2, "4/8 exponent");
            }
        }
        cr_expect_eq(error_curve_exponent(&curve, ERROR_BIT, 30000), 0);
        cr_expect_gt(error_curve_exponent(&curve, ERROR_BIT, -90000), 0.5);
    }
}

/* Mean over Rayleigh fading at 0 and 10 dB mean SNR, by a plain sum over Exp(1). */
Test(error_curve, rayleigh_average_is_the_worked_one)
{
    static const struct {
        unsigned sf;
        double snr_db, bit_error;
    } rows[] = { { 7, 0, 2.07e-2 }, { 12, 0, 1.09e-3 }, { 7, 10, 2.13e-3 } };
    for (unsigned i = 0; i < 3; i++) {
        double sum = 0;
        const double step = 0.02; /* in ln(gain) */
        for (double log_gain = -14; log_gain < 3; log_gain += step) {
            double gain = exp(log_gain);
            double snr_db = rows[i].snr_db + 10 * log10(gain);
            sum += error_curve_bit(rows[i].sf, snr_db) * gain * exp(-gain) * step;
        }
        expect_relative(sum, rows[i].bit_error, 0.01, "mean Pb");
    }
}
