/* The firmware's crypto engine: nettle's answers at the cost of software on the MCU.
 * SPDX-License-Identifier: MIT
 */
#include <nettle/ctr.h>
#include <nettle/eddsa.h>
#include <nettle/sha2.h>
#include <string.h>

#include "board/node_internal.h"

#define AES_BLOCK 16u
#define SHA_BLOCK 64u

_Static_assert(sizeof(struct sha256_ctx) <= sizeof(struct hal_sha256), "nettle state fits");
_Static_assert(alignof(struct sha256_ctx) <= alignof(struct hal_sha256), "and is aligned");
_Static_assert(sizeof(struct cmac_state) <= sizeof(struct hal_cmac), "CMAC state fits");

static bool key_is_loaded(const struct node *node, unsigned slot)
{
    return slot < HAL_KEY_SLOTS && node->store->keys[slot] != 0;
}

/* The schedule of a key that is loaded. The next exchange will begin with this key or, as keys of a
 * session are loaded together, with one beside it in memory. */
static const struct aes_schedule *schedule_of(struct node *node, unsigned slot)
{
    node->key_used = node->store->keys[slot];
    return key_schedules_get(
            node_worker(node)->schedules, node->fleet->keys, node->store->keys[slot]);
}

static void spend_aes(struct node *node, size_t size)
{
    size_t blocks = size == 0 ? 1 : (size + AES_BLOCK - 1) / AES_BLOCK;
    node_spend_cycles(node, (uint64_t)blocks * node->board->type->cycles_per_aes_block);
}

enum hal_status node_key_load(void *board, unsigned slot, const uint8_t key[16])
{
    struct node *node = board;
    if (slot >= HAL_KEY_SLOTS) {
        return HAL_ERR_KEY;
    }
    spend_aes(node, AES_BLOCK); /* the key schedule costs about a block */
    node_take_turn(node);
    uint32_t before = node->store->keys[slot];
    node->store->keys[slot] = key_store_take(node->fleet->keys, key);
    key_store_release(node->fleet->keys, before);
    return HAL_OK;
}

void node_keys_forget(struct node *node)
{
    for (unsigned slot = 0; slot < HAL_KEY_SLOTS; slot++) {
        key_store_release(node->fleet->keys, node->store->keys[slot]);
        node->store->keys[slot] = 0;
    }
}

enum hal_status node_aes_block(void *board, unsigned slot, const uint8_t in[16], uint8_t out[16])
{
    struct node *node = board;
    if (!key_is_loaded(node, slot)) {
        return HAL_ERR_KEY;
    }
    spend_aes(node, AES_BLOCK);
    const struct aes_schedule *schedule = schedule_of(node, slot);
    aes128_encrypt(&schedule->encrypt, AES_BLOCK, out, in);
    return HAL_OK;
}

enum hal_status node_aes_ctr(
        void *board, unsigned slot, const uint8_t counter[16], uint8_t *data, size_t size)
{
    struct node *node = board;
    struct node_fleet *fleet = node->fleet;
    if (!key_is_loaded(node, slot)) {
        return HAL_ERR_KEY;
    }
    spend_aes(node, size);
    struct hal_span span = { .data = data, .size = size };
    struct crypto_question question = {
        .key = key_store_key(fleet->keys, node->store->keys[slot]),
        .key_size = 16,
        .extra = counter,
        .extra_size = 16,
        .spans = &span,
        .span_count = 1,
        .size = size,
    };
    uint8_t *remember = NULL;
    if (node_worker(node)->memo != NULL) {
        const uint8_t *known = crypto_memo_find(&node_worker(node)->memo->ctr, &question);
        if (known != NULL) {
            memcpy(data, known, size);
            return HAL_OK;
        }
        remember = crypto_memo_add(&node_worker(node)->memo->ctr, &question);
    }
    uint8_t block[AES_BLOCK];
    memcpy(block, counter, sizeof block);
    const struct aes_schedule *schedule = schedule_of(node, slot);
    ctr_crypt(&schedule->encrypt, (nettle_cipher_func *)aes128_encrypt, AES_BLOCK, block, size,
            data, data);
    if (remember != NULL) {
        memcpy(remember, data, size);
    }
    return HAL_OK;
}

