/* SHA-256: the schedule is kept in a ring of sixteen words, so a block costs 64 bytes of stack.
 * SPDX-License-Identifier: MIT
 */
#include "port/crypto/sha256.h"

#define ROUNDS     64u
#define BLOCK_SIZE 64u
#define SIZE_FIELD 8u /* bytes at the end of the last block */

/* FIPS 180-4 sections 4.2.2 and 5.3.3. */
/* clang-format off */
static const uint32_t round_constants[ROUNDS] = {
    0x428A2F98, 0x71374491, 0xB5C0FBCF, 0xE9B5DBA5, 0x3956C25B, 0x59F111F1, 0x923F82A4, 0xAB1C5ED5,
    0xD807AA98, 0x12835B01, 0x243185BE, 0x550C7DC3, 0x72BE5D74, 0x80DEB1FE, 0x9BDC06A7, 0xC19BF174,
    0xE49B69C1, 0xEFBE4786, 0x0FC19DC6, 0x240CA1CC, 0x2DE92C6F, 0x4A7484AA, 0x5CB0A9DC, 0x76F988DA,
    0x983E5152, 0xA831C66D, 0xB00327C8, 0xBF597FC7, 0xC6E00BF3, 0xD5A79147, 0x06CA6351, 0x14292967,
    0x27B70A85, 0x2E1B2138, 0x4D2C6DFC, 0x53380D13, 0x650A7354, 0x766A0ABB, 0x81C2C92E, 0x92722C85,
    0xA2BFE8A1, 0xA81A664B, 0xC24B8B70, 0xC76C51A3, 0xD192E819, 0xD6990624, 0xF40E3585, 0x106AA070,
    0x19A4C116, 0x1E376C08, 0x2748774C, 0x34B0BCB5, 0x391C0CB3, 0x4ED8AA4A, 0x5B9CCA4F, 0x682E6FF3,
    0x748F82EE, 0x78A5636F, 0x84C87814, 0x8CC70208, 0x90BEFFFA, 0xA4506CEB, 0xBEF9A3F7, 0xC67178F2,
};
static const uint32_t initial_state[8] = {
    0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19,
};
/* clang-format on */

static uint32_t rotate(uint32_t value, unsigned by)
{
    return value >> by | value << (32u - by);
}

static void compress(struct sha256 *sha)
{
    uint32_t w[16];
    uint32_t s[8];
    for (unsigned i = 0; i < 16; ++i) {
        const uint8_t *bytes = sha->block + 4 * i;
        w[i] = (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8
               | bytes[3];
    }
    for (unsigned i = 0; i < 8; ++i) {
        s[i] = sha->state[i];
    }
    for (unsigned t = 0; t < ROUNDS; ++t) {
        if (t >= 16) {
            uint32_t w15 = w[(t + 1u) % 16u];
            uint32_t w2 = w[(t + 14u) % 16u];
            w[t % 16u] += w[(t + 9u) % 16u] + (rotate(w15, 7) ^ rotate(w15, 18) ^ w15 >> 3)
                          + (rotate(w2, 17) ^ rotate(w2, 19) ^ w2 >> 10);
        }
        uint32_t choice = (s[4] & s[5]) ^ (~s[4] & s[6]);
        uint32_t majority = (s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]);
        uint32_t t1 = s[7] + (rotate(s[4], 6) ^ rotate(s[4], 11) ^ rotate(s[4], 25)) + choice
                      + round_constants[t] + w[t % 16u];
        uint32_t t2 = (rotate(s[0], 2) ^ rotate(s[0], 13) ^ rotate(s[0], 22)) + majority;
        for (unsigned i = 7; i > 0; --i) {
            s[i] = s[i - 1];
        }
        s[4] += t1;
        s[0] = t1 + t2;
    }
    for (unsigned i = 0; i < 8; ++i) {
        sha->state[i] += s[i];
    }
}

void sha256_start(struct sha256 *sha)
{
    for (unsigned i = 0; i < 8; ++i) {
        sha->state[i] = initial_state[i];
    }
    sha->size_bytes = 0;
}

void sha256_add(struct sha256 *sha, const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; ++i) {
        sha->block[sha->size_bytes++ % BLOCK_SIZE] = data[i];
        if (sha->size_bytes % BLOCK_SIZE == 0) {
            compress(sha);
        }
    }
}

void sha256_finish(struct sha256 *sha, uint8_t digest[32])
{
    uint64_t size_bits = sha->size_bytes * 8u;
    uint8_t pad = 0x80;
    do {
        sha256_add(sha, &pad, 1);
        pad = 0;
    } while (sha->size_bytes % BLOCK_SIZE != BLOCK_SIZE - SIZE_FIELD);
    for (unsigned i = 0; i < SIZE_FIELD; ++i) {
        uint8_t byte = (uint8_t)(size_bits >> (56u - 8u * i));
        sha256_add(sha, &byte, 1);
    }
    for (unsigned i = 0; i < 32; ++i) {
        digest[i] = (uint8_t)(sha->state[i / 4] >> (24u - 8u * (i % 4)));
    }
}
