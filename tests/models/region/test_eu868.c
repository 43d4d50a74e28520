/* The row of EU868 against RP002-1.0.3 section 2.4 and ETSI EN 300 220-2.
 * SPDX-License-Identifier: MIT
 *
 * Goal: every figure of the row is that of the document; expected values are written here a second
 * time, from the tables of the specifications (spec-protocol 1.9, 2.1, 2.5).
 */
#include <criterion/criterion.h>

#include "region/region.h"

static const struct region *const eu868 = &region_eu868;

Test(eu868, is_found_by_its_name)
{
    cr_expect_eq(region_find("EU868"), eu868);
    cr_expect_null(region_find("EU869"));
    for (uint32_t i = 0; i < region_count; i++) {
        cr_expect_str_eq(region_names[i], regions[i]->name);
    }
    cr_expect_null(region_names[region_count]);
}

/* Section 2.4.2: three default channels, DR0..DR5. */
Test(eu868, default_channels)
{
    cr_assert_eq(region_default_channel_count(eu868), 3);
    cr_expect_eq(region_default_channel_hz(eu868, 0), 868100000);
    cr_expect_eq(region_default_channel_hz(eu868, 1), 868300000);
    cr_expect_eq(region_default_channel_hz(eu868, 2), 868500000);
    cr_expect_eq(region_rate_max(eu868), 5);
}

/* Sections 2.4.3 and 2.4.6, table without repeater and table with one. */
Test(eu868, data_rates_and_payload_sizes)
{
    static const struct {
        uint8_t sf;
        uint32_t bandwidth_hz;
        uint16_t payload, repeater;
    } rows[] = {
        { 12, 125000, 51, 51 },
        { 11, 125000, 51, 51 },
        { 10, 125000, 51, 51 },
        { 9, 125000, 115, 115 },
        { 8, 125000, 242, 222 },
        { 7, 125000, 242, 222 },
        { 7, 250000, 242, 222 },
    };
    for (uint8_t dr = 0; dr < 7; dr++) {
        struct lora_modulation up = region_uplink_modulation(eu868, dr, 868100000);
        struct lora_modulation down = region_downlink_modulation(eu868, dr, 869525000);
        cr_expect_eq(up.spreading_factor, rows[dr].sf);
        cr_expect_eq(up.bandwidth_hz, rows[dr].bandwidth_hz);
        cr_expect(up.payload_crc && !up.iq_inverted);
        cr_expect(!down.payload_crc && down.iq_inverted);
        cr_expect_eq(down.spreading_factor, rows[dr].sf);
        cr_expect_eq(region_uplink_payload_max(eu868, dr), rows[dr].payload);
        cr_expect_eq(region_downlink_payload_max(eu868, dr), rows[dr].payload);
        cr_expect_eq(eu868->rates[dr].payload_max_repeater, rows[dr].repeater);
        cr_expect_eq(region_uplink_rate(eu868, rows[dr].sf, rows[dr].bandwidth_hz), dr);
    }
    for (uint32_t dr = 7; dr < 20; dr++) { /* FSK, LR-FHSS, reserved */
        cr_expect_not(region_has_uplink(eu868, dr));
        cr_expect_not(region_has_downlink(eu868, dr));
    }
    cr_expect_eq(region_uplink_rate(eu868, 12, 250000), -1);
}

/* Section 2.4.7: RX1 data rate is the uplink's less the offset, at least DR0. */
Test(eu868, rx1_data_rates)
{
    cr_assert_eq(eu868->rx1_offset_max, 5);
    for (uint8_t dr = 0; dr < 7; dr++) {
        for (uint8_t offset = 0; offset <= 5; offset++) {
            cr_expect_eq(region_rx1_rate(eu868, dr, offset), dr > offset ? dr - offset : 0);
        }
    }
}

/* Sections 2.4.3 (TXPower), 2.4.4 (CFList), 2.4.7 (RX2), 2.4.9 (class B). */
Test(eu868, everything_else)
{
    cr_expect_eq(eu868->plan_id, 1);
    cr_expect_eq(eu868->eirp_max_mdbm, 16000);
    cr_expect_eq(eu868->tx_power_max, 7);
    cr_expect_eq(eu868->tx_power_step_mdb, 2000);
    cr_expect_eq(eu868->rx2_hz, 869525000);
    cr_expect_eq(eu868->rx2_rate, 0);
    cr_expect_eq(eu868->dwell_up_ms, 0);
    cr_expect_eq(eu868->dwell_down_ms, 0);
    cr_expect_eq(eu868->beacon_hz, 869525000);
    cr_expect_eq(eu868->beacon_rate, 3);
    cr_expect_eq(eu868->beacon_rfu1_bytes, 1);
    cr_expect_eq(eu868->beacon_rfu2_bytes, 0);
    cr_expect_eq(eu868->class_c_hz, 869525000);
}

Test(eu868, sub_bands_are_those_of_en_300_220)
{
    static const struct {
        uint32_t frequency_hz;
        double duty_cycle;
        int32_t eirp_mdbm; /* ERP + 2.15 dB */
    } rows[] = {
        { 864000000, 0.001, 16150 },
        { 867100000, 0.01, 16150 },
        { 868100000, 0.01, 16150 },
        { 868500000, 0.01, 16150 },
        { 868800000, 0.001, 16150 },
        { 869525000, 0.1, 29150 },
        { 869800000, 0.01, 16150 },
    };
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int band = region_band_of(eu868, rows[i].frequency_hz);
        cr_assert_geq(band, 0);
        cr_expect_eq(region_duty_cycle(eu868, rows[i].frequency_hz), rows[i].duty_cycle);
        cr_expect_eq(eu868->bands[band].eirp_gateway_mdbm, rows[i].eirp_mdbm);
        cr_expect_eq(eu868->bands[band].eirp_device_mdbm, rows[i].eirp_mdbm);
    }
    cr_expect_eq(region_eirp_max_mdbm(eu868, 868100000), 16000);
    cr_expect_eq(region_eirp_max_mdbm(eu868, 869525000), 29000);
    cr_expect_eq(region_eirp_max_mdbm(eu868, 868650000), 0);
    cr_expect_eq(region_duty_cycle(eu868, 868650000), 0.0);
}
