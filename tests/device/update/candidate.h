/* The candidate in the NOR of the fake board: verified and committed as the main loop does it.
 * SPDX-License-Identifier: MIT
 */
#ifndef TESTS_DEVICE_UPDATE_CANDIDATE_H
#define TESTS_DEVICE_UPDATE_CANDIDATE_H

#include "device/update/fake_board.h"
#include "update/update.h"

/* Verifies the `size` bytes at NOR_BLOCK_ADDRESS with what the board's flash holds; `update` is
 * initialised. UPDATE_BUSY: it did not end within 1000 steps. */
enum update_status candidate_verify(struct fake_board *board, struct update *update, uint32_t size);

/* The same; a VALID one is committed. Where that takes the slot for new images, this is filled
 * first: BAD_PATCH when that failed. */
enum update_status candidate_commit(struct fake_board *board, uint32_t size);

/* The running slot begins with these bytes. */
bool candidate_runs(const struct fake_board *board, const uint8_t *image, uint32_t size);

/* The slots of this board's flash map. */
uint8_t *candidate_old_image(struct fake_board *board);
uint8_t *candidate_new_slot(struct fake_board *board);

/* Where a committed full image lies: in the block, or in the slot for new images. */
uint8_t *candidate_new_image(struct fake_board *board);

/* Image slots lie in the NOR: what the bootloader needs is there. */
bool candidate_boots_from_nor(const struct fake_board *board);

/* The record in flash; all 0 when there is none. */
struct boot_state candidate_boot_state(struct fake_board *board);

#endif
