/* Fills the slot for new images (flash_map.h) out of a verified block, in bounded pieces: with what
 * a delta image makes of the image that runs, or with a copy of a full image.
 * SPDX-License-Identifier: MIT
 *
 * The target is written sector by sector, its header last. At every
 * DELTA_BUILD_SAVE_BYTES the state of the decoder is saved into a slot of NOR_DELTA: a head (the
 * first 12 bytes of the SHA-256 of the record, written last), then the record, encrypted under the
 * head as nonce when the block is. After a reset the build goes on from the last whole record
 * that belongs to it: what was written after that is erased and made again.
 */
#ifndef DEVICE_UPDATE_DELTA_BUILD_H
#define DEVICE_UPDATE_DELTA_BUILD_H

#include "update/delta.h"
#include "update/patch.h"

/* The state's own memory; no session of fragments needs its decoder meanwhile. */
#define DELTA_BUILD_RAM_MAX    1024u
#define DELTA_BUILD_SAVE_BYTES 8192u
#define DELTA_BUILD_PAGE       256u

enum delta_build_stage {
    DELTA_BUILD_LOOK,  /* for the state that a reset left */
    DELTA_BUILD_CLEAR, /* the slots of states are erased */
    DELTA_BUILD_ERASE, /* the target's place, up to the next save */
    DELTA_BUILD_DECODE,
    DELTA_BUILD_SAVE,
    DELTA_BUILD_SAVE_MORE, /* the rest of the record */
    DELTA_BUILD_SAVE_HEAD,
    DELTA_BUILD_HEADER, /* of the target */
    DELTA_BUILD_BUILT,
    DELTA_BUILD_BROKEN /* the block does not read as what it was, or a flash failed */
};

struct delta_build {
    uint8_t stage; /* enum delta_build_stage */
    uint8_t slot;  /* the one that is looked at, or the next to be written */
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
    uint8_t identity[20];      /* of this build, in each record */
    struct patch patch;
    uint8_t in[DELTA_BUILD_PAGE];
    uint8_t out[DELTA_BUILD_PAGE];
};

/* Begins with the verified delta image whose manifest lies at `manifest` in the NOR, or the full
 * image whose header does; goes on where a reset interrupted the same build. */
void delta_build_begin(struct delta_build *build, const struct hal *hal,
        const struct factory *factory, uint32_t manifest);

/* Makes all of it again, whatever is saved. */
void delta_build_again(
        struct delta_build *build, const struct hal *hal, const struct factory *factory);

/* Does one piece: at most a sector's erase or a page's program, while the NOR is not busy. Returns
 * false when the stage is BUILT or BROKEN. */
bool delta_build_step(
        struct delta_build *build, const struct hal *hal, const struct factory *factory);

#endif
