/* Reads the factory record out of internal flash.
 * SPDX-License-Identifier: MIT
 */
#include "update/factory.h"

#include <string.h>

#include "bytes.h"
#include "update/crc32.h"
#include "update/flash_map.h"

_Static_assert(FACTORY_RECORD_SIZE <= FLASH_FACTORY_SIZE, "the record fits its place");
_Static_assert(FACTORY_OFF_CRC32 + 4u == FACTORY_RECORD_SIZE, "the CRC ends the record");

bool factory_read(const struct hal *hal, struct factory *factory)
{
    uint8_t record[FACTORY_RECORD_SIZE];
    *factory = (struct factory){ 0 };
    if (hal_flash_read(hal, HAL_FLASH_INTERNAL, FLASH_FACTORY_ADDRESS, record, sizeof record)
                    != HAL_OK
            || get_le32(record + FACTORY_OFF_MAGIC) != FACTORY_MAGIC
            || get_le32(record + FACTORY_OFF_CRC32) != crc32_update(0, record, FACTORY_OFF_CRC32)) {
        return false;
    }
    factory->hardware_id = get_le32(record + FACTORY_OFF_HARDWARE_ID);
    memcpy(factory->dev_eui, record + FACTORY_OFF_DEV_EUI, sizeof factory->dev_eui);
    memcpy(factory->join_eui, record + FACTORY_OFF_JOIN_EUI, sizeof factory->join_eui);
    memcpy(factory->app_key, record + FACTORY_OFF_APP_KEY, sizeof factory->app_key);
    memcpy(factory->gen_app_key, record + FACTORY_OFF_GEN_APP_KEY, sizeof factory->gen_app_key);
    memcpy(factory->image_public_key, record + FACTORY_OFF_IMAGE_PUB_KEY,
            sizeof factory->image_public_key);
    memcpy(factory->image_encryption_key, record + FACTORY_OFF_IMAGE_ENC_KEY,
            sizeof factory->image_encryption_key);
    factory->report_period_s = get_le32(record + FACTORY_OFF_REPORT_PERIOD_S);
    factory->report_size = record[FACTORY_OFF_REPORT_SIZE];
    factory->boot_options = record[FACTORY_OFF_BOOT_OPTIONS];
    factory->frag_version = record[FACTORY_OFF_FRAG_VERSION];
    return true;
}
