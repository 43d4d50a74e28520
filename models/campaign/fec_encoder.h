/* The forward error correction of TS004, as the sender computes it.
 * SPDX-License-Identifier: MIT
 *
 * FragAlgo 0: TS004-1.0.0 and -2.0.0 appendix. Fragments are numbered N from 1; those above M are
 * XORs of uncoded ones. `version` is that of TS004: it decides the row weight.
 */
#ifndef CAMPAIGN_FEC_ENCODER_H
#define CAMPAIGN_FEC_ENCODER_H

#include <stdbool.h>
#include <stdint.h>

#define FEC_ROW_BYTES_MAX 2048u /* M <= 16383 */

/* Row n = N - M (from 1) of the parity matrix: bit c & 7 of row[c >> 3] says that uncoded fragment
 * c + 1 is part of it. */
void fec_encoder_row(unsigned version, uint32_t m, uint32_t n, uint8_t row[FEC_ROW_BYTES_MAX]);

/* Every row has an even number of columns: coded fragments alone never have rank M. */
bool fec_encoder_rows_are_even(unsigned version, uint32_t m);

/* Data of fragment N of a block of `m` * `fragment_size` bytes (padded with zero bytes). */
void fec_encoder_fragment(unsigned version, const uint8_t *block, uint32_t m,
        uint32_t fragment_size, uint32_t number, uint8_t *out);

#endif
