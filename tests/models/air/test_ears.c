/* Wide-band receivers: which frames they hear, and when.
 * SPDX-License-Identifier: MIT
 *
 * Method: ears at one device with thresholds around the median power that the link budget gives
 * (medium_link_gain_mdb()); frames of a gateway and of devices, of both polarities.
 */
#include <math.h>

#include "medium_fixture.h"

#define POWER_MDBM 14000
#define HEARER     5u

struct ear_log {
    uint32_t detected, ended;
    sim_ns detected_ns, ended_ns;
};

static struct air_world *world;

static void create_world(void)
{
    world = air_world_create(FADING_NONE);
}

static void destroy_world(void)
{
    air_world_destroy(world);
}

TestSuite(ears, .init = create_world, .fini = destroy_world);

static void detected(void *ear, const struct frame *frame, sim_ns now_ns)
{
    struct ear_log *log = ear;
    cr_expect_eq(frame->detect_ns, now_ns);
    log->detected++;
    log->detected_ns = now_ns;
}

static void ended(void *ear, const struct frame *frame, sim_ns now_ns)
{
    struct ear_log *log = ear;
    cr_expect_eq(frame->end_ns, now_ns);
    log->ended++;
    log->ended_ns = now_ns;
}

static const struct medium_ear_ops ops = { .detected = detected, .ended = ended };

/* Goal: a frame is heard from the threshold on, told at its detection and at its end. */
Test(ears, hear_what_arrives_with_the_threshold)
{
    struct ear_log at = { 0 }, above = { 0 };
    int32_t median_mdbm = POWER_MDBM + medium_link_gain_mdb(world->medium, 0, HEARER);
    medium_ear_add(world->medium, HEARER, median_mdbm, &ops, &at);
    medium_ear_add(world->medium, HEARER, median_mdbm + 1, &ops, &above);
    const struct frame *frame = fixture_send(world, 0, 10 * SIM_NS_PER_MS, POWER_MDBM);
    sim_ns detect_ns = frame->detect_ns, end_ns = frame->end_ns;
    engine_run(world->engine, SIM_NS_PER_S);
    cr_expect(at.detected == 1 && at.detected_ns == detect_ns);
    cr_expect(at.ended == 1 && at.ended_ns == end_ns);
    cr_expect(above.detected == 0 && above.ended == 0);
}

/* Goal: uplinks and downlinks of other devices are heard, and those of the device itself. */
Test(ears, hear_devices_of_both_polarities)
{
    struct ear_log log = { 0 };
    uint8_t bytes[20] = { 0 };
    struct lora_modulation m = {
        .frequency_hz = 868300000,
        .bandwidth_hz = 125000,
        .spreading_factor = 9,
        .coding_rate = 1,
        .preamble_symbols = 8,
        .sync_word = 0x34,
    };
    medium_ear_add(world->medium, HEARER, -140000, &ops, &log);
    medium_transmit_device(world->medium, 7, SIM_NS_PER_MS, &m, POWER_MDBM, bytes, sizeof bytes);
    m.iq_inverted = true;
    medium_transmit_device(world->medium, 8, SIM_NS_PER_S, &m, POWER_MDBM, bytes, sizeof bytes);
    medium_transmit_device(
            world->medium, HEARER, 2 * SIM_NS_PER_S, &m, POWER_MDBM, bytes, sizeof bytes);
    engine_run(world->engine, 4 * SIM_NS_PER_S);
    cr_expect(log.detected == 3 && log.ended == 3);
}

/* Goal: a frame that was cut off is not whole. */
Test(ears, do_not_hear_the_end_of_an_aborted_frame)
{
    struct ear_log log = { 0 };
    medium_ear_add(world->medium, HEARER, -140000, &ops, &log);
    const struct frame *frame = fixture_send(world, 0, 10 * SIM_NS_PER_MS, POWER_MDBM);
    engine_run(world->engine, frame->header_ns);
    medium_abort(world->medium, frame, frame->header_ns);
    engine_run(world->engine, SIM_NS_PER_S);
    cr_expect(log.detected == 1 && log.ended == 0);
}
