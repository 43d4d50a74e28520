/* Fills the slot for new images (flash_map.h) out of a verified block, in bounded pieces: with what
 * a delta image makes of the image that runs, or with a copy of a full image.
 * SPDX-License-Identifier: MIT
 *
 * The target is written sector by sector, its header last. At every SLOT_FILL_SAVE_BYTES the state
 * of the decoder is saved in NOR_DELTA: a head (the first 12 bytes of the SHA-256 of the record,
 * written last), then the record, encrypted under the head as nonce when the block is. After a
 * reset the work goes on from the last whole record of the same block: what was written after that
 * is erased and made again.
 */
#ifndef DEVICE_UPDATE_SLOT_FILL_H
#define DEVICE_UPDATE_SLOT_FILL_H

#include "update/delta.h"
#include "update/patch.h"

/* The state's own memory; no session of fragments needs its decoder meanwhile. */
#define SLOT_FILL_RAM_MAX    1024u
#define SLOT_FILL_SAVE_BYTES 8192u
#define SLOT_FILL_PAGE       256u

enum slot_fill_stage {
    SLOT_FILL_LOOK,  /* for the state that a reset left */
    SLOT_FILL_CLEAR, /* the saves are erased */
    SLOT_FILL_ERASE, /* the target's place, up to the next save */
    SLOT_FILL_DECODE,
    SLOT_FILL_SAVE,
    SLOT_FILL_SAVE_MORE, /* the rest of the record */
    SLOT_FILL_SAVE_HEAD,
    SLOT_FILL_HEADER, /* of the target */
    SLOT_FILL_FILLED,
    SLOT_FILL_BROKEN /* the block does not read as what it was, or a flash failed */
};

struct slot_fill {
    uint8_t stage; /* enum slot_fill_stage */
    uint8_t save;  /* the one that is looked at, or the next to be written */
    uint16_t in_at;
    uint16_t in_size;
    uint16_t out_size;
    uint32_t manifest;         /* address in the NOR, of the header of a full image */
    uint32_t patch_size;       /* 0: a full image, whose code is the target's */
    uint32_t read;             /* bytes of the patch that were read into `in` */
    uint32_t erase_at;         /* offset in the slot, or in NOR_DELTA */
    struct image_place from;   /* the patch, or the code */
    struct image_place to;     /* the target */
    struct image_place record; /* of the state that is being saved */
    uint8_t identity[20];      /* of the block, in each record */
    struct patch patch;
    uint8_t in[SLOT_FILL_PAGE];
    uint8_t out[SLOT_FILL_PAGE];
};

/* Begins with the verified delta image whose manifest lies at `manifest` in the NOR, or the full
 * image whose header does; goes on where a reset interrupted the same work. */
void slot_fill_begin(struct slot_fill *fill, const struct hal *hal, const struct factory *factory,
        uint32_t manifest);

/* Makes all of it again, whatever is saved. */
void slot_fill_again(struct slot_fill *fill, const struct hal *hal, const struct factory *factory);

/* Does one piece: at most a sector's erase or a page's program, while the NOR is not busy. Returns
 * false when the stage is FILLED or BROKEN. */
bool slot_fill_step(struct slot_fill *fill, const struct hal *hal, const struct factory *factory);

#endif
