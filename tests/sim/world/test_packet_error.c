/* Uplinks at a known signal-to-noise ratio are lost as often as the closed form says.
 * SPDX-License-Identifier: MIT
 *
 * Method: devices on a ring of 1 km around one gateway, antennas at one height, no shadowing, no
 * fading, no interference, exact crystals: every frame arrives with 14 dBm - loss, the loss at
 * 1 km being a parameter. Noise is -174 + 10 log10(125000) + 6 = -117.03 dBm.
 *
 * Closed form (spec-physics 3), computed here with a quadrature of its own:
 *   Ps = int_0^inf [1 - (1 - e^-u)^(M-1)] e^-(u+g) I0(2 sqrt(u g)) du,  g = M SNR, M = 2^SF,
 *   Pb = Ps (M/2) / (M-1); a code word of 4/5 is lost with 1 - (1-Pb)^5, one of the header's, which
 *   are 4/8, with 1 - (1-Pb)^8 - 8 Pb (1-Pb)^7; PER = 1 - (all of SF (Nsym - 8) / 5 words and SF -
 * 2 of the header are right). An implementation loss shifts it so that PER is 1 % for 10 B at the
 * gateway's sensitivity. Here the sensitivity is given as what the ideal receiver has by the same
 * form, so that there is none; and once 2 dB above it.
 */
#include <criterion/criterion.h>
#include <gsl/gsl_integration.h>
#include <gsl/gsl_sf_bessel.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "uplink_tally.h"

#define DEVICES     500.0
#define PERIOD_S    600.0
#define FRAMES_EACH 20.0
#define NOISE_DBM   (-174 + 50.969100 + 6)
#define EIRP_DBM    14.0

static const char base[] =
        "name: packet-error\n"
        "area: {radius: 1 km}\n"
        "propagation: {model: log-distance, penetration: 0 dB, reference: {distance: 1 km}, "
        "shadowing: {sigma: 0 dB}, fading: none}\n"
        "reception: {interference: none}\n"
        "gateways: {count: 1, demodulators: 0, height: 1.5 m, channels: [868.1 MHz], "
        "radio: {tolerance: 0 ppm}}\n"
        "devices: [{name: d, count: 500, state: commissioned, layout: ring, "
        "channels: [868.1 MHz], clock_refresh: never, boot: {spread: 0 s}, "
        "radio: {tolerance: 0 ppm}, report: {period: 600 s, traffic: poisson}}]\n";

/* --- the closed form -------------------------------------------------------------------------- */

struct symbol {
    double energy, others;
};

static double symbol_error_density(double u, void *context)
{
    const struct symbol *s = context;
    double root = sqrt(u) - sqrt(s->energy);
    double wrong = -expm1(s->others * log1p(-exp(-u)));
    return wrong * exp(-root * root) * gsl_sf_bessel_I0_scaled(2 * sqrt(u * s->energy));
}

static double bit_error(unsigned sf, double snr_db)
{
    double m = (double)(1u << sf), result, error;
    struct symbol s = { .energy = m * pow(10, snr_db / 10), .others = m - 1 };
    gsl_function f = { symbol_error_density, &s };
    gsl_integration_workspace *workspace = gsl_integration_workspace_alloc(1000);
    double to = pow(sqrt(s.energy) + 9, 2);
    gsl_integration_qag(
            &f, 1e-12, to, 1e-14, 1e-9, 1000, GSL_INTEG_GAUSS31, workspace, &result, &error);
    gsl_integration_workspace_free(workspace);
    return result * (m / 2) / (m - 1);
}

/* Symbols after the preamble, CR 4/5, CRC, explicit header, no LDRO. */
static double symbols(unsigned sf, unsigned size)
{
    return 8 + ceil((8.0 * size - 4.0 * sf + 44) / (4.0 * sf)) * 5;
}

static double packet_error(unsigned sf, unsigned size, double snr_db)
{
    double right = 1 - bit_error(sf, snr_db), wrong = 1 - right;
    double header_word = pow(right, 8) + 8 * wrong * pow(right, 7);
    return 1 - pow(right, sf * (symbols(sf, size) - 8)) * pow(header_word, sf - 2);
}

static double snr_of(unsigned sf, unsigned size, double error)
{
    double low = -30, high = 0;
    for (int i = 0; i < 40; i++) {
        double middle = (low + high) / 2;
        *(packet_error(sf, size, middle) > error ? &low : &high) = middle;
    }
    return low;
}

/* --- runs ------------------------------------------------------------------------------------- */

struct point {
    unsigned sf, size;
    double snr_db;
    double sensitivity_dbm; /* the gateway's */
};

