/* Non-coherent M-ary orthogonal signalling: symbol error by quadrature, bit and code-word tables.
 * SPDX-License-Identifier: MIT
 */
#include "air/error_curve.h"

#include <assert.h>
#include <gsl/gsl_integration.h>
#include <gsl/gsl_math.h>
#include <gsl/gsl_sf_bessel.h>
#include <gsl/gsl_spline.h>
#include <math.h>

#define QUADRATURE_POINTS 128u
/* The envelope of the right bin, in units of sqrt(noise power): beyond this the tail is 1e-27. */
#define ENVELOPE_MARGIN 8.0

struct symbol_problem {
    double others; /* M - 1 */
    double mean;   /* sqrt(g), g = SNR * M */
};

/* Density of the envelope r of the right bin (Rice) times the chance that some other bin, each
 * exponential in r^2, exceeds it. I0 is taken scaled by its exponential: no overflow. */
static double symbol_integrand(double r, void *context)
{
    const struct symbol_problem *problem = context;
    double beaten = -expm1(problem->others * log1p(-exp(-r * r)));
    double distance = r - problem->mean;
    return 2 * r * beaten * exp(-distance * distance)
           * gsl_sf_bessel_I0_scaled(2 * r * problem->mean);
}

static double symbol_error(
        const gsl_integration_glfixed_table *quadrature, unsigned spreading_factor, double snr_db)
{
    double m = ldexp(1, (int)spreading_factor);
    struct symbol_problem problem = {
        .others = m - 1,
        .mean = sqrt(m * pow(10, snr_db / 10)),
    };
    gsl_function integrand = { .function = symbol_integrand, .params = &problem };
    return gsl_integration_glfixed(&integrand, 0, problem.mean + ENVELOPE_MARGIN, quadrature);
}

static double bits_per_symbol_error(unsigned spreading_factor)
{
    double m = ldexp(1, (int)spreading_factor);
    return m / 2 / (m - 1);
}

double error_curve_symbol(unsigned spreading_factor, double snr_db)
{
    assert(spreading_factor >= ERROR_CURVE_SF_MIN && spreading_factor <= ERROR_CURVE_SF_MAX);
    gsl_integration_glfixed_table *quadrature =
            gsl_integration_glfixed_table_alloc(QUADRATURE_POINTS);
    assert(quadrature != NULL);
    double error = symbol_error(quadrature, spreading_factor, snr_db);
    gsl_integration_glfixed_table_free(quadrature);
    return error;
}

double error_curve_bit(unsigned spreading_factor, double snr_db)
{
    return error_curve_symbol(spreading_factor, snr_db) * bits_per_symbol_error(spreading_factor);
}

/* -ln of the chance that at most one of n bits is wrong. */
static double corrected_word_exponent(double bit_error, double n)
{
    double right = (n - 1) * log1p(-bit_error) + log1p((n - 1) * bit_error);
    return fmax(-right, 0);
}

/* The quadrature runs at every KNOT_STRIDE-th point; ln(Ps) is smooth, a cubic spline does the
 * rest (checked against the quadrature in tests/models/air/test_curve.c). */
#define KNOT_STRIDE 4u
#define KNOTS       ((ERROR_CURVE_POINTS + KNOT_STRIDE - 1) / KNOT_STRIDE + 1)

void error_curve_fill(struct error_curve *curve, unsigned spreading_factor)
{
    assert(spreading_factor >= ERROR_CURVE_SF_MIN && spreading_factor <= ERROR_CURVE_SF_MAX);
    /* Pb = 1e-3 lies near -8.1 dB at SF7 and 2.78 dB lower at each further SF: the table spans
     * 14 dB under it (guessing) to 7 dB over it (1e-20). */
    curve->from_mdb = -22100 - 2780 * ((int32_t)spreading_factor - 7);

    gsl_integration_glfixed_table *quadrature =
            gsl_integration_glfixed_table_alloc(QUADRATURE_POINTS);
    gsl_spline *spline = gsl_spline_alloc(gsl_interp_cspline, KNOTS);
    assert(quadrature != NULL && spline != NULL);
    double position[KNOTS], log_error[KNOTS];
    for (unsigned i = 0; i < KNOTS; i++) {
        unsigned offset_mdb = (i * KNOT_STRIDE) << ERROR_CURVE_STEP_SHIFT;
        double snr_db = (curve->from_mdb + (int32_t)offset_mdb) / 1000.0;
        position[i] = (double)(i * KNOT_STRIDE);
        log_error[i] = log(symbol_error(quadrature, spreading_factor, snr_db));
    }
    gsl_spline_init(spline, position, log_error, KNOTS);
    for (unsigned i = 0; i < ERROR_CURVE_POINTS; i++) {
        double bit =
                exp(gsl_spline_eval(spline, i, NULL)) * bits_per_symbol_error(spreading_factor);
        curve->exponent[ERROR_BIT][i] = -log1p(-bit);
        curve->exponent[ERROR_WORD_47][i] = corrected_word_exponent(bit, 7);
        curve->exponent[ERROR_WORD_48][i] = corrected_word_exponent(bit, 8);
    }
    gsl_spline_free(spline);
    gsl_integration_glfixed_table_free(quadrature);
}
