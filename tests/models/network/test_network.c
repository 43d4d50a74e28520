/* De-duplication, counters and class A answers of the network server.
 * SPDX-License-Identifier: MIT
 *
 * Oracles: timing and layout rules of LoRaWAN L2 1.0.4 and RP002 (EU868), checked on the requests
 * that reach the gateways; frames are read by a device that shares no framing code.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "models/network/rig.h"
#include "network/link_budget.h"

static struct rig rig;

static struct {
    uint32_t uplinks;
    struct network_uplink last;
    uint8_t reply_fport; /* queued in answer to every uplink; 0: nothing */
    uint32_t replies;
    bool keep_open;
} seen;

static void on_uplink(void *context, const struct network_uplink *uplink, sim_ns now_ns)
{
    (void)context, (void)now_ns;
    seen.uplinks++;
    seen.last = *uplink;
    for (uint32_t i = 0; i < seen.replies; i++) {
        const uint8_t payload[2] = { (uint8_t)i, 0x55 };
        cr_assert(network_enqueue(rig.network, uplink->device, seen.reply_fport, payload, 2));
    }
    if (seen.keep_open) {
        network_keep_open(rig.network, uplink->device);
    }
}

static void setup(void)
{
    static const struct network_application application = { .uplink = on_uplink };
    memset(&seen, 0, sizeof seen);
    rig_create(&rig, 0.8);
    network_set_application(rig.network, &application, NULL);
}

static void teardown(void)
{
    rig_destroy(&rig);
}

TestSuite(network, .init = setup, .fini = teardown);

/* --- uplinks --------------------------------------------------------------------------------- */

Test(network, delivers_a_frame_once_with_the_best_gateway)
{
    uint8_t bytes[255];
    rig_join(&rig, 1);
    uint16_t size = rig_make(&rig, 1, false, "", bytes);
    sim_ns end_ns = engine_now(rig.engine);
    rig_hear(&rig, 0, 5, -3000, bytes, size);
    rig_hear(&rig, 1, 5, 4000, bytes, size);
    rig_hear(&rig, 2, 5, -9000, bytes, size);
    rig_run_s(&rig, 0.27);
    cr_assert_eq(seen.uplinks, 0, "before the end of the window");
    rig_run_s(&rig, 1);
    cr_assert_eq(seen.uplinks, 1);
    cr_assert_eq(seen.last.device, 1);
    cr_assert_eq(seen.last.best_gateway, 1);
    cr_assert_eq(seen.last.best_snr_mdb, 4000);
    cr_assert_eq(seen.last.fport, 2);
    cr_assert_arr_eq(seen.last.payload, "report", 6);
    cr_assert_eq(seen.last.gps_ns, RIG_GPS_NS + end_ns);
    cr_assert_eq(rig_stats(&rig).duplicates, 2);
    cr_assert_eq(rig_stats(&rig).uplinks, 1);
    cr_assert_eq(rig_next_tx(&rig), NULL, "nothing to answer");
}

Test(network, drops_replays_and_forgeries_and_counts_gaps)
{
    uint8_t old[255], bytes[255];
    rig_join(&rig, 0);
    uint16_t old_size = rig_make(&rig, 0, false, "", old);
    rig_hear(&rig, 0, 5, 0, old, old_size);
    rig_run_s(&rig, 3);
    for (int i = 0; i < 4; i++) { /* four are lost */
        rig_make(&rig, 0, false, "", bytes);
    }
    uint16_t size = rig_make(&rig, 0, false, "", bytes);
    rig_hear(&rig, 0, 5, 0, bytes, size);
    rig_run_s(&rig, 3);
    rig_hear(&rig, 0, 5, 0, bytes, size);
    rig_hear(&rig, 0, 5, 0, old, old_size);
    size = rig_make(&rig, 0, false, "", bytes);
    bytes[9] ^= 0x10;
    rig_hear(&rig, 0, 5, 0, bytes, size);
    rig_run_s(&rig, 3);
    cr_assert_eq(seen.uplinks, 2);
    cr_assert_eq(rig_stats(&rig).uplinks, 2);
    cr_assert_eq(rig_stats(&rig).excess_copies, 1, "the last counter again: NbTrans is 1");
    cr_assert_eq(rig_stats(&rig).replayed, 1);
    cr_assert_eq(rig_stats(&rig).bad_mic, 1);
}

