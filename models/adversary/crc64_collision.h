/* Alterations of data that no CRC-64 sees.
 * SPDX-License-Identifier: MIT
 *
 * A CRC is linear: the CRC of data XOR an alteration differs by what depends on the alteration
 * alone, and any 8 bytes in a row can be chosen to take the register to any value. So an alteration
 * followed by its correction is a multiple of the polynomial at any place of the block. The
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

/* `alteration` holds `size` bytes that will be XORed into data; writes the 8 bytes that are to be
 * XORed into what follows, so that the CRC-64 of the whole stays what it was. */
void crc64_correction(
        const uint8_t *alteration, size_t size, uint8_t correction[CRC64_CORRECTION_BYTES]);

#endif
