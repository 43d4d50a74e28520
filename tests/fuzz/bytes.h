/* Takes fuzz input apart, byte by byte; after its end come zeroes.
 * SPDX-License-Identifier: MIT
 */
#ifndef FUZZ_BYTES_H
#define FUZZ_BYTES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct fuzz_bytes {
    const uint8_t *data;
    size_t size;
    size_t at;
};

static inline uint8_t fuzz_u8(struct fuzz_bytes *in)
{
    return in->at < in->size ? in->data[in->at++] : 0;
}

static inline uint16_t fuzz_u16(struct fuzz_bytes *in)
{
    uint8_t low = fuzz_u8(in);
    return (uint16_t)(low | fuzz_u8(in) << 8);
}

/* A length byte and that many bytes, at most `size_max` and what is left. */
static inline size_t fuzz_block(struct fuzz_bytes *in, uint8_t *out, size_t size_max)
{
    size_t size = fuzz_u8(in);
    size_t left = in->size - in->at;
    size = size < size_max ? size : size_max;
    size = size < left ? size : left;
    memcpy(out, in->data + in->at, size);
    in->at += size;
    return size;
}

#endif