Test(network, keeps_counting_beyond_16_bits)
{
    uint8_t bytes[255];
    rig_join(&rig, 0);
    rig.devices[0].fcnt_up = 65535;
    for (int i = 0; i < 3; i++) {
        uint16_t size = rig_make(&rig, 0, false, "", bytes);
        rig_hear(&rig, 0, 5, 0, bytes, size);
        rig_run_s(&rig, 3);
    }
    cr_assert_eq(seen.uplinks, 3);
    cr_assert_eq(seen.last.fcnt, 65537);
}

/* --- answers --------------------------------------------------------------------------------- */

static struct scripted_downlink read_next(uint32_t index, const struct fake_tx **entry)
{
    struct scripted_downlink downlink;
    *entry = rig_next_tx(&rig);
    cr_assert_not_null(*entry);
    cr_assert(rig_read(&rig, index, *entry, &downlink));
    return downlink;
}

Test(network, acknowledges_and_answers_mac_requests_in_rx1)
{
    uint8_t bytes[255];
    const struct fake_tx *entry;
    rig_join(&rig, 0);
    sim_ns end_ns = engine_now(rig.engine);
    uint16_t size = rig_make(&rig, 0, true, "\x02\x0d", bytes);
    rig_hear(&rig, 3, 5, 8500, bytes, size);
    rig_hear(&rig, 1, 5, 8000, bytes, size);
    rig_hear(&rig, 1, 5, 9000, bytes, size); /* the same gateway again: not another one */
    rig_run_s(&rig, 5);
    struct scripted_downlink downlink = read_next(0, &entry);
    cr_assert_eq(entry->gateway, 3);
    cr_assert_eq(entry->tx.at_ns, end_ns + SIM_NS_PER_S);
    cr_assert_eq(downlink.fcnt, 0);
    cr_assert(downlink.ack && !downlink.pending && downlink.fport == 0);
    /* DeviceTimeAns of the end of the uplink; LinkCheckAns 8.5 + 7.5 dB, two gateways;
     * DevStatusReq once. */
    uint32_t gps_s = (uint32_t)((RIG_GPS_NS + end_ns) / SIM_NS_PER_S);
    uint8_t expected[] = { 0x0D, (uint8_t)gps_s, (uint8_t)(gps_s >> 8), (uint8_t)(gps_s >> 16),
        (uint8_t)(gps_s >> 24), 0, 0x02, 16, 2, 0x06 };
    cr_assert_eq(downlink.fopts_size, sizeof expected);
    cr_assert_arr_eq(downlink.fopts, expected, sizeof expected);
    cr_assert_eq(rig_stats(&rig).downlinks_rx1, 2, "join accept and this one");
    size = rig_make(&rig, 0, true, "\x06\xC8\x05", bytes);
    rig_hear(&rig, 3, 5, 1500, bytes, size);
    rig_run_s(&rig, 5);
    cr_assert_eq(read_next(0, &entry).fopts_size, 0);
}

Test(network, sends_what_the_application_queues_for_this_uplink)
{
    const struct fake_tx *entry;
    struct scripted_downlink downlink;
    rig_join(&rig, 0);
    seen.reply_fport = 200;
    seen.replies = 2;
    cr_assert(rig_exchange(&rig, 0, 2, (const uint8_t *)"r", 1, &downlink));
    cr_assert_eq(downlink.fport, 200);
    cr_assert_eq(downlink.payload[0], 0);
    cr_assert(downlink.pending, "the second one waits");
    seen.replies = 0;
    cr_assert(rig_exchange(&rig, 0, 0, NULL, 0, &downlink));
    cr_assert_eq(downlink.payload[0], 1);
    cr_assert_not(downlink.pending);
    cr_assert_eq(downlink.fcnt, 1);
    cr_assert_not(rig_exchange(&rig, 0, 2, (const uint8_t *)"r", 1, &downlink));
    (void)entry;
}

