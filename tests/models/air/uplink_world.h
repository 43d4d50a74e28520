/* One gateway that hears everything and one place from which all frames come: what becomes of each.
 * SPDX-License-Identifier: MIT
 */
#ifndef TESTS_AIR_UPLINK_WORLD_H
#define TESTS_AIR_UPLINK_WORLD_H

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "air/medium.h"
#include "observe.h"
#include "random_stream.h"

struct uplink_world {
    struct engine *engine;
    struct medium *medium;
    enum loss_cause *causes; /* by number of the frame, in order of sending */
    uint32_t capacity, sent;
};

static inline bool uplink_lock(
        void *gateway, const struct frame *frame, sim_ns now_ns, enum loss_cause *cause)
{
    (void)gateway, (void)frame, (void)now_ns;
    *cause = LOSS_NONE;
    return true; /* demodulators without limit */
}

static inline void uplink_ended(void *gateway, const struct frame *frame,
        const struct verdict *verdict, const uint8_t *bytes, uint16_t size, sim_ns now_ns)
{
    (void)gateway, (void)frame, (void)verdict, (void)bytes, (void)size, (void)now_ns;
}

static inline void uplink_observe(void *context, const struct observation *observation)
{
    struct uplink_world *world = context;
    uint32_t number = (uint32_t)observation->a; /* of a frame id: the sender's count */
    cr_assert_lt(number, world->capacity);
    cr_assert_eq(world->causes[number], LOSS_CAUSE_COUNT, "frame %u ended twice", number);
    world->causes[number] = observation->kind == OBSERVE_GATEWAY_RECEIVED
                                    ? LOSS_NONE
                                    : (enum loss_cause)observation->b;
}

static const struct medium_gateway_ops uplink_gateway_ops = { .lock = uplink_lock,
    .ended = uplink_ended };
static const struct medium_device_ops uplink_device_ops = { 0 }; /* no device listens */

static inline struct reception_params uplink_reception(void)
{
    return (struct reception_params){
        .capture_db = 6, .device_noise_figure_db = 6, .gateway_noise_figure_db = 6
    };
}

static inline struct uplink_world *uplink_world_create_fading(
        const struct reception_params *reception, const struct fading_params *fading,
        uint32_t frames)
{
    struct uplink_world *world = calloc(1, sizeof *world);
    world->engine = engine_create(1);
    entity_id device = engine_entity_add(world->engine, 1);
    entity_id gateway = engine_entity_add(world->engine, 1);
    struct medium_params params = {
        .device_power_max_mdbm = 16150,
        .propagation = { .model = PROPAGATION_OKUMURA_HATA, .frequency_mhz = 868 },
        .fading = *fading,
        .reception = *reception,
    };
    struct medium_site from = { .entity = device, .height_m = 1.5 };
    struct medium_site to = { .entity = gateway, .x_m = 1000, .height_m = 30 };
    world->medium = medium_create(
            world->engine, &params, &from, 1, &uplink_device_ops, &to, 1, &uplink_gateway_ops);
    world->capacity = frames;
    world->causes = malloc(frames * sizeof *world->causes);
    for (uint32_t i = 0; i < frames; i++) {
        world->causes[i] = LOSS_CAUSE_COUNT;
    }
    engine_observer_add(world->engine,
            OBSERVE_BIT(OBSERVE_GATEWAY_RECEIVED) | OBSERVE_BIT(OBSERVE_GATEWAY_LOST),
            uplink_observe, world);
    return world;
}

static inline struct uplink_world *uplink_world_create(
        const struct reception_params *reception, uint32_t frames)
{
    struct fading_params fading = { .model = FADING_NONE };
    return uplink_world_create_fading(reception, &fading, frames);
}

static inline void uplink_world_destroy(struct uplink_world *world)
{
    medium_destroy(world->medium);
    engine_destroy(world->engine);
    free(world->causes);
    free(world);
}

static inline struct lora_modulation uplink_modulation(uint8_t spreading_factor)
{
    return (struct lora_modulation){ .frequency_hz = 868100000,
        .bandwidth_hz = 125000,
        .spreading_factor = spreading_factor,
        .coding_rate = 1,
        .preamble_symbols = 8,
        .sync_word = 0x34,
        .low_data_rate = spreading_factor >= 11,
        .payload_crc = true };
}

/* `received_mdbm` at the gateway. Frames are sent in order of time. */
static inline const struct frame *uplink_send(struct uplink_world *world, sim_ns at_ns,
        uint8_t spreading_factor, uint16_t size, int32_t received_mdbm)
{
    static const uint8_t bytes[LORA_FRAME_SIZE_MAX] = { 0x40 };
    struct lora_modulation m = uplink_modulation(spreading_factor);
    int32_t power_mdbm = received_mdbm - medium_link_gain_mdb(world->medium, 0, 0);
    engine_run(world->engine, at_ns);
    cr_assert_lt(world->sent, world->capacity);
    world->sent++;
    return medium_transmit_device(world->medium, 0, at_ns, &m, power_mdbm, bytes, size);
}

#endif
