/* Lays out the factory record as the built-in firmware reads it.
 * SPDX-License-Identifier: MIT
 */
#include "firmware/factory_record.h"

#include <string.h>

_Static_assert((int)DEVICE_TRAFFIC_JITTERED == (int)FACTORY_TRAFFIC_JITTERED
                       && (int)DEVICE_TRAFFIC_POISSON == (int)FACTORY_TRAFFIC_POISSON,
        "the record holds the number");
_Static_assert((int)DEVICE_RATE_FIXED == (int)FACTORY_RATE_FIXED
                       && (int)DEVICE_RATE_ADR == (int)FACTORY_RATE_ADR,
        "the record holds the number");
_Static_assert((int)DEVICE_VERIFY_CHECKSUM == (int)FACTORY_VERIFY_CHECKSUM
                       && (int)DEVICE_VERIFY_MIC_CRC64 == (int)FACTORY_VERIFY_MIC_CRC64
                       && (int)DEVICE_VERIFY_MIC_SHA256 == (int)FACTORY_VERIFY_MIC_SHA256
                       && (int)DEVICE_VERIFY_AT_BOOT == (int)FACTORY_VERIFY_AT_BOOT,
        "the record holds the bits");
_Static_assert(DEVICE_CLOCK_REFRESH_NEVER == FACTORY_CLOCK_REFRESH_NEVER, "likewise");
_Static_assert(DEVICE_JOIN_ACCEPT_MAX == FACTORY_JOIN_ACCEPT_MAX, "a join-accept fits");

static void put_le(uint8_t *out, uint64_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++) {
        out[i] = (uint8_t)(value >> (8 * i));
    }
}

/* IEEE 802.3: reflected 0xEDB88320, start and final inversion. */
static uint32_t crc32_ieee(const uint8_t *data, size_t size)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < size; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ ((crc & 1u) != 0 ? UINT32_C(0xEDB88320) : 0);
        }
    }
    return ~crc;
}

static uint8_t boot_options(const struct device_configuration *configuration)
{
    unsigned options = 0;
    options |= configuration->report_random_phase ? FACTORY_OPTION_RANDOM_PHASE : 0u;
    options |= configuration->report_confirmed ? FACTORY_OPTION_REPORT_CONFIRMED : 0u;
    options |= configuration->report_in_session ? FACTORY_OPTION_REPORT_SESSION : 0u;
    options |= configuration->guard_given ? FACTORY_OPTION_GUARD : 0u;
    options |= configuration->report_empty ? FACTORY_OPTION_REPORT_EMPTY : 0u;
    options |= configuration->no_duty_cycle ? FACTORY_OPTION_NO_DUTY_CYCLE : 0u;
    options |= configuration->install_ordered ? FACTORY_OPTION_INSTALL_ORDERED : 0u;
    return (uint8_t)options;
}

static void put_configuration(const struct device_configuration *configuration, uint8_t *record)
{
    put_le(record + FACTORY_OFF_REPORT_PERIOD_S, configuration->report_period_s, 4);
    record[FACTORY_OFF_REPORT_SIZE] = configuration->report_size;
    put_le(record + FACTORY_OFF_REPORT_COUNT, configuration->report_count, 2);
    put_le(record + FACTORY_OFF_REPORT_UNTIL_S, configuration->report_until_s, 4);
    record[FACTORY_OFF_BOOT_OPTIONS] = boot_options(configuration);
    record[FACTORY_OFF_FRAG_VERSION] = configuration->fragmentation_version;
    record[FACTORY_OFF_TRAFFIC] = configuration->report_traffic;
    record[FACTORY_OFF_JITTER_PERCENT] = configuration->report_jitter_percent;
    record[FACTORY_OFF_RATE_POLICY] = configuration->rate_policy;
    record[FACTORY_OFF_DATA_RATE] = configuration->data_rate;
    record[FACTORY_OFF_TX_POWER] = configuration->tx_power_index;
    record[FACTORY_OFF_NB_TRANS] = configuration->nb_trans;
    record[FACTORY_OFF_REGION] = configuration->region_plan;
    memcpy(record + FACTORY_OFF_CHANNEL_MASK, configuration->channel_mask,
            FACTORY_CHANNEL_MASK_SIZE);
    put_le(record + FACTORY_OFF_GUARD_MS, configuration->guard_ms, 4);
    put_le(record + FACTORY_OFF_GUARD_PPM, configuration->guard_ppm, 2);
    put_le(record + FACTORY_OFF_CLOCK_REFRESH_H, configuration->clock_refresh_h, 2);
    record[FACTORY_OFF_DEFENCES] =
            configuration->fragment_table ? FACTORY_DEFENCE_FRAGMENT_TABLE : 0;
    put_le(record + FACTORY_OFF_COUNTER_WINDOW, configuration->counter_window, 2);
    record[FACTORY_OFF_TRIAL_HOURS] = configuration->trial_hours;
    record[FACTORY_OFF_VERIFY] = configuration->verify;
    put_le(record + FACTORY_OFF_DEV_NONCE, configuration->dev_nonce, 2);
    record[FACTORY_OFF_JOIN_ACCEPT_SIZE] = configuration->join_accept_size;
    memcpy(record + FACTORY_OFF_JOIN_ACCEPT, configuration->join_accept,
            configuration->join_accept_size);
}

void factory_record_write(const struct device_identity *identity,
        const struct device_configuration *configuration, uint8_t record[FACTORY_RECORD_SIZE])
{
    memset(record, 0, FACTORY_RECORD_SIZE);
    put_le(record + FACTORY_OFF_MAGIC, FACTORY_MAGIC, 4);
    put_le(record + FACTORY_OFF_HARDWARE_ID, identity->hardware_id, 4);
    put_le(record + FACTORY_OFF_DEV_EUI, identity->dev_eui, 8);
    put_le(record + FACTORY_OFF_JOIN_EUI, identity->join_eui, 8);
    memcpy(record + FACTORY_OFF_APP_KEY, identity->app_key, 16);
    memcpy(record + FACTORY_OFF_GEN_APP_KEY, identity->gen_app_key, 16);
    memcpy(record + FACTORY_OFF_IMAGE_PUB_KEY, identity->image_public_key, 32);
    memcpy(record + FACTORY_OFF_IMAGE_ENC_KEY, identity->image_encryption_key, 16);
    put_configuration(configuration, record);
    put_le(record + FACTORY_OFF_CRC32, crc32_ieee(record, FACTORY_OFF_CRC32), 4);
}
