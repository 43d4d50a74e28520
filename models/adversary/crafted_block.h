/* The block of a compromised member that wants other code in all devices.
 * SPDX-License-Identifier: MIT
 *
 * The member knows the genuine block, and the keys of the group. What it can't do is sign, or
 * encrypt where the image lies encrypted: the image key does not leave the MCU.
 */
#ifndef ADVERSARY_CRAFTED_BLOCK_H
#define ADVERSARY_CRAFTED_BLOCK_H

#include <stdint.h>

#include "random_stream.h"

/* Writes a block with other code, as long as the genuine one of `size` bytes: with the digest of
 * its code in its header where that code is plain, and with the CRC-64 of the genuine block. Of the
 * signature 8 bytes make up the difference. `genuine` begins with a header, and has some code. */
void crafted_block_make(
        const uint8_t *genuine, uint32_t size, struct random_stream *stream, uint8_t *crafted);

#endif
