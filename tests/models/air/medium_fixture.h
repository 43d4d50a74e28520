/* A small world for the medium: recording devices and gateways at chosen places.
 * SPDX-License-Identifier: MIT
 */
#ifndef TESTS_AIR_MEDIUM_FIXTURE_H
#define TESTS_AIR_MEDIUM_FIXTURE_H

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "air/medium.h"
#include "observe.h"

#define WORLD_DEVICES  100u
#define WORLD_GATEWAYS 3u
#define WORLD_LOG_MAX  4096u

enum heard {
    HEARD_DETECTED,
    HEARD_ENDED,
    HEARD_LOST
};

struct heard_record {
    enum heard what;
    uint32_t receiver; /* device, or 1000 + gateway */
    uint64_t frame_id;
    sim_ns at_ns;
    enum loss_cause cause;
    bool bytes_good, bytes_bad;
    int32_t rssi_mdbm; /* of HEARD_ENDED */
};

struct world_peer {
    struct air_world *world;
    uint32_t number;
};

struct air_world {
    struct engine *engine;
    struct medium *medium;
    entity_id first_device, first_gateway;
    struct world_peer devices[WORLD_DEVICES], gateways[WORLD_GATEWAYS];
    struct heard_record log[WORLD_LOG_MAX];
    uint32_t log_count;
    bool refuse_locks;
};

static inline void world_log(struct air_world *world, struct heard_record record)
{
    cr_assert_lt(world->log_count, WORLD_LOG_MAX);
    world->log[world->log_count++] = record;
}

static inline void fixture_detected(void *device, const struct frame *frame, sim_ns now_ns)
{
    struct world_peer *peer = device;
    world_log(peer->world, (struct heard_record){ HEARD_DETECTED, peer->number, frame->id, now_ns,
                                   LOSS_NONE, false, false, 0 });
}

static inline void fixture_ended(void *device, const struct frame *frame,
        const struct verdict *verdict, const uint8_t *bytes, uint16_t size, sim_ns now_ns)
{
    struct world_peer *peer = device;
    bool good = bytes != NULL && memcmp(bytes, frame->bytes, size) == 0;
    world_log(peer->world,
            (struct heard_record){ HEARD_ENDED, peer->number, frame->id, now_ns, verdict->cause,
                    good, bytes != NULL && !good, verdict->rssi_mdbm });
}

static inline bool fixture_lock(
        void *gateway, const struct frame *frame, sim_ns now_ns, enum loss_cause *cause)
{
    struct world_peer *peer = gateway;
    world_log(peer->world, (struct heard_record){ HEARD_DETECTED, 1000 + peer->number, frame->id,
                                   now_ns, LOSS_NONE, false, false, 0 });
    *cause = LOSS_RECEIVER_LOCKED_ELSEWHERE;
    return !peer->world->refuse_locks;
}

static inline void fixture_gateway_ended(void *gateway, const struct frame *frame,
        const struct verdict *verdict, const uint8_t *bytes, uint16_t size, sim_ns now_ns)
{
    struct world_peer *peer = gateway;
    bool good = bytes != NULL && memcmp(bytes, frame->bytes, size) == 0;
    world_log(peer->world,
            (struct heard_record){ HEARD_ENDED, 1000 + peer->number, frame->id, now_ns,
                    verdict->cause, good, bytes != NULL && !good, verdict->rssi_mdbm });
}

static inline void fixture_observe(void *context, const struct observation *observation)
{
    struct air_world *world = context;
    bool gateway = observation->kind == OBSERVE_GATEWAY_LOST;
    uint32_t receiver = gateway ? 1000 + observation->entity - world->first_gateway
                                : observation->entity - world->first_device;
    world_log(
            world, (struct heard_record){ HEARD_LOST, receiver, (uint64_t)observation->a,
                           observation->at_ns, (enum loss_cause)observation->b, false, false, 0 });
}

static const struct medium_device_ops fixture_device_ops = {
    .detected = fixture_detected,
    .ended = fixture_ended,
};
static const struct medium_gateway_ops fixture_gateway_ops = {
    .lock = fixture_lock,
    .ended = fixture_gateway_ended,
};

/* Gateways 0 and 1 are equally far (1 km) from every device, gateway 2 is 3 km away: devices stand
 * in one point. */
