/* TS004 parity rows: which uncoded fragments a coded one is the XOR of (FragAlgo 0).
 * SPDX-License-Identifier: MIT
 */
#ifndef DEVICE_SERVICES_FEC_ROW_H
#define DEVICE_SERVICES_FEC_ROW_H

#include <stdint.h>

#define FEC_FRAGMENTS_MAX 4096u
#define FEC_ROW_WORDS     (FEC_FRAGMENTS_MAX / 32u)

/* What a session's rows have in common. */
struct fec_rows {
    uint64_t reciprocal; /* 2^36 / modulus, rounded up: remainders without a division */
    uint16_t fragments;  /* M */
    uint16_t modulus;    /* M, or M + 1 when M is a power of two */
    uint8_t version;     /* 1: TS004-1.0.0, 2: TS004-2.0.0 */
};

void fec_rows_init(struct fec_rows *rows, uint32_t fragments, uint8_t version);

/* Writes the row of coded fragment M + n (n >= 1) as a bitmap, bit c: fragment c + 1. Only the
 * words that M fragments need are touched. Returns the number of draws it took. */
uint32_t fec_row_make(const struct fec_rows *rows, uint32_t n, uint32_t row[FEC_ROW_WORDS]);

#endif
