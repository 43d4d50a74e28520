/* AES-CMAC in pieces: whole blocks go to the cipher in long runs.
 * SPDX-License-Identifier: MIT
 */
#include "board/cmac.h"

#include <nettle/cbc.h>
#include <string.h>

#include "identity/aes_key.h"

#define BLOCK     16u
#define RUN_BYTES 256u

static uint64_t half_get(const uint8_t in[8])
{
    uint64_t half = 0;
    for (unsigned i = 0; i < 8; i++) {
        half = half << 8 | in[i];
    }
    return half;
}

static void half_put(uint8_t out[8], uint64_t half)
{
    for (unsigned i = 0; i < 8; i++) {
        out[i] = (uint8_t)(half >> (56 - 8 * i));
    }
}

/* Doubling in GF(2^128), RFC 4493 section 2.3. Two keys of each uplink come this way. */
static void double_block(uint8_t out[BLOCK], const uint8_t in[BLOCK])
{
    uint64_t high = half_get(in);
    uint64_t low = half_get(in + 8);
    half_put(out, high << 1 | low >> 63);
    half_put(out + 8, low << 1 ^ (high >> 63 != 0 ? 0x87 : 0));
}

void aes_schedule_init(struct aes_schedule *schedule, const uint8_t key[16])
{
    uint8_t block[BLOCK] = { 0 };
    aes_key_expand(&schedule->encrypt, key);
    aes128_encrypt(&schedule->encrypt, BLOCK, block, block);
    double_block(schedule->subkey_whole, block);
    double_block(schedule->subkey_partial, schedule->subkey_whole);
}

void cmac_init(struct cmac_state *state)
{
    memset(state, 0, sizeof *state);
}

void cmac_update(const struct aes_schedule *schedule, struct cmac_state *state, const void *data,
        size_t size)
{
    const uint8_t *in = data;
    uint8_t sink[RUN_BYTES];
    while (size > 0) {
        if (state->pending_size == BLOCK) {
            cbc_aes128_encrypt(&schedule->encrypt, state->chain, BLOCK, sink, state->pending);
            state->pending_size = 0;
        }
        if (state->pending_size == 0 && size > BLOCK) {
            size_t run = (size - 1) / BLOCK * BLOCK; /* never the last byte: it may be the last */
            run = run < RUN_BYTES ? run : RUN_BYTES;
            cbc_aes128_encrypt(&schedule->encrypt, state->chain, run, sink, in);
            in += run;
            size -= run;
            continue;
        }
        size_t piece = BLOCK - state->pending_size;
        piece = size < piece ? size : piece;
        memcpy(state->pending + state->pending_size, in, piece);
        state->pending_size += (uint32_t)piece;
        in += piece;
        size -= piece;
    }
}

void cmac_final(const struct aes_schedule *schedule, struct cmac_state *state, uint8_t mac[16])
{
    const uint8_t *subkey = schedule->subkey_whole;
    if (state->pending_size < BLOCK) {
        subkey = schedule->subkey_partial;
        memset(state->pending + state->pending_size, 0, BLOCK - state->pending_size);
        state->pending[state->pending_size] = 0x80;
    }
    for (unsigned i = 0; i < BLOCK; i++) {
        state->chain[i] ^= state->pending[i] ^ subkey[i];
    }
    aes128_encrypt(&schedule->encrypt, BLOCK, mac, state->chain);
}
