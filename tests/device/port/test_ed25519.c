/* The Ed25519 check in software against RFC 8032 vectors and against nettle's signatures.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <nettle/eddsa.h>
#include <string.h>

#include "draw.h"
#include "port/crypto/ed25519.h"
#include "port/crypto/field25519.h"

static void from_hex(uint8_t *bytes, const char *hex)
{
    for (size_t i = 0; hex[2 * i] != 0; ++i) {
        unsigned value = 0;
        for (unsigned j = 0; j < 2; ++j) {
            char c = hex[2 * i + j];
            value = value << 4 | (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
        }
        bytes[i] = (uint8_t)value;
    }
}

Test(ed25519, accepts_the_vectors_of_rfc_8032_section_7_1)
{
    static const struct {
        const char *key;
        const char *message;
        const char *signature;
    } cases[] = {
        { "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
                "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc"
                "61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b" },
        { "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
                "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e4"
                "58f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00" },
        { "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
                "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290a"
                "e67f760984dc6594a7c15e9716ed28dc027beceea1ec40a" },
    };
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; ++i) {
        uint8_t key[32];
        uint8_t message[2];
        uint8_t signature[64];
        from_hex(key, cases[i].key);
        from_hex(message, cases[i].message);
        from_hex(signature, cases[i].signature);
        size_t size = strlen(cases[i].message) / 2;
        cr_assert(ed25519_signature_valid(key, message, size, signature), "vector %u", i + 1);
        signature[i] ^= 1;
        cr_assert_not(ed25519_signature_valid(key, message, size, signature));
    }
}

Test(ed25519, accepts_what_nettle_signs_and_no_corruption_of_it, .timeout = 60)
{
    struct draw draw = { 3 };
    for (unsigned round = 0; round < 300; ++round) {
        uint8_t private_key[32];
        uint8_t key[32];
        uint8_t message[96];
        uint8_t signature[64];
        draw_bytes(&draw, private_key, sizeof private_key);
        draw_bytes(&draw, message, sizeof message);
        ed25519_sha512_public_key(key, private_key);
        ed25519_sha512_sign(key, private_key, sizeof message, message, signature);
        cr_assert(ed25519_signature_valid(key, message, sizeof message, signature));
        uint8_t flip = (uint8_t)(1u << draw_next(&draw) % 8);
        signature[draw_next(&draw) % 64] ^= flip;
        cr_assert_not(ed25519_signature_valid(key, message, sizeof message, signature));
        ed25519_sha512_sign(key, private_key, sizeof message, message, signature);
        message[draw_next(&draw) % sizeof message] ^= flip;
        cr_assert_not(ed25519_signature_valid(key, message, sizeof message, signature));
    }
}

Test(ed25519, judges_drawn_and_damaged_keys_as_nettle_does, .timeout = 60)
{
    struct draw draw = { 4 };
    for (unsigned round = 0; round < 300; ++round) {
        uint8_t private_key[32];
        uint8_t key[32];
        uint8_t message[5];
        uint8_t signature[64];
        draw_bytes(&draw, private_key, sizeof private_key);
        draw_bytes(&draw, message, sizeof message);
        ed25519_sha512_public_key(key, private_key);
        ed25519_sha512_sign(key, private_key, sizeof message, message, signature);
        key[draw_next(&draw) % 32] ^= (uint8_t)(1u << draw_next(&draw) % 8);
        bool theirs = ed25519_sha512_verify(key, sizeof message, message, signature) != 0;
        cr_assert_eq(ed25519_signature_valid(key, message, sizeof message, signature), theirs);
    }
}

/* S + L signs the same: RFC 8032 section 5.1.7 step 1 wants S < L. */
Test(ed25519, refuses_a_signature_made_malleable)
{
    static const uint8_t order[32] = { 0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c,
        0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10 };
    uint8_t key[32];
    uint8_t signature[64];
    unsigned carry = 0;
    ed25519_sha512_public_key(key, order);
    ed25519_sha512_sign(key, order, 3, (const uint8_t *)"abc", signature);
    cr_assert(ed25519_signature_valid(key, (const uint8_t *)"abc", 3, signature));
    for (unsigned i = 0; i < 32; ++i) {
        carry += signature[32 + i] + (unsigned)order[i];
        signature[32 + i] = (uint8_t)carry;
        carry >>= 8;
    }
    cr_assert_not(ed25519_signature_valid(key, (const uint8_t *)"abc", 3, signature));
}

/* Field identities at the edges of the representation, where folding and borrowing happen. */
Test(field25519, keeps_the_field_laws_at_the_edges)
{
    static const uint16_t edges[] = { 0x0000, 0x0001, 0x0012, 0x0013, 0x7FFF, 0x8000, 0xFFDA,
        0xFFEC, 0xFFED, 0xFFFF };
    enum {
        EDGES = sizeof edges / sizeof edges[0]
    };
    for (unsigned low = 0; low < EDGES; ++low) {
        for (unsigned high = 0; high < EDGES; ++high) {
            struct field a;
            struct field b;
            struct field left;
            struct field right;
            for (unsigned i = 0; i < FIELD_LIMBS; ++i) {
                a.limb[i] = i == 0 ? edges[low] : i == 15 ? edges[high] : 0xFFFF;
                b.limb[i] = i == 0 ? edges[high] : i == 15 ? edges[low] : (uint16_t)(low * 7000);
            }
            field_add(&left, &a, &b); /* (a + b)(a - b) = aa - bb */
            field_subtract(&right, &a, &b);
            field_multiply(&left, &left, &right);
            field_multiply(&a, &a, &a);
            field_multiply(&b, &b, &b);
            field_subtract(&right, &a, &b);
            cr_assert(field_equal(&left, &right), "edges %u %u", low, high);
            field_invert(&left, &a); /* a a^-1 = 1 */
            field_multiply(&left, &left, &a);
            cr_assert(field_equal(&left, field_equal(&a, &field_zero) ? &field_zero : &field_one));
        }
    }
}

Test(field25519, takes_only_canonical_numbers)
{
    uint8_t bytes[32];
    struct field a;
    memset(bytes, 0xFF, sizeof bytes);
    bytes[31] = 0x7F;
    bytes[0] = 0xEC; /* p - 1 */
    cr_assert(field_unpack(&a, bytes));
    bytes[0] = 0xED; /* p */
    cr_assert_not(field_unpack(&a, bytes));
    bytes[0] = 0xFF;
    cr_assert_not(field_unpack(&a, bytes));
}
