/* The MIC over a whole block, piece by piece.
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "bytes.h"
#include "core.h"
#include "hal.h"
#include "mac/mac.h"
#include "services/frag_phases.h"
#include "services/frag_session.h"
#include "trace.h"
#include "update/flash_map.h"

#define CHECK_PIECE_SIZE 256u
#define CHECK_PIECES     4u /* a step */
#define CHECK_ATTEMPTS                                                                             \
    3u /* a read may fail: a MIC is not bad before the block was read so often                     \
        */

/* TS004-2.0.0: MIC = CMAC(DataBlockIntKey, B0 | block without padding). */
static void check_begin(struct fragmentation *frag, struct core *core)
{
    uint8_t b0[16] = { 0x49 };
    put_le16(&b0[1], frag->session.session_cnt);
    b0[3] = frag->session.index;
    memcpy(&b0[4], frag->session.descriptor, 4);
    put_le32(&b0[12], frag_session_block_size(frag));
    hal_cmac_begin(&core->hal, &frag->cmac);
    enum hal_status status =
            hal_cmac_update(&core->hal, MAC_KEY_DATA_BLOCK_INT, &frag->cmac, b0, sizeof(b0));
    DEVICE_ASSERT(&core->hal, status == HAL_OK);
}

static void check_end(struct fragmentation *frag, struct core *core)
{
    uint8_t mac[16];
    enum hal_status status = hal_cmac_end(&core->hal, MAC_KEY_DATA_BLOCK_INT, &frag->cmac, mac);
    DEVICE_ASSERT(&core->hal, status == HAL_OK);
    frag->mic_good = memcmp(mac, frag->session.mic, sizeof(frag->session.mic)) == 0;
    hal_trace(&core->hal, FW_TRACE_BLOCK_MIC, frag->mic_good, frag_session_block_size(frag));
    if (frag->mic_good || ++frag->checks == CHECK_ATTEMPTS) {
        frag->phase = FRAG_PHASE_RESULT;
    } else {
        frag->check_offset = 0;
    }
}

void frag_check_step(struct fragmentation *frag, struct core *core)
{
    uint8_t piece[CHECK_PIECE_SIZE];
    const struct hal *hal = &core->hal;
    DEVICE_ASSERT(hal, frag->phase == FRAG_PHASE_CHECK && frag->missing == 0);
    if (frag->session.version < 2) {
        frag->mic_good = true; /* TS004-1.0.0 leaves it to the file */
        frag->phase = FRAG_PHASE_RESULT;
        return;
    }
    if (frag->check_offset == 0) {
        check_begin(frag, core);
    }
    for (unsigned i = 0; i < CHECK_PIECES; i++) {
        uint32_t left = frag_session_block_size(frag) - frag->check_offset;
        size_t size = left < sizeof(piece) ? left : sizeof(piece);
        enum hal_status status = hal_flash_read(
                hal, HAL_FLASH_EXTERNAL, NOR_BLOCK_ADDRESS + frag->check_offset, piece, size);
        DEVICE_ASSERT(hal, status == HAL_OK || status == HAL_BUSY);
        if (status == HAL_BUSY) {
            hal_flash_notify(hal, HAL_FLASH_EXTERNAL);
            frag->wait_flash = true;
            return;
        }
        status = hal_cmac_update(hal, MAC_KEY_DATA_BLOCK_INT, &frag->cmac, piece, size);
        DEVICE_ASSERT(hal, status == HAL_OK);
        frag->check_offset += (uint32_t)size;
        if (frag->check_offset == frag_session_block_size(frag)) {
            check_end(frag, core);
            return;
        }
    }
}