Test(network, keeps_an_exchange_open_when_asked_to)
{
    struct scripted_downlink downlink;
    rig_join(&rig, 0);
    seen.keep_open = true;
    cr_assert(rig_exchange(&rig, 0, 2, (const uint8_t *)"r", 1, &downlink));
    cr_assert(downlink.pending && downlink.fport == 0);
    seen.keep_open = false;
    cr_assert_not(rig_exchange(&rig, 0, 0, NULL, 0, &downlink), "for that uplink only");
}

Test(network, bounds_the_queue_of_a_device)
{
    for (uint32_t i = 0; i < NETWORK_DEVICE_QUEUE; i++) {
        cr_assert(network_enqueue(rig.network, 0, 1, (const uint8_t *)"x", 1));
    }
    cr_assert_not(network_enqueue(rig.network, 0, 1, (const uint8_t *)"x", 1));
    cr_assert_eq(network_queue_length(rig.network, 0), NETWORK_DEVICE_QUEUE);
    network_queue_clear(rig.network, 0);
    cr_assert_eq(network_queue_length(rig.network, 0), 0);
    rig_join(&rig, 0);
    struct scripted_downlink downlink;
    cr_assert_not(rig_exchange(&rig, 0, 2, (const uint8_t *)"r", 1, &downlink));
}

/* --- windows and gateways -------------------------------------------------------------------- */

Test(network, uses_rx2_when_rx1_is_too_weak)
{
    uint8_t bytes[255];
    const struct fake_tx *entry;
    rig_join(&rig, 0);
    sim_ns end_ns = engine_now(rig.engine);
    /* -117 dBm - 5 dB = -122 dBm at the gateway from 14 dBm, so 16 dBm come back as -120 dBm; the
     * device needs -123 dBm at SF7: 3 dB. */
    uint16_t size = rig_make(&rig, 0, true, "", bytes);
    rig_hear(&rig, 1, 5, -5000, bytes, size);
    rig_run_s(&rig, 5);
    read_next(0, &entry);
    cr_assert_eq(entry->tx.at_ns, end_ns + 2 * SIM_NS_PER_S);
    cr_assert_eq(entry->tx.modulation.frequency_hz, 869525000);
    cr_assert_eq(entry->tx.modulation.spreading_factor, 12);
    cr_assert(entry->tx.modulation.low_data_rate);
    cr_assert_eq(entry->tx.power_mdbm, 29000);
    cr_assert_eq(rig_stats(&rig).downlinks_rx2, 1);
}

Test(network, uses_rx1_when_the_payload_is_too_long_for_rx2)
{
    uint8_t bytes[255], payload[100] = { 7 };
    const struct fake_tx *entry;
    rig_join(&rig, 0);
    cr_assert(network_enqueue(rig.network, 0, 9, payload, sizeof payload));
    uint16_t size = rig_make(&rig, 0, false, "", bytes);
    rig_hear(&rig, 1, 5, -5000, bytes, size);
    rig_run_s(&rig, 5);
    cr_assert_eq(read_next(0, &entry).size, 100);
    cr_assert_eq(entry->tx.modulation.spreading_factor, 7);
    /* At DR0 neither window carries it: it waits, and the device is told to stay. */
    cr_assert(network_enqueue(rig.network, 0, 9, payload, sizeof payload));
    size = rig_make(&rig, 0, false, "", bytes);
    rig_hear(&rig, 1, 0, -5000, bytes, size);
    rig_run_s(&rig, 5);
    struct scripted_downlink downlink = read_next(0, &entry);
    cr_assert(downlink.fport == 0 && downlink.pending);
    cr_assert_eq(network_queue_length(rig.network, 0), 1);
}

