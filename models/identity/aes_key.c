/* AES-128 key expansion (FIPS 197 section 5.2) with the AES instructions of x86-64.
 * SPDX-License-Identifier: MIT
 */
#include "identity/aes_key.h"

#ifdef __x86_64__

#include <immintrin.h>

#define ROUNDS 10u

/* A round key from the one before. AESENCLAST on a block of four equal words substitutes the bytes
 * of each and adds the round constant: with equal columns, ShiftRows changes nothing. */
__attribute__((target("aes,ssse3"))) static __m128i next_key(__m128i key, int constant)
{
    const __m128i rotated_last_word = _mm_set1_epi32(0x0c0f0e0d);
    __m128i word = _mm_shuffle_epi8(key, rotated_last_word);
    word = _mm_aesenclast_si128(word, _mm_set1_epi32(constant));
    key = _mm_xor_si128(key, _mm_slli_si128(key, 4));
    key = _mm_xor_si128(key, _mm_slli_si128(key, 8));
    return _mm_xor_si128(key, word);
}

/* Nettle keeps the words of a schedule as they lie in memory on this processor. */
__attribute__((target("aes,ssse3"))) static void expand(
        struct aes128_ctx *schedule, const uint8_t key[16])
{
    static const uint8_t constants[ROUNDS] = { 0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0x1b,
        0x36 };
    __m128i round_key = _mm_loadu_si128((const __m128i *)(const void *)key);
    __m128i *out = (__m128i *)(void *)schedule->keys;
    _Static_assert(sizeof schedule->keys == (ROUNDS + 1u) * sizeof round_key, "a key for a round");
    _mm_storeu_si128(out, round_key);
    for (unsigned i = 0; i < ROUNDS; i++) {
        round_key = next_key(round_key, constants[i]);
        _mm_storeu_si128(out + 1 + i, round_key);
    }
}

void aes_key_expand(struct aes128_ctx *schedule, const uint8_t key[16])
{
    if (__builtin_cpu_supports("aes") && __builtin_cpu_supports("ssse3")) {
        expand(schedule, key);
    } else {
        aes128_set_encrypt_key(schedule, key);
    }
}

#else

void aes_key_expand(struct aes128_ctx *schedule, const uint8_t key[16])
{
    aes128_set_encrypt_key(schedule, key);
}

#endif
