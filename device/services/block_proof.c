/* Hashes the block, asks the server about the hash, and judges the answer.
 * SPDX-License-Identifier: MIT
 */
#include "services/block_proof.h"

#include <string.h>

#include "bytes.h"
#include "core.h"
#include "hal.h"
#include "mac/crypto.h"
#include "mac/mac.h"
#include "services/frag_delay.h"
#include "services/frag_session.h"
#include "services/fragmentation.h"
#include "trace.h"
#include "update/crc64.h"
#include "update/flash_map.h"

#define PARAM_KIND_SHIFT  6u
#define PARAM_INDEX_SHIFT 4u
#define PARAM_ACCEPTED    0x01u
#define MIC_SIZE          4u
#define REQUEST_SIZE      (2u + BLOCK_PROOF_HASH_SIZE)
#define READ_BYTES        256u
#define STEP_BYTES        512u

enum hash_kind {
    HASH_CRC64,
    HASH_SHA256,
    HASH_KINDS
};

/* Answers as the trace tells them. */
enum verdict {
    VERDICT_REJECTED,
    VERDICT_ACCEPTED,
    VERDICT_BAD_MIC
};

/* What asks for a hash, and for the MIC over it; bits of the factory record. */
static const struct {
    uint8_t asked_by, mic_asked_by;
} demands[HASH_KINDS] = {
    [HASH_CRC64] = { FACTORY_VERIFY_CHECKSUM | FACTORY_VERIFY_MIC_CRC64, FACTORY_VERIFY_MIC_CRC64 },
    [HASH_SHA256] = { FACTORY_VERIFY_MIC_SHA256, FACTORY_VERIFY_MIC_SHA256 },
};

/* --- record ---------------------------------------------------------------------------------- */

/* NVM_BLOCK_PROOF: tag of the fragmentation session (4), bits of the kinds that are accepted (1),
 * requests sent for the next one (1), a hash for each kind. */
enum {
    RECORD_TAG = 0,
    RECORD_ACCEPTED = 4,
    RECORD_SENT = 5,
    RECORD_HASHES = 6,
    RECORD_SIZE = RECORD_HASHES + (int)BLOCK_PROOF_HASH_SIZE * (int)HASH_KINDS
};

_Static_assert(RECORD_SIZE <= (int)NVM_SIZE_BLOCK_PROOF, "it is one record");

/* All zero where there is none of this session. */
static void read_record(
        const struct fragmentation *frag, const struct core *core, uint8_t record[RECORD_SIZE])
{
    int size = nvm_read(&core->nvm, NVM_BLOCK_PROOF, record, RECORD_SIZE);
    if (size != (int)RECORD_SIZE || get_le32(record + RECORD_TAG) != frag->session.tag) {
        memset(record, 0, RECORD_SIZE);
        put_le32(record + RECORD_TAG, frag->session.tag);
    }
}

static uint8_t *hash_of(uint8_t record[RECORD_SIZE], unsigned kind)
{
    return record + RECORD_HASHES + BLOCK_PROOF_HASH_SIZE * kind;
}

static void save_accepted(const struct fragmentation *frag, struct core *core)
{
    uint8_t record[RECORD_SIZE];
    const struct block_proof *proof = &frag->proof;
    DEVICE_ASSERT(&core->hal, proof->kind < HASH_KINDS);
    read_record(frag, core, record);
    record[RECORD_ACCEPTED] |= (uint8_t)(1u << proof->kind);
    record[RECORD_SENT] = 0;
    memcpy(hash_of(record, proof->kind), proof->hash, sizeof proof->hash);
    nvm_write(&core->nvm, NVM_BLOCK_PROOF, record, sizeof record);
}

static void save_sent(const struct fragmentation *frag, struct core *core)
{
    uint8_t record[RECORD_SIZE];
    read_record(frag, core, record);
    record[RECORD_SENT] = frag->proof.sent;
    nvm_write(&core->nvm, NVM_BLOCK_PROOF, record, sizeof record);
}

/* The server accepted this hash of this block before a reset. */
static bool accepted_before(struct block_proof *proof, uint8_t record[RECORD_SIZE])
{
    return (record[RECORD_ACCEPTED] >> proof->kind & 1u) != 0
           && memcmp(hash_of(record, proof->kind), proof->hash, sizeof proof->hash) == 0;
}

/* --- hash ------------------------------------------------------------------------------------ */