enum hal_status node_aes_cmac(void *board, unsigned slot, const struct hal_span *spans,
        size_t span_count, uint8_t mac[16])
{
    struct node *node = board;
    struct node_fleet *fleet = node->fleet;
    node_fetch_soon(node_worker(node), NODE_FETCH_THIRD_SPAN);
    if (!key_is_loaded(node, slot)) {
        return HAL_ERR_KEY;
    }
    struct crypto_question question = {
        .key = key_store_key(fleet->keys, node->store->keys[slot]),
        .key_size = 16,
        .spans = spans,
        .span_count = span_count,
        .size = crypto_spans_size(spans, span_count),
    };
    spend_aes(node, question.size);
    uint8_t *remember = NULL;
    if (node_worker(node)->memo != NULL) {
        const uint8_t *known = crypto_memo_find(&node_worker(node)->memo->cmac, &question);
        if (known != NULL) {
            memcpy(mac, known, AES_BLOCK);
            return HAL_OK;
        }
        remember = crypto_memo_add(&node_worker(node)->memo->cmac, &question);
    }
    const struct aes_schedule *schedule = schedule_of(node, slot);
    struct cmac_state state;
    cmac_init(&state);
    for (size_t i = 0; i < span_count; i++) {
        cmac_update(schedule, &state, spans[i].data, spans[i].size);
    }
    cmac_final(schedule, &state, mac);
    if (remember != NULL) {
        memcpy(remember, mac, AES_BLOCK);
    }
    return HAL_OK;
}

void node_cmac_begin(void *board, struct hal_cmac *cmac)
{
    node_spend_call(board);
    struct cmac_state state;
    cmac_init(&state);
    memset(cmac, 0, sizeof *cmac);
    memcpy(cmac, &state, sizeof state);
}

enum hal_status node_cmac_update(
        void *board, unsigned slot, struct hal_cmac *cmac, const void *data, size_t size)
{
    struct node *node = board;
    if (!key_is_loaded(node, slot)) {
        return HAL_ERR_KEY;
    }
    node_spend_cycles(node, (uint64_t)size * node->board->type->cycles_per_aes_block / AES_BLOCK);
    struct cmac_state state;
    memcpy(&state, cmac, sizeof state);
    cmac_update(schedule_of(node, slot), &state, data, size);
    memcpy(cmac, &state, sizeof state);
    return HAL_OK;
}

enum hal_status node_cmac_end(void *board, unsigned slot, struct hal_cmac *cmac, uint8_t mac[16])
{
    struct node *node = board;
    if (!key_is_loaded(node, slot)) {
        return HAL_ERR_KEY;
    }
    spend_aes(node, 0); /* what is left of the last block */
    struct cmac_state state;
    memcpy(&state, cmac, sizeof state);
    cmac_final(schedule_of(node, slot), &state, mac);
    return HAL_OK;
}

void node_sha256_begin(void *board, struct hal_sha256 *sha)
{
    node_spend_call(board);
    memset(sha, 0, sizeof *sha);
    sha256_init((struct sha256_ctx *)(void *)sha);
}

void node_sha256_update(void *board, struct hal_sha256 *sha, const void *data, size_t size)
{
    struct node *node = board;
    node_spend_cycles(node, (uint64_t)size * node->board->type->cycles_per_sha_block / SHA_BLOCK);
    struct crypto_digest_step *step = NULL;
    if (node_worker(node)->memo != NULL && size == CRYPTO_DIGEST_PIECE) {
        step = crypto_memo_digest(node_worker(node)->memo, sha, data);
        if (step->valid) {
            *sha = step->after;
            return;
        }
    }
    sha256_update((struct sha256_ctx *)(void *)sha, size, data);
    if (step != NULL) {
        step->after = *sha;
        step->valid = true;
    }
}

void node_sha256_end(void *board, struct hal_sha256 *sha, uint8_t digest[32])
{
    struct node *node = board;
    node_spend_cycles(node, node->board->type->cycles_per_sha_block); /* the padding */
    sha256_digest((struct sha256_ctx *)(void *)sha, SHA256_DIGEST_SIZE, digest);
}

enum hal_status node_ed25519_verify(void *board, const uint8_t public_key[32], const void *message,
        size_t size, const uint8_t signature[64])
{
    struct node *node = board;
    node_spend_cycles(node, node->board->type->cycles_ed25519_verify);
    struct hal_span span = { .data = message, .size = size };
    struct crypto_question question = {
        .key = public_key,
        .key_size = 32,
        .extra = signature,
        .extra_size = 64,
        .spans = &span,
        .span_count = 1,
        .size = size,
    };
    uint8_t *remember = NULL;
    if (node_worker(node)->memo != NULL) {
        const uint8_t *known = crypto_memo_find(&node_worker(node)->memo->verify, &question);
        if (known != NULL) {
            return known[0] != 0 ? HAL_OK : HAL_ERR_VERIFY;
        }
        remember = crypto_memo_add(&node_worker(node)->memo->verify, &question);
    }
    bool good = ed25519_sha512_verify(public_key, size, message, signature) == 1;
    if (remember != NULL) {
        remember[0] = good;
    }
    return good ? HAL_OK : HAL_ERR_VERIFY;
}
