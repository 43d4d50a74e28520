/* The build of this tree's own firmware: its flash map, factory record and image header.
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "firmware/factory_record.h"
#include "firmware/firmware_build.h"
#include "update/flash_map.h"
#include "update/image.h"

static void manufacture(const struct firmware_flash *flash, const uint8_t *image, uint32_t size)
{
    flash->write(flash->context, HAL_FLASH_INTERNAL, FLASH_RUNNING_ADDRESS, image, size);
}

static void provision(const struct firmware_flash *flash, const struct device_identity *identity,
        const struct device_configuration *configuration)
{
    uint8_t record[FACTORY_RECORD_SIZE];
    factory_record_write(identity, configuration, record);
    flash->write(flash->context, HAL_FLASH_INTERNAL, FLASH_FACTORY_ADDRESS, record, sizeof record);
}

static uint32_t get_le32(const uint8_t *in)
{
    return in[0] | (uint32_t)in[1] << 8 | (uint32_t)in[2] << 16 | (uint32_t)in[3] << 24;
}

static bool image(const struct firmware_flash *flash, struct firmware_image *image)
{
    uint8_t header[IMAGE_SIGNED_SIZE];
    flash->read(flash->context, HAL_FLASH_INTERNAL, FLASH_RUNNING_ADDRESS, header, sizeof header);
    if (get_le32(header + IMAGE_OFF_MAGIC) != IMAGE_MAGIC) {
        return false;
    }
    image->region = HAL_FLASH_INTERNAL;
    image->address = FLASH_RUNNING_ADDRESS;
    image->size_max = FLASH_RUNNING_SIZE;
    image->version = get_le32(header + IMAGE_OFF_VERSION);
    memcpy(image->sha256, header + IMAGE_OFF_SHA256, sizeof image->sha256);
    return true;
}

const struct firmware_build firmware_builtin = {
    FIRMWARE_BUILD_HEADER,
    .name = "built-in",
    .boot = &fleetcast_boot,
    .application = &fleetcast_fw,
    .commissions = true,
    .flash_size_min = { FLASH_INTERNAL_SIZE, NOR_TABLE_ADDRESS + NOR_TABLE_SIZE },
    .image_size_max = FLASH_RUNNING_SIZE,
    .manufacture = manufacture,
    .provision = provision,
    .image = image,
    .flags = FIRMWARE_TRACES | FIRMWARE_REPORTS_VERSION,
    .place = flash_place_of,
};
