/* Looks into the RAM of the built-in firmware.
 * SPDX-License-Identifier: MIT
 */
#include "sim/world/decoder_view.h"

#include "fw_state.h"

bool decoder_adds_rows(const void *ram)
{
    const struct fw *fw = ram;
    const struct fragmentation *frag = &fw->services.fragmentation;
    return frag->phase == FRAG_PHASE_DECODE && frag->decoder.work.stage == FRAG_WORK_XOR;
}
