/* Joins at the network server: requests, accepts, and frames that meet in one window.
 * SPDX-License-Identifier: MIT
 *
 * Oracles: LoRaWAN L2 1.0.4 section 6.2 and RP002 (EU868, IN865); accepts are read by a device that
 * shares no framing code.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "models/network/rig.h"
#include "observe.h"

static struct rig rig;

static struct {
    uint32_t uplinks, joins;
    struct network_uplink last;
} seen;

static void on_joined(void *context, uint32_t device, sim_ns now_ns)
{
    (void)context, (void)device, (void)now_ns;
    seen.joins++;
}

static void on_uplink(void *context, const struct network_uplink *uplink, sim_ns now_ns)
{
    (void)context, (void)now_ns;
    seen.uplinks++;
    seen.last = *uplink;
}

static void setup(void)
{
    static const struct network_application application = { .joined = on_joined,
        .uplink = on_uplink };
    memset(&seen, 0, sizeof seen);
    rig_create(&rig, 0.8);
    network_set_application(rig.network, &application, NULL);
}

static void teardown(void)
{
    rig_destroy(&rig);
}

TestSuite(join, .init = setup, .fini = teardown);

Test(join, answers_a_join_request_five_seconds_after_its_end)
{
    uint8_t bytes[23];
    uint16_t size = scripted_device_join_request(&rig.devices[3], bytes);
    rig_run(&rig, 7 * SIM_NS_PER_S);
    rig_hear(&rig, 2, 5, 0, bytes, size);
    rig_run_s(&rig, 8);
    const struct fake_tx *entry = rig_next_tx(&rig);
    cr_assert_not_null(entry);
    cr_assert_eq(entry->gateway, 2);
    cr_assert_eq(entry->tx.at_ns, 12 * SIM_NS_PER_S);
    cr_assert_eq(entry->tx.modulation.frequency_hz, 868300000);
    cr_assert_eq(entry->tx.modulation.spreading_factor, 7);
    cr_assert(entry->tx.modulation.iq_inverted && !entry->tx.modulation.payload_crc);
    cr_assert_eq(entry->tx.modulation.preamble_symbols, 8);
    cr_assert_eq(entry->tx.modulation.sync_word, 0x34);
    cr_assert_eq(entry->tx.power_mdbm, 16000);
    cr_assert(scripted_device_join_accept(&rig.devices[3], entry->tx.bytes, entry->tx.size));
    cr_assert_eq(rig.devices[3].dev_addr, network_dev_addr(rig.network, 3));
    cr_assert_eq(rig.devices[3].dev_addr >> 25, 0x13, "NwkID in the address");
    cr_assert_eq(rig.devices[3].rx_delay_s, 1);
    cr_assert(rig.devices[3].has_cf_list);
    /* 867.1 MHz in units of 100 Hz, least significant byte first; CFListType 0. */
    cr_assert_arr_eq(rig.devices[3].cf_list, ((uint8_t[]){ 0x18, 0x4F, 0x84 }), 3);
    cr_assert_eq(rig.devices[3].cf_list[15], 0);
    uint8_t nwk[16], app[16];
    cr_assert(network_session_keys(rig.network, 3, nwk, app));
    cr_assert_arr_eq(nwk, rig.devices[3].nwk_s_key, 16);
    cr_assert_arr_eq(app, rig.devices[3].app_s_key, 16);
    cr_assert_eq(seen.joins, 1);
}

Test(join, takes_a_dev_nonce_only_once_and_only_upwards)
{
    uint8_t first[23], second[23];
    uint16_t size = scripted_device_join_request(&rig.devices[0], first);
    scripted_device_join_request(&rig.devices[0], second);
    rig_hear(&rig, 0, 5, 0, second, size);
    rig_run_s(&rig, 10);
    rig_hear(&rig, 0, 5, 0, second, size); /* replay */
    rig_hear(&rig, 0, 5, 0, first, size);  /* older */
    rig_run_s(&rig, 10);
    cr_assert_eq(rig_stats(&rig).joins, 1);
    cr_assert_eq(rig_stats(&rig).join_rejects, 2);
    /* The next one is fine, and its JoinNonce is greater. */
    const struct fake_tx *entry = rig_next_tx(&rig);
    cr_assert(scripted_device_join_accept(&rig.devices[0], entry->tx.bytes, entry->tx.size));
    uint32_t join_nonce = rig.devices[0].join_nonce;
    rig_join(&rig, 0);
    cr_assert_gt(rig.devices[0].join_nonce, join_nonce);
}

Test(join, ignores_strangers_and_forged_join_requests)
{
    struct scripted_device stranger;
    uint8_t bytes[23];
    scripted_device_init(&stranger, 4711);
    uint16_t size = scripted_device_join_request(&stranger, bytes);
    rig_hear(&rig, 0, 5, 0, bytes, size);
    size = scripted_device_join_request(&rig.devices[0], bytes);
    bytes[22] ^= 1;
    rig_hear(&rig, 0, 5, 0, bytes, size);
    rig_run_s(&rig, 10);
    cr_assert_eq(rig.gateways->count, 0);
    cr_assert_eq(rig_stats(&rig).unknown_device, 1);
    cr_assert_eq(rig_stats(&rig).bad_mic, 1);
    uint8_t nwk[16], app[16];
    cr_assert_not(network_session_keys(rig.network, 0, nwk, app));
}

