/* Devices that joined before the run: JoinRequest and JoinAccept against published vectors.
 * SPDX-License-Identifier: MIT
 *
 * Oracles: spec-protocol 10.1 (ChirpStack's JoinRequest) and 10.2 (device D), reproduced there by
 * an independent script; a scripted device that shares no framing code.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "models/network/hex.h"
#include "models/network/rig.h"
#include "network/network_internal.h"

/* Device D: DevAddr 0x26011bda has NwkAddr 0x11bda, which this server gives to device 72665. */
#define D_INDEX      72665u
#define D_JOIN_NONCE 0x2au

static void expect_bytes(const uint8_t *bytes, size_t size, const char *hex)
{
    uint8_t expected[64];
    cr_assert_eq(size, hex_read(hex, expected));
    cr_assert_arr_eq(bytes, expected, size);
}

Test(commission, builds_the_published_join_requests)
{
    uint8_t key[16], bytes[LORAWAN_JOIN_REQUEST_SIZE];
    hex_read("0102030405060708090a0b0c0d0e0f10", key);
    struct lorawan_join_request request = { .join_eui = UINT64_C(0x0101010101010101),
        .dev_eui = UINT64_C(0x0202020202020202),
        .dev_nonce = 771 };
    size_t size = lorawan_join_request_build(&request, key, bytes);
    expect_bytes(bytes, size, "0001010101010101010202020202020202030309b97b32");
    hex_read("00112233445566778899aabbccddeeff", key);
    request = (struct lorawan_join_request){ .join_eui = UINT64_C(0x70b3d57ed0000001),
        .dev_eui = UINT64_C(0x0004a30b001c0530),
        .dev_nonce = 7 };
    size = lorawan_join_request_build(&request, key, bytes);
    expect_bytes(bytes, size, "00010000d07ed5b37030051c000ba304000700831ed16b");
}

/* The JoinAccept of device D, in a network of so many devices that its address fits. */
static size_t commission_d(uint8_t channels, uint8_t accept[33], uint8_t nwk[16], uint8_t app[16])
{
    struct engine *engine = engine_create(1);
    struct device_identity *identities = calloc(D_INDEX + 1u, sizeof *identities);
    cr_assert_not_null(identities);
    for (uint32_t i = 0; i < D_INDEX; i++) {
        identities[i].dev_eui = i + 1u;
    }
    struct device_identity *d = &identities[D_INDEX];
    d->dev_eui = UINT64_C(0x0004a30b001c0530);
    d->join_eui = UINT64_C(0x70b3d57ed0000001);
    hex_read("00112233445566778899aabbccddeeff", d->app_key);
    struct network_params params = rig_params(0.8);
    params.rx2_data_rate = 3;
    params.extra_channel_count = channels;
    struct network *network =
            network_create(engine, &params, NULL, 0, identities, D_INDEX + 1u, RIG_GPS_NS);
    cr_assert_not_null(network);
    network->devices[D_INDEX].join_nonce = D_JOIN_NONCE - 1u;
    size_t size = network_commission(network, D_INDEX, 7, accept);
    cr_assert_eq(network_dev_addr(network, D_INDEX), 0x26011bdau);
    cr_assert(network_session_keys(network, D_INDEX, nwk, app));
    network_destroy(network);
    engine_destroy(engine);
    free(identities);
    return size;
}

Test(commission, answers_device_d_as_published)
{
    uint8_t accept[33], nwk[16], app[16];
    size_t size = commission_d(5, accept, nwk, app);
    expect_bytes(
            accept, size, "208e5f7e5229e69b55d433918cc12b61268d4e6ca6cd8abfa3a553bab419cdc3de");
    expect_bytes(nwk, 16, "036bc3ed7cf9fcb5a49bbfc6486b776c");
    expect_bytes(app, 16, "00ec5fd6cf7c8a10d18b21bff1790ce3");
    size = commission_d(0, accept, nwk, app);
    expect_bytes(accept, size, "20e68dc1abfeae757f749212908e1b0e46");
}

static struct rig rig;

static uint32_t joined_calls;

static void on_joined(void *context, uint32_t device, sim_ns now_ns)
{
    (void)context, (void)device, (void)now_ns;
    joined_calls++;
}

static void setup(void)
{
    static const struct network_application application = { .joined = on_joined };
    joined_calls = 0;
    rig_create(&rig, 0.8);
    network_set_application(rig.network, &application, NULL);
}

static void teardown(void)
{
    rig_destroy(&rig);
}

TestSuite(commission_rig, .init = setup, .fini = teardown);

Test(commission_rig, starts_a_session_that_the_device_can_use_at_once)
{
    struct scripted_device *device = &rig.devices[2];
    uint8_t request[23], accept[33];
    device->dev_nonce = 5;
    scripted_device_join_request(device, request); /* takes DevNonce 5 */
    size_t size = network_commission(rig.network, 2, 5, accept);
    cr_assert_eq(size, 33);
    cr_assert(scripted_device_join_accept(device, accept, (uint16_t)size));
    uint8_t bytes[255];
    struct scripted_downlink downlink;
    uint16_t frame_size =
            scripted_device_uplink(device, true, NULL, 0, 2, (const uint8_t *)"report", 6, bytes);
    rig_hear(&rig, 1, 5, 0, bytes, frame_size);
    rig_run(&rig, 5 * SIM_NS_PER_S);
    const struct fake_tx *entry = rig_next_tx(&rig);
    cr_assert_not_null(entry, "nothing but the ACK goes on air");
    cr_assert(rig_read(&rig, 2, entry, &downlink));
    cr_assert(downlink.ack);
    cr_assert_eq(rig_stats(&rig).joins, 1);
    cr_assert_eq(rig_stats(&rig).commissioned, 1);
    cr_assert_eq(joined_calls, 1);
}

Test(commission_rig, takes_a_dev_nonce_only_upwards_like_a_join_on_air)
{
    uint8_t accept[33];
    cr_assert_eq(network_commission(rig.network, 0, 3, accept), 33);
    cr_assert_eq(network_commission(rig.network, 0, 3, accept), 0);
    cr_assert_eq(network_commission(rig.network, 0, 2, accept), 0);
    cr_assert_eq(network_commission(rig.network, 0, 4, accept), 33);
    cr_assert_eq(rig_stats(&rig).join_rejects, 2);
    /* A join on air must be newer, too. */
    rig.devices[0].dev_nonce = 4;
    uint8_t bytes[23];
    uint16_t size = scripted_device_join_request(&rig.devices[0], bytes);
    rig_hear(&rig, 0, 5, 0, bytes, size);
    rig_run(&rig, 8 * SIM_NS_PER_S);
    cr_assert_null(rig_next_tx(&rig));
    rig_join(&rig, 0); /* DevNonce 5 */
}
