/* A board of RAM: two flash regions with their rules, power cuts by count, nettle for crypto.
 * SPDX-License-Identifier: MIT
 */
#ifndef TESTS_DEVICE_UPDATE_FAKE_BOARD_H
#define TESTS_DEVICE_UPDATE_FAKE_BOARD_H

#include <setjmp.h>

#include "hal.h"
#include "update/flash_map.h"

/* What the flash operation that the power cut hits has done. */
enum fake_tear {
    FAKE_TEAR_NOTHING, /* it had not begun */
    FAKE_TEAR_ALL,     /* it was complete, only the return is missing */
    FAKE_TEAR_PREFIX,  /* the first half of the bytes is done */
    FAKE_TEAR_BITS,    /* every bit old or new by chance */
    FAKE_TEAR_COUNT,
    /* Of internal flash: some cells lie between old and new, and each read says either by chance,
     * until they are erased. What can't be told by one read is no case of the others. */
    FAKE_TEAR_UNSETTLED
};

/* Of the internal flash, which selects the flash map: a test program runs over one of geometry_*.c.
 */
extern const struct hal_flash_geometry fake_internal_geometry;

extern const uint8_t fake_image_key[16];

#define FAKE_CUT_NEVER UINT32_MAX

struct fake_board {
    struct hal hal;
    uint8_t internal[FLASH_SLOTS_END]; /* as much as fake_internal_geometry says */
    uint8_t external[NOR_SIZE];
    uint32_t operations; /* programs and erases begun */
    uint32_t erases;
    uint32_t cut_at; /* the operation with this number (from 0) loses power */
    enum fake_tear tear;
    uint32_t random;
    uint32_t violations; /* programs over programmed units, ranges and units broken */
    uint32_t panics;
    uint32_t busy_looks;     /* flash_busy() of the NOR answers yes that often */
    uint64_t now_ns;         /* of the RTC */
    uint32_t look_ns;        /* each look at a busy flash takes */
    bool charge_is_free;     /* hal_charge() takes no time, as on silicon */
    uint32_t traces[64];     /* count by id */
    uint32_t reads;          /* calls so far */
    uint32_t flip_read_at;   /* the read with this number (from 0) has one wrong bit: */
    uint32_t flip_read_bit;  /* its index in the data, modulo their size */
    uint8_t flip_at_program; /* XORed into the first byte of the next internal program */
    uint32_t unsettled_at, unsettled_size; /* in internal flash; size 0: no cell is */
    uint8_t unsettled[8];                  /* its bits that reads say either of */
    uint8_t image_key[16];                 /* in the slot IMAGE_KEY_SLOT: */
    bool image_key_loaded;
    jmp_buf power;
};

void fake_board_init(struct fake_board *board);

/* Writes a factory record with this hardware id and Ed25519 public key, fake_image_key and bytes
 * that are their offsets. */
void fake_board_set_factory(
        struct fake_board *board, uint32_t hardware_id, const uint8_t public_key[32]);
/* After a change: the CRC fits again. */
void fake_board_seal_factory(struct fake_board *board);

/* Builds header and code of a signed image into `image` (IMAGE_HEADER_SIZE + code_size bytes);
 * the code is drawn from `seed`. `private_key` NULL: no signature. */
void fake_image_build(uint8_t *image, uint32_t code_size, uint32_t version, uint32_t hardware_id,
        uint32_t seed, const uint8_t private_key[32]);

/* Makes a built image an encrypted one, signed again: header plain, code encrypted. */
void fake_image_encrypt(uint8_t *image, uint32_t code_size, const uint8_t private_key[32]);

/* Runs `statement` and sets `cut` to true when the power went before it was done. */
#define FAKE_POWERED(board, cut, statement)                                                        \
    do {                                                                                           \
        if (setjmp((board)->power) == 0) {                                                         \
            statement;                                                                             \
            (cut) = false;                                                                         \
        } else {                                                                                   \
            (cut) = true;                                                                          \
        }                                                                                          \
    } while (0)

#endif
