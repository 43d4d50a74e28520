/* A network server with scripted devices around it, for tests.
 * SPDX-License-Identifier: MIT
 */
#include "models/network/rig.h"

#include <criterion/criterion.h>
#include <string.h>

struct network_params rig_params(double duty_share)
{
    return (struct network_params){
        .region = &region_eu868,
        .net_id = RIG_NET_ID,
        .rx1_delay_s = 1,
        .rx2_frequency_hz = 869525000,
        .deduplication_ns = 200 * SIM_NS_PER_MS,
        .duty_share = duty_share,
        .extra_channel_count = 5,
        .extra_channel_hz = { 867100000, 867300000, 867500000, 867700000, 867900000 },
    };
}

void rig_create(struct rig *rig, double duty_share)
{
    struct network_params params = rig_params(duty_share);
    rig_create_with(rig, &params);
}

void rig_create_with(struct rig *rig, const struct network_params *params)
{
    memset(rig, 0, sizeof *rig);
    rig->engine = engine_create(1);
    rig->gateways = fake_gateways_create(rig->engine, 80 * SIM_NS_PER_MS);
    for (uint32_t i = 0; i < RIG_DEVICES; i++) {
        scripted_device_init(&rig->devices[i], i);
        rig->identities[i] = rig->devices[i].identity;
    }
    rig->network = network_create(rig->engine, params, rig->gateways, RIG_GATEWAYS, rig->identities,
            RIG_DEVICES, RIG_GPS_NS);
    rig->gateways->network = rig->network;
}

void rig_destroy(struct rig *rig)
{
    network_destroy(rig->network);
    fake_gateways_destroy(rig->gateways);
    engine_destroy(rig->engine);
}

void rig_run(struct rig *rig, sim_ns at_ns)
{
    engine_run(rig->engine, at_ns);
}

void rig_run_s(struct rig *rig, double seconds)
{
    engine_run(rig->engine, engine_now(rig->engine) + (sim_ns)(seconds * 1e9));
}

struct network_stats rig_stats(const struct rig *rig)
{
    struct network_stats now;
    network_stats(rig->network, &now);
    return now;
}

void rig_hear(struct rig *rig, uint32_t gateway, uint8_t data_rate, int32_t snr_mdb,
        const uint8_t *bytes, uint16_t size)
{
    fake_gateways_uplink(
            rig->gateways, gateway, engine_now(rig->engine), data_rate, snr_mdb, bytes, size);
}

const struct fake_tx *rig_next_tx(struct rig *rig)
{
    const struct fake_tx *entry = fake_gateways_accepted(rig->gateways, rig->accepted_seen);
    rig->accepted_seen += entry != NULL ? 1 : 0;
    return entry;
}

bool rig_read(const struct rig *rig, uint32_t index, const struct fake_tx *entry,
        struct scripted_downlink *downlink)
{
    const struct scripted_device *device = &rig->devices[index];
    return scripted_downlink_read(device->nwk_s_key, device->app_s_key, device->dev_addr, 0,
            entry->tx.bytes, entry->tx.size, downlink);
}

void rig_join(struct rig *rig, uint32_t index)
{
    uint8_t bytes[23];
    uint16_t size = scripted_device_join_request(&rig->devices[index], bytes);
    rig_hear(rig, 0, 5, RIG_SNR_MDB, bytes, size);
    rig_run_s(rig, 8);
    const struct fake_tx *entry = rig_next_tx(rig);
    cr_assert_not_null(entry);
    cr_assert(scripted_device_join_accept(&rig->devices[index], entry->tx.bytes, entry->tx.size));
}

uint16_t rig_make(
        struct rig *rig, uint32_t index, bool confirmed, const char *fopts, uint8_t *bytes)
{
    return scripted_device_uplink(&rig->devices[index], confirmed, (const uint8_t *)fopts,
            (uint8_t)strlen(fopts), 2, (const uint8_t *)"report", 6, bytes);
}

bool rig_hear_answer(struct rig *rig, uint32_t index, uint8_t data_rate, int32_t snr_mdb,
        const uint8_t *bytes, uint16_t size, struct scripted_downlink *downlink)
{
    rig_hear(rig, 0, data_rate, snr_mdb, bytes, size);
    rig_run_s(rig, 5);
    const struct fake_tx *entry = rig_next_tx(rig);
    memset(downlink, 0, sizeof *downlink);
    return entry != NULL && rig_read(rig, index, entry, downlink);
}

bool rig_exchange(struct rig *rig, uint32_t index, uint8_t fport, const uint8_t *payload,
        uint16_t size, struct scripted_downlink *downlink)
{
    struct scripted_device *device = &rig->devices[index];
    uint8_t bytes[255];
    uint16_t frame_size =
            scripted_device_uplink(device, false, NULL, 0, fport, payload, size, bytes);
    return rig_hear_answer(rig, index, 5, RIG_SNR_MDB, bytes, frame_size, downlink);
}

void rig_hear_best(struct rig *rig, uint32_t index, uint32_t gateway)
{
    uint8_t bytes[64];
    for (int i = 0; i < 8; i++) {
        uint16_t size =
                scripted_device_uplink(&rig->devices[index], false, NULL, 0, 0, NULL, 0, bytes);
        rig_hear(rig, gateway, 5, 5000, bytes, size);
        rig_run_s(rig, 3);
    }
    cr_assert_eq(network_best_gateway(rig->network, index), gateway);
}
