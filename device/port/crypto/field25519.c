/* The field of Curve25519: schoolbook products by columns, reduced by 2^256 = 38.
 * SPDX-License-Identifier: MIT
 */
#include "port/crypto/field25519.h"

#define FOLD 38u /* 2^256 modulo 2^255 - 19 */

const struct field field_zero = { { 0 } };
const struct field field_one = { { 1 } };

/* Adds 38 x carry, until nothing is carried out. A second round carries at most 1 and then leaves
 * a number below 38 x 2^16, so a third ends it. */
static void add_folded(struct field *r, uint32_t carry)
{
    while (carry > 0) {
        carry *= FOLD;
        for (unsigned i = 0; i < FIELD_LIMBS; ++i) {
            carry += r->limb[i];
            r->limb[i] = (uint16_t)carry;
            carry >>= 16;
        }
    }
}

void field_add(struct field *r, const struct field *a, const struct field *b)
{
    uint32_t carry = 0;
    for (unsigned i = 0; i < FIELD_LIMBS; ++i) {
        carry += (uint32_t)a->limb[i] + b->limb[i];
        r->limb[i] = (uint16_t)carry;
        carry >>= 16;
    }
    add_folded(r, carry);
}

/* A borrow out of the top means that the result is 2^256 = 38 too large. */
void field_subtract(struct field *r, const struct field *a, const struct field *b)
{
    uint32_t borrow = 0;
    for (unsigned i = 0; i < FIELD_LIMBS; ++i) {
        uint32_t difference = 0x10000u + a->limb[i] - b->limb[i] - borrow;
        r->limb[i] = (uint16_t)difference;
        borrow = 1u - (difference >> 16);
    }
    while (borrow > 0) {
        uint32_t take = FOLD;
        for (unsigned i = 0; i < FIELD_LIMBS; ++i) {
            uint32_t difference = 0x10000u + r->limb[i] - take;
            r->limb[i] = (uint16_t)difference;
            take = 1u - (difference >> 16);
        }
        borrow = take;
    }
}

/* A column sums at most sixteen products; low and high halves are summed apart, so 32 bits hold
 * them: 16 x 65535 plus the carry from below stays under 2^21. */
void field_multiply(struct field *r, const struct field *a, const struct field *b)
{
    uint16_t product[2 * FIELD_LIMBS];
    uint32_t low = 0;
    for (unsigned column = 0; column < 2 * FIELD_LIMBS - 1; ++column) {
        unsigned first = column < FIELD_LIMBS ? 0 : column - (FIELD_LIMBS - 1);
        unsigned last = column < FIELD_LIMBS ? column : FIELD_LIMBS - 1;
        uint32_t high = 0;
        for (unsigned i = first; i <= last; ++i) {
            uint32_t term = (uint32_t)a->limb[i] * b->limb[column - i];
            low += term & 0xFFFFu;
            high += term >> 16;
        }
        product[column] = (uint16_t)low;
        low = (low >> 16) + high;
    }
    product[2 * FIELD_LIMBS - 1] = (uint16_t)low;
    uint32_t carry = 0;
    for (unsigned i = 0; i < FIELD_LIMBS; ++i) {
        carry += product[i] + FOLD * product[i + FIELD_LIMBS];
        r->limb[i] = (uint16_t)carry;
        carry >>= 16;
    }
    add_folded(r, carry);
}

static void square_times(struct field *r, unsigned count)
{
    while (count-- > 0) {
        field_multiply(r, r, r);
    }
}

/* r = a^(2^250 - 1), and a^11 on the way: the part that both powers share. */
static void power_250_1(struct field *r, struct field *a11, const struct field *a)
{
    struct field a9;
    struct field t;
    t = *a;
    square_times(&t, 3);
    field_multiply(&a9, &t, a); /* 8 + 1 */
    t = *a;
    square_times(&t, 1);
    field_multiply(a11, &a9, &t);
    t = *a11;
    square_times(&t, 1);
    field_multiply(r, &t, &a9); /* 22 + 9 = 2^5 - 1 */
    /* From 2^n - 1 to 2^2n - 1 is n squarings and one product. */
    t = *r;
    square_times(&t, 5);
    field_multiply(r, &t, r); /* 2^10 - 1 */
    struct field ten = *r;
    t = *r;
    square_times(&t, 10);
    field_multiply(r, &t, r); /* 2^20 - 1 */
    t = *r;
    square_times(&t, 20);
    field_multiply(r, &t, r); /* 2^40 - 1 */
    square_times(r, 10);
    field_multiply(r, r, &ten); /* 2^50 - 1 */
    struct field fifty = *r;
    t = *r;
    square_times(&t, 50);
    field_multiply(r, &t, r); /* 2^100 - 1 */
    t = *r;
    square_times(&t, 100);
    field_multiply(r, &t, r); /* 2^200 - 1 */
    square_times(r, 50);
    field_multiply(r, r, &fifty);
}

void field_power_252_3(struct field *r, const struct field *a)
{
    struct field base = *a;
    struct field a11;
    power_250_1(r, &a11, &base);
    square_times(r, 2); /* 2^252 - 4 */
    field_multiply(r, r, &base);
}

void field_invert(struct field *r, const struct field *a)
{
    struct field base = *a;
    struct field a11;
    power_250_1(r, &a11, &base);
    square_times(r, 5);         /* 2^255 - 32 */
    field_multiply(r, r, &a11); /* p - 2 = 2^255 - 21 */
}

/* Subtracts p if the number is p or more. */
static void reduce_once(struct field *a)
{
    struct field less;
    uint32_t borrow = 0;
    for (unsigned i = 0; i < FIELD_LIMBS; ++i) {
        uint32_t p = i == 0 ? 0xFFEDu : i == FIELD_LIMBS - 1 ? 0x7FFFu : 0xFFFFu;
        uint32_t difference = 0x10000u + a->limb[i] - p - borrow;
        less.limb[i] = (uint16_t)difference;
        borrow = 1u - (difference >> 16);
    }
    if (borrow == 0) {
        *a = less;
    }
}

void field_pack(uint8_t bytes[32], const struct field *a)
{
    struct field t = *a;
    reduce_once(&t); /* 2^256 - 1 is 2p + 37 */
    reduce_once(&t);
    for (unsigned i = 0; i < FIELD_LIMBS; ++i) {
        bytes[2 * i] = (uint8_t)t.limb[i];
        bytes[2 * i + 1] = (uint8_t)(t.limb[i] >> 8);
    }
}

bool field_unpack(struct field *r, const uint8_t bytes[32])
{
    uint8_t packed[32];
    for (unsigned i = 0; i < FIELD_LIMBS; ++i) {
        r->limb[i] = (uint16_t)(bytes[2 * i] | bytes[2 * i + 1] << 8);
    }
    r->limb[FIELD_LIMBS - 1] &= 0x7FFFu;
    field_pack(packed, r);
    uint8_t difference = (uint8_t)((bytes[31] & 0x7Fu) ^ packed[31]);
    for (unsigned i = 0; i < 31; ++i) {
        difference |= (uint8_t)(bytes[i] ^ packed[i]);
    }
    return difference == 0;
}

bool field_equal(const struct field *a, const struct field *b)
{
    uint8_t packed_a[32];
    uint8_t packed_b[32];
    uint8_t difference = 0;
    field_pack(packed_a, a);
    field_pack(packed_b, b);
    for (unsigned i = 0; i < 32; ++i) {
        difference |= (uint8_t)(packed_a[i] ^ packed_b[i]);
    }
    return difference == 0;
}
