/* AES-128 (FIPS 197) with one 256-byte table; small rather than fast.
 * SPDX-License-Identifier: MIT
 *
 * The table makes the time depend on the data; a part without cache does not show that.
 */
#include "port/crypto/aes128.h"

/* FIPS 197 figure 7. */
/* clang-format off */
static const uint8_t sbox[256] = {
    0x63, 0x7C, 0x77, 0x7B, 0xF2, 0x6B, 0x6F, 0xC5, 0x30, 0x01, 0x67, 0x2B, 0xFE, 0xD7, 0xAB, 0x76,
    0xCA, 0x82, 0xC9, 0x7D, 0xFA, 0x59, 0x47, 0xF0, 0xAD, 0xD4, 0xA2, 0xAF, 0x9C, 0xA4, 0x72, 0xC0,
    0xB7, 0xFD, 0x93, 0x26, 0x36, 0x3F, 0xF7, 0xCC, 0x34, 0xA5, 0xE5, 0xF1, 0x71, 0xD8, 0x31, 0x15,
    0x04, 0xC7, 0x23, 0xC3, 0x18, 0x96, 0x05, 0x9A, 0x07, 0x12, 0x80, 0xE2, 0xEB, 0x27, 0xB2, 0x75,
    0x09, 0x83, 0x2C, 0x1A, 0x1B, 0x6E, 0x5A, 0xA0, 0x52, 0x3B, 0xD6, 0xB3, 0x29, 0xE3, 0x2F, 0x84,
    0x53, 0xD1, 0x00, 0xED, 0x20, 0xFC, 0xB1, 0x5B, 0x6A, 0xCB, 0xBE, 0x39, 0x4A, 0x4C, 0x58, 0xCF,
    0xD0, 0xEF, 0xAA, 0xFB, 0x43, 0x4D, 0x33, 0x85, 0x45, 0xF9, 0x02, 0x7F, 0x50, 0x3C, 0x9F, 0xA8,
    0x51, 0xA3, 0x40, 0x8F, 0x92, 0x9D, 0x38, 0xF5, 0xBC, 0xB6, 0xDA, 0x21, 0x10, 0xFF, 0xF3, 0xD2,
    0xCD, 0x0C, 0x13, 0xEC, 0x5F, 0x97, 0x44, 0x17, 0xC4, 0xA7, 0x7E, 0x3D, 0x64, 0x5D, 0x19, 0x73,
    0x60, 0x81, 0x4F, 0xDC, 0x22, 0x2A, 0x90, 0x88, 0x46, 0xEE, 0xB8, 0x14, 0xDE, 0x5E, 0x0B, 0xDB,
    0xE0, 0x32, 0x3A, 0x0A, 0x49, 0x06, 0x24, 0x5C, 0xC2, 0xD3, 0xAC, 0x62, 0x91, 0x95, 0xE4, 0x79,
    0xE7, 0xC8, 0x37, 0x6D, 0x8D, 0xD5, 0x4E, 0xA9, 0x6C, 0x56, 0xF4, 0xEA, 0x65, 0x7A, 0xAE, 0x08,
    0xBA, 0x78, 0x25, 0x2E, 0x1C, 0xA6, 0xB4, 0xC6, 0xE8, 0xDD, 0x74, 0x1F, 0x4B, 0xBD, 0x8B, 0x8A,
    0x70, 0x3E, 0xB5, 0x66, 0x48, 0x03, 0xF6, 0x0E, 0x61, 0x35, 0x57, 0xB9, 0x86, 0xC1, 0x1D, 0x9E,
    0xE1, 0xF8, 0x98, 0x11, 0x69, 0xD9, 0x8E, 0x94, 0x9B, 0x1E, 0x87, 0xE9, 0xCE, 0x55, 0x28, 0xDF,
    0x8C, 0xA1, 0x89, 0x0D, 0xBF, 0xE6, 0x42, 0x68, 0x41, 0x99, 0x2D, 0x0F, 0xB0, 0x54, 0xBB, 0x16,
};
/* clang-format on */

static uint8_t times_two(uint8_t value)
{
    return (uint8_t)(value << 1 ^ ((value & 0x80u) != 0 ? 0x1Bu : 0u));
}

void aes_key_expand(struct aes_key *aes, const uint8_t key[16])
{
    uint8_t *words = aes->round_key;
    uint8_t round_constant = 1;
    for (unsigned i = 0; i < AES_BLOCK_BYTES; ++i) {
        words[i] = key[i];
    }
    for (unsigned i = AES_BLOCK_BYTES; i < sizeof aes->round_key; i += 4) {
        uint8_t word[4] = { words[i - 4], words[i - 3], words[i - 2], words[i - 1] };
        if (i % AES_BLOCK_BYTES == 0) {
            uint8_t first = word[0];
            word[0] = (uint8_t)(sbox[word[1]] ^ round_constant);
            word[1] = sbox[word[2]];
            word[2] = sbox[word[3]];
            word[3] = sbox[first];
            round_constant = times_two(round_constant);
        }
        for (unsigned j = 0; j < 4; ++j) {
            words[i + j] = words[i + j - AES_BLOCK_BYTES] ^ word[j];
        }
    }
}

