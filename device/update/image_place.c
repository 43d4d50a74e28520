/* Code in flash, decrypted as it is read and encrypted as it is written.
 * SPDX-License-Identifier: MIT
 */
#include "update/image_place.h"

#include <string.h>

#include "bytes.h"
#include "update/flash_map.h"
#include "update/flash_write.h"

_Static_assert(IMAGE_PLACE_PIECE % IMAGE_CIPHER_BLOCK == 0, "a piece is whole cipher blocks");

struct image_place image_place_running(void)
{
    return image_place_plain(HAL_FLASH_INTERNAL, FLASH_RUNNING_ADDRESS + IMAGE_HEADER_SIZE);
}

void image_place_encrypt(struct image_place *place, const struct hal *hal,
        const struct factory *factory, const uint8_t nonce[IMAGE_NONCE_SIZE])
{
    if (place->region == HAL_FLASH_INTERNAL) {
        return;
    }
    enum hal_status status = hal_key_load(hal, IMAGE_KEY_SLOT, factory->image_encryption_key);
    DEVICE_ASSERT(hal, status == HAL_OK);
    place->encrypted = true;
    memcpy(place->nonce, nonce, sizeof place->nonce);
}

struct image_place image_place_of(const struct hal *hal, const struct factory *factory,
        enum hal_flash_region region, uint32_t header_address,
        const uint8_t header[IMAGE_HEADER_SIZE])
{
    struct image_place place = image_place_plain(region, header_address + IMAGE_HEADER_SIZE);
    if ((get_le32(header + IMAGE_OFF_FLAGS) & IMAGE_FLAG_ENCRYPTED) != 0) {
        image_place_encrypt(&place, hal, factory, header + IMAGE_OFF_SHA256);
    }
    return place;
}

/* Encrypts or decrypts: in counter mode they are the same. */
static void apply_cipher(const struct hal *hal, const struct image_place *place, uint32_t offset,
        uint8_t *code, uint32_t size)
{
    uint8_t counter[IMAGE_CIPHER_BLOCK];
    DEVICE_ASSERT(hal, place->encrypted && offset % IMAGE_CIPHER_BLOCK == 0);
    memcpy(counter, place->nonce, IMAGE_NONCE_SIZE);
    put_be32(counter + IMAGE_NONCE_SIZE, offset / IMAGE_CIPHER_BLOCK);
    enum hal_status status = hal_aes_ctr(hal, IMAGE_KEY_SLOT, counter, code, size);
    DEVICE_ASSERT(hal, status == HAL_OK);
}

enum hal_status image_place_read(const struct hal *hal, const struct image_place *place,
        uint32_t offset, uint8_t *code, uint32_t size)
{
    enum hal_status status =
            hal_flash_read(hal, place->region, place->address + offset, code, size);
    if (status == HAL_OK && place->encrypted) {
        apply_cipher(hal, place, offset, code, size);
    }
    return status;
}

enum hal_status image_place_program(const struct hal *hal, const struct image_place *place,
        uint32_t offset, const uint8_t *code, uint32_t size)
{
    uint8_t bytes[IMAGE_PLACE_PIECE];
    uint32_t address = place->address + offset;
    DEVICE_ASSERT(hal, size > 0 && size <= sizeof bytes);
    if (!place->encrypted) {
        return flash_write(hal, place->region, address, code, size);
    }
    memcpy(bytes, code, size);
    apply_cipher(hal, place, offset, bytes, size);
    return flash_write(hal, place->region, address, bytes, size);
}

bool image_place_digest(const struct hal *hal, const struct image_place *place, uint32_t size,
        uint8_t digest[IMAGE_DIGEST_SIZE])
{
    struct hal_sha256 sha;
    DEVICE_ASSERT(hal, size > 0 && size < UINT32_MAX - IMAGE_PLACE_PIECE);
    hal_sha256_begin(hal, &sha);
    for (uint32_t offset = 0; offset < size; offset += IMAGE_PLACE_PIECE) {
        uint8_t bytes[IMAGE_PLACE_PIECE];
        uint32_t left = size - offset;
        uint32_t piece = left < sizeof bytes ? left : (uint32_t)sizeof bytes;
        if (image_place_read(hal, place, offset, bytes, piece) != HAL_OK) {
            return false;
        }
        hal_sha256_update(hal, &sha, bytes, piece);
    }
    hal_sha256_end(hal, &sha, digest);
    return true;
}
