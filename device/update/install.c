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

_Static_assert(COPY_BYTES == IMAGE_HEADER_SIZE, "a header is copied at once");
_Static_assert(COPY_BYTES % IMAGE_CIPHER_BLOCK == 0, "a copy begins with a cipher block");

static bool erase_unit(const struct hal *hal, uint32_t offset, uint32_t unit)
{
    DEVICE_ASSERT(hal, offset % unit == 0 && offset + unit <= FLASH_RUNNING_SIZE);
    return hal_flash_erase(hal, HAL_FLASH_INTERNAL, FLASH_RUNNING_ADDRESS + offset, unit) == HAL_OK;
}

/* Programs `size` bytes at `offset` of the erased slot, filled up to `piece`, and reads them
 * back. */
static bool write_piece(
        const struct hal *hal, uint32_t offset, uint8_t *bytes, uint32_t size, uint32_t piece)
{
    uint8_t stored[COPY_BYTES];
    uint32_t address = FLASH_RUNNING_ADDRESS + offset;
    DEVICE_ASSERT(hal, size <= piece && piece <= COPY_BYTES);
    memset(bytes + size, hal_flash_geometry(hal, HAL_FLASH_INTERNAL)->erased_value, piece - size);
    return hal_flash_program(hal, HAL_FLASH_INTERNAL, address, bytes, piece) == HAL_OK
           && hal_flash_read(hal, HAL_FLASH_INTERNAL, address, stored, piece) == HAL_OK
           && memcmp(bytes, stored, piece) == 0;
}

/* Programs `size` bytes, by no more than a program page at once. */
static bool write_bytes(
        const struct hal *hal, uint32_t offset, uint8_t bytes[COPY_BYTES], uint32_t size)
{
    uint32_t page = hal_flash_geometry(hal, HAL_FLASH_INTERNAL)->program_page_bytes;
    uint32_t piece = page < COPY_BYTES ? page : COPY_BYTES;
    DEVICE_ASSERT(hal, page % COPY_BYTES == 0 || COPY_BYTES % page == 0);
    DEVICE_ASSERT(hal, size <= COPY_BYTES && offset % piece == 0);
    for (uint32_t done = 0; done < size; done += piece) {
        uint32_t left = size - done;
        if (!write_piece(hal, offset + done, bytes + done, left < piece ? left : piece, piece)) {
            return false;
        }
    }
    return true;
}

/* Copies the code that lies at `begin` .. `end` of the image into erased flash. */
static bool copy_range(
        const struct hal *hal, const struct install_source *from, uint32_t begin, uint32_t end)
{
    DEVICE_ASSERT(hal, begin >= IMAGE_HEADER_SIZE && end <= FLASH_RUNNING_SIZE);
    for (uint32_t offset = begin; offset < end; offset += COPY_BYTES) {
        uint8_t bytes[COPY_BYTES];
        uint32_t left = end - offset;
        uint32_t size = left < sizeof bytes ? left : (uint32_t)sizeof bytes;
        if (image_place_read(hal, &from->place, offset - IMAGE_HEADER_SIZE, bytes, size) != HAL_OK
                || !write_bytes(hal, offset, bytes, size)) {
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
    const struct image_place slot = image_place_running();
    return image_place_digest(hal, &slot, info->image_size, digest)
           && memcmp(digest, info->sha256, sizeof digest) == 0;
}

static bool write_header(const struct hal *hal, const uint8_t header[IMAGE_HEADER_SIZE])
{
    uint8_t bytes[COPY_BYTES];
    memcpy(bytes, header, IMAGE_HEADER_SIZE);
    return write_bytes(hal, 0, bytes, IMAGE_HEADER_SIZE);
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