static struct uplink_tally *play(const struct point *point, const char *errors)
{
    char loss[64], size[64], rate[64], sensitivity[128], duration[64], model[64];
    const char *sets[] = { loss, size, rate, sensitivity, duration, model };
    double s = point->sensitivity_dbm;
    snprintf(loss, sizeof loss, "propagation.reference.loss=%.3f dB",
            EIRP_DBM - NOISE_DBM - point->snr_db);
    snprintf(size, sizeof size, "devices.0.report.phy_payload=%u B", point->size);
    snprintf(rate, sizeof rate, "devices.0.data_rate=DR%u", 12 - point->sf);
    snprintf(sensitivity, sizeof sensitivity,
            "reception.gateway.sensitivity=[%.3f dBm, %.3f dBm, %.3f dBm, %.3f dBm, %.3f dBm, "
            "%.3f dBm]",
            s, s, s, s, s, s);
    snprintf(duration, sizeof duration, "duration=%.0f s", FRAMES_EACH * PERIOD_S);
    snprintf(model, sizeof model, "reception.errors=%s", errors);
    struct trial *trial = trial_create(base, sets, 6);
    struct uplink_tally *tally = uplink_tally_create(
            trial, (uint32_t)DEVICES, 0, (sim_ns)(FRAMES_EACH * PERIOD_S) * SIM_NS_PER_S);
    trial_play(trial);
    trial_destroy(trial);
    return tally;
}

static void expect_errors(unsigned sf, unsigned size, double snr_db, double loss_db)
{
    char what[48];
    struct point point = { sf, size, snr_db, NOISE_DBM + snr_of(sf, 10, 0.01) + loss_db };
    struct uplink_tally *tally = play(&point, "curve");
    double expected = packet_error(sf, size, snr_db - loss_db);
    snprintf(what, sizeof what, "SF%u, %u B, %.2f dB", sf, size, snr_db);
    uplink_tally_expect(tally, 0, 1 - expected, what);
    cr_expect_gt(tally->lost[LOSS_BELOW_SENSITIVITY], 0);
    free(tally);
}

/* The form itself: spec-physics 3 states these. */
Test(packet_error, closed_form_has_the_published_values)
{
    cr_expect_float_eq(bit_error(7, -7.5), 2.63e-4, 0.01e-4);
    cr_expect_float_eq(bit_error(9, -12.5), 5.12e-5, 0.01e-5);
    cr_expect_float_eq(packet_error(7, 64, -7.5), 0.161, 0.001);
    cr_expect_float_eq(packet_error(9, 64, -13.5), 0.392, 0.001);
    cr_expect_float_eq(snr_of(7, 64, 0.1), -7.30, 0.006);
    cr_expect_float_eq(snr_of(9, 64, 0.1), -12.88, 0.006);
    cr_expect_float_eq(snr_of(7, 10, 0.01), -7.00, 0.006);
}

Test(packet_error, of_uplinks_is_the_closed_form)
{
    static const unsigned sizes[] = { 20, 64 };
    for (unsigned sf = 7; sf <= 9; sf += 2) {
        for (unsigned i = 0; i < 2; i++) {
            expect_errors(sf, sizes[i], snr_of(sf, sizes[i], 0.1), 0);
            expect_errors(sf, sizes[i], snr_of(sf, sizes[i], 0.6), 0);
        }
    }
}

Test(packet_error, is_shifted_by_the_sensitivity)
{
    expect_errors(7, 64, snr_of(7, 64, 0.3) + 2, 2);
    expect_errors(9, 20, snr_of(9, 20, 0.3) + 2, 2);
}

Test(packet_error, by_threshold_is_a_step_at_the_sensitivity)
{
    for (unsigned sf = 7; sf <= 9; sf += 2) {
        double sensitivity_dbm = sf == 7 ? -126.5 : -131.5; /* spec-physics 2, SX1301 */
        struct point above = { sf, 64, sensitivity_dbm - NOISE_DBM + 0.05, sensitivity_dbm };
        struct point below = { sf, 64, sensitivity_dbm - NOISE_DBM - 0.05, sensitivity_dbm };
        struct uplink_tally *tally = play(&above, "threshold");
        cr_expect_gt(uplink_tally_sent(tally, 0), 9000);
        cr_expect_eq(tally->lost[LOSS_BELOW_SENSITIVITY], 0);
        free(tally);
        tally = play(&below, "threshold");
        cr_expect_gt(uplink_tally_sent(tally, 0), 9000);
        cr_expect_eq(tally->lost[LOSS_BELOW_SENSITIVITY], uplink_tally_sent(tally, 0));
        free(tally);
    }
}
