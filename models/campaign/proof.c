/* Proof of the block: a device sends a hash of what it received, and learns whether it is ours.
 * SPDX-License-Identifier: MIT
 *
 * DataBlockAuthReq and DataBlockAuthAns as device/services/block_proof.h lays them out. The MIC of
 * the answer is under a key of the device's AppSKey, which no other member of its group knows.
 */
#include "campaign/proof.h"

#include <assert.h>
#include <nettle/sha2.h>
#include <string.h>

#include "campaign/campaign_internal.h"
#include "network/lorawan.h"
#include "network/wire.h"

/* First byte of the block that AppSKey encrypts to the key of proofs; the rest is 0. */
#define PROOF_KEY_TAG 0x50u

/* D. T. Jones: 0xAD93D23594C935A9 reflected, initial value 0, no final inversion. */
uint64_t proof_crc64(const uint8_t *data, size_t size)
{
    uint64_t crc = 0;
    for (size_t i = 0; i < size; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ ((crc & 1u) != 0 ? UINT64_C(0x95AC9329AC4BC9B5) : 0);
        }
    }
    return crc;
}

void proof_hash(
        enum proof_kind kind, const uint8_t *block, size_t size, uint8_t hash[PROOF_HASH_SIZE])
{
    assert(kind < PROOF_KINDS && size > 0);
    if (kind == PROOF_CRC64) {
        uint64_t crc = proof_crc64(block, size);
        wire_put_u32(hash, (uint32_t)crc);
        wire_put_u32(hash + 4, (uint32_t)(crc >> 32));
        return;
    }
    struct sha256_ctx sha;
    sha256_init(&sha);
    sha256_update(&sha, size, block);
    sha256_digest(&sha, PROOF_HASH_SIZE, hash);
}

void proof_mic(const uint8_t app_s_key[16], uint32_t dev_addr, enum proof_kind kind,
        uint8_t frag_index, const uint8_t hash[PROOF_HASH_SIZE], uint8_t mic[4])
{
    assert(kind < PROOF_KINDS && frag_index < 4);
    uint8_t key_bytes[16] = { PROOF_KEY_TAG };
    uint8_t message[1 + 4 + PROOF_HASH_SIZE];
    uint8_t whole[16];
    struct lorawan_key key;
    lorawan_aes_encrypt(app_s_key, key_bytes, key_bytes);
    lorawan_key_set(&key, key_bytes);
    message[0] = package_data_block_auth_param(kind, frag_index);
    wire_put_u32(message + 1, dev_addr);
    memcpy(message + 5, hash, PROOF_HASH_SIZE);
    lorawan_cmac(&key, NULL, message, sizeof message, whole);
    memcpy(mic, whole, 4);
}

/* True: the hash is that of the transfer's block. Computed once for all of its members. */
static bool is_ours(struct transfer *transfer, const struct package_message *message)
{
    assert(message->hash_kind < PROOF_KINDS);
    uint8_t *hash = transfer->hashes[message->hash_kind];
    if ((transfer->hashed >> message->hash_kind & 1u) == 0) {
        size_t size = (size_t)transfer->nb_frag * transfer->fragment_size_bytes - transfer->padding;
        proof_hash((enum proof_kind)message->hash_kind, transfer->block, size, hash);
        transfer->hashed |= (uint8_t)(1u << message->hash_kind);
    }
    return memcmp(hash, message->hash, PROOF_HASH_SIZE) == 0;
}

/* False: nothing was queued. */
static bool answer(const struct campaign *campaign, const struct member *member,
        const struct package_message *message, bool accepted)
{
    struct network *network = campaign->server->network;
    uint8_t out[PACKAGE_MESSAGE_MAX];
    uint8_t nwk_s_key[16], app_s_key[16], mic[4];
    if (!network_session_keys(network, member->device, nwk_s_key, app_s_key)) {
        return false; /* it joins again */
    }
    proof_mic(app_s_key, network_dev_addr(network, member->device),
            (enum proof_kind)message->hash_kind, message->index, message->hash, mic);
    size_t size = package_data_block_auth_ans(
            out, (enum proof_kind)message->hash_kind, message->index, accepted ? mic : NULL);
    return server_send(campaign->server, member->device, PACKAGE_FPORT_FRAGMENTATION, out, size);
}

/* Between two rounds a member is in no transfer: the block may be that of any. */
static bool is_of_member(const struct campaign *campaign, const struct member *member,
        const struct package_message *message)
{
    if (member->transfer != TRANSFER_NONE) {
        return is_ours(member_transfer_of(campaign, member), message);
    }
    bool ours = false;
    for (uint32_t i = 0; i < campaign->transfer_count; i++) {
        ours = ours || is_ours(&campaign->transfers[i], message);
    }
    return ours;
}

/* A device asks once the block is whole and its signature good. */
void proof_on_request(struct campaign *campaign, struct member *member,
        const struct package_message *message, sim_ns now_ns)
{
    assert(message->kind == PACKAGE_DATA_BLOCK_AUTH_REQ);
    bool ours = is_of_member(campaign, member, message);
    if (!answer(campaign, member, message, ours)) {
        return;
    }
    if (!ours) {
        campaign_member_event(campaign, member, MEMBER_EVENT_PROOF_REJECTED, now_ns);
        return;
    }
    member->proofs |= (uint8_t)(1u << message->hash_kind);
    if ((campaign->params.proofs & ~member->proofs) == 0) {
        campaign_member_event(campaign, member, MEMBER_EVENT_PROOF_ACCEPTED, now_ns);
    }
}

void proof_on_late_request(const struct campaign *campaign, const struct member *member,
        const struct package_message *message)
{
    assert(message->kind == PACKAGE_DATA_BLOCK_AUTH_REQ);
    (void)answer(campaign, member, message, is_of_member(campaign, member, message));
}
