/* Copies an image page by page and seals it with its header.
 * SPDX-License-Identifier: MIT
 *
 * The header of the running slot is erased first and written last, after the digest of the copied
 * code was compared: a slot with a header is whole, also where one erase unit holds the header and
 * the first code. A page is not kept because it reads well: a program that was cut may leave cells
 * that read right today only, so each copy begins at the first page.
 */
#include "update/install.h"

#include <string.h>

#include "update/flash_map.h"

#define COPY_BYTES 256u /* buffer; a program call takes no more */
#define ATTEMPTS   3u   /* of a page that does not take its bytes, and of a whole copy */

static bool erase_unit(const struct hal *hal, uint32_t offset, uint32_t unit)
{
    DEVICE_ASSERT(hal, offset % unit == 0 && offset + unit <= FLASH_RUNNING_SIZE);
    return hal_flash_erase(hal, HAL_FLASH_INTERNAL, FLASH_RUNNING_ADDRESS + offset, unit) == HAL_OK;
}

/* Programs `size` bytes at `offset` of the erased slot, filled up to `piece`, and reads them
 * back. */
static bool write_piece(const struct hal *hal, uint32_t offset, uint8_t bytes[COPY_BYTES],
        uint32_t size, uint32_t piece)
{
    uint8_t stored[COPY_BYTES];
    uint32_t address = FLASH_RUNNING_ADDRESS + offset;
    DEVICE_ASSERT(hal, size <= piece && piece <= COPY_BYTES);
    memset(bytes + size, hal_flash_geometry(hal, HAL_FLASH_INTERNAL)->erased_value, piece - size);
    return hal_flash_program(hal, HAL_FLASH_INTERNAL, address, bytes, piece) == HAL_OK
           && hal_flash_read(hal, HAL_FLASH_INTERNAL, address, stored, piece) == HAL_OK
           && memcmp(bytes, stored, piece) == 0;
}

static uint32_t piece_size(const struct hal *hal)
{
    uint32_t page = hal_flash_geometry(hal, HAL_FLASH_INTERNAL)->program_page_bytes;
    DEVICE_ASSERT(hal, page % COPY_BYTES == 0 || COPY_BYTES % page == 0);
    return page < COPY_BYTES ? page : COPY_BYTES;
}

/* Copies `begin` .. `end` of the image into erased flash. */
static bool copy_range(
        const struct hal *hal, const struct install_source *from, uint32_t begin, uint32_t end)
{
    uint32_t piece = piece_size(hal);
    DEVICE_ASSERT(hal, begin % piece == 0 && end <= FLASH_RUNNING_SIZE);
    for (uint32_t offset = begin; offset < end; offset += piece) {
        uint8_t bytes[COPY_BYTES];
        uint32_t left = end - offset;
        uint32_t size = left < piece ? left : piece;
        if (hal_flash_read(hal, from->region, from->address + offset, bytes, size) != HAL_OK
                || !write_piece(hal, offset, bytes, size, piece)) {
            return false;
        }
    }
    return true;
}

/* Erases the unit at `offset` and copies the code that lies in it. */
static bool copy_unit(
        const struct hal *hal, const struct install_source *from, uint32_t offset, uint32_t end)
{
    uint32_t unit = hal_flash_geometry(hal, HAL_FLASH_INTERNAL)->erase_unit_bytes;
    DEVICE_ASSERT(hal, offset < end && IMAGE_HEADER_SIZE < end);
    uint32_t from_offset = offset < IMAGE_HEADER_SIZE ? IMAGE_HEADER_SIZE : offset;
    uint32_t to_offset = end - offset < unit ? end : offset + unit;
    for (unsigned attempt = 0; attempt < ATTEMPTS; ++attempt) {
        if (erase_unit(hal, offset, unit) && copy_range(hal, from, from_offset, to_offset)) {
            return true;
        }
    }
    return false;
}

static bool copy_code(const struct hal *hal, const struct install_source *from)
{
    uint32_t unit = hal_flash_geometry(hal, HAL_FLASH_INTERNAL)->erase_unit_bytes;
    uint32_t end = IMAGE_HEADER_SIZE + from->info.image_size;
    DEVICE_ASSERT(hal, FLASH_RUNNING_ADDRESS % unit == 0 && FLASH_RUNNING_SIZE % unit == 0);
    DEVICE_ASSERT(hal, IMAGE_HEADER_SIZE % unit == 0 || unit % IMAGE_HEADER_SIZE == 0);
    for (uint32_t offset = 0; offset < end; offset += unit) {
        if (!copy_unit(hal, from, offset, end)) {
            return false;
        }
    }
    return true;
}

static bool code_matches(const struct hal *hal, const struct image_info *info)
{
    uint8_t digest[IMAGE_DIGEST_SIZE];
    return image_code_digest(
                   hal, HAL_FLASH_INTERNAL, FLASH_RUNNING_ADDRESS, info->image_size, digest)
           && memcmp(digest, info->sha256, sizeof digest) == 0;
}

static bool write_header(const struct hal *hal, const uint8_t header[IMAGE_HEADER_SIZE])
{
    uint32_t piece = piece_size(hal);
    DEVICE_ASSERT(hal, IMAGE_HEADER_SIZE % piece == 0);
    for (uint32_t offset = 0; offset < IMAGE_HEADER_SIZE; offset += piece) {
        uint8_t bytes[COPY_BYTES];
        memcpy(bytes, header + offset, piece);
        if (!write_piece(hal, offset, bytes, piece, piece)) {
            return false;
        }
    }
    return true;
}

bool install_image(const struct hal *hal, const struct install_source *from)
{
    DEVICE_ASSERT(hal, from->info.image_size > 0);
    DEVICE_ASSERT(hal, from->info.image_size <= FLASH_RUNNING_SIZE - IMAGE_HEADER_SIZE);
    for (unsigned attempt = 0; attempt < ATTEMPTS; ++attempt) {
        if (copy_code(hal, from) && code_matches(hal, &from->info)
                && write_header(hal, from->header)) {
            return true;
        }
    }
    return false;
}
