/* Where everything lies in the two flash regions of the reference board.
 * SPDX-License-Identifier: MIT
 *
 * STM32L072 class internal flash (192 KiB, 128-byte pages) and 1 MiB SPI NOR (4 KiB sectors).
 */
#ifndef DEVICE_UPDATE_FLASH_MAP_H
#define DEVICE_UPDATE_FLASH_MAP_H

#include <stdint.h>

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

/* SPI NOR. */
#define NOR_BLOCK_ADDRESS     0u /* received data block, uncoded fragments in place */
#define NOR_BLOCK_SIZE        (192u * KIB)
#define NOR_FEC_ADDRESS       (192u * KIB) /* combinations still to be solved, one slot each */
#define NOR_FEC_SLOT_SIZE     256u
#define NOR_FEC_SIZE          (64u * KIB)
#define NOR_JOURNAL_ADDRESS   (256u * KIB) /* the session and the fragments it accepted */
#define NOR_JOURNAL_SIZE      (16u * KIB)
#define NOR_NEW_IMAGE_ADDRESS (272u * KIB) /* full image ready to install (delta target) */
#define NOR_NEW_IMAGE_SIZE    (160u * KIB)
#define NOR_OLD_IMAGE_ADDRESS (432u * KIB) /* the image that an install replaced, for revert */
#define NOR_OLD_IMAGE_SIZE    (160u * KIB)
#define NOR_DELTA_ADDRESS     (592u * KIB) /* states of a delta build, update/delta_build.h */
#define NOR_DELTA_SIZE        (16u * KIB)
#define NOR_TABLE_ADDRESS     (624u * KIB) /* hashes of fragments, services/fragment_table.h */
#define NOR_TABLE_SIZE        (32u * KIB)
#define NOR_SIZE              (1024u * KIB)

#endif