/* TS001-1.0.4 section 4.2.2: Major 0 is LoRaWAN R1, others are not defined. */
Test(join, drops_join_requests_of_another_major)
{
    struct lorawan_join_request request;
    uint8_t bytes[23];
    (void)scripted_device_join_request(&rig.devices[0], bytes);
    cr_expect(lorawan_join_request_parse(bytes, sizeof bytes, &request));
    for (uint8_t major = 1; major < 4; major++) {
        bytes[0] = major;
        cr_expect_not(lorawan_join_request_parse(bytes, sizeof bytes, &request), "%u", major);
    }
    rig_hear(&rig, 0, 5, 0, bytes, sizeof bytes);
    rig_run_s(&rig, 8);
    cr_expect_eq(rig_stats(&rig).joins, 0);
}

/* The second frame comes while the de-duplication window of the first is open. */
static void hear_in_one_window(
        const uint8_t *first, uint16_t first_size, const uint8_t *second, uint16_t second_size)
{
    rig_hear(&rig, 0, 5, 0, first, first_size);
    rig_run_s(&rig, 0.1);
    rig_hear(&rig, 0, 5, 0, second, second_size);
    rig_run_s(&rig, 8);
}

/* The window of an uplink is open: the join request is another frame and gets a window of its own.
 * The uplink reaches the application under the session in which it was sent. */
Test(join, takes_a_join_request_while_an_uplink_waits)
{
    uint8_t request[23], bytes[255];
    rig_join(&rig, 0);
    uint16_t size = rig_make(&rig, 0, false, "", bytes);
    uint16_t request_size = scripted_device_join_request(&rig.devices[0], request);
    hear_in_one_window(bytes, size, request, request_size);
    cr_expect_eq(rig_stats(&rig).joins, 2);
    cr_expect_eq(rig_stats(&rig).duplicates, 0);
    cr_assert_eq(seen.uplinks, 1);
    cr_expect_arr_eq(seen.last.payload, "report", 6);
}

static void count_of_session(void *context, const struct observation *observation)
{
    uint32_t *count = context;
    *count += observation->b == NETWORK_DROP_SESSION ? 1 : 0;
}

/* The uplink's window is still open when the join request before it is answered, as after a slow
 * backhaul: it belongs to the session that has ended. Read with the new keys it would be noise for
 * the application, and what looks like MAC commands. */
Test(join, drops_an_uplink_whose_session_ends_while_it_waits)
{
    uint8_t request[23], bytes[255];
    uint32_t dropped = 0;
    engine_observer_add(rig.engine, OBSERVE_BIT(OBSERVE_NETWORK_DROP), count_of_session, &dropped);
    rig_join(&rig, 0);
    uint16_t size = rig_make(&rig, 0, true, "\x0d", bytes);
    uint16_t request_size = scripted_device_join_request(&rig.devices[0], request);
    hear_in_one_window(request, request_size, bytes, size);
    cr_expect_eq(rig_stats(&rig).joins, 2);
    cr_expect_eq(rig_stats(&rig).uplinks, 1, "it was genuine when it came");
    cr_expect_eq(seen.uplinks, 0);
    cr_expect_eq(rig_stats(&rig).acks, 0, "no answer under keys that the device does not have yet");
    cr_expect_eq(dropped, 1);
    const struct fake_tx *accept = rig_next_tx(&rig);
    cr_assert_not_null(accept);
    cr_assert(scripted_device_join_accept(&rig.devices[0], accept->tx.bytes, accept->tx.size));
    size = rig_make(&rig, 0, false, "", bytes);
    rig_hear(&rig, 0, 5, 0, bytes, size);
    rig_run_s(&rig, 8);
    cr_expect_eq(seen.uplinks, 1, "the first uplink of the new session");
    cr_expect_eq(seen.last.fcnt, 0);
}

/* Two requests in one window: the second is no copy of the first. */
Test(join, takes_another_join_request_while_one_waits)
{
    uint8_t first[23], second[23];
    uint16_t size = scripted_device_join_request(&rig.devices[0], first);
    (void)scripted_device_join_request(&rig.devices[0], second);
    hear_in_one_window(first, size, second, size);
    cr_expect_eq(rig_stats(&rig).joins, 2);
    cr_expect_eq(rig_stats(&rig).duplicates, 0);
}

/* CFList type 0 (TS001-1.0.4 section 6.2.3): five frequencies in units of 100 Hz, least significant
 * byte first; of IN865 866.985 MHz, the last one, is 0x844A9A. */
Test(join, sends_the_channels_of_in865_in_the_cflist)
{
    rig_destroy(&rig);
    struct network_params params = rig_params(0.8);
    params.region = &region_in865;
    params.rx2_frequency_hz = region_in865.rx2_hz;
    params.rx2_data_rate = region_in865.rx2_rate;
    params.extra_channel_count = region_in865.extra_count;
    memcpy(params.extra_channel_hz, region_in865.extra_hz, sizeof params.extra_channel_hz);
    rig_create_with(&rig, &params);
    uint8_t bytes[23];
    uint16_t size = scripted_device_join_request(&rig.devices[0], bytes);
    rig_hear(&rig, 0, 5, 0, bytes, size);
    rig_run_s(&rig, 8);
    const struct fake_tx *entry = rig_next_tx(&rig);
    cr_assert_not_null(entry);
    cr_assert(scripted_device_join_accept(&rig.devices[0], entry->tx.bytes, entry->tx.size));
    cr_assert(rig.devices[0].has_cf_list);
    cr_expect_arr_eq(rig.devices[0].cf_list + 12, ((uint8_t[]){ 0x9A, 0x4A, 0x84, 0 }), 4);
    cr_expect_eq(rig.devices[0].dl_settings, 0x02);
}
