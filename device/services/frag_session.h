/* Inside TS004: what the messages call of the session's phases.
 * SPDX-License-Identifier: MIT
 */
#ifndef DEVICE_SERVICES_FRAG_SESSION_H
#define DEVICE_SERVICES_FRAG_SESSION_H

#include "services/fragmentation.h"

/* Is there a session, of this FragIndex? */
static inline bool frag_session_is(const struct fragmentation *frag, uint32_t index)
{
    return frag->phase != FRAG_PHASE_NONE && frag->session.index == index;
}

static inline bool frag_session_asks_receipt(const struct frag_params *session)
{
    return (session->control & FRAG_CONTROL_ACK_RECEPTION) != 0;
}

/* Reads the record of a session that a reset interrupted; one that does not fit is dropped. */
void frag_session_recover(struct fragmentation *frag, struct core *core);
/* Begins a session with `params` (its tag is chosen here). */
void frag_session_begin(
        struct fragmentation *frag, struct core *core, const struct frag_params *params);
void frag_session_save(struct fragmentation *frag, struct core *core);
/* The server knows how the session ended: kept across resets, so it is not told again. */
void frag_session_acknowledged(struct fragmentation *frag, struct core *core);
void frag_session_end(struct fragmentation *frag, struct core *core);
/* True while nothing of a session has arrived yet. */
bool frag_session_untouched(const struct fragmentation *frag);
/* Fragment `n` of the session with whole data. `to_group`: any member of it may have sent it. */
void frag_session_on_fragment(struct fragmentation *frag, struct core *core, uint32_t n,
        const uint8_t *data, bool to_group, uint64_t now_ticks);
/* Bytes of the block, padding not counted. */
uint32_t frag_session_block_size(const struct fragmentation *frag);
/* Does one bounded piece of the phase. */
void frag_session_step(struct fragmentation *frag, struct core *core, uint64_t now_ticks);

#endif
