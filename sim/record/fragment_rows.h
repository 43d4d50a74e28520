/* The uncoded fragments of one transfer, each with a byte per device: how far it got.
 * SPDX-License-Identifier: MIT
 *
 * A fragment may go out more than once, each time under another frame counter. What its last time
 * on the air came to stands in its row; a device that received it once has it for good.
 */
#ifndef RECORD_FRAGMENT_ROWS_H
#define RECORD_FRAGMENT_ROWS_H

#include "record/fragment_unheard.h"

/* Pairs by cause; LOSS_NONE: received. */
struct cause_counts {
    uint64_t of[LOSS_CAUSE_COUNT];
};

struct fragment_rows {
    uint32_t device_count, nb_frag;
    uint8_t *cells;     /* [nb_frag][device]: furthest, of the last time on the air */
    uint64_t *rounds;   /* [nb_frag]: session << 32 | frame counter + 1 of that time; 0: none */
    uint32_t *changes;  /* [nb_frag]: of the row so far */
    uint16_t *received; /* [device]: fragments that it has */
    /* [nb_frag][block]: the version of the causes that all devices of it have got at least; 0:
     * none. */
    uint32_t *folded;
    uint32_t sent; /* fragments that were on the air */
};

/* False: out of memory; what there is can be freed. */
bool fragment_rows_create(struct fragment_rows *rows, uint32_t device_count, uint32_t nb_frag);
void fragment_rows_destroy(struct fragment_rows *rows);
/* A copy of fragment n, 1..nb_frag, is on the air; `round` is not 0, and the same for all copies of
 * one time. */
void fragment_rows_begin(struct fragment_rows *rows, uint32_t n, uint64_t round);
/* The row of a fragment, a byte per device. */
const uint8_t *fragment_rows_of(const struct fragment_rows *rows, uint32_t n);
/* What fragment n came to at one device, whatever it was before. */
void fragment_rows_set(
        struct fragment_rows *rows, uint32_t n, uint32_t device, enum loss_cause cause);
/* A copy has ended, of which the medium observed something at devices with a cap: each device gets
 * the further one of what it has and of what the copy came to there. That is its cause, none of
 * which is LOSS_NONE, or less: its cap, or a cause that it had while the copy was on the air, as it
 * may have missed the part that counts. All copies of one transfer are folded with the same
 * `unheard`. */
void fragment_rows_fold(struct fragment_rows *rows, uint32_t n,
        const struct fragment_unheard *unheard, struct fragment_caps *caps);
/* Adds what became of one device's fragments. */
void fragment_rows_add(
        const struct fragment_rows *rows, uint32_t device, struct cause_counts *counts);

#endif
