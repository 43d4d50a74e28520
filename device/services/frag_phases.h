/* Inside a fragmentation session: what its files share.
 * SPDX-License-Identifier: MIT
 */
#ifndef DEVICE_SERVICES_FRAG_PHASES_H
#define DEVICE_SERVICES_FRAG_PHASES_H

#include <stdbool.h>
#include <stdint.h>

#include "services/frag_store.h"
#include "services/fragmentation.h"

struct core;

#define FRAG_RECEIVED_MAX 16383u /* 14 bits of FragSessionStatusAns */

/* Waits for the done interrupt unless `status` is OK. */
static inline bool frag_ready(struct fragmentation *frag, enum frag_store_status status)
{
    frag->wait_flash = status != FRAG_STORE_OK;
    return !frag->wait_flash;
}

static inline void frag_count_received(struct fragmentation *frag, uint32_t more)
{
    uint32_t count = frag->received_count + more;
    frag->received_count = (uint16_t)(count < FRAG_RECEIVED_MAX ? count : FRAG_RECEIVED_MAX);
}

/* frag_collect.c. What waited for the flash takes its normal way, if fragments are collected. */
void frag_collect_open_inbox(struct fragmentation *frag, struct core *core, uint64_t now_ticks);
/* Brings fragments into flash when none has come for a while. */
void frag_collect_step(struct fragmentation *frag, struct core *core, uint64_t now_ticks);
/* frag_check.c. A piece of the MIC over the block; TS004-1.0.0 has none. */
void frag_check_step(struct fragmentation *frag, struct core *core);

#endif
