/* The signed table of what each uncoded fragment hashes to.
 * SPDX-License-Identifier: MIT
 */
#include "campaign/fragment_table.h"

#include <assert.h>
#include <nettle/eddsa.h>
#include <nettle/sha2.h>
#include <string.h>

#include "network/wire.h"

#define CID_TABLE      0x01u
#define HEADER_SIZE    4u
#define HASH_SIZE      8u
#define SIGNATURE_SIZE 64u
#define SIGNED_HEADER  20u
#define COUNT_MAX      16u

uint8_t fragment_table_count(uint32_t room)
{
    uint32_t count = COUNT_MAX;
    while (count > 0 && HEADER_SIZE + count * HASH_SIZE + SIGNATURE_SIZE > room) {
        count /= 2;
    }
    return (uint8_t)count;
}

uint32_t fragment_table_pieces(uint32_t nb_frag, uint8_t count)
{
    return count == 0 ? 0 : (nb_frag + count - 1u) / count;
}

static void put_hash(const uint8_t *data, uint8_t size, uint8_t out[HASH_SIZE])
{
    struct sha256_ctx sha;
    sha256_init(&sha);
    sha256_update(&sha, size, data);
    sha256_digest(&sha, HASH_SIZE, out);
}

size_t fragment_table_message(const uint8_t *block, uint16_t nb_frag, uint8_t fragment_size,
        uint8_t frag_index, const uint8_t descriptor[4], uint32_t first, uint8_t count,
        const uint8_t private_key[32], uint8_t out[FRAGMENT_TABLE_MESSAGE_MAX])
{
    uint8_t text[SIGNED_HEADER + COUNT_MAX * HASH_SIZE] = "FRAGTBL1";
    uint8_t public_key[32];
    assert(first < nb_frag && count > 0 && count <= COUNT_MAX);
    uint32_t hashes = nb_frag - first < count ? nb_frag - first : count;
    memcpy(text + 8, descriptor, 4);
    wire_put_u16(text + 12, nb_frag);
    text[14] = fragment_size;
    wire_put_u16(text + 16, first);
    text[18] = (uint8_t)hashes;
    for (uint32_t i = 0; i < hashes; i++) {
        put_hash(block + (size_t)(first + i) * fragment_size, fragment_size,
                text + SIGNED_HEADER + i * HASH_SIZE);
    }
    size_t text_size = SIGNED_HEADER + hashes * HASH_SIZE;
    out[0] = CID_TABLE;
    wire_put_u16(out + 1, first | (uint32_t)frag_index << 14);
    out[3] = (uint8_t)hashes;
    memcpy(out + HEADER_SIZE, text + SIGNED_HEADER, hashes * HASH_SIZE);
    ed25519_sha512_public_key(public_key, private_key);
    ed25519_sha512_sign(
            public_key, private_key, text_size, text, out + HEADER_SIZE + hashes * HASH_SIZE);
    return HEADER_SIZE + hashes * HASH_SIZE + SIGNATURE_SIZE;
}
