/* Image headers and signatures.
 * SPDX-License-Identifier: MIT
 */
#include "update/image.h"

#include <string.h>

#include "bytes.h"

/* What no signature covers must not differ between two copies of one image. */
static bool rest_is_zero(const uint8_t header[IMAGE_HEADER_SIZE])
{
    uint8_t any = 0;
    for (unsigned i = IMAGE_OFF_SIGNATURE + IMAGE_SIGNATURE_SIZE; i < IMAGE_HEADER_SIZE; ++i) {
        any |= header[i];
    }
    return any == 0;
}

bool image_header_parse(
        const uint8_t header[IMAGE_HEADER_SIZE], uint32_t size_max, struct image_info *info)
{
    *info = (struct image_info){ 0 };
    uint32_t image_size = get_le32(header + IMAGE_OFF_IMAGE_SIZE);
    if (get_le32(header + IMAGE_OFF_MAGIC) != IMAGE_MAGIC
            || get_le16(header + IMAGE_OFF_HEADER_SIZE) != IMAGE_HEADER_SIZE
            || get_le16(header + IMAGE_OFF_FORMAT) != IMAGE_FORMAT
            || (get_le32(header + IMAGE_OFF_FLAGS) & ~IMAGE_FLAG_ENCRYPTED) != 0 || image_size == 0
            || !rest_is_zero(header) || size_max < IMAGE_HEADER_SIZE
            || image_size > size_max - IMAGE_HEADER_SIZE) {
        return false;
    }
    info->version = get_le32(header + IMAGE_OFF_VERSION);
    info->image_size = image_size;
    info->hardware_id = get_le32(header + IMAGE_OFF_HARDWARE_ID);
    memcpy(info->sha256, header + IMAGE_OFF_SHA256, sizeof info->sha256);
    return true;
}

bool image_signature_valid(const struct hal *hal, const struct factory *factory,
        const uint8_t header[IMAGE_HEADER_SIZE])
{
    return hal_ed25519_verify(hal, factory->image_public_key, header, IMAGE_SIGNED_SIZE,
                   header + IMAGE_OFF_SIGNATURE)
           == HAL_OK;
}
