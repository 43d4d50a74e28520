/* TS004, fragmented data block transport: FPort 201, package 3; one session at a time.
 * SPDX-License-Identifier: MIT
 *
 * Its row is fragmentation_package (services/package.h).
 */
#ifndef DEVICE_SERVICES_FRAGMENTATION_H
#define DEVICE_SERVICES_FRAGMENTATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hal.h"
#include "services/answers.h"
#include "services/block_proof.h"
#include "services/frag_decode.h"
#include "services/unicast_blocks.h"

struct core;

#define FRAGMENTATION_FPORT   201u
#define FRAGMENTATION_INDEXES 4u
/* FRAME_DROPPED reasons: a fragment came while flash and decoder were busy; it is not the one that
 * was in its place before a reset; the session has a table of hashes, and none of it came. */
#define FRAGMENTATION_DROPPED_BUSY     201u
#define FRAGMENTATION_DROPPED_OCCUPIED 202u
#define FRAGMENTATION_DROPPED_UNPROVEN 203u

enum frag_phase {
    FRAG_PHASE_NONE,    /* no session */
    FRAG_PHASE_RESUME,  /* after a reset: see how far the session was */
    FRAG_PHASE_ERASE,   /* the flash is made ready */
    FRAG_PHASE_COLLECT, /* uncoded fragments go to their place */
    FRAG_PHASE_FREEZE,  /* the set of missing ones is made durable */
    FRAG_PHASE_REBUILD, /* after a reset: the matrix is computed again from the slots */
    FRAG_PHASE_DECODE,  /* combinations go to slots */
    FRAG_PHASE_SOLVE,   /* back substitution into the holes of the block */
    FRAG_PHASE_SCRUB,   /* combinations that were forged are erased */
    FRAG_PHASE_FLUSH,   /* the last pages of a block that needed no coding */
    FRAG_PHASE_COMMIT,  /* milestone: complete */
    FRAG_PHASE_CHECK,   /* MIC over the block */
    FRAG_PHASE_RESULT,  /* milestone: MIC good or bad */
    FRAG_PHASE_DONE,    /* whole and good; more fragments are dropped */
    FRAG_PHASE_FAILED   /* MIC wrong, or a hole not writable: the block is discarded */
};

/* Of a session: bits 6 and 7 of Control in FragSessionSetupReq. The second one is this project's
 * own, reserved in TS004-2.0.0: a table of hashes comes before the fragments. */
#define FRAG_CONTROL_ACK_RECEPTION 0x01u
#define FRAG_CONTROL_TABLE         0x02u

/* The session as it is kept in non-volatile memory, without gaps. */
struct frag_params {
    uint32_t tag; /* ties the record to the journal in SPI NOR */
    uint8_t descriptor[4];
    uint8_t mic[4];
    uint16_t fragments; /* M */
    uint16_t session_cnt;
    uint8_t fragment_size;
    uint8_t padding;
    uint8_t index; /* FragIndex */
    uint8_t group_mask;
    uint8_t block_ack_delay;
    uint8_t control; /* FRAG_CONTROL_*, of version 2 */
    uint8_t version;
    uint8_t acknowledged; /* the server knows that the block is here */
    uint8_t used;         /* the block was handed over and dealt with */
    uint8_t known_groups; /* of group_mask: those that were defined at the set-up, */
    uint16_t group_mark;  /* and what their addresses were; 0 of a record without both */
};

struct fragmentation {
    uint8_t phase;   /* enum frag_phase */
    uint8_t version; /* of the package, 1: TS004-1.0.0, 2: TS004-2.0.0; a session keeps the one it
                        was set up with */
    bool wait_flash; /* nothing to do before the flash is done */
    bool memory_error;
    bool stored_since_flush;
    bool block_ready; /* to be taken */
    bool mic_good;
    uint8_t checks;   /* of the block's MIC so far */
    uint16_t missing; /* unknowns not yet resolved */
    uint16_t received_count;
    uint16_t frozen_missing;
    uint8_t live_groups; /* bit g: a multicast session of group g is armed or open */
    uint64_t flush_at_ticks;
    uint64_t status_at_ticks; /* delayed answer to a multicast status request */
    uint64_t ack_at_ticks;    /* next FragDataBlockReceivedReq */
    uint8_t acks_sent;        /* FragDataBlockReceivedReqs, counted up to 255 */
    bool inbox_full;
    bool block_over; /* rank is full: the session on air has served its purpose */
    uint16_t inbox_n;
    struct frag_params session;
    struct answers answers;
    int32_t session_cnt_prev[FRAGMENTATION_INDEXES];
    struct block_proof proof;
    struct unicast_blocks fetch;
    uint8_t inbox[FRAG_SIZE_MAX + 1u]; /* waits for the work in progress */
    uint32_t check_offset;             /* MIC progress */
    struct hal_cmac cmac;
    struct frag_decoder decoder; /* last: its rows are the largest part, and most are never used */
};

/* A fragment of the session came, with whole data: N and FragIndex are its own. `to_group`: any
 * member of it may have sent it. */
void fragmentation_take(struct fragmentation *frag, struct core *core, uint32_t n,
        const uint8_t *data, bool to_group, uint64_t now_ticks);

/* True once: the block is complete, its MIC (v2) good, and the server knows. With AckReception = 1
 * it knows when it acknowledged; else when a FragSessionStatusAns that reports MissingFrag 0 left,
 * or by the silence that a request to devices that still miss fragments asks for. True again after
 * a reset, unless fragmentation_block_used() was called. */
bool fragmentation_take_block(
        struct fragmentation *frag, uint32_t *nor_address, uint32_t *size_bytes);

/* Memory for what is made of a block that was taken. No set-up is accepted while its update is
 * BUSY, so no session needs it. */
struct slot_fill *fragmentation_lend_memory(struct fragmentation *frag);

/* The block was installed or refused: it is not handed over again. Also right after a reset. */
void fragmentation_block_used(struct fragmentation *frag, struct core *core);

/* True: a session is set up, and its block was not dealt with so far. */
bool fragmentation_awaits_block(const struct fragmentation *frag);

#endif
