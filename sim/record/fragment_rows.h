/* The fragments of one transfer, each with a byte per device: how far it got.
 * SPDX-License-Identifier: MIT
 *
 * A fragment's row stays open for FRAGMENT_WINDOW fragments after it, far more than the network
 * server lets its gateways fall apart; then it is added to the devices' counters.
 */
#ifndef RECORD_FRAGMENT_ROWS_H
#define RECORD_FRAGMENT_ROWS_H

#include "air/frame.h"

#define FRAGMENT_WINDOW 64u /* a power of two */

/* Pairs by cause; LOSS_NONE: received. */
struct cause_counts {
    uint64_t of[LOSS_CAUSE_COUNT];
};

struct fragment_rows {
    uint32_t device_count;
    uint8_t *cells;                  /* [FRAGMENT_WINDOW][device]: furthest so far */
    uint32_t row_n[FRAGMENT_WINDOW]; /* N, from 1, of each row's fragment; 0: none yet */
    uint32_t begun;
    uint16_t (*counters)[LOSS_CAUSE_COUNT]; /* per device, of rows that are closed */
};

/* False: out of memory; what there is can be freed. */
bool fragment_rows_create(struct fragment_rows *rows, uint32_t device_count);
void fragment_rows_destroy(struct fragment_rows *rows);
/* False: this fragment's row has been closed. */
bool fragment_rows_open(struct fragment_rows *rows, uint32_t n);
/* The row of a fragment, a byte per device; NULL: it is not open. */
uint8_t *fragment_rows_of(const struct fragment_rows *rows, uint32_t n);
/* Adds what became of one device's fragments; those without a row are not among them. */
void fragment_rows_add(
        const struct fragment_rows *rows, uint32_t device, struct cause_counts *counts);

#endif
