/* Delta patches: the running code and a patch make the new code, byte by byte.
 * SPDX-License-Identifier: MIT
 *
 * Outside is LZSS over a window of 256 bytes, bits from the most significant one on: 1, then 8 bits
 * of a byte; or 0, then distance - 1 in 8 bits and length - 2 in 4. The window begins as zeros.
 * What comes out of it is blocks until the target is whole: number  how many bytes of the target
 * are bytes of the base plus a difference (modulo 256) of these, until there are no more: number
 * how many in a row have the difference 0 number, then so many bytes: differences. Absent when the
 * first number used them all up number, then so many bytes of the target that are in no base number
 * how far the base moves before the next block: n even: n / 2 on, odd: (n + 1) / 2 back. Absent
 * once the target is whole Numbers are LEB128 of at most four bytes.
 *
 * The state has no pointer and needs no address of its own: it can be saved at any time between
 * two calls, and decoding goes on from it after a reset.
 */
#ifndef DEVICE_UPDATE_PATCH_H
#define DEVICE_UPDATE_PATCH_H

#include "hal.h"

#define PATCH_WINDOW_BYTES 256u
#define PATCH_LENGTH_MIN   2u
#define PATCH_LENGTH_MAX   17u
#define PATCH_STATE_SIZE   288u

/* Where the base lies; readable in any piece. */
struct patch_base {
    enum hal_flash_region region;
    uint32_t address;
    uint32_t size;
};

struct patch {
    struct patch_base base;
    uint32_t target_size;
    uint32_t made;    /* bytes of the target so far */
    uint32_t base_at; /* may be outside the base between two blocks */
    uint32_t block;   /* bytes of the block that are still to be taken from the base */
    uint32_t run;     /* bytes of the run that are still to come */
    uint32_t number;  /* the one that is being read */
    uint32_t bits;    /* input that is not used yet, in the low `bit_count` bits */
    uint8_t bit_count;
    uint8_t number_shift;
    uint8_t part;      /* enum patch_part */
    uint8_t window_at; /* where the next byte goes */
    uint8_t match_at;  /* of the match that is being copied */
    uint8_t match_left;
    uint8_t window[PATCH_WINDOW_BYTES];
};

enum patch_result {
    PATCH_MORE,   /* the input is used up, or the output is full */
    PATCH_DONE,   /* the target is whole */
    PATCH_DAMAGED /* no patch for a base and a target of these sizes; or the base can't be read */
};

struct patch_piece {
    const uint8_t *in;
    uint32_t in_size;
    uint32_t in_used; /* counts on from what the caller set */
    uint8_t *out;
    uint32_t out_size;
    uint32_t out_made; /* likewise */
};

void patch_begin(struct patch *patch, const struct patch_base *base, uint32_t target_size);

/* The state between two calls of patch_continue(), without base and size of the target. */
void patch_save(const struct patch *patch, uint8_t state[PATCH_STATE_SIZE]);

/* Takes up a state after patch_begin() with the same base and size. False: no state of theirs;
 * `patch` can't be used then. */
bool patch_restore(struct patch *patch, const uint8_t state[PATCH_STATE_SIZE]);

/* Goes on until the input is used up, the output is full, or the target is whole. That the target
 * is the right one is for a digest to say. Charges no time. */
enum patch_result patch_continue(
        struct patch *patch, const struct hal *hal, struct patch_piece *piece);

#endif
