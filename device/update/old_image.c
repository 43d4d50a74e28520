/* Saves the running image into its slot, unit by unit, and compares what it reads back.
 * SPDX-License-Identifier: MIT
 *
 * A save that is cut has no effect: the record names an image only after its copy was compared.
 */
#include "update/old_image.h"

#include <string.h>

#include "trace.h"
#include "update/flash_map.h"
#include "update/flash_wait.h"
#include "update/flash_write.h"
#include "update/image_place.h"
#include "update/update.h"

#define ATTEMPTS 3u /* of a whole copy, and of reading one */
#define PIECE    IMAGE_PLACE_PIECE

_Static_assert(IMAGE_DIGEST_SIZE == NVM_SIZE_UPDATE_STATE, "the record is the digest");
_Static_assert(IMAGE_HEADER_SIZE == PIECE, "the header is one piece");

static struct image_place place_of(
        const struct hal *hal, const struct factory *factory, const uint8_t sha256[])
{
    const struct flash_slot *slot = &flash_map_of(hal)->old_image;
    struct image_place place = image_place_plain(slot->region, slot->address + IMAGE_HEADER_SIZE);
    image_place_encrypt(&place, hal, factory, sha256);
    return place;
}

static bool erase(const struct hal *hal, const struct flash_slot *slot, uint32_t size)
{
    uint32_t unit = hal_flash_geometry(hal, slot->region)->erase_unit_bytes;
    DEVICE_ASSERT(hal, slot->address % unit == 0 && FLASH_SLOT_SIZE % unit == 0);
    for (uint32_t offset = 0; offset < size; offset += unit) {
        if (!flash_wait(hal, slot->region)
                || hal_flash_erase(hal, slot->region, slot->address + offset, unit) != HAL_OK) {
            return false;
        }
    }
    return true;
}

/* The last piece is filled up with zeros, which are encrypted as well. */
static bool copy_code(const struct hal *hal, const struct image_place *to, uint32_t size)
{
    const struct image_place slot = image_place_running();
    DEVICE_ASSERT(hal, size > 0 && size <= FLASH_RUNNING_SIZE - IMAGE_HEADER_SIZE);
    for (uint32_t offset = 0; offset < size; offset += PIECE) {
        uint8_t code[PIECE] = { 0 };
        uint32_t left = size - offset;
        uint32_t piece = left < PIECE ? left : PIECE;
        if (image_place_read(hal, &slot, offset, code, piece) != HAL_OK
                || !flash_wait(hal, to->region)
                || image_place_program(hal, to, offset, code, PIECE) != HAL_OK) {
            return false;
        }
    }
    return true;
}

static bool copy(const struct hal *hal, const struct image_place *to,
        const uint8_t header[IMAGE_HEADER_SIZE], const struct image_info *info)
{
    uint8_t stored[IMAGE_HEADER_SIZE], digest[IMAGE_DIGEST_SIZE];
    const struct flash_slot *slot = &flash_map_of(hal)->old_image;
    return erase(hal, slot, IMAGE_HEADER_SIZE + info->image_size)
           && copy_code(hal, to, info->image_size) && flash_wait(hal, slot->region)
           && flash_write(hal, slot->region, slot->address, header, IMAGE_HEADER_SIZE) == HAL_OK
           && flash_wait(hal, slot->region)
           && hal_flash_read(hal, slot->region, slot->address, stored, sizeof stored) == HAL_OK
           && memcmp(stored, header, sizeof stored) == 0
           && image_place_digest(hal, to, info->image_size, digest)
           && memcmp(digest, info->sha256, sizeof digest) == 0;
}

/* The header of the image that runs, if it is one that a revert would take. */
static bool read_running(const struct hal *hal, const struct factory *factory,
        uint8_t header[IMAGE_HEADER_SIZE], struct image_info *info)
{
    for (unsigned attempt = 0; attempt < ATTEMPTS; ++attempt) {
        if (hal_flash_read(
                    hal, HAL_FLASH_INTERNAL, FLASH_RUNNING_ADDRESS, header, IMAGE_HEADER_SIZE)
                        == HAL_OK
                && image_header_parse(header, FLASH_RUNNING_SIZE, info)
                && info->hardware_id == factory->hardware_id
                && image_signature_valid(hal, factory, header)) {
            return true;
        }
    }
    return false;
}

enum old_image_saved old_image_save(
        const struct hal *hal, const struct factory *factory, struct nvm *nvm)
{
    uint8_t header[IMAGE_HEADER_SIZE];
    struct image_info info;
    if (!read_running(hal, factory, header, &info)) {
        return OLD_IMAGE_NONE;
    }
    const struct image_place place = place_of(hal, factory, info.sha256);
    for (unsigned attempt = 0; attempt < ATTEMPTS; ++attempt) {
        if (copy(hal, &place, header, &info)) {
            nvm_write(nvm, NVM_UPDATE_STATE, info.sha256, sizeof info.sha256);
            hal_trace(hal, FW_TRACE_IMAGE_SAVED, info.version, info.image_size);
            return OLD_IMAGE_SAVED;
        }
    }
    return OLD_IMAGE_FAILED;
}

static bool read_back(const struct hal *hal, const struct factory *factory,
        const uint8_t sha256[IMAGE_DIGEST_SIZE], struct install_source *from)
{
    uint8_t digest[IMAGE_DIGEST_SIZE];
    const struct flash_slot *slot = &flash_map_of(hal)->old_image;
    from->place = place_of(hal, factory, sha256);
    return hal_flash_read(hal, slot->region, slot->address, from->header, sizeof from->header)
                   == HAL_OK
           && image_header_parse(from->header, FLASH_SLOT_SIZE, &from->info)
           && from->info.hardware_id == factory->hardware_id
           && memcmp(from->info.sha256, sha256, IMAGE_DIGEST_SIZE) == 0
           && image_place_digest(hal, &from->place, from->info.image_size, digest)
           && memcmp(digest, sha256, sizeof digest) == 0
           && image_signature_valid(hal, factory, from->header);
}

bool old_image_load(const struct hal *hal, const struct factory *factory, const struct nvm *nvm,
        struct install_source *from)
{
    uint8_t sha256[IMAGE_DIGEST_SIZE];
    if (nvm_read(nvm, NVM_UPDATE_STATE, sha256, sizeof sha256) != (int)sizeof sha256
            || !flash_wait(hal, flash_map_of(hal)->old_image.region)) {
        return false;
    }
    for (unsigned attempt = 0; attempt < ATTEMPTS; ++attempt) {
        if (read_back(hal, factory, sha256, from)) {
            return true;
        }
    }
    return false;
}
