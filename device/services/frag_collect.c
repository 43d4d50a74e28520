/* What a fragmentation session does with each fragment that comes.
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "core.h"
#include "hal.h"
#include "services/bits.h"
#include "services/frag_phases.h"
#include "services/frag_session.h"
#include "services/fragment_table.h"
#include "trace.h"

/* Fragments that sit in RAM go to flash when no other came for this long. */
#define FLUSH_DELAY_TICKS (60u * (uint64_t)HAL_RTC_HZ)

/* One fragment can wait for flash or for the row before it; the next one is lost. */
static void to_inbox(struct fragmentation *frag, struct core *core, uint32_t n, const uint8_t *data)
{
    DEVICE_ASSERT(&core->hal, data != NULL && data != frag->inbox);
    if (frag->inbox_full) {
        hal_trace(&core->hal, FW_TRACE_FRAME_DROPPED, FRAGMENTATION_DROPPED_BUSY, 0);
        return;
    }
    frag->inbox_n = (uint16_t)n;
    frag->inbox_full = true;
    memcpy(frag->inbox, data, frag->session.fragment_size);
}

static void collect_uncoded(struct fragmentation *frag, struct core *core, uint32_t n,
        const uint8_t *data, uint64_t now_ticks)
{
    uint32_t index = n - 1u;
    DEVICE_ASSERT(&core->hal, index < frag->session.fragments);
    if (bits_get(frag->decoder.received, index)) {
        hal_trace(&core->hal, FW_TRACE_FRAGMENT_DUPLICATE, n, 0);
        return;
    }
    DEVICE_ASSERT(&core->hal, frag->missing > 0);
    enum frag_store_status status =
            frag_store_put(&frag->decoder.store, &core->hal, index, data, frag->decoder.received);
    if (status != FRAG_STORE_OK) {
        /* An occupied place stays missing: coding decides which data is right. */
        bool busy = status == FRAG_STORE_BUSY;
        hal_trace(&core->hal, FW_TRACE_FRAME_DROPPED,
                busy ? FRAGMENTATION_DROPPED_BUSY : FRAGMENTATION_DROPPED_OCCUPIED, 0);
        return;
    }
    bits_set(frag->decoder.received, index);
    frag->missing--;
    hal_trace(&core->hal, FW_TRACE_FRAGMENT_STORED, n, frag->missing);
    frag->stored_since_flush = true;
    if (frag->flush_at_ticks == HAL_TICKS_NEVER) {
        frag->flush_at_ticks = now_ticks + FLUSH_DELAY_TICKS;
    }
    if (frag->missing == 0) {
        frag->block_over = true;
        frag->phase = FRAG_PHASE_FLUSH;
    }
}

static void collect_coded(
        struct fragmentation *frag, struct core *core, uint32_t n, const uint8_t *data)
{
    if (frag->missing > FEC_UNKNOWNS_MAX) {
        if (!frag->memory_error) {
            hal_trace(&core->hal, FW_TRACE_FEC_MEMORY, frag->missing - FEC_UNKNOWNS_MAX, 0);
        }
        frag->memory_error = true; /* until late uncoded fragments bring the number down */
        return;
    }
    DEVICE_ASSERT(&core->hal, !frag->inbox_full); /* collecting empties it */
    to_inbox(frag, core, n, data);
    frag->phase = FRAG_PHASE_FREEZE;
    hal_trace(&core->hal, FW_TRACE_FRAG_FROZEN, frag->missing, frag->session.fragments);
}

static void dispatch(struct fragmentation *frag, struct core *core, uint32_t n, const uint8_t *data,
        uint64_t now_ticks)
{
    switch ((enum frag_phase)frag->phase) {
    case FRAG_PHASE_COLLECT:
        if (n <= frag->session.fragments) {
            collect_uncoded(frag, core, n, data, now_ticks);
        } else {
            collect_coded(frag, core, n, data);
        }
        break;
    case FRAG_PHASE_RESUME:
    case FRAG_PHASE_ERASE:
    case FRAG_PHASE_FREEZE:
    case FRAG_PHASE_REBUILD:
    case FRAG_PHASE_DECODE:
    case FRAG_PHASE_SCRUB:
        to_inbox(frag, core, n, data);
        break;
    case FRAG_PHASE_NONE:
    case FRAG_PHASE_SOLVE:
    case FRAG_PHASE_FLUSH:
    case FRAG_PHASE_COMMIT:
    case FRAG_PHASE_CHECK:
    case FRAG_PHASE_RESULT:
    case FRAG_PHASE_DONE:
    case FRAG_PHASE_FAILED:
        break; /* enough fragments came: the rest is dropped */
    }
}

