/* Rows out of flash, added to the one row in the works.
 * SPDX-License-Identifier: MIT
 *
 * Each adds up to `left` rows, or as many as one read takes, counts `left` down, and forgets what
 * it added. False: the flash is busy, and nothing has changed.
 */
#ifndef DEVICE_SERVICES_FRAG_ADD_H
#define DEVICE_SERVICES_FRAG_ADD_H

#include "services/frag_decode.h"

/* Uncoded fragments, by work.map.columns; all are added once work.next_word is after the last. */
bool frag_add_columns(struct frag_decoder *decoder, const struct hal *hal, uint32_t *left);
/* Rows of the matrix, by work.used. */
bool frag_add_slots(struct frag_decoder *decoder, const struct hal *hal, uint32_t *left);
/* Solved unknowns that are in place, by work.vector. */
bool frag_add_solved(struct frag_decoder *decoder, const struct hal *hal, uint32_t *left);

#endif
