/* The row of IN865 against RP002-1.0.3 section 2.11.
 * SPDX-License-Identifier: MIT
 *
 * Goal: every figure of the row is that of the document, written here a second time
 * (spec-protocol 1.9, 2.4, 2.5).
 */
#include <criterion/criterion.h>

#include "region/region.h"

static const struct region *const in865 = &region_in865;

Test(in865, channels_powers_and_windows)
{
    cr_expect_eq(region_find("IN865"), in865);
    cr_expect_eq(in865->plan_id, 11);
    cr_assert_eq(region_default_channel_count(in865), 3);
    cr_expect_eq(region_default_channel_hz(in865, 0), 865062500);
    cr_expect_eq(region_default_channel_hz(in865, 1), 865402500);
    cr_expect_eq(region_default_channel_hz(in865, 2), 865985000);
    cr_expect_eq(region_duty_cycle(in865, 865062500), 1.0);
    cr_expect_eq(region_duty_cycle(in865, 867000001), 0.0);
    cr_expect_eq(region_eirp_max_mdbm(in865, 866550000), 30000);
    cr_expect_eq(in865->tx_power_max, 10);
    cr_expect_eq(in865->tx_power_step_mdb, 2000);
    cr_expect_eq(in865->rx2_hz, 866550000);
    cr_expect_eq(in865->rx2_rate, 2);
    cr_expect_eq(in865->beacon_hz, 866550000);
    cr_expect_eq(in865->beacon_rate, 4);
    cr_expect_eq(in865->beacon_rfu1_bytes + in865->beacon_rfu2_bytes + 16, 19);
}

/* RX1DROffset 0..5 lowers, 6 and 7 raise by one and two. */
Test(in865, data_rates)
{
    static const uint16_t payload[] = { 51, 51, 51, 115, 242, 242 };
    for (uint8_t dr = 0; dr <= 5; dr++) {
        cr_expect_eq(in865->rates[dr].spreading_factor, 12 - dr);
        cr_expect_eq(region_uplink_payload_max(in865, dr), payload[dr]);
        cr_expect_eq(region_downlink_payload_max(in865, dr), payload[dr]);
        for (uint8_t offset = 0; offset <= 7; offset++) {
            int rate = offset <= 5 ? dr - offset : dr + offset - 5;
            rate = rate < 0 ? 0 : rate > 5 ? 5 : rate;
            cr_expect_eq(region_rx1_rate(in865, dr, offset), rate, "DR%u, %u", dr, offset);
        }
    }
    cr_expect_not(region_has_uplink(in865, 6));
    cr_expect_not(region_has_downlink(in865, 7));
}
