/* TS004 uplinks: answers, status, and what a device says of its block unasked.
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "bytes.h"
#include "core.h"
#include "hal.h"
#include "services/block_proof.h"
#include "services/frag_delay.h"
#include "services/frag_messages.h"
#include "services/frag_session.h"
#include "services/package.h"

/* FragSessionStatusAns. */
#define STATUS_MEMORY_ERROR 0x01u
#define STATUS_MIC_ERROR    0x02u
#define STATUS_NO_SESSION   0x04u

#define RECEIVED_MIC_ERROR 0x04u

static uint32_t missing_fragments(const struct fragmentation *frag)
{
    return frag->missing < UINT8_MAX ? frag->missing : UINT8_MAX;
}

static size_t encode_status(struct fragmentation *frag, struct core *core, uint32_t index,
        uint8_t *out, size_t size_max)
{
    uint8_t bytes[5] = { CID_STATUS };
    size_t size = 5;
    bool v2 = frag->version >= 2;
    if (!frag_session_is(frag, index)) {
        bytes[1] = STATUS_NO_SESSION;
        size = 2;
    } else {
        uint32_t status =
                frag->memory_error && frag->missing > FEC_UNKNOWNS_MAX ? STATUS_MEMORY_ERROR : 0;
        if (v2 && frag->phase == FRAG_PHASE_FAILED) {
            status |= STATUS_MIC_ERROR; /* nothing is missing then */
        }
        bytes[v2 ? 1 : 4] = (uint8_t)status;
        put_le16(&bytes[v2 ? 2 : 1], index << 14 | frag->received_count);
        bytes[v2 ? 4 : 3] = (uint8_t)missing_fragments(frag);
    }
    if (size > size_max) {
        return 0;
    }
    if (frag_session_is(frag, index) && frag->phase == FRAG_PHASE_DONE
            && !frag_session_asks_receipt(&frag->session)) {
        frag_session_acknowledged(frag, core);
    }
    memcpy(out, bytes, size);
    return size;
}

struct encode_context {
    struct fragmentation *frag;
    struct core *core;
};

static size_t encode_answer(
        void *context, const struct answer *answer, uint8_t *out, size_t size_max)
{
    struct encode_context *encode = context;
    struct fragmentation *frag = encode->frag;
    if (answer->cid == CID_STATUS) {
        return encode_status(frag, encode->core, answer->a, out, size_max);
    }
    bool version = answer->cid == CID_PACKAGE_VERSION;
    DEVICE_ASSERT(
            &encode->core->hal, version || answer->cid == CID_SETUP || answer->cid == CID_DELETE);
    if (size_max < (version ? 3u : 2u)) {
        return 0;
    }
    out[0] = answer->cid;
    out[1] = version ? fragmentation_package.identifier : answer->a;
    if (version) {
        out[2] = frag->version;
    }
    return version ? 3u : 2u;
}

/* Phases that last moments, after which a status is worth more. */
static bool status_unsettled(const struct fragmentation *frag)
{
    switch ((enum frag_phase)frag->phase) {
    case FRAG_PHASE_RESUME:
    case FRAG_PHASE_REBUILD:
    case FRAG_PHASE_SOLVE:
    case FRAG_PHASE_SCRUB:
    case FRAG_PHASE_FLUSH:
    case FRAG_PHASE_COMMIT:
    case FRAG_PHASE_CHECK:
    case FRAG_PHASE_RESULT:
        return true;
    case FRAG_PHASE_NONE:
    case FRAG_PHASE_ERASE:
    case FRAG_PHASE_COLLECT:
    case FRAG_PHASE_FREEZE:
    case FRAG_PHASE_DECODE:
    case FRAG_PHASE_DONE:
    case FRAG_PHASE_FAILED:
        break;
    }
    return false;
}

uint64_t frag_uplink_at(const void *state, bool held)
{
    const struct fragmentation *frag = state;
    if (status_unsettled(frag)) {
        return HAL_TICKS_NEVER;
    }
    if (frag->answers.count > 0) {
        return 0;
    }
    uint64_t report_at =
            frag->status_at_ticks < frag->ack_at_ticks ? frag->status_at_ticks : frag->ack_at_ticks;
    uint64_t proof_at = block_proof_uplink_at(&frag->proof, held);
    return report_at < proof_at ? report_at : proof_at;
}

size_t frag_uplink_build(void *state, struct core *core, uint64_t now_ticks, bool held,
        uint8_t *out, size_t size_max)
{
    struct fragmentation *frag = state;
    struct encode_context context = { .frag = frag, .core = core };
    if (status_unsettled(frag)) {
        return 0;
    }
    size_t size = answers_encode(&frag->answers, encode_answer, &context, out, size_max);
    DEVICE_ASSERT(&core->hal, size <= size_max);
    if (now_ticks >= frag->status_at_ticks) {
        size_t more = encode_status(frag, core, frag->session.index, &out[size], size_max - size);
        size += more;
        frag->status_at_ticks = more > 0 ? HAL_TICKS_NEVER : frag->status_at_ticks;
    }
    if (now_ticks >= frag->ack_at_ticks && size_max - size >= 2u) {
        uint32_t mic_error = frag->mic_good ? 0 : RECEIVED_MIC_ERROR;
        out[size++] = CID_BLOCK_RECEIVED;
        out[size++] = (uint8_t)(mic_error | frag->session.index);
        frag->acks_sent = (uint8_t)(frag->acks_sent < UINT8_MAX ? frag->acks_sent + 1u : UINT8_MAX);
        frag->ack_at_ticks = now_ticks + frag_delay_retry_ticks(frag, core, frag->acks_sent);
    }
    if (now_ticks >= block_proof_uplink_at(&frag->proof, held)) {
        size += block_proof_build(frag, core, now_ticks, &out[size], size_max - size);
    }
    return size;
}
