/* Frames between end-devices: relays that listen to uplinks, attackers that send downlinks.
 * SPDX-License-Identifier: MIT
 *
 * Oracles: polarity as TS001-1.0.4 and the SX1276 datasheet have it (an uplink is not inverted, a
 * downlink is; a receiver detects its own polarity only), and link budgets by the path loss.
 */
#include "air/path_loss.h"
#include "medium_fixture.h"

#define MS      SIM_NS_PER_MS
#define RELAY   5u
#define SENDER  3u
#define GATEWAY 1000u

/* All devices stand in one point. */
static double loss_db(void)
{
    struct propagation_params law = { .environment = ENVIRONMENT_URBAN, .frequency_mhz = 868 };
    return path_loss_between_db(&law, 1.5, 1.5, 0);
}

static void listen_to_uplinks(struct air_world *world, uint32_t device, sim_ns at_ns)
{
    struct lora_modulation m = fixture_uplink();
    struct medium_listening listening = fixture_listening();
    listening.frequency_hz = m.frequency_hz;
    listening.iq_inverted = false;
    medium_listen(world->medium, device, at_ns, &listening);
}

/* As a gateway does, from a device. */
static const struct frame *attack(struct air_world *world, sim_ns at_ns, int32_t power_mdbm)
{
    struct lora_modulation m = fixture_downlink();
    static const uint8_t bytes[20] = { 0x60, 6, 6, 6 };
    return medium_transmit_device(
            world->medium, SENDER, at_ns, &m, power_mdbm, bytes, sizeof bytes);
}

static unsigned records_of(const struct air_world *world, uint32_t receiver)
{
    unsigned count = 0;
    for (uint32_t i = 0; i < world->log_count; i++) {
        count += world->log[i].receiver == receiver;
    }
    return count;
}

Test(device_to_device, a_relay_and_the_gateways_receive_an_uplink)
{
    struct air_world *world = air_world_create(FADING_RAYLEIGH);
    listen_to_uplinks(world, RELAY, 0);
    fixture_listen(world, RELAY + 1, 0);
    const struct frame *frame = fixture_uplink_send(world, SENDER, 10 * MS, 14000);
    engine_run(world->engine, SIM_NS_PER_S);
    fixture_expect_received(world, RELAY, frame);
    fixture_expect_received(world, GATEWAY, frame);
    cr_expect_eq(records_of(world, RELAY + 1), 0, "it listens to downlinks");
    cr_expect_eq(records_of(world, RELAY + 2), 0, "it does not listen");
    const struct heard_record *end = fixture_find(world, HEARD_ENDED, RELAY, frame->id);
    cr_expect_float_eq(end->rssi_mdbm, 14000 - 1000 * loss_db(), 1, "the path loss alone");
    air_world_destroy(world);
}

Test(device_to_device, a_relay_that_comes_late_still_locks_on_the_rest_of_a_preamble)
{
    struct air_world *world = air_world_create(FADING_NONE);
    const struct frame *frame = fixture_uplink_send(world, SENDER, 0, 14000);
    sim_ns missed_ns = frame->detect_ns + SYMBOL_NS; /* two of the eight symbols are left */
    engine_run(world->engine, 3 * SYMBOL_NS);
    listen_to_uplinks(world, RELAY, 3 * SYMBOL_NS);
    engine_run(world->engine, missed_ns);
    listen_to_uplinks(world, RELAY + 1, missed_ns);
    engine_run(world->engine, SIM_NS_PER_S);
    fixture_expect_received(world, RELAY, frame);
    fixture_expect_lost(world, RELAY + 1, frame, LOSS_PREAMBLE_MISSED);
    air_world_destroy(world);
}

Test(device_to_device, two_uplinks_of_one_power_destroy_each_other_at_a_relay)
{
    struct air_world *world = air_world_create(FADING_NONE);
    listen_to_uplinks(world, RELAY, 0);
    const struct frame *frame = fixture_uplink_send(world, SENDER, 0, 14000);
    fixture_uplink_send(world, SENDER + 1, 20 * SYMBOL_NS, 14000);
    engine_run(world->engine, SIM_NS_PER_S);
    fixture_expect_lost(world, RELAY, frame, LOSS_INTERFERENCE);
    air_world_destroy(world);
}

Test(device_to_device, devices_take_the_frame_of_an_attacker_for_a_downlink)
{
    struct air_world *world = air_world_create(FADING_NONE);
    fixture_listen(world, RELAY, 0);
    const struct frame *frame = attack(world, 10 * MS, 14000);
    engine_run(world->engine, SIM_NS_PER_S);
    fixture_expect_received(world, RELAY, frame);
    for (uint32_t i = 0; i < WORLD_GATEWAYS; i++) {
        cr_expect_eq(records_of(world, GATEWAY + i), 0, "gateways listen to uplinks");
    }
    air_world_destroy(world);
}

/* An attacker 10 dB weaker at the device than the gateway's frame does no harm; 3 dB do. */
Test(device_to_device, an_attacker_interferes_with_a_downlink_by_capture)
{
    for (int32_t below_mdb = 3000; below_mdb <= 10000; below_mdb += 7000) {
        struct air_world *world = air_world_create(FADING_NONE);
        fixture_listen(world, RELAY, 0);
        const struct frame *frame = fixture_send(world, 0, 0, 14000);
        int32_t received_mdbm = 14000 + medium_link_gain_mdb(world->medium, 0, RELAY);
        attack(world, 20 * SYMBOL_NS, received_mdbm - below_mdb + (int32_t)(1000 * loss_db()));
        engine_run(world->engine, SIM_NS_PER_S);
        if (below_mdb == 10000) {
            fixture_expect_received(world, RELAY, frame);
        } else {
            fixture_expect_lost(world, RELAY, frame, LOSS_INTERFERENCE);
        }
        air_world_destroy(world);
    }
}

/* SF7 at 125 kHz: -123 dBm (SX1276 datasheet table 10); 15 dB less is never read. */
Test(device_to_device, what_arrives_too_weak_is_not_received)
{
    struct air_world *world = air_world_create(FADING_NONE);
    listen_to_uplinks(world, RELAY, 0);
    const struct frame *frame =
            fixture_uplink_send(world, SENDER, 0, -132000 + (int32_t)(1000 * loss_db()));
    engine_run(world->engine, SIM_NS_PER_S);
    cr_expect_null(fixture_find(world, HEARD_ENDED, RELAY, frame->id));
    fixture_expect_lost(world, RELAY, frame, LOSS_BELOW_SENSITIVITY);
    air_world_destroy(world);
}

Test(device_to_device, an_uplink_costs_three_events_however_many_devices_hear_it)
{
    for (uint32_t listeners = 0; listeners <= 50; listeners += 50) {
        struct air_world *world = air_world_create(FADING_NONE);
        for (uint32_t i = 0; i < listeners; i++) {
            listen_to_uplinks(world, 10 + i, 0);
        }
        fixture_uplink_send(world, SENDER, 10 * MS, 14000);
        engine_run(world->engine, SIM_NS_PER_S);
        cr_expect_eq(engine_event_count(world->engine), 3);
        cr_expect_eq(medium_deliveries(world->medium), listeners);
        air_world_destroy(world);
    }
}
