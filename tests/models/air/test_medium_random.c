/* Random schedules of listening and sending against a second, naive implementation of the rules.
 * SPDX-License-Identifier: MIT
 *
 * Method: two gateways send frames of random power, length and preamble at random times on one
 * channel, and abort one in five; devices open and close their receivers at random local times that
 * lead the engine's by up to a millisecond. The naive model follows each device by itself, looking
 * at all frames.
 */
#include "medium_fixture.h"
#include "random_stream.h"

#define FRAMES     120u
#define OPERATIONS 60u
#define SPAN_NS    (12 * SIM_NS_PER_S)
#define LEAD_NS    SIM_NS_PER_MS

struct sent {
    struct frame frame;
    int32_t power_mdbm; /* received */
    sim_ns search_ns, lock_by_ns;
    sim_ns silent_ns; /* its end, or when it was aborted */
    bool tried;       /* naive model: its detection was attempted */
};

struct operation {
    sim_ns at_ns, lead_ns;
    uint32_t device;
    bool open;
};

static struct sent sent[FRAMES];
static bool expected[FRAMES];

/* --- the naive model -------------------------------------------------------------------------- */

static bool drowned(unsigned which, sim_ns at_ns)
{
    for (unsigned i = 0; i < FRAMES; i++) {
        const struct frame *other = &sent[i].frame;
        if (i != which && other->start_ns <= at_ns && sent[i].silent_ns > at_ns
                && sent[i].power_mdbm >= sent[which].power_mdbm + 6000) {
            return true;
        }
    }
    return false;
}

static bool spoiled(unsigned which)
{
    const struct frame *frame = &sent[which].frame;
    for (unsigned i = 0; i < FRAMES; i++) {
        const struct frame *other = &sent[i].frame;
        if (i != which && sent[i].silent_ns > sent[which].lock_by_ns
                && other->start_ns < frame->end_ns && other->start_ns < sent[i].silent_ns
                && sent[which].power_mdbm - sent[i].power_mdbm < 6000) {
            return true;
        }
    }
    return false;
}

/* The next frame that a receiver searching from `from_ns` could detect before `off_ns`. */
static unsigned next_detection(sim_ns from_ns, sim_ns off_ns, sim_ns *detect_ns)
{
    unsigned best = FRAMES;
    for (unsigned i = 0; i < FRAMES; i++) {
        const struct frame *frame = &sent[i].frame;
        sim_ns heard_ns = frame->start_ns > from_ns ? frame->start_ns : from_ns;
        sim_ns at_ns = heard_ns + sent[i].search_ns;
        if (sent[i].tried || heard_ns > sent[i].lock_by_ns || at_ns >= off_ns
                || at_ns >= sent[i].silent_ns) {
            continue;
        }
        if (best == FRAMES || at_ns < *detect_ns
                || (at_ns == *detect_ns && frame->sender < sent[best].frame.sender)) {
            best = i;
            *detect_ns = at_ns;
        }
    }
    return best;
}

/* One stretch of listening [on, off). */
static void naive_listening(sim_ns on_ns, sim_ns off_ns)
{
    for (unsigned i = 0; i < FRAMES; i++) {
        sent[i].tried = false;
    }
    sim_ns from_ns = on_ns, detect_ns = 0;
    for (;;) {
        unsigned i = next_detection(from_ns, off_ns, &detect_ns);
        if (i == FRAMES) {
            return;
        }
        sent[i].tried = true;
        if (drowned(i, detect_ns)) {
            continue;
        }
        if (sent[i].frame.end_ns > off_ns) {
            return;
        }
        bool whole = sent[i].silent_ns == sent[i].frame.end_ns;
        expected[i] = expected[i] || (whole && !spoiled(i));
        from_ns = sent[i].frame.end_ns;
    }
}

/* --- the schedule ----------------------------------------------------------------------------- */

static struct random_stream stream;

static sim_ns draw(sim_ns below)
{
    return (sim_ns)(random_stream_u64(&stream) % (uint64_t)below);
}

static int by_call_time(const void *a, const void *b)
{
    const struct operation *x = a, *y = b;
    sim_ns x_ns = x->at_ns - x->lead_ns, y_ns = y->at_ns - y->lead_ns;
    return (x_ns > y_ns) - (x_ns < y_ns);
}

