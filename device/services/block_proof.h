/* Proof of a received block by the server, over the device's own secure session.
 * SPDX-License-Identifier: MIT
 *
 * All members of a multicast group know its keys, so each of them can forge a block. The device
 * sends a hash of what it received; the server compares it with what it sent, and answers. This is
 * DATA_BLOCK_AUTH of the early clients (spec-protocol 7.2), with bits of Param that were 0 there:
 *
 *   DataBlockAuthReq, up:   05 | Param | Hash (8)
 *     Param: bits 7..6 kind of the hash, 5..4 FragIndex, 3..0 McGroupBitMask of the set-up
 *   DataBlockAuthAns, down: 05 | Param             rejected
 *                           05 | Param | MIC (4)   accepted
 *     Param: bits 7..6 and 5..4 of the request, bit 0 accepted, the rest 0
 *   kind 0: CRC-64 (update/crc64.h) of the block without padding, little-endian
 *   kind 1: first 8 bytes of its SHA-256
 *   MIC = CMAC4(BlockProofKey, Param of the answer without bit 0 | DevAddr (4, LE) | Hash)
 *   BlockProofKey = aes128_encrypt(AppSKey, 50 00..00): the blocks that AppSKey encrypts else begin
 *     with 01
 *
 * What the factory record demands (FACTORY_VERIFY_ bits) decides which hashes are asked for, and
 * whether the MIC counts. A request without an answer, or with a wrong MIC, is repeated in growing
 * intervals without an end. What is proved survives a reset, if the block still has that hash.
 */
#ifndef DEVICE_SERVICES_BLOCK_PROOF_H
#define DEVICE_SERVICES_BLOCK_PROOF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct core;
struct fragmentation;

#define BLOCK_PROOF_CID       0x05u
#define BLOCK_PROOF_HASH_SIZE 8u

enum block_proof_state {
    BLOCK_PROOF_NONE,
    BLOCK_PROOF_HASHING,
    BLOCK_PROOF_ASKING, /* waits for the answer to the hash */
    BLOCK_PROOF_ACCEPTED,
    BLOCK_PROOF_REJECTED
};

struct block_proof {
    uint8_t state; /* enum block_proof_state */
    uint8_t kind;  /* of the hash that is computed or asked for */
    uint8_t sent;  /* requests for it, resets included; counted up to 255 */
    uint8_t hash[BLOCK_PROOF_HASH_SIZE];
    uint32_t offset; /* hash progress */
    uint64_t crc;
    uint64_t ask_at_ticks;
};

/* Starts to prove the block of the session. False: the factory record demands no proof. */
bool block_proof_start(struct fragmentation *frag, const struct core *core);
/* Computes a piece of the hash, in the state HASHING; waits for a busy flash. */
void block_proof_step(struct fragmentation *frag, struct core *core);
/* The block is of no interest any more. */
void block_proof_abandon(struct block_proof *proof);
/* The same, once it is accepted or rejected: nothing of it stays on record. */
void block_proof_end(struct block_proof *proof, struct core *core);

/* --- messages -------------------------------------------------------------------------------- */
/* Bytes of an answer after its command id, by its Param. */
size_t block_proof_answer_size(uint8_t param);
void block_proof_on_answer(struct fragmentation *frag, struct core *core, const uint8_t *bytes);
/* RTC time of the next request; `held`: the device sends none of its own accord. */
uint64_t block_proof_uplink_at(const struct block_proof *proof, bool held);
/* The request that is due; returns its size, 0: it does not fit into `size_max` bytes. */
size_t block_proof_build(struct fragmentation *frag, struct core *core, uint64_t now_ticks,
        uint8_t *out, size_t size_max);

#endif
