/* One rig that each input finds as it was made.
 * SPDX-License-Identifier: MIT
 */
#include "fuzz/fuzz_rig.h"

static struct rig *the_rig;
static struct rig start;

struct rig *fuzz_rig_begin(uint8_t *block, size_t size, bool nor_changed)
{
    if (the_rig == NULL) {
        the_rig = rig_create();
        start = *the_rig;
        for (size_t i = 0; i < size; i++) {
            block[i] = (uint8_t)rig_random(the_rig);
        }
    }
    if (nor_changed || the_rig->board.programs + the_rig->board.erases > 0) {
        memset(the_rig->board.nor, 0xFF, BOARD_NOR_SIZE);
    }
    *the_rig = start;
    return the_rig;
}

void fuzz_rig_wait(struct rig *rig, struct fuzz_bytes *in)
{
    uint64_t ticks = fuzz_u8(in);
    rig_run_ticks(rig, ticks << fuzz_u8(in) % 20u);
}
