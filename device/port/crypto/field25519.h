/* Arithmetic modulo 2^255 - 19 in sixteen limbs of 16 bits, for a 32-bit multiplier.
 * SPDX-License-Identifier: MIT
 *
 * Limbs are below 2^16 always; the number is below 2^256, so it may stand for one of two or three
 * values of the same residue until field_pack(). Nothing here is secret: no constant time.
 */
#ifndef PORT_CRYPTO_FIELD25519_H
#define PORT_CRYPTO_FIELD25519_H

#include <stdbool.h>
#include <stdint.h>

#define FIELD_LIMBS 16u

struct field {
    uint16_t limb[FIELD_LIMBS]; /* least significant first */
};

extern const struct field field_zero;
extern const struct field field_one;

/* Results may be the same object as operands. */
void field_add(struct field *r, const struct field *a, const struct field *b);
void field_subtract(struct field *r, const struct field *a, const struct field *b);
void field_multiply(struct field *r, const struct field *a, const struct field *b);
/* r = a^(2^252 - 3), which gives square roots (RFC 8032 section 5.1.3). */
void field_power_252_3(struct field *r, const struct field *a);
/* r = 1/a; 0 for 0. */
void field_invert(struct field *r, const struct field *a);
/* The one residue in 0 .. 2^255 - 20, little-endian. */
void field_pack(uint8_t bytes[32], const struct field *a);
/* Takes 255 bits; false when they are 2^255 - 19 or more. */
bool field_unpack(struct field *r, const uint8_t bytes[32]);
bool field_equal(const struct field *a, const struct field *b);

#endif
