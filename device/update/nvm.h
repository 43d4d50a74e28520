/* Small non-volatile records in internal flash that survive a power cut at any operation.
 * SPDX-License-Identifier: MIT
 *
 * An append-only log in two banks of FLASH_NVM: the last whole record of an id counts; a full
 * bank is compacted into the other. Nothing is cached but positions.
 *
 * The bootloader is never updated, the application is: a record whose id one of them does not know
 * is kept, and records of an id may grow at their end.
 */
#ifndef DEVICE_UPDATE_NVM_H
#define DEVICE_UPDATE_NVM_H

#include "hal.h"

#define NVM_RECORD_SIZE_MAX 128u

/* Ids are stable: append only, below NVM_ID_LIMIT. A changed layout gets a new id, unless all that
 * changes is that the record grows at its end. */
enum nvm_id {
    NVM_DEV_NONCE = 1, /* u16 next DevNonce */
    NVM_JOIN_NONCE,    /* u32 last JoinNonce accepted, 0xFFFFFFFF none */
    NVM_MAC_SESSION,   /* DevAddr, session keys, receive parameters */
    NVM_MAC_COUNTERS,  /* FCntUp bound, FCntDown */
    NVM_MAC_CHANNELS,
    NVM_MULTICAST_0, /* + group */
    NVM_MULTICAST_1,
    NVM_MULTICAST_2,
    NVM_MULTICAST_3,
    NVM_SESSION_CNT_PREV, /* i32 per FragIndex, TS004 v2 */
    NVM_FRAG_SESSION,     /* parameters of the running fragmentation session */
    NVM_BOOT_STATE,       /* what the bootloader shall do and did */
    NVM_CLASS_C_SESSIONS, /* of the multicast groups, armed or open */
    NVM_ID_COUNT,
    NVM_LOST = 31, /* the store's own: bytes of records that were lost */
    NVM_ID_LIMIT   /* of any firmware, ever */
};

struct nvm {
    struct hal hal;
    uint32_t bank_address;                /* of the live bank */
    uint32_t write_offset;                /* first free byte in it; its size: none is */
    uint32_t lost_bytes;                  /* of records that do not read well any more */
    uint16_t sequence;                    /* of the live bank */
    uint16_t record_offset[NVM_ID_LIMIT]; /* 0: no such record */
};

/* Finds the live bank, formats an empty region. Always leaves a usable store. */
void nvm_open(struct nvm *nvm, const struct hal *hal);

/* Copies the last record of `id`; returns its size, or -1 when there is none, it does not read well
 * or it is larger than `size_max`. */
int nvm_read(const struct nvm *nvm, enum nvm_id id, void *data, size_t size_max);

/* Appends a record of 1..NVM_RECORD_SIZE_MAX bytes; a record equal to the last costs nothing.
 * The CPU stalls for the program (and now and then erase) times of internal flash. */
void nvm_write(struct nvm *nvm, enum nvm_id id, const void *data, size_t size);

/* Writes a record of size 0: nvm_read() then finds none. */
void nvm_erase(struct nvm *nvm, enum nvm_id id);

/* How many records of `size` bytes may be missing: newer ones than those that are read, torn by a
 * power cut or rotten. A counter that must never come twice skips that many of its steps. Keeps its
 * value across compactions and resets, until nvm_forget_lost(). */
unsigned nvm_lost_records_max(const struct nvm *nvm, size_t size);

/* Called when every counter has skipped ahead and is on record. */
void nvm_forget_lost(struct nvm *nvm);

#endif
