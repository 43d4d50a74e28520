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

/* X(name, id, longest record in bytes). Ids are stable: append only, below NVM_LOST. A changed
 * layout gets a new id, unless all that changes is that the record grows at its end. The store
 * holds the longest record of every id at one time. */
/* clang-format off */
#define NVM_RECORDS(X)                                                                             \
    X(DEV_NONCE, 1, 2)          /* next DevNonce */                                                \
    X(JOIN_NONCE, 2, 4)         /* last JoinNonce accepted, 0xFFFFFFFF none */                     \
    X(MAC_SESSION, 3, 47)       /* DevAddr, session keys, receive parameters */                    \
    X(MAC_COUNTERS, 4, 10)      /* FCntUp bound, FCntDown */                                       \
    X(MAC_CHANNELS, 5, 121)                                                                        \
    X(MULTICAST_0, 6, 44)       /* + group */                                                      \
    X(MULTICAST_1, 7, 44)                                                                          \
    X(MULTICAST_2, 8, 44)                                                                          \
    X(MULTICAST_3, 9, 44)                                                                          \
    X(SESSION_CNT_PREV, 10, 16) /* i32 per FragIndex, TS004 v2 */                                  \
    X(FRAG_SESSION, 11, 28)     /* parameters of the running fragmentation session */              \
    X(BOOT_STATE, 12, 100)      /* what the bootloader shall do and did */                         \
    X(CLASS_C_SESSIONS, 13, 36) /* of the multicast groups, armed or open */                       \
    X(UPDATE_STATE, 14, 32)     /* digest of the image that was saved before an install */         \
    X(REBOOT, 15, 17)           /* what the server planned (TS006) */                              \
    X(BLOCK_PROOF, 16, 22)      /* what the server accepted of the block */                        \
    X(UNICAST, 21, 4)           /* tag of the fragmentation session that the device fetches */

enum nvm_id {
#define X(name, id, size_max) NVM_##name = (id),
    NVM_RECORDS(X)
#undef X
    NVM_ID_COUNT,
    NVM_LOST = 31, /* the store's own: bytes of records that were lost */
    NVM_ID_LIMIT   /* of any firmware, ever */
};

/* Longest record of each id, for the assertions of those that write it. */
enum nvm_size {
#define X(name, id, size_max) NVM_SIZE_##name = (size_max),
    NVM_RECORDS(X)
#undef X
};
/* clang-format on */

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

/* The same after a reset that may have cut an operation of flash. The cut may have left cells
 * between erased and programmed, of which each read says either: what is read now is programmed
 * once more, so that it stays what it is. A store that is settled costs no operation. */
void nvm_open_settled(struct nvm *nvm, const struct hal *hal);

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