static enum gateway_tx_result refuse_rx1(
        void *context, uint32_t gateway, const struct gateway_tx *tx, sim_ns now_ns)
{
    (void)context, (void)gateway, (void)now_ns;
    return tx->modulation.frequency_hz == 869525000 ? GATEWAY_TX_ACCEPTED : GATEWAY_TX_DUTY_CYCLE;
}

static enum gateway_tx_result refuse_gateway_0(
        void *context, uint32_t gateway, const struct gateway_tx *tx, sim_ns now_ns)
{
    (void)context, (void)tx, (void)now_ns;
    return gateway == 0 ? GATEWAY_TX_COLLISION : GATEWAY_TX_ACCEPTED;
}

static enum gateway_tx_result refuse_all(
        void *context, uint32_t gateway, const struct gateway_tx *tx, sim_ns now_ns)
{
    (void)context, (void)gateway, (void)tx, (void)now_ns;
    return GATEWAY_TX_DUTY_CYCLE;
}

Test(network, falls_back_to_rx2_when_rx1_is_refused)
{
    uint8_t bytes[255];
    const struct fake_tx *entry;
    rig_join(&rig, 0);
    rig.gateways->judge = refuse_rx1;
    sim_ns end_ns = engine_now(rig.engine);
    uint16_t size = rig_make(&rig, 0, true, "", bytes);
    rig_hear(&rig, 0, 5, 5000, bytes, size);
    rig_run_s(&rig, 5);
    read_next(0, &entry);
    cr_assert_eq(entry->tx.at_ns, end_ns + 2 * SIM_NS_PER_S);
    cr_assert_eq(rig_stats(&rig).downlinks_rx2, 1);
}

Test(network, falls_back_to_the_next_best_gateway)
{
    uint8_t bytes[255];
    const struct fake_tx *entry;
    rig_join(&rig, 0);
    rig.gateways->judge = refuse_gateway_0;
    uint16_t size = rig_make(&rig, 0, true, "", bytes);
    rig_hear(&rig, 0, 5, 5000, bytes, size);
    rig_hear(&rig, 3, 5, 4000, bytes, size);
    rig_hear(&rig, 2, 5, 3000, bytes, size);
    rig_run_s(&rig, 5);
    read_next(0, &entry);
    cr_assert_eq(entry->gateway, 3);
    cr_assert_eq(rig_next_tx(&rig), NULL, "sent once");
}

Test(network, keeps_a_payload_that_no_gateway_would_send)
{
    struct scripted_downlink downlink;
    rig_join(&rig, 0);
    cr_assert(network_enqueue(rig.network, 0, 9, (const uint8_t *)"keep", 4));
    rig.gateways->judge = refuse_all;
    cr_assert_not(rig_exchange(&rig, 0, 2, (const uint8_t *)"r", 1, &downlink));
    cr_assert_eq(rig_stats(&rig).downlinks_refused, 1);
    cr_assert_eq(network_queue_length(rig.network, 0), 1);
    rig.gateways->judge = NULL;
    cr_assert(rig_exchange(&rig, 0, 2, (const uint8_t *)"r", 1, &downlink));
    cr_assert_arr_eq(downlink.payload, "keep", 4);
    cr_assert_eq(downlink.fcnt, 1, "a new counter each time");
}

Test(network, skips_a_window_that_a_slow_backhaul_cannot_reach)
{
    uint8_t bytes[255];
    const struct fake_tx *entry;
    rig_join(&rig, 0);
    rig.gateways->latency_ns = 450 * SIM_NS_PER_MS; /* there, 200 ms, and back: 1.1 s */
    sim_ns end_ns = engine_now(rig.engine);
    uint16_t size = rig_make(&rig, 0, true, "", bytes);
    rig_hear(&rig, 0, 5, 5000, bytes, size);
    rig_run_s(&rig, 5);
    read_next(0, &entry);
    cr_assert_eq(entry->tx.at_ns, end_ns + 2 * SIM_NS_PER_S);
    cr_assert_eq(rig.gateways->count, 2, "RX1 was not even asked for");
}

