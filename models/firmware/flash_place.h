/* What the flash of a device is used for.
 * SPDX-License-Identifier: MIT
 */
#ifndef FIRMWARE_FLASH_PLACE_H
#define FIRMWARE_FLASH_PLACE_H

#include "hal.h"

/* X(name, text) */
/* clang-format off */
#define FLASH_PLACES(X)                                                                            \
    X(RUNNING, "running")         /* the image that runs */                                        \
    X(RECORDS, "records")         /* non-volatile state */                                         \
    X(BLOCK, "block")             /* fragments as they come */                                     \
    X(DECODER, "decoder")         /* coded fragments */                                            \
    X(JOURNAL, "journal")         /* of the fragmentation session */                               \
    X(NEW_IMAGE, "new_image")     /* that waits for its install */                                   \
    X(OLD_IMAGE, "old_image")     /* that was saved for a revert */                                \
    X(DELTA_STATE, "delta_state") /* update/slot_fill.h */                                           \
    X(HASHES, "hashes")           /* of fragments */                                               \
    X(OTHER, "other")

enum flash_place {
#define X(name, text) FLASH_PLACE_##name,
    FLASH_PLACES(X)
#undef X
    FLASH_PLACE_COUNT
};
/* clang-format on */

/* "new_image", as in the keys of a summary. */
const char *flash_place_name(enum flash_place place);

/* The place of an address in the map of this tree's firmware; `end_address`: where it ends. */
enum flash_place flash_place_of(
        enum hal_flash_region region, uint32_t address, uint32_t *end_address);

#endif