/* Goes on to the next hash that is demanded, from `kind` on. */
static void next_kind(struct block_proof *proof, const struct core *core, unsigned kind)
{
    while (kind < HASH_KINDS && (demands[kind].asked_by & core->factory.verify) == 0) {
        kind++;
    }
    proof->state = kind < HASH_KINDS ? BLOCK_PROOF_HASHING : BLOCK_PROOF_ACCEPTED;
    proof->kind = (uint8_t)kind;
    proof->offset = 0;
    proof->crc = 0;
    proof->ask_at_ticks = HAL_TICKS_NEVER;
}

bool block_proof_start(struct fragmentation *frag, const struct core *core)
{
    DEVICE_ASSERT(&core->hal, frag->phase == FRAG_PHASE_DONE);
    next_kind(&frag->proof, core, 0);
    if (frag->proof.state != BLOCK_PROOF_HASHING) {
        frag->proof.state = BLOCK_PROOF_NONE;
    }
    return frag->proof.state != BLOCK_PROOF_NONE;
}

static void hash_piece(
        struct block_proof *proof, struct core *core, const uint8_t *bytes, size_t size)
{
    if (proof->kind == HASH_CRC64) {
        proof->crc = crc64_update(proof->crc, bytes, size);
        return;
    }
    DEVICE_ASSERT(&core->hal, update_status(&core->update) == UPDATE_VALID);
    if (proof->offset == 0) {
        hal_sha256_begin(&core->hal, &core->update.sha);
    }
    hal_sha256_update(&core->hal, &core->update.sha, bytes, size);
}

static void hash_end(struct block_proof *proof, struct core *core)
{
    if (proof->kind == HASH_CRC64) {
        put_le32(proof->hash, (uint32_t)proof->crc);
        put_le32(proof->hash + 4, (uint32_t)(proof->crc >> 32));
    } else {
        uint8_t digest[IMAGE_DIGEST_SIZE];
        hal_sha256_end(&core->hal, &core->update.sha, digest);
        memcpy(proof->hash, digest, sizeof proof->hash);
    }
}

/* The hash is known: it is asked for, unless it was accepted before a reset. */
static void hashed(struct fragmentation *frag, struct core *core)
{
    uint8_t record[RECORD_SIZE];
    struct block_proof *proof = &frag->proof;
    hash_end(proof, core);
    read_record(frag, core, record);
    if (accepted_before(proof, record)) {
        next_kind(proof, core, proof->kind + 1u);
        return;
    }
    proof->state = BLOCK_PROOF_ASKING;
    proof->sent = record[RECORD_SENT];
    /* What made one device complete made others complete. */
    proof->ask_at_ticks = hal_rtc_now(&core->hal) + frag_delay_ticks(frag, core);
}

static bool read_block(const struct core *core, uint32_t offset, uint8_t *bytes, uint32_t size)
{
    bool whole = false;
    for (unsigned attempt = 0; attempt < UPDATE_ATTEMPTS && !whole; attempt++) {
        whole = hal_flash_read(
                        &core->hal, HAL_FLASH_EXTERNAL, NOR_BLOCK_ADDRESS + offset, bytes, size)
                == HAL_OK;
    }
    return whole;
}

void block_proof_step(struct fragmentation *frag, struct core *core)
{
    struct block_proof *proof = &frag->proof;
    uint32_t end = frag_session_block_size(frag);
    DEVICE_ASSERT(&core->hal, proof->state == BLOCK_PROOF_HASHING);
    if (hal_flash_busy(&core->hal, HAL_FLASH_EXTERNAL)) {
        frag->wait_flash = true;
        hal_flash_notify(&core->hal, HAL_FLASH_EXTERNAL);
        return;
    }
    DEVICE_ASSERT(&core->hal, proof->kind < HASH_KINDS && proof->offset < end);
    for (uint32_t done = 0; done < STEP_BYTES && proof->offset < end; done += READ_BYTES) {
        uint8_t bytes[READ_BYTES];
        uint32_t left = end - proof->offset;
        uint32_t size = left < sizeof bytes ? left : sizeof bytes;
        if (!read_block(core, proof->offset, bytes, size)) {
            proof->state = BLOCK_PROOF_REJECTED; /* its flash fails */
            return;
        }
        hash_piece(proof, core, bytes, size);
        proof->offset += size;
    }
    if (proof->offset == end) {
        hashed(frag, core);
    }
}

void block_proof_abandon(struct block_proof *proof)
{
    proof->state = BLOCK_PROOF_NONE;
    proof->ask_at_ticks = HAL_TICKS_NEVER;
}

