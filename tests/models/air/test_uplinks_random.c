/* Random uplinks of all spreading factors against a second, naive implementation of the rules.
 * SPDX-License-Identifier: MIT
 *
 * Method: frames of random SF, length and power at random times, some of them aborted, so many that
 * most overlap several others. The naive model looks at all frames for each, and samples the
 * instants at which something begins; the medium must have remembered and found the same.
 */
#include "air/interference_matrices.h"
#include "uplink_world.h"

#define FRAMES 400u

struct sent {
    sim_ns start_ns, end_ns, off_ns; /* off: end, or abort */
    uint8_t sf;
    int32_t power_mdbm;
};

static struct sent sent[FRAMES];
static struct random_stream stream;

static uint32_t draw(uint32_t below)
{
    return random_stream_u32(&stream) % below;
}

/* --- the naive model -------------------------------------------------------------------------- */

/* dB; what a pair of spreading factors must keep. NAN: they do not disturb each other. */
static double threshold_db(enum interference_model model, uint8_t wanted, uint8_t other)
{
    switch (model) {
    case INTERFERENCE_GOURSAUD:
        return interference_goursaud.mdb[wanted - 6][other - 6] / 1000.0;
    case INTERFERENCE_CROCE:
        return interference_croce.mdb[wanted - 6][other - 6] / 1000.0;
    case INTERFERENCE_ALOHA:
        return wanted == other ? INFINITY : NAN;
    case INTERFERENCE_CAPTURE:
        return wanted == other ? 6 : NAN;
    case INTERFERENCE_NONE:
        break;
    }
    return NAN;
}

static double mw(int32_t power_mdbm)
{
    return pow(10, power_mdbm / 10000.0);
}

static bool drowned_at(unsigned which, enum interference_model model, sim_ns at_ns)
{
    for (uint8_t sf = 7; sf <= 12; sf++) {
        double sum_mw = 0, limit_db = threshold_db(model, sent[which].sf, sf);
        for (unsigned i = 0; i < FRAMES; i++) {
            if (i != which && sent[i].sf == sf && sent[i].start_ns <= at_ns
                    && sent[i].off_ns > at_ns) {
                sum_mw += mw(sent[i].power_mdbm);
            }
        }
        if (!isnan(limit_db) && sum_mw > 0
                && 10 * log10(mw(sent[which].power_mdbm) / sum_mw) < limit_db - 1e-9) {
            return true;
        }
    }
    return false;
}

static bool drowned_in_instants(unsigned which, enum interference_model model, sim_ns from_ns)
{
    bool drowned = drowned_at(which, model, from_ns);
    for (unsigned i = 0; i < FRAMES && !drowned; i++) {
        drowned = sent[i].start_ns >= from_ns && sent[i].start_ns < sent[which].end_ns
                  && drowned_at(which, model, sent[i].start_ns);
    }
    return drowned;
}

static bool drowned_in_energy(unsigned which, enum interference_model model, sim_ns from_ns)
{
    double wanted = mw(sent[which].power_mdbm) * (double)(sent[which].end_ns - from_ns);
    for (uint8_t sf = 7; sf <= 12; sf++) {
        double energy = 0, limit_db = threshold_db(model, sent[which].sf, sf);
        for (unsigned i = 0; i < FRAMES; i++) {
            double begin_ns = fmax((double)from_ns, (double)sent[i].start_ns);
            double end_ns = fmin((double)sent[which].end_ns, (double)sent[i].off_ns);
            if (i != which && sent[i].sf == sf && end_ns > begin_ns) {
                energy += mw(sent[i].power_mdbm) * (end_ns - begin_ns);
            }
        }
        if (!isnan(limit_db) && energy > 0 && 10 * log10(wanted / energy) < limit_db - 1e-9) {
            return true;
        }
    }
    return false;
}

/* --- the schedule ----------------------------------------------------------------------------- */

static void send_all(struct uplink_world *world)
{
    sim_ns at_ns = SIM_NS_PER_MS;
    const struct frame *to_abort = NULL;
    sim_ns abort_ns = 0;
    for (unsigned i = 0; i < FRAMES; i++) {
        at_ns += draw(250) * SIM_NS_PER_MS + draw(1000000);
        uint8_t sf = (uint8_t)(7 + draw(6));
        int32_t power_mdbm = -110000 + (int32_t)draw(60) * 1000;
        if (to_abort != NULL && abort_ns <= at_ns) {
            engine_run(world->engine, abort_ns);
            medium_abort(world->medium, to_abort, abort_ns);
            to_abort = NULL;
        }
        const struct frame *frame =
                uplink_send(world, at_ns, sf, (uint16_t)(10 + draw(60)), power_mdbm);
        sent[i] = (struct sent){ at_ns, frame->end_ns, frame->end_ns, sf, power_mdbm };
        if (to_abort == NULL && draw(10) == 0) {
            to_abort = frame;
            abort_ns = sent[i].off_ns = at_ns + (frame->end_ns - at_ns) / 2;
        }
    }
    engine_run(world->engine, at_ns + 20 * SIM_NS_PER_S);
    if (to_abort != NULL) { /* it was not reached */
        sent[to_abort->id & 0xffffffff].off_ns = to_abort->end_ns;
    }
}

static void compare(enum interference_model model, enum overlap_rule overlap,
        enum capture_timing timing, uint64_t seed)
{
    struct reception_params reception = uplink_reception();
    reception.interference = model;
    reception.overlap = overlap;
    reception.timing = timing;
    struct uplink_world *world = uplink_world_create(&reception, FRAMES);
    random_stream_init(&stream, seed, 0, RANDOM_TEST, 0);
    send_all(world);
    unsigned received = 0, lost = 0;
    for (unsigned i = 0; i < FRAMES; i++) {
        if (sent[i].off_ns < sent[i].end_ns) {
            cr_expect_neq(world->causes[i], LOSS_NONE, "aborted");
            continue;
        }
        struct lora_modulation m = uplink_modulation(sent[i].sf);
        sim_ns from_ns =
                sent[i].start_ns + (timing == TIMING_WHOLE_FRAME ? 0 : 3 * lora_symbol_ns(&m));
        bool drowned = overlap == OVERLAP_ENERGY ? drowned_in_energy(i, model, from_ns)
                                                 : drowned_in_instants(i, model, from_ns);
        cr_assert_eq(world->causes[i], drowned ? LOSS_INTERFERENCE : LOSS_NONE,
                "model %d, overlap %d, timing %d, seed %llu, frame %u: %s", model, overlap, timing,
                (unsigned long long)seed, i, loss_cause_name(world->causes[i]));
        received += !drowned;
        lost += drowned;
    }
    cr_expect_gt(received, FRAMES / 50);
    cr_expect(lost > FRAMES / 50 || model == INTERFERENCE_NONE);
    uplink_world_destroy(world);
}

Test(uplinks_random, agree_with_the_naive_model)
{
    for (int model = INTERFERENCE_CAPTURE; model <= INTERFERENCE_CROCE; model++) {
        for (unsigned rule = 0; rule < 4; rule++) {
            for (uint64_t seed = 0; seed < 3; seed++) {
                compare((enum interference_model)model,
                        rule % 2 == 0 ? OVERLAP_INSTANT : OVERLAP_ENERGY,
                        rule / 2 == 0 ? TIMING_PREAMBLE_LOCK : TIMING_WHOLE_FRAME, seed);
            }
        }
    }
}