Test(network, remembers_the_gateway_that_hears_a_device_best)
{
    uint8_t bytes[255];
    cr_assert_eq(network_best_gateway(rig.network, 0), UINT32_MAX);
    rig_join(&rig, 0);
    cr_assert_eq(network_best_gateway(rig.network, 0), 0);
    for (int i = 0; i < 8; i++) {
        uint16_t size = rig_make(&rig, 0, false, "", bytes);
        rig_hear(&rig, 0, 5, -8000, bytes, size);
        rig_hear(&rig, 2, 5, 2000, bytes, size);
        rig_run_s(&rig, 3);
    }
    cr_assert_eq(network_best_gateway(rig.network, 0), 2);
}

/* A device radiates 14 dBm EIRP. Heard at -117 dBm (0 dB SNR), 131 dB of path lie between: 14 dBm
 * back arrive 6 dB over the -123 dBm of SF7, 27 dBm in RX2 at SF12 32 dB over its -136 dBm. */
Test(network, downlink_margins_are_those_of_a_path_that_is_the_same_both_ways)
{
    cr_assert_eq(link_downlink_margin_mdb(&region_eu868, 0, 125000, 14000, 5, 14000), 6000);
    cr_assert_eq(link_downlink_margin_mdb(&region_eu868, 0, 125000, 14000, 0, 27000), 32000);
    cr_assert_eq(link_downlink_margin_mdb(&region_eu868, -7500, 125000, 14000, 5, 16000), 500);
}

/* Of RX1 at 868.3 MHz the limit is 16 dBm, of RX2 at 869.525 MHz 29 dBm (EN 300 220, ERP + 2.15 dB,
 * whole dB); a gateway set to less has that. */
Test(network, sends_with_the_power_of_its_gateways_up_to_the_limit)
{
    static const struct {
        int32_t set_mdbm, rx1_mdbm, rx2_mdbm;
    } rows[] = { { 0, 16000, 29000 }, { 14000, 14000, 14000 }, { 27000, 16000, 27000 },
        { 36000, 16000, 29000 } };
    for (uint32_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        rig_destroy(&rig);
        struct network_params params = rig_params(0.8);
        params.gateway_eirp_mdbm = rows[i].set_mdbm;
        rig_create_with(&rig, &params);
        cr_expect_eq(network_eirp_mdbm(rig.network, 868300000), rows[i].rx1_mdbm);
        cr_expect_eq(network_eirp_mdbm(rig.network, 869525000), rows[i].rx2_mdbm);
        rig_join(&rig, 0);
        cr_expect_eq(rig.gateways->log[0].tx.power_mdbm, rows[i].rx1_mdbm, "row %u", i);
    }
}

/* RX1 three data rates below the uplink (RP002 table of RX1DROffset), and DLSettings says so. */
Test(network, answers_with_the_rx1_data_rate_offset_that_the_join_accept_named)
{
    rig_destroy(&rig);
    struct network_params params = rig_params(0.8);
    params.rx1_data_rate_offset = 3;
    params.rx2_data_rate = 2;
    rig_create_with(&rig, &params);
    rig_join(&rig, 0);
    cr_expect_eq(rig.devices[0].dl_settings, 0x32, "RX1DROffset 3, RX2 DR2");
    struct scripted_downlink downlink;
    uint8_t bytes[255];
    uint16_t size = rig_make(&rig, 0, true, "", bytes);
    rig_hear(&rig, 0, 5, 10000, bytes, size);
    rig_run_s(&rig, 5);
    const struct fake_tx *entry;
    downlink = read_next(0, &entry);
    cr_expect(downlink.ack);
    cr_expect_eq(entry->tx.modulation.spreading_factor, 10, "DR5 - 3 is DR2");
}
