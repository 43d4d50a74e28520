/* Crafts a block: other code, a digest that fits it, a CRC-64 that is the genuine one.
 * SPDX-License-Identifier: MIT
 */
#include "adversary/crafted_block.h"

#include <assert.h>
#include <string.h>

#include "adversary/crc64_collision.h"
#include "campaign/image_builder.h"

#define ALTERED_BYTES_MAX 16u

void crafted_block_make(
        const uint8_t *genuine, uint32_t size, struct random_stream *stream, uint8_t *crafted)
{
    uint8_t change[ALTERED_BYTES_MAX];
    assert(size > IMAGE_BUILDER_HEADER_SIZE);
    uint32_t code_size = size - IMAGE_BUILDER_HEADER_SIZE;
    /* In the first half: the last fragment may be padded. */
    uint32_t at = random_stream_u32(stream) % ((code_size + 1) / 2);
    uint32_t count = code_size - at < sizeof change ? code_size - at : (uint32_t)sizeof change;
    random_stream_bytes(stream, change, sizeof change);
    change[0] |= 1; /* it is one */
    memcpy(crafted, genuine, size);
    for (uint32_t i = 0; i < count; i++) {
        crafted[IMAGE_BUILDER_HEADER_SIZE + at + i] ^= change[i];
    }
    (void)image_digest_again(crafted, size);
    crc64_collide(genuine, crafted, size, IMAGE_BUILDER_AT_SIGNATURE);
}
