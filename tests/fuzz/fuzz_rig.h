/* The application packages on the fake board of their tests, under fuzzing.
 * SPDX-License-Identifier: MIT
 */
#ifndef FUZZ_FUZZ_RIG_H
#define FUZZ_FUZZ_RIG_H

#include "device/services/fake_board.h"
#include "fuzz/bytes.h"

/* The one rig of the program as rig_create() makes it, its NOR erased; `block` gets `size` random
 * bytes at the first call. `nor_changed`: the last input wrote to the NOR past the board. */
struct rig *fuzz_rig_begin(uint8_t *block, size_t size, bool nor_changed);

/* Lets a time of the input pass, up to 255 * 2^19 ticks (47 days). */
void fuzz_rig_wait(struct rig *rig, struct fuzz_bytes *in);

#endif
