/* Ed25519 check: R = [S]B - [k]A by one joint walk over the bits of S and k.
 * SPDX-License-Identifier: MIT
 *
 * Checks the equation without the cofactor, compares R as bytes, and refuses S >= L and keys that
 * are not canonical: the strict reading of RFC 8032 section 5.1.7.
 */
#include "port/crypto/ed25519.h"

#include "port/crypto/field25519.h"
#include "port/crypto/sha512.h"

#define SCALAR_BITS 253u /* L is 2^252 and a little */

struct point { /* extended coordinates: x = X/Z, y = Y/Z, xy = T/Z */
    struct field x;
    struct field y;
    struct field z;
    struct field t;
};

/* RFC 8032 section 5.1, computed from the fractions given there. */
/* clang-format off */
static const struct field curve_d = { {
    0x78A3, 0x1359, 0x4DCA, 0x75EB, 0xD8AB, 0x4141, 0x0A4D, 0x0070,
    0xE898, 0x7779, 0x4079, 0x8CC7, 0xFE73, 0x2B6F, 0x6CEE, 0x5203 } };
static const struct field curve_2d = { {
    0xF159, 0x26B2, 0x9B94, 0xEBD6, 0xB156, 0x8283, 0x149A, 0x00E0,
    0xD130, 0xEEF3, 0x80F2, 0x198E, 0xFCE7, 0x56DF, 0xD9DC, 0x2406 } };
static const struct field root_of_minus_one = { {
    0xA0B0, 0x4A0E, 0x1B27, 0xC4EE, 0xE478, 0xAD2F, 0x1806, 0x2F43,
    0xD7A7, 0x3DFB, 0x0099, 0x2B4D, 0xDF0B, 0x4FC1, 0x2480, 0x2B83 } };
static const struct point base_point = {
    { { 0xD51A, 0x8F25, 0x2D60, 0xC956, 0xA7B2, 0x9525, 0xC760, 0x692C,
        0xDC5C, 0xFDD6, 0xE231, 0xC0A4, 0x53FE, 0xCD6E, 0x36D3, 0x2169 } },
    { { 0x6658, 0x6666, 0x6666, 0x6666, 0x6666, 0x6666, 0x6666, 0x6666,
        0x6666, 0x6666, 0x6666, 0x6666, 0x6666, 0x6666, 0x6666, 0x6666 } },
    { { 1 } },
    { { 0xDDA3, 0xA5B7, 0x8AB3, 0x6DDE, 0x52F5, 0x7751, 0x9F80, 0x20F0,
        0xE37D, 0x64AB, 0x4E8E, 0x66EA, 0x7665, 0xD78B, 0x5F0F, 0x6787 } },
};
/* The group's order L in 32-bit words, least significant first. */
static const uint32_t group_order[8] = {
    0x5CF5D3ED,
    0x5812631A,
    0xA2F79CD6,
    0x14DEF9DE,
    0x00000000,
    0x00000000,
    0x00000000,
    0x10000000,
};
/* clang-format on */

/* RFC 8032 section 5.1.4. */
static void point_add(struct point *r, const struct point *p, const struct point *q)
{
    struct field a;
    struct field b;
    struct field c;
    struct field d;
    field_subtract(&a, &p->y, &p->x);
    field_subtract(&b, &q->y, &q->x);
    field_multiply(&a, &a, &b);
    field_add(&b, &p->y, &p->x);
    field_add(&c, &q->y, &q->x);
    field_multiply(&b, &b, &c);
    field_multiply(&c, &p->t, &q->t);
    field_multiply(&c, &c, &curve_2d);
    field_multiply(&d, &p->z, &q->z);
    field_add(&d, &d, &d);
    struct field e;
    field_subtract(&e, &b, &a);
    field_add(&b, &b, &a);      /* H */
    field_subtract(&a, &d, &c); /* F */
    field_add(&d, &d, &c);      /* G */
    field_multiply(&r->x, &e, &a);
    field_multiply(&r->y, &d, &b);
    field_multiply(&r->t, &e, &b);
    field_multiply(&r->z, &a, &d);
}

static void point_double(struct point *r)
{
    struct field a;
    struct field b;
    struct field c;
    struct field e;
    field_multiply(&a, &r->x, &r->x);
    field_multiply(&b, &r->y, &r->y);
    field_multiply(&c, &r->z, &r->z);
    field_add(&c, &c, &c);
    field_add(&e, &r->x, &r->y);
    field_multiply(&e, &e, &e);
    struct field h;
    field_add(&h, &a, &b);
    field_subtract(&e, &h, &e);
    field_subtract(&a, &a, &b); /* G */
    field_add(&c, &c, &a);      /* F */
    field_multiply(&r->x, &e, &c);
    field_multiply(&r->y, &a, &h);
    field_multiply(&r->t, &e, &h);
    field_multiply(&r->z, &c, &a);
}

static void point_pack(uint8_t bytes[32], const struct point *p)
{
    struct field inverse;
    struct field t;
    uint8_t x[32];
    field_invert(&inverse, &p->z);
    field_multiply(&t, &p->x, &inverse);
    field_pack(x, &t);
    field_multiply(&t, &p->y, &inverse);
    field_pack(bytes, &t);
    bytes[31] |= (uint8_t)(x[0] << 7);
}