/* A coded fragment cannot be proven when it comes. The first one fixes which fragments are missing,
 * so it has to wait for one that was proven, or for the table. */
static enum fragment_proof prove_coded(const struct fragmentation *frag, const struct core *core)
{
    bool untouched = frag->missing == frag->session.fragments && frag->phase <= FRAG_PHASE_COLLECT;
    DEVICE_ASSERT(&core->hal, frag->decoder.proves);
    return untouched && !fragment_table_is_whole(&core->hal, frag->session.fragments)
                   ? FRAGMENT_UNPROVEN
                   : FRAGMENT_PROVEN;
}

/* An uncoded fragment whose hash is known is the server's, or it is not taken at all; of a session
 * that announced its table, none is taken before its hash. */
static bool is_refused(const struct fragmentation *frag, struct core *core, uint32_t n,
        const uint8_t *data, bool to_group)
{
    if (!frag->decoder.proves) {
        return false;
    }
    bool coded = n > frag->session.fragments;
    bool announced = to_group && (frag->session.control & FRAG_CONTROL_TABLE) != 0;
    enum fragment_proof proof =
            coded ? prove_coded(frag, core)
                  : fragment_table_check(&core->hal, n - 1u, data, frag->session.fragment_size);
    if (proof == FRAGMENT_FORGED) {
        hal_trace(&core->hal, FW_TRACE_FRAGMENT_FORGED, n, 0);
    } else if (proof == FRAGMENT_PROOF_BUSY) {
        hal_trace(&core->hal, FW_TRACE_FRAME_DROPPED, FRAGMENTATION_DROPPED_BUSY, 0);
    } else if (proof == FRAGMENT_UNPROVEN && announced) {
        hal_trace(&core->hal, FW_TRACE_FRAME_DROPPED, FRAGMENTATION_DROPPED_UNPROVEN, 0);
    }
    return proof == FRAGMENT_FORGED || proof == FRAGMENT_PROOF_BUSY
           || (proof == FRAGMENT_UNPROVEN && announced);
}

void frag_session_on_fragment(struct fragmentation *frag, struct core *core, uint32_t n,
        const uint8_t *data, bool to_group, uint64_t now_ticks)
{
    DEVICE_ASSERT(&core->hal, n > 0 && n <= FRAG_NUMBER_MAX);
    if (is_refused(frag, core, n, data, to_group)) {
        return;
    }
    frag_count_received(frag, 1);
    dispatch(frag, core, n, data, now_ticks);
}

/* What waited for the flash takes its normal way. */
void frag_collect_open_inbox(struct fragmentation *frag, struct core *core, uint64_t now_ticks)
{
    uint8_t data[FRAG_SIZE_MAX + 1u];
    if (!frag->inbox_full || frag->phase != FRAG_PHASE_COLLECT) {
        return;
    }
    DEVICE_ASSERT(&core->hal, frag->inbox_n > 0);
    memcpy(data, frag->inbox, frag->session.fragment_size);
    frag->inbox_full = false;
    dispatch(frag, core, frag->inbox_n, data, now_ticks);
}

void frag_collect_step(struct fragmentation *frag, struct core *core, uint64_t now_ticks)
{
    if (now_ticks < frag->flush_at_ticks) {
        return;
    }
    DEVICE_ASSERT(&core->hal, frag->missing > 0 && !frag->inbox_full);
    if (frag->stored_since_flush) {
        frag->stored_since_flush = false; /* the stream still flows */
        frag->flush_at_ticks = now_ticks + FLUSH_DELAY_TICKS;
    } else if (frag_ready(frag, frag_store_flush(&frag->decoder.store, &core->hal,
                                        frag->decoder.received))) {
        frag->flush_at_ticks = HAL_TICKS_NEVER;
    }
}
