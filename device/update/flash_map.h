/* Where everything lies in the two flash regions of a board.
 * SPDX-License-Identifier: MIT
 *
 * The first 192 KiB of internal flash and the working areas in 1 MiB of SPI NOR (4 KiB sectors) are
 * the same on every board: one pair of linker scripts, one place of the factory record. Where the
 * image slots beside the running one lie is a choice of the board, struct flash_map.
 */
#ifndef DEVICE_UPDATE_FLASH_MAP_H
#define DEVICE_UPDATE_FLASH_MAP_H

#include "hal.h"

#define KIB 1024u

/* Internal flash. */
#define FLASH_BOOTLOADER_ADDRESS 0u
#define FLASH_BOOTLOADER_SIZE    (24u * KIB)
#define FLASH_RUNNING_ADDRESS    (24u * KIB) /* image header, then the code the CPU runs */
#define FLASH_RUNNING_SIZE       (160u * KIB)
#define FLASH_NVM_ADDRESS        (184u * KIB) /* non-volatile state, device/update/nvm.h */
#define FLASH_NVM_SIZE           (7u * KIB + 512u)
#define FLASH_FACTORY_ADDRESS    (192u * KIB - 512u) /* struct factory_record, written once */
#define FLASH_FACTORY_SIZE       512u
#define FLASH_INTERNAL_SIZE      (192u * KIB)
/* Image slots, where there is room for them. */
#define FLASH_NEW_IMAGE_ADDRESS (192u * KIB)
#define FLASH_OLD_IMAGE_ADDRESS (352u * KIB)
#define FLASH_SLOTS_END         (512u * KIB)

/* SPI NOR. */
#define NOR_BLOCK_ADDRESS     0u /* received data block, uncoded fragments in place */
#define NOR_BLOCK_SIZE        (192u * KIB)
#define NOR_FEC_ADDRESS       (192u * KIB) /* combinations still to be solved, one slot each */
#define NOR_FEC_SLOT_SIZE     256u
#define NOR_FEC_SIZE          (64u * KIB)
#define NOR_JOURNAL_ADDRESS   (256u * KIB) /* the session and the fragments it accepted */
#define NOR_JOURNAL_SIZE      (16u * KIB)
#define NOR_NEW_IMAGE_ADDRESS (272u * KIB)
#define NOR_OLD_IMAGE_ADDRESS (432u * KIB)
#define NOR_DELTA_ADDRESS     (592u * KIB) /* saves of update/slot_fill.h */
#define NOR_DELTA_SIZE        (16u * KIB)
#define NOR_TABLE_ADDRESS     (624u * KIB) /* hashes of fragments, services/fragment_table.h */
#define NOR_TABLE_SIZE        (32u * KIB)
#define NOR_SIZE              (1024u * KIB)

/* Of each image slot: any image that runs fits. */
#define FLASH_SLOT_SIZE FLASH_RUNNING_SIZE

/* An image slot: header, then code. */
struct flash_slot {
    enum hal_flash_region region;
    uint32_t address;
};

struct flash_map {
    uint32_t internal_size; /* of the internal flash, at least */
    /* A full image that waits to be installed: the target of a delta image, and any image where
     * this is not the flash in which blocks are received. */
    struct flash_slot new_image;
    struct flash_slot old_image; /* the one that an install replaced, for a revert */
};

/* The map of this board, by the size of its internal flash. */
const struct flash_map *flash_map_of(const struct hal *hal);

#endif