static void make_operations(struct operation *operations, uint32_t devices)
{
    for (uint32_t i = 0; i < OPERATIONS; i++) {
        uint32_t device = i % devices;
        uint32_t turn = i / devices, turns = OPERATIONS / devices;
        sim_ns slot_ns = SPAN_NS / turns;
        operations[i] = (struct operation){
            .at_ns = turn * slot_ns + 2 * LEAD_NS + draw(slot_ns - 3 * LEAD_NS),
            .lead_ns = draw(LEAD_NS),
            .device = device,
            .open = turn % 3 != 2,
        };
    }
}

static void send_frames(struct air_world *world, sim_ns gateway_free_ns[2])
{
    int32_t gain_mdb = medium_link_gain_mdb(world->medium, 0, 0);
    uint8_t bytes[40] = { 0 };
    for (unsigned i = 0; i < FRAMES; i++) {
        struct lora_modulation m = fixture_downlink();
        m.preamble_symbols = draw(3) == 0 ? 24 : 8;
        uint16_t size = (uint16_t)(1 + draw(40));
        uint32_t gateway = i % 2;
        sim_ns start_ns = gateway_free_ns[gateway] + draw(150 * SIM_NS_PER_MS);
        int32_t power_mdbm = -110000 + (int32_t)draw(4) * 4000;
        const struct frame *frame = medium_transmit_gateway(
                world->medium, gateway, start_ns, &m, power_mdbm - gain_mdb, bytes, size);
        sim_ns silent_ns = frame->end_ns;
        if (draw(5) == 0) {
            silent_ns = start_ns + draw(frame->end_ns - start_ns + 1);
            medium_abort(world->medium, frame, silent_ns);
        }
        gateway_free_ns[gateway] = frame->end_ns;
        uint64_t spare = 4u * (m.preamble_symbols - 5u);
        sent[i] = (struct sent){
            .frame = *frame,
            .power_mdbm = power_mdbm,
            .search_ns = 5 * SYMBOL_NS,
            .lock_by_ns = start_ns + lora_quarter_symbols_ns(&m, spare),
            .silent_ns = silent_ns,
        };
    }
}

static void naive_device(const struct operation *operations, uint32_t device)
{
    memset(expected, 0, sizeof expected);
    sim_ns on_ns = SIM_NS_NEVER;
    for (uint32_t i = 0; i <= OPERATIONS; i++) {
        if (i < OPERATIONS && operations[i].device != device) {
            continue;
        }
        sim_ns at_ns = i < OPERATIONS ? operations[i].at_ns : 100 * SIM_NS_PER_S;
        if (on_ns != SIM_NS_NEVER) {
            naive_listening(on_ns, at_ns);
        }
        on_ns = i < OPERATIONS && operations[i].open ? at_ns : SIM_NS_NEVER;
    }
}

static unsigned compare(const struct air_world *world, uint32_t device, uint64_t seed)
{
    unsigned received = 0;
    for (unsigned i = 0; i < FRAMES; i++) {
        const struct heard_record *record =
                fixture_find(world, HEARD_ENDED, device, sent[i].frame.id);
        bool got = record != NULL && record->cause == LOSS_NONE;
        cr_assert_eq(got, expected[i], "seed %llu, device %u, frame %u: %d, naively %d",
                (unsigned long long)seed, device, i, got, expected[i]);
        received += got;
    }
    return received;
}

Test(medium_random, agrees_with_the_naive_model)
{
    enum {
        DEVICES = 4,
        SEEDS = 60
    };
    unsigned received = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct air_world *world = air_world_create(FADING_NONE);
        random_stream_init(&stream, seed, 0, RANDOM_TEST, 0);
        sim_ns free_ns[2] = { SIM_NS_PER_MS, SIM_NS_PER_MS };
        send_frames(world, free_ns);
        struct operation operations[OPERATIONS], calls[OPERATIONS];
        make_operations(operations, DEVICES);
        memcpy(calls, operations, sizeof calls);
        qsort(calls, OPERATIONS, sizeof calls[0], by_call_time);
        for (uint32_t i = 0; i < OPERATIONS; i++) {
            engine_run(world->engine, calls[i].at_ns - calls[i].lead_ns);
            if (calls[i].open) {
                fixture_listen(world, calls[i].device, calls[i].at_ns);
            } else {
                medium_unlisten(world->medium, calls[i].device, calls[i].at_ns);
            }
        }
        engine_run(world->engine, 60 * SIM_NS_PER_S);
        for (uint32_t device = 0; device < DEVICES; device++) {
            naive_device(operations, device);
            received += compare(world, device, seed);
        }
        air_world_destroy(world);
    }
    cr_expect_gt(received, SEEDS * 20, "%u receptions were compared", received);
}