void block_proof_end(struct block_proof *proof, struct core *core)
{
    block_proof_abandon(proof);
    nvm_erase(&core->nvm, NVM_BLOCK_PROOF);
}

/* --- messages -------------------------------------------------------------------------------- */

static uint8_t param_of(const struct fragmentation *frag)
{
    return (uint8_t)((uint32_t)frag->proof.kind << PARAM_KIND_SHIFT
                     | (uint32_t)frag->session.index << PARAM_INDEX_SHIFT);
}

size_t block_proof_answer_size(uint8_t param)
{
    return (param & PARAM_ACCEPTED) != 0 ? 1u + MIC_SIZE : 1u;
}

/* The MIC that the answer to the request should have. */
static void expected_mic(const struct fragmentation *frag, const struct core *core, uint8_t mic[4])
{
    uint8_t key[16] = { 0x50 };
    uint8_t message[1u + 4u + BLOCK_PROOF_HASH_SIZE];
    uint8_t mac[16];
    mac_crypto_block(&core->hal, MAC_KEY_APP_S, key, key);
    enum hal_status status = hal_key_load(&core->hal, MAC_KEY_SCRATCH, key);
    DEVICE_ASSERT(&core->hal, status == HAL_OK);
    memset(key, 0, sizeof key);
    message[0] = param_of(frag);
    put_le32(message + 1, mac_dev_addr(core));
    memcpy(message + 5, frag->proof.hash, sizeof frag->proof.hash);
    const struct hal_span span = { message, sizeof message };
    status = hal_aes_cmac(&core->hal, MAC_KEY_SCRATCH, &span, 1, mac);
    DEVICE_ASSERT(&core->hal, status == HAL_OK);
    memcpy(mic, mac, MIC_SIZE);
}

static enum verdict judge(
        const struct fragmentation *frag, const struct core *core, const uint8_t *bytes)
{
    DEVICE_ASSERT(&core->hal, frag->proof.kind < HASH_KINDS);
    if ((bytes[0] & PARAM_ACCEPTED) == 0) {
        return VERDICT_REJECTED;
    }
    if ((demands[frag->proof.kind].mic_asked_by & core->factory.verify) != 0) {
        uint8_t mic[MIC_SIZE];
        expected_mic(frag, core, mic);
        return mac_crypto_mic_equal(mic, bytes + 1) ? VERDICT_ACCEPTED : VERDICT_BAD_MIC;
    }
    return VERDICT_ACCEPTED;
}

void block_proof_on_answer(struct fragmentation *frag, struct core *core, const uint8_t *bytes)
{
    struct block_proof *proof = &frag->proof;
    if (proof->state != BLOCK_PROOF_ASKING || proof->sent == 0
            || (bytes[0] & ~PARAM_ACCEPTED) != param_of(frag)) {
        return; /* nothing was sent that this could answer */
    }
    enum verdict verdict = judge(frag, core, bytes);
    hal_trace(&core->hal, FW_TRACE_PROOF_ANSWERED, verdict, proof->kind);
    if (verdict == VERDICT_REJECTED) {
        proof->state = BLOCK_PROOF_REJECTED;
        proof->ask_at_ticks = HAL_TICKS_NEVER;
    } else if (verdict == VERDICT_ACCEPTED) {
        save_accepted(frag, core);
        next_kind(proof, core, proof->kind + 1u);
    }
}

uint64_t block_proof_uplink_at(const struct block_proof *proof, bool held)
{
    return proof->state == BLOCK_PROOF_ASKING && !held ? proof->ask_at_ticks : HAL_TICKS_NEVER;
}

size_t block_proof_build(struct fragmentation *frag, struct core *core, uint64_t now_ticks,
        uint8_t *out, size_t size_max)
{
    struct block_proof *proof = &frag->proof;
    DEVICE_ASSERT(&core->hal, proof->state == BLOCK_PROOF_ASKING);
    if (size_max < REQUEST_SIZE) {
        return 0;
    }
    out[0] = BLOCK_PROOF_CID;
    out[1] = (uint8_t)(param_of(frag) | frag->session.group_mask);
    memcpy(out + 2, proof->hash, sizeof proof->hash);
    proof->sent = (uint8_t)(proof->sent < UINT8_MAX ? proof->sent + 1u : UINT8_MAX);
    proof->ask_at_ticks = now_ticks + frag_delay_retry_ticks(frag, core, proof->sent);
    save_sent(frag, core);
    hal_trace(&core->hal, FW_TRACE_PROOF_ASKED, proof->kind, proof->sent);
    return REQUEST_SIZE;
}
