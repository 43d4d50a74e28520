/* Identities and the factory record: bytes against the layout that the firmware reads.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <string.h>

#include "firmware/factory_record.h"

Test(identity, every_device_has_its_own_euis_and_keys)
{
    struct device_identity a, b, again;
    device_identity_draw(&a, 5, 0);
    device_identity_draw(&b, 5, 1);
    device_identity_draw(&again, 5, 0);
    cr_assert_eq(b.dev_eui, a.dev_eui + 1);
    cr_assert_eq(a.join_eui, b.join_eui);
    cr_assert_neq(memcmp(a.app_key, b.app_key, 16), 0);
    cr_assert_neq(memcmp(a.app_key, a.gen_app_key, 16), 0);
    cr_assert_eq(memcmp(&a, &again, sizeof a), 0);
    device_identity_draw(&again, 6, 0);
    cr_assert_neq(memcmp(a.app_key, again.app_key, 16), 0, "another seed, other keys");
}

Test(identity, the_factory_record_is_laid_out_as_the_firmware_reads_it)
{
    struct device_identity identity;
    device_identity_draw(&identity, 5, 3);
    identity.dev_eui = UINT64_C(0x0102030405060708);
    identity.hardware_id = 0xA1B2C3D4;
    memset(identity.image_public_key, 0x33, 32);
    memset(identity.image_encryption_key, 0x44, 16);
    uint8_t record[FACTORY_RECORD_SIZE];
    factory_record_write(&identity,
            &(struct device_configuration){
                    .report_period_s = 14400,
                    .report_size = 24,
                    .report_random_phase = true,
                    .fragmentation_version = 1,
            },
            record);
    cr_assert_arr_eq(record, "FCT1\xD4\xC3\xB2\xA1\x08\x07\x06\x05\x04\x03\x02\x01", 16);
    cr_assert_arr_eq(record + 24, identity.app_key, 16);
    cr_assert_arr_eq(record + 40, identity.gen_app_key, 16);
    cr_assert_eq(record[56], 0x33);
    cr_assert_eq(record[103], 0x44);
    cr_assert_arr_eq(record + 104, "\x40\x38\x00\x00\x18\x01", 6);
    cr_assert_eq(record[110], 1, "TS004 version");
    for (unsigned i = 111; i < 188; i++) {
        cr_assert_eq(record[i], 0);
    }
}

/* Byte by byte by the table in device/update/factory.h, written down here a second time. */
Test(identity, the_record_carries_what_the_firmware_may_not_choose)
{
    struct device_identity identity;
    device_identity_draw(&identity, 5, 3);
    uint8_t record[FACTORY_RECORD_SIZE];
    struct device_configuration configuration = {
        .report_traffic = FACTORY_TRAFFIC_POISSON,
        .report_jitter_percent = 17,
        .report_confirmed = true,
        .report_in_session = true,
        .report_empty = true,
        .report_count = 0x090A,
        .report_until_s = 0x0B0C0D0E,
        .no_duty_cycle = true,
        .rate_policy = FACTORY_RATE_ADR,
        .data_rate = 4,
        .tx_power_index = 6,
        .nb_trans = 15,
        .region_plan = 11,
        .channel_mask = { 0xB2, 0xA1, 0, 0, 0, 0, 0, 0, 0x80 },
        .guard_given = true,
        .guard_ms = 0x01020304,
        .guard_ppm = 0x0506,
        .clock_refresh_h = FACTORY_CLOCK_REFRESH_NEVER,
        .fragment_table = true,
        .counter_window = 0x1213,
        .trial_hours = 0x0F,
        .dev_nonce = 0x0708,
        .join_accept_size = 33,
    };
    for (unsigned i = 0; i < 33; i++) {
        configuration.join_accept[i] = (uint8_t)(0xC0 + i);
    }
    factory_record_write(&identity, &configuration, record);
    cr_assert_eq(record[109], 0x3E, "confirmed, in a session, guard time, empty, no duty cycle");
    cr_assert_arr_eq(record + 111,
            "\x02\x11\x02\x04\x06\x0F\x0B\x0A\x09\x04\x03\x02\x01\x06\x05\xFF\xFF\x08\x07\x21", 20);
    cr_assert_arr_eq(record + 131, configuration.join_accept, 33);
    cr_assert_arr_eq(record + 164, configuration.channel_mask, 9);
    cr_assert_arr_eq(record + 173, "\x0E\x0D\x0C\x0B", 4);
    cr_assert_arr_eq(record + 178, "\x0F\x01\x13\x12", 4);
    for (unsigned i = 177; i < 188; i++) {
        cr_assert(record[i] == 0 || (i >= 178 && i <= 181));
    }
}

/* A CRC over data and its own CRC, least significant byte first, leaves this residue. */
Test(identity, the_record_ends_with_its_ieee_crc_32)
{
    struct device_identity identity;
    device_identity_draw(&identity, 5, 3);
    uint8_t record[FACTORY_RECORD_SIZE];
    factory_record_write(&identity, &(struct device_configuration){ 0 }, record);
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < sizeof record; i++) {
        crc ^= record[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = crc & 1u ? crc >> 1 ^ UINT32_C(0xEDB88320) : crc >> 1;
        }
    }
    cr_assert_eq(crc, UINT32_C(0xDEBB20E3));
}
