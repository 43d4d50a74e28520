/* Inside TS004: how the messages, the session's phases and the decoder call one another.
 * SPDX-License-Identifier: MIT
 */
#ifndef DEVICE_SERVICES_FRAG_SESSION_H
#define DEVICE_SERVICES_FRAG_SESSION_H

#include "services/fragmentation.h"

/* --- frag_session.c ------------------------------------------------------------------------- */

/* Reads the record of a session that a reset interrupted. */
void frag_session_recover(struct fragmentation *frag, const struct services_env *env);
/* Begins a session with `params` (its tag is chosen here). */
void frag_session_begin(struct fragmentation *frag, const struct services_env *env,
        const struct frag_params *params);
void frag_session_save(struct fragmentation *frag, const struct services_env *env);
void frag_session_end(struct fragmentation *frag, const struct services_env *env);
/* True while nothing of a session has arrived yet. */
bool frag_session_untouched(const struct fragmentation *frag);
/* Fragment `n` of the session with whole data. */
void frag_session_on_fragment(struct fragmentation *frag, const struct services_env *env,
        uint32_t n, const uint8_t *data, uint64_t now_ticks);
/* Waits for the done interrupt unless `status` is OK. */
bool frag_session_wait(struct fragmentation *frag, enum frag_store_status status);
/* Does one bounded piece of the phase. */
void frag_session_step(
        struct fragmentation *frag, const struct services_env *env, uint64_t now_ticks);
/* Gives a block up that cannot be completed; to the server it is one whose MIC is wrong. */
void frag_session_fail(struct fragmentation *frag, const struct services_env *env);
/* A random delay of up to 2^(BlockAckDelay + 4) s, in ticks. */
uint64_t frag_session_ack_delay(const struct fragmentation *frag, const struct services_env *env);

/* --- frag_decode.c -------------------------------------------------------------------------- */

/* Empties the matrix for the fragments that `received` leaves open. */
void frag_decode_init(struct fragmentation *frag);
/* Each does one bounded piece in its phase. */
void frag_decode_step(struct fragmentation *frag, const struct services_env *env);
void frag_rebuild_step(struct fragmentation *frag, const struct services_env *env);
void frag_solve_step(struct fragmentation *frag, const struct services_env *env);

#endif
