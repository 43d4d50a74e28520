/* Unicast downlinks in class C: where and how they go out.
 * SPDX-License-Identifier: MIT
 *
 * Oracle: LoRaWAN 1.0.4 section 4 (a frame to the device's own address, under its session and the
 * next FCntDown), at the frequency and data rate of the group that the device listens to.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "models/network/rig.h"

static struct rig rig;
static uint32_t group;

static void set_up(void)
{
    struct network_group_params params = {
        .mc_addr = 0x27FF00AA, .frequency_hz = 869525000, .data_rate = 3
    };
    rig_create(&rig, 0.8);
    rig_join(&rig, 0);
    group = network_group_create(rig.network, &params);
}

static void tear_down(void)
{
    rig_destroy(&rig);
}

TestSuite(class_c, .init = set_up, .fini = tear_down);

Test(class_c, goes_out_at_once_on_the_groups_channel_by_the_best_gateway)
{
    const uint8_t payload[] = { 0x03, 0x00 };
    struct scripted_downlink downlink;
    rig_hear_best(&rig, 0, 2);
    rig_run_s(&rig, 600.0); /* no window is open */
    while (rig_next_tx(&rig) != NULL) {
    }
    cr_assert(network_send_class_c(rig.network, 0, group, 200, payload, sizeof payload));
    rig_run_s(&rig, 10.0);
    const struct fake_tx *tx = rig_next_tx(&rig);
    cr_assert_not_null(tx);
    cr_expect_eq(tx->gateway, 2);
    cr_expect_eq(tx->tx.timing, GATEWAY_TX_IMMEDIATE);
    cr_expect_eq(tx->tx.modulation.frequency_hz, 869525000);
    cr_expect_eq(tx->tx.modulation.spreading_factor, 9, "EU868: DR3");
    cr_assert(rig_read(&rig, 0, tx, &downlink));
    cr_expect_eq(downlink.fport, 200);
    cr_expect_eq(downlink.size, sizeof payload);
    cr_expect_arr_eq(downlink.payload, payload, sizeof payload);
    cr_expect_eq(rig_stats(&rig).downlinks_class_c, 1);
    cr_expect_null(rig_next_tx(&rig), "once");
}

Test(class_c, is_refused_where_it_does_not_fit_or_no_gateway_knows_the_device)
{
    static const uint8_t payload[NETWORK_PAYLOAD_MAX];
    cr_expect_not(network_send_class_c(rig.network, 0, group, 200, payload, 116), "DR3: 115");
    cr_expect(network_send_class_c(rig.network, 0, group, 200, payload, 115));
    cr_expect_not(network_send_class_c(rig.network, 1, group, 200, payload, 2), "not joined");
}
