/* Reads the factory record out of internal flash.
 * SPDX-License-Identifier: MIT
 */
#include "update/factory.h"

#include <string.h>

#include "bytes.h"
#include "update/crc32.h"
#include "update/flash_map.h"

#define READ_ATTEMPTS 3u

_Static_assert(FACTORY_RECORD_SIZE <= FLASH_FACTORY_SIZE, "the record fits its place");
_Static_assert(FACTORY_OFF_CRC32 + 4u == FACTORY_RECORD_SIZE, "the CRC ends the record");

_Static_assert(FACTORY_OFF_JOIN_ACCEPT + FACTORY_JOIN_ACCEPT_MAX <= FACTORY_OFF_CRC32,
        "the join-accept lies before the CRC");

/* One wrong read does not make a device without identity. */
static bool record_read(const struct hal *hal, uint8_t record[FACTORY_RECORD_SIZE])
{
    bool whole = false;
    for (unsigned attempt = 0; attempt < READ_ATTEMPTS && !whole; ++attempt) {
        whole = hal_flash_read(
                        hal, HAL_FLASH_INTERNAL, FLASH_FACTORY_ADDRESS, record, FACTORY_RECORD_SIZE)
                        == HAL_OK
                && get_le32(record + FACTORY_OFF_MAGIC) == FACTORY_MAGIC
                && get_le32(record + FACTORY_OFF_CRC32)
                           == crc32_update(0, record, FACTORY_OFF_CRC32);
    }
    return whole;
}

/* What the firmware may choose itself. */
static void read_options(const uint8_t *record, struct factory *factory)
{
    factory->report_period_s = get_le32(record + FACTORY_OFF_REPORT_PERIOD_S);
    factory->report_size = record[FACTORY_OFF_REPORT_SIZE];
    factory->report_count = get_le16(record + FACTORY_OFF_REPORT_COUNT);
    factory->report_until_s = get_le32(record + FACTORY_OFF_REPORT_UNTIL_S);
    factory->boot_options = record[FACTORY_OFF_BOOT_OPTIONS];
    factory->frag_version = record[FACTORY_OFF_FRAG_VERSION];
    factory->traffic = record[FACTORY_OFF_TRAFFIC];
    factory->jitter_percent = record[FACTORY_OFF_JITTER_PERCENT];
    factory->rate_policy = record[FACTORY_OFF_RATE_POLICY];
    factory->data_rate = record[FACTORY_OFF_DATA_RATE];
    factory->tx_power = record[FACTORY_OFF_TX_POWER];
    factory->nb_trans = record[FACTORY_OFF_NB_TRANS];
    factory->region_plan = record[FACTORY_OFF_REGION];
    memcpy(factory->channel_mask, record + FACTORY_OFF_CHANNEL_MASK, sizeof factory->channel_mask);
    factory->guard_ms = get_le32(record + FACTORY_OFF_GUARD_MS);
    factory->guard_ppm = get_le16(record + FACTORY_OFF_GUARD_PPM);
    factory->clock_refresh_h = get_le16(record + FACTORY_OFF_CLOCK_REFRESH_H);
    factory->verify = record[FACTORY_OFF_VERIFY];
    factory->defences = record[FACTORY_OFF_DEFENCES];
    factory->counter_window = get_le16(record + FACTORY_OFF_COUNTER_WINDOW);
    factory->trial_hours = record[FACTORY_OFF_TRIAL_HOURS];
}

bool factory_read(const struct hal *hal, struct factory *factory)
{
    uint8_t record[FACTORY_RECORD_SIZE];
    *factory = (struct factory){ 0 };
    if (!record_read(hal, record)) {
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
    read_options(record, factory);
    return true;
}

size_t factory_join_accept(
        const struct hal *hal, uint8_t accept[FACTORY_JOIN_ACCEPT_MAX], uint16_t *dev_nonce)
{
    uint8_t record[FACTORY_RECORD_SIZE];
    if (!record_read(hal, record)) {
        return 0;
    }
    size_t size = record[FACTORY_OFF_JOIN_ACCEPT_SIZE];
    if (size > FACTORY_JOIN_ACCEPT_MAX) {
        return 0;
    }
    memcpy(accept, record + FACTORY_OFF_JOIN_ACCEPT, size);
    *dev_nonce = get_le16(record + FACTORY_OFF_DEV_NONCE);
    return size;
}