/* RFC 8032 section 5.1.3, with x negated: the result is -A. False: no point has these bytes. */
static bool point_unpack_negated(struct point *r, const uint8_t bytes[32])
{
    struct field u;
    struct field v;
    struct field t;
    uint8_t x[32];
    if (!field_unpack(&r->y, bytes)) {
        return false;
    }
    field_multiply(&t, &r->y, &r->y);
    field_subtract(&u, &t, &field_one);
    field_multiply(&v, &t, &curve_d);
    field_add(&v, &v, &field_one);
    /* x = u v^3 (u v^7)^((p - 5) / 8), perhaps times the root of -1. */
    field_multiply(&t, &v, &v);
    field_multiply(&t, &t, &v);
    field_multiply(&r->x, &t, &u);
    field_multiply(&t, &t, &t);
    field_multiply(&t, &t, &v);
    field_multiply(&t, &t, &u);
    field_power_252_3(&t, &t);
    field_multiply(&r->x, &r->x, &t);
    field_multiply(&t, &r->x, &r->x);
    field_multiply(&t, &t, &v);
    if (!field_equal(&t, &u)) {
        field_multiply(&r->x, &r->x, &root_of_minus_one);
        field_subtract(&u, &field_zero, &u);
        if (!field_equal(&t, &u)) {
            return false;
        }
    }
    field_pack(x, &r->x);
    if (field_equal(&r->x, &field_zero) && bytes[31] >> 7 != 0) {
        return false;
    }
    if ((x[0] & 1u) == bytes[31] >> 7) {
        field_subtract(&r->x, &field_zero, &r->x);
    }
    r->z = field_one;
    field_multiply(&r->t, &r->x, &r->y);
    return true;
}

/* less = a - L; returns the borrow: 1 when a < L. */
static uint32_t subtract_order(uint32_t less[8], const uint32_t a[8])
{
    uint32_t borrow = 0;
    for (unsigned i = 0; i < 8; ++i) {
        uint32_t take = group_order[i] + borrow; /* no word of L is all ones */
        less[i] = a[i] - take;
        borrow = a[i] < take ? 1u : 0u;
    }
    return borrow;
}

/* The 512-bit little-endian number modulo L, bit by bit from the top. */
static void scalar_reduce(uint32_t r[8], const uint8_t bytes[64])
{
    for (unsigned i = 0; i < 8; ++i) {
        r[i] = 0;
    }
    for (unsigned bit = 512; bit-- > 0;) {
        uint32_t less[8];
        uint32_t carry = bytes[bit / 8] >> bit % 8 & 1u;
        for (unsigned i = 0; i < 8; ++i) {
            uint32_t next = r[i] >> 31;
            r[i] = r[i] << 1 | carry;
            carry = next;
        }
        if (subtract_order(less, r) == 0) {
            for (unsigned i = 0; i < 8; ++i) {
                r[i] = less[i];
            }
        }
    }
}

/* r = [s]B + [k]P: both walks share the doublings. */
static void multiply_joint(
        struct point *r, const uint32_t s[8], const uint32_t k[8], const struct point *p)
{
    struct point sum;
    point_add(&sum, &base_point, p);
    *r = (struct point){ field_zero, field_one, field_one, field_zero };
    for (unsigned bit = SCALAR_BITS; bit-- > 0;) {
        bool in_s = (s[bit / 32] >> bit % 32 & 1u) != 0;
        bool in_k = (k[bit / 32] >> bit % 32 & 1u) != 0;
        point_double(r);
        if (in_s || in_k) {
            point_add(r, r, in_s && in_k ? &sum : in_s ? &base_point : p);
        }
    }
}

/* k = SHA-512(R, A, message) modulo L, in a function of its own so that the digest's state is off
 * the stack before the points come onto it. */
static void challenge(uint32_t k[8], const uint8_t public_key[32], const uint8_t *message,
        size_t size, const uint8_t signature[64])
{
    struct sha512 sha;
    uint8_t digest[64];
    sha512_start(&sha);
    sha512_add(&sha, signature, 32);
    sha512_add(&sha, public_key, 32);
    sha512_add(&sha, message, size);
    sha512_finish(&sha, digest);
    scalar_reduce(k, digest);
}

bool ed25519_signature_valid(const uint8_t public_key[32], const uint8_t *message, size_t size,
        const uint8_t signature[64])
{
    uint32_t s[8];
    uint32_t k[8];
    struct point negated_key;
    struct point r;
    uint8_t packed[32];
    for (unsigned i = 0; i < 8; ++i) {
        const uint8_t *bytes = signature + 32 + 4 * i;
        s[i] = (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16
               | (uint32_t)bytes[3] << 24;
    }
    if (subtract_order(k, s) == 0 || !point_unpack_negated(&negated_key, public_key)) {
        return false;
    }
    challenge(k, public_key, message, size, signature);
    multiply_joint(&r, s, k, &negated_key);
    point_pack(packed, &r);
    uint8_t difference = 0;
    for (unsigned i = 0; i < 32; ++i) {
        difference |= (uint8_t)(packed[i] ^ signature[i]);
    }
    return difference == 0;
}
