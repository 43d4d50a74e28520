/* Blocks that no CRC-64 tells from another one.
 * SPDX-License-Identifier: MIT
 *
 * A CRC is linear over GF(2): the CRC of data XOR an alteration differs by what depends on the
 * alteration alone, and any 8 bytes in a row can be chosen to take the register to any value. So an
 * alteration with 8 free bytes anywhere in it can be made a multiple of the polynomial. The
 * polynomial is Jones' (0xad93d23594c935a9, reflected, as in the protocol reference, section 7.2);
 * start value and final XOR do not matter.
 */
#ifndef ADVERSARY_CRC64_COLLISION_H
#define ADVERSARY_CRC64_COLLISION_H

#include <stddef.h>
#include <stdint.h>

#define CRC64_CORRECTION_BYTES 8u

/* The register after `size` more bytes; 0 before the first one. */
uint64_t crc64_jones(uint64_t crc, const uint8_t *data, size_t size);

/* Chooses the 8 bytes of `altered` from `at` on, which lie in its `size` bytes, so that its CRC-64
 * is that of the `size` bytes of `genuine`. */
void crc64_collide(const uint8_t *genuine, uint8_t *altered, size_t size, size_t at);

#endif