static inline struct air_world *air_world_create_with(
        enum fading_model fading, enum equal_copies equal_copies)
{
    struct air_world *world = calloc(1, sizeof *world);
    world->engine = engine_create(1);
    world->first_device = engine_entity_add(world->engine, WORLD_DEVICES);
    world->first_gateway = engine_entity_add(world->engine, WORLD_GATEWAYS);
    struct medium_params params = {
        .device_power_max_mdbm = 16150,
        .propagation = { .environment = ENVIRONMENT_URBAN, .frequency_mhz = 868 },
        .fading = { .model = fading },
        .reception = { .capture_db = 6,
                .device_noise_figure_db = 6,
                .gateway_noise_figure_db = 6,
                .equal_copies = equal_copies },
    };
    struct medium_site devices[WORLD_DEVICES], gateways[WORLD_GATEWAYS];
    for (uint32_t i = 0; i < WORLD_DEVICES; i++) {
        devices[i] = (struct medium_site){ .entity = world->first_device + i, .height_m = 1.5 };
    }
    for (uint32_t i = 0; i < WORLD_GATEWAYS; i++) {
        gateways[i] = (struct medium_site){ .entity = world->first_gateway + i,
            .x_m = i == 0   ? 1000
                   : i == 1 ? -1000
                            : 3000,
            .height_m = 30 };
    }
    world->medium = medium_create(world->engine, &params, devices, WORLD_DEVICES,
            &fixture_device_ops, gateways, WORLD_GATEWAYS, &fixture_gateway_ops);
    for (uint32_t i = 0; i < WORLD_DEVICES; i++) {
        world->devices[i] = (struct world_peer){ world, i };
        medium_device_attach(world->medium, i, &world->devices[i]);
    }
    for (uint32_t i = 0; i < WORLD_GATEWAYS; i++) {
        world->gateways[i] = (struct world_peer){ world, i };
        medium_gateway_attach(world->medium, i, &world->gateways[i]);
    }
    engine_observer_add(world->engine,
            OBSERVE_BIT(OBSERVE_FRAME_LOST) | OBSERVE_BIT(OBSERVE_GATEWAY_LOST), fixture_observe,
            world);
    return world;
}

static inline struct air_world *air_world_create(enum fading_model fading)
{
    return air_world_create_with(fading, EQUAL_COPIES_INTERFERE);
}

static inline void air_world_destroy(struct air_world *world)
{
    medium_destroy(world->medium);
    engine_destroy(world->engine);
    free(world);
}

/* DR5 downlink modulation: symbols of 1.024 ms. */
#define SYMBOL_NS INT64_C(1024000)

static inline struct lora_modulation fixture_downlink(void)
{
    return (struct lora_modulation){ .frequency_hz = 869525000,
        .bandwidth_hz = 125000,
        .spreading_factor = 7,
        .coding_rate = 1,
        .preamble_symbols = 8,
        .sync_word = 0x34,
        .iq_inverted = true };
}

static inline struct lora_modulation fixture_uplink(void)
{
    struct lora_modulation m = fixture_downlink();
    m.frequency_hz = 868100000;
    m.iq_inverted = false;
    m.payload_crc = true;
    return m;
}

static inline struct medium_listening fixture_listening(void)
{
    return (struct medium_listening){ .frequency_hz = 869525000,
        .bandwidth_hz = 125000,
        .spreading_factor = 7,
        .iq_inverted = true,
        .sync_word = 0x34 };
}

static inline void fixture_listen(struct air_world *world, uint32_t device, sim_ns at_ns)
{
    struct medium_listening listening = fixture_listening();
    medium_listen(world->medium, device, at_ns, &listening);
}

static inline const struct frame *fixture_send(
        struct air_world *world, uint32_t gateway, sim_ns at_ns, int32_t power_mdbm)
{
    struct lora_modulation m = fixture_downlink();
    static const uint8_t bytes[20] = { 0x60, 1, 2, 3, 4, 5, 6, 7, 8, 9 };
    return medium_transmit_gateway(
            world->medium, gateway, at_ns, &m, power_mdbm, bytes, sizeof bytes);
}

static inline const struct frame *fixture_uplink_send(
        struct air_world *world, uint32_t device, sim_ns at_ns, int32_t power_mdbm)
{
    struct lora_modulation m = fixture_uplink();
    static const uint8_t bytes[20] = { 0x40, 9, 8, 7, 6, 5, 4, 3, 2, 1 };
    return medium_transmit_device(
            world->medium, device, at_ns, &m, power_mdbm, bytes, sizeof bytes);
}

static inline const struct heard_record *fixture_find(
        const struct air_world *world, enum heard what, uint32_t receiver, uint64_t frame_id)
{
    for (uint32_t i = 0; i < world->log_count; i++) {
        const struct heard_record *record = &world->log[i];
        if (record->what == what && record->receiver == receiver && record->frame_id == frame_id) {
            return record;
        }
    }
    return NULL;
}

static inline void fixture_expect_received(
        const struct air_world *world, uint32_t receiver, const struct frame *frame)
{
    const struct heard_record *record = fixture_find(world, HEARD_ENDED, receiver, frame->id);
    cr_assert_not_null(
            record, "receiver %u got no frame %llx", receiver, (unsigned long long)frame->id);
    cr_expect_eq(record->cause, LOSS_NONE, "lost by %s", loss_cause_name(record->cause));
    cr_expect(record->bytes_good);
    cr_expect_eq(record->at_ns, frame->end_ns);
    cr_expect_null(fixture_find(world, HEARD_LOST, receiver, frame->id));
}

static inline void fixture_expect_lost(const struct air_world *world, uint32_t receiver,
        const struct frame *frame, enum loss_cause cause)
{
    const struct heard_record *record = fixture_find(world, HEARD_LOST, receiver, frame->id);
    cr_assert_not_null(
            record, "receiver %u: no loss of frame %llx", receiver, (unsigned long long)frame->id);
    cr_expect_eq(record->cause, cause, "%s, expected %s", loss_cause_name(record->cause),
            loss_cause_name(cause));
}

#endif