static void add_round_key(uint8_t state[16], const uint8_t *round_key)
{
    for (unsigned i = 0; i < AES_BLOCK_BYTES; ++i) {
        state[i] ^= round_key[i];
    }
}

/* Byte r of column c comes from column c + r: SubBytes and ShiftRows in one. */
static void substitute_and_shift(uint8_t state[16])
{
    uint8_t old[AES_BLOCK_BYTES];
    for (unsigned i = 0; i < AES_BLOCK_BYTES; ++i) {
        old[i] = sbox[state[i]];
    }
    for (unsigned i = 0; i < AES_BLOCK_BYTES; ++i) {
        state[i] = old[(i + 4u * (i % 4u)) % AES_BLOCK_BYTES];
    }
}

static void mix_columns(uint8_t state[16])
{
    for (unsigned c = 0; c < AES_BLOCK_BYTES; c += 4) {
        uint8_t first = state[c];
        uint8_t sum = (uint8_t)(state[c] ^ state[c + 1] ^ state[c + 2] ^ state[c + 3]);
        for (unsigned r = 0; r < 4; ++r) {
            uint8_t next = r == 3 ? first : state[c + r + 1];
            state[c + r] ^= (uint8_t)(sum ^ times_two((uint8_t)(state[c + r] ^ next)));
        }
    }
}

void aes_key_encrypt(const struct aes_key *aes, const uint8_t in[16], uint8_t out[16])
{
    uint8_t state[AES_BLOCK_BYTES];
    for (unsigned i = 0; i < AES_BLOCK_BYTES; ++i) {
        state[i] = in[i];
    }
    add_round_key(state, aes->round_key);
    for (unsigned round = 1; round <= AES_ROUNDS; ++round) {
        substitute_and_shift(state);
        if (round < AES_ROUNDS) {
            mix_columns(state);
        }
        add_round_key(state, aes->round_key + round * AES_BLOCK_BYTES);
    }
    for (unsigned i = 0; i < AES_BLOCK_BYTES; ++i) {
        out[i] = state[i];
    }
}

void aes_key_ctr(const struct aes_key *aes, const uint8_t counter[16], uint8_t *data, size_t size)
{
    uint8_t block[AES_BLOCK_BYTES];
    uint8_t stream[AES_BLOCK_BYTES];
    for (unsigned i = 0; i < AES_BLOCK_BYTES; ++i) {
        block[i] = counter[i];
    }
    for (size_t i = 0; i < size; ++i) {
        if (i % AES_BLOCK_BYTES == 0) {
            aes_key_encrypt(aes, block, stream);
            for (unsigned digit = AES_BLOCK_BYTES; digit > 0 && ++block[digit - 1] == 0; --digit) {
            }
        }
        data[i] ^= stream[i % AES_BLOCK_BYTES];
    }
}

void aes_cmac_begin(struct aes_cmac *cmac)
{
    *cmac = (struct aes_cmac){ 0 };
}

void aes_cmac_update(
        const struct aes_key *aes, struct aes_cmac *cmac, const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; ++i) {
        if (cmac->pending_size == AES_BLOCK_BYTES) { /* more follows: it was not the last block */
            add_round_key(cmac->chain, cmac->pending);
            aes_key_encrypt(aes, cmac->chain, cmac->chain);
            cmac->pending_size = 0;
        }
        cmac->pending[cmac->pending_size++] = data[i];
    }
}

/* Doubling in GF(2^128), RFC 4493 section 2.3. */
static void subkey_next(uint8_t key[16])
{
    uint8_t carry = (key[0] & 0x80u) != 0 ? 0x87u : 0u;
    for (unsigned i = 0; i < AES_BLOCK_BYTES; ++i) {
        uint8_t below = i + 1 < AES_BLOCK_BYTES ? (uint8_t)(key[i + 1] >> 7) : 0u;
        key[i] = (uint8_t)(key[i] << 1 | below);
    }
    key[AES_BLOCK_BYTES - 1] ^= carry;
}

void aes_cmac_end(const struct aes_key *aes, struct aes_cmac *cmac, uint8_t mac[16])
{
    uint8_t subkey[AES_BLOCK_BYTES] = { 0 };
    aes_key_encrypt(aes, subkey, subkey);
    subkey_next(subkey); /* K1: the last block is whole */
    if (cmac->pending_size < AES_BLOCK_BYTES) {
        subkey_next(subkey); /* K2: it is padded */
        cmac->pending[cmac->pending_size] = 0x80;
        for (unsigned i = cmac->pending_size + 1; i < AES_BLOCK_BYTES; ++i) {
            cmac->pending[i] = 0;
        }
    }
    add_round_key(cmac->chain, cmac->pending);
    add_round_key(cmac->chain, subkey);
    aes_key_encrypt(aes, cmac->chain, mac);
}
