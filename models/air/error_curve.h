/* Bit and code-word error rates of LoRa against SNR: exact, and tabulated for the hot path.
 * SPDX-License-Identifier: MIT
 *
 * An ideal LoRa demodulator is a non-coherent receiver of M = 2^SF orthogonal signals. A symbol
 * error hits any other symbol with the same chance, so each bit flips with (M/2)/(M-1), and the
 * diagonal interleaver gives each code word at most one bit of it. (spec-physics section 3)
 *
 * Source: J. G. Proakis, "Digital Communications", non-coherent detection of M-ary orthogonal
 * signals; for LoRa T. Elshabrawy and J. Robert, IEEE Communications Letters 22(9), 2018.
 */
#ifndef AIR_ERROR_CURVE_H
#define AIR_ERROR_CURVE_H

#include <stdint.h>

#define ERROR_CURVE_SF_MIN 6u
#define ERROR_CURVE_SF_MAX 12u

/* Exact, by quadrature. `snr_db` in the signal's bandwidth. */
double error_curve_symbol(unsigned spreading_factor, double snr_db);
double error_curve_bit(unsigned spreading_factor, double snr_db);

/* What an error exponent is tabulated for: -ln(probability that it is right). */
enum error_unit {
    ERROR_BIT,     /* 4/5 and 4/6 only detect: each bit of a word must be right */
    ERROR_WORD_47, /* corrects one bit of 7 */
    ERROR_WORD_48, /* corrects one bit of 8; the header is coded so too */
    ERROR_UNIT_COUNT
};

#define ERROR_CURVE_STEP_SHIFT 5u /* 32 mdB */
#define ERROR_CURVE_POINTS     672u

/* One spreading factor: ideal receiver, no implementation loss. */
struct error_curve {
    int32_t from_mdb; /* SNR of point 0; all is lost below, nothing above the last */
    double exponent[ERROR_UNIT_COUNT][ERROR_CURVE_POINTS];
};

void error_curve_fill(struct error_curve *curve, unsigned spreading_factor);

static inline double error_curve_exponent(
        const struct error_curve *curve, enum error_unit unit, int32_t snr_mdb)
{
    int32_t offset = snr_mdb - curve->from_mdb;
    if (offset < 0) {
        offset = 0;
    }
    uint32_t index = (uint32_t)offset >> ERROR_CURVE_STEP_SHIFT;
    if (index >= ERROR_CURVE_POINTS - 1) {
        return 0;
    }
    const double *point = &curve->exponent[unit][index];
    const double step = 1 << ERROR_CURVE_STEP_SHIFT;
    double fraction = (double)((uint32_t)offset & ((1u << ERROR_CURVE_STEP_SHIFT) - 1)) / step;
    return point[0] + fraction * (point[1] - point[0]);
}

#endif
