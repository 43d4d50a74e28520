/* Frames that outlast the coherence time of their link: every part has the gain of its own time.
 * SPDX-License-Identifier: MIT
 *
 * Method: SF12 frames of 2.5 s over a Rayleigh link of known mean. A second implementation works
 * out each frame's chance from the gains of its coherence times (fading_gain_mdb) and the packet
 * error rate of whole frames at one SNR (judge_packet_error, held to closed forms elsewhere):
 *   -ln(chance) = sum over blocks of share x (-ln(1 - PER(SNR of the block))),
 * for header and payload apart, if the gain at the start lets the preamble be found. The number
 * received is a sum of independent trials of known chances.
 */
#include <math.h>

#include "air/judge.h"
#include "uplink_world.h"

#define FRAMES          4000u
#define FRAME_SIZE      51u
#define SPACING_NS      (10 * SIM_NS_PER_S)
#define STANDARD_ERRORS 4.0

static struct judge_tables *tables;

static double exponent(const struct lora_modulation *m, uint16_t size, int32_t snr_mdb)
{
    return -log1p(-judge_packet_error(tables, RECEIVER_SX1301, m, size, snr_mdb));
}

/* The header block alone: a frame without payload symbols. */
static double header_exponent(const struct lora_modulation *m, int32_t snr_mdb)
{
    struct lora_modulation header = *m;
    header.implicit_header = true;
    header.payload_crc = false;
    return exponent(&header, 0, snr_mdb);
}

/* Mean over [from, to) of an exponent, the gain being constant over each coherence time. */
static double mean_exponent(const struct fading_params *fading, const struct frame *frame,
        const struct judge_frame *judged, int32_t median_mdbm, entity_id device, sim_ns from_ns,
        sim_ns to_ns, bool header)
{
    const struct lora_modulation *m = &frame->modulation;
    double sum = 0;
    for (sim_ns at_ns = from_ns; at_ns < to_ns;) {
        sim_ns next_ns = (at_ns / fading->coherence_ns + 1) * fading->coherence_ns;
        next_ns = next_ns < to_ns ? next_ns : to_ns;
        int32_t gain_mdb = fading_gain_mdb(fading, 1, frame->id, device, 0, 0, at_ns, 0);
        int32_t snr_mdb = median_mdbm + gain_mdb - judged->noise_mdbm;
        double of_header = header_exponent(m, snr_mdb);
        sum += (double)(next_ns - at_ns)
               * (header ? of_header : exponent(m, FRAME_SIZE, snr_mdb) - of_header);
        at_ns = next_ns;
    }
    return sum / (double)(to_ns - from_ns);
}

static double chance(
        const struct fading_params *fading, const struct frame *frame, int32_t median_mdbm)
{
    struct judge_frame judged;
    judge_frame_init(&judged, tables, 1, RECEIVER_SX1301, frame);
    int32_t first_mdb =
            fading_gain_mdb(fading, 1, frame->id, frame->sender, 0, 0, frame->start_ns, 0);
    if (median_mdbm + first_mdb < judged.detect_mdbm) {
        return 0;
    }
    return exp(-mean_exponent(fading, frame, &judged, median_mdbm, frame->sender,
                       frame->preamble_end_ns, frame->header_ns, true)
               - mean_exponent(fading, frame, &judged, median_mdbm, frame->sender, frame->header_ns,
                       frame->end_ns, false));
}

/* Returns the share received, which is that of the second implementation. */
static double received_share(sim_ns coherence_ns, int32_t median_mdbm)
{
    struct reception_params reception = uplink_reception();
    struct fading_params fading = { .model = FADING_RAYLEIGH, .coherence_ns = coherence_ns };
    tables = judge_tables_create(&reception);
    struct uplink_world *world = uplink_world_create_fading(&reception, &fading, FRAMES);
    double expected = 0, variance = 0;
    for (uint32_t i = 0; i < FRAMES; i++) {
        const struct frame *frame =
                uplink_send(world, SPACING_NS * (sim_ns)(i + 1), 12, FRAME_SIZE, median_mdbm);
        double p = chance(&fading, frame, median_mdbm);
        expected += p;
        variance += p * (1 - p);
    }
    engine_run(world->engine, SPACING_NS * (sim_ns)(FRAMES + 2));
    uint32_t received = 0;
    for (uint32_t i = 0; i < FRAMES; i++) {
        received += world->causes[i] == LOSS_NONE ? 1u : 0u;
    }
    cr_expect_float_eq(received, expected, STANDARD_ERRORS * sqrt(variance) + 0.5,
            "coherence %g s: %u received, expected %.1f", (double)coherence_ns / 1e9, received,
            expected);
    uplink_world_destroy(world);
    judge_tables_destroy(tables);
    return (double)received / FRAMES;
}

Test(coherence, gives_every_part_of_a_frame_the_gain_of_its_time)
{
    /* 6 dB over the sensitivity of SF12: one gain for a whole frame loses a fifth of them. */
    const int32_t median_mdbm = -139500 + 6000;
    double slow = received_share(3600 * SIM_NS_PER_S, median_mdbm);
    double medium = received_share(500 * SIM_NS_PER_MS, median_mdbm);
    double quick = received_share(20 * SIM_NS_PER_MS, median_mdbm);
    /* The more coherence times in a frame, the surer that one of them is a deep fade. */
    cr_expect_gt(slow, medium + 0.05, "%f, %f", slow, medium);
    cr_expect_gt(medium, quick + 0.05, "%f, %f", medium, quick);
}

/* Whatever breaks it is named FADING: at the median the frame would have passed. */
Test(coherence, names_fading_what_a_later_fade_broke)
{
    struct reception_params reception = uplink_reception();
    struct fading_params fading = { .model = FADING_RAYLEIGH, .coherence_ns = 100 * SIM_NS_PER_MS };
    struct uplink_world *world = uplink_world_create_fading(&reception, &fading, 200);
    for (uint32_t i = 0; i < 200; i++) {
        uplink_send(world, SPACING_NS * (sim_ns)(i + 1), 12, FRAME_SIZE, -139500 + 10000);
    }
    engine_run(world->engine, SPACING_NS * 300);
    uint32_t lost = 0;
    for (uint32_t i = 0; i < 200; i++) {
        lost += world->causes[i] != LOSS_NONE ? 1u : 0u;
        cr_expect(world->causes[i] == LOSS_NONE || world->causes[i] == LOSS_FADING, "frame %u: %s",
                i, loss_cause_name(world->causes[i]));
    }
    cr_expect_gt(lost, 20);
    uplink_world_destroy(world);
}
