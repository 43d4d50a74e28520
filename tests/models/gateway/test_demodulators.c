/* Demodulators: how many frames at once, which one is lost, how often, and what a downlink costs.
 * SPDX-License-Identifier: MIT
 *
 * Oracles: counts by construction (SX1301: eight paths, spec-physics section 6); Erlang's loss
 * formula (A. K. Erlang, 1917), which holds for any distribution of the holding time.
 */
#include <criterion/criterion.h>
#include <math.h>

#include "gateway_world.h"
#include "random_stream.h"

#define START_NS SIM_NS_PER_S

static void eight_channels(uint16_t demodulators)
{
    world.params.demodulators = demodulators;
    world.params.channel_count = 8;
    for (unsigned i = 0; i < 8; i++) {
        world.params.channel_hz[i] = world_channels[i];
    }
    world_restart();
}

TestSuite(demodulators, .init = world_default, .fini = world_stop);

/* Nine frames that share the air and no pair of channel and SF, equally strong, all detected before
 * the first one ends: SF7 to SF9, 57 to 185 ms long, detected within 21 ms. */
static void send_nine(sim_ns at_ns)
{
    for (uint32_t i = 0; i < 9; i++) {
        world_uplink(i, at_ns, world_channels[i % 8], (uint8_t)(i < 8 ? 7 + i % 3 : 8));
    }
}

static unsigned lost_in_all(void)
{
    unsigned sum = 0;
    for (unsigned cause = 0; cause < LOSS_CAUSE_COUNT; cause++) {
        sum += world.lost[cause];
    }
    return sum;
}

Test(demodulators, eight_of_nine_simultaneous_frames_are_received_and_one_finds_none_free)
{
    eight_channels(8);
    send_nine(START_NS);
    world_run_to(3 * SIM_NS_PER_S);
    cr_expect_eq(world.uplink_count, 8);
    cr_expect_eq(world.lost[LOSS_RECEIVER_LOCKED_ELSEWHERE], 1);
    cr_expect_eq(lost_in_all(), 1, "no other cause");
    struct gateway_stats stats = world_stats();
    cr_expect_eq(stats.uplinks, 8);
    cr_expect_eq(stats.lost[LOSS_RECEIVER_LOCKED_ELSEWHERE], 1);
    cr_expect_eq(stats.demodulators_max, 8);
}

Test(demodulators, nine_demodulators_receive_all_nine)
{
    eight_channels(9);
    send_nine(START_NS);
    world_run_to(3 * SIM_NS_PER_S);
    cr_expect_eq(world.uplink_count, 9);
    cr_expect_eq(lost_in_all(), 0);
}

Test(demodulators, none_given_means_as_many_as_frames)
{
    eight_channels(0);
    for (uint32_t i = 0; i < 48; i++) { /* every pair of channel and SF */
        world_uplink(i, START_NS, world_channels[i % 8], (uint8_t)(7 + i / 8));
    }
    world_run_to(5 * SIM_NS_PER_S);
    cr_expect_eq(world.uplink_count, 48);
    cr_expect_eq(lost_in_all(), 0);
    /* SF12 is detected 164 ms after its start: 57 ms of SF7 and 103 ms of SF8 are over by then. */
    cr_expect_eq(world_stats().demodulators_max, 32);
}

/* --- from detection, or from the start: which one of nine, and when ----------------------------
 */

/* Eight frames at SF12, and 1 ms later a ninth. Five symbols at SF12 take 163.84 ms, at SF11
 * 81.92 ms, at SF7 5.12 ms; 20 bytes at SF7 take 56.576 ms (Semtech AN1200.13). */
static void send_eight_and(uint8_t sf, enum demodulator_from from)
{
    world.demodulator_from = from;
    eight_channels(8);
    for (uint32_t i = 0; i < 8; i++) {
        world_uplink(i, START_NS, world_channels[i], 12);
    }
    world_uplink(8, START_NS + SIM_NS_PER_MS, world_channels[0], sf);
    world_run_to(START_NS + 5 * SIM_NS_PER_S);
}

static void expect_one_lost(uint32_t device, sim_ns after_ns)
{
    cr_expect_eq(world.uplink_count, 8);
    cr_expect_eq(world.lost[LOSS_RECEIVER_LOCKED_ELSEWHERE], 1);
    cr_expect_eq(lost_in_all(), 1);
    cr_expect_eq(world.lost_device, device);
    cr_expect_eq(world.lost_at_ns, START_NS + after_ns);
    cr_expect_eq(world_stats().demodulators_max, 8);
}

Test(demodulators, from_detection_a_short_frame_is_over_before_long_ones_are_detected)
{
    send_eight_and(7, DEMODULATOR_FROM_DETECTION);
    cr_expect_eq(world.uplink_count, 9);
    cr_expect_eq(lost_in_all(), 0);
    cr_expect_eq(world_stats().demodulators_max, 8);
}

Test(demodulators, from_the_start_a_short_frame_that_comes_ninth_is_lost_when_it_begins)
{
    send_eight_and(7, DEMODULATOR_FROM_START);
    expect_one_lost(8, SIM_NS_PER_MS);
}

Test(demodulators, from_detection_the_frame_that_is_detected_ninth_is_lost)
{
    send_eight_and(11, DEMODULATOR_FROM_DETECTION);
    expect_one_lost(7, 163840000);
}

Test(demodulators, from_the_start_the_frame_that_begins_ninth_is_lost)
{
    send_eight_and(11, DEMODULATOR_FROM_START);
    expect_one_lost(8, SIM_NS_PER_MS);
}

/* --- half duplex ------------------------------------------------------------------------------ */

static void send_downlink(sim_ns at_ns, uint16_t size)
{
    struct gateway_tx tx = world_request(1, at_ns, 12, size);
    world_submit(&tx);
}

Test(demodulators, a_gateway_that_transmits_is_deaf_to_all_nine)
{
    eight_channels(8);
    send_downlink(START_NS, 20); /* 1.3 s */
    send_nine(START_NS + 100 * SIM_NS_PER_MS);
    world_run_to(5 * SIM_NS_PER_S);
    world_expect_report(1, 1, GATEWAY_TX_SENT);
    cr_expect_eq(world.uplink_count, 0);
    cr_expect_eq(world.lost[LOSS_RADIO_BUSY], 9);
    cr_expect_eq(lost_in_all(), 9);
    cr_expect_eq(world_stats().lost[LOSS_RADIO_BUSY], 9);
}

Test(demodulators, a_transmission_ends_the_receptions_it_meets)
{
    eight_channels(9);
    send_nine(START_NS);
    send_downlink(START_NS + 30 * SIM_NS_PER_MS, 20); /* all nine are being received */
    world_run_to(5 * SIM_NS_PER_S);
    cr_expect_eq(world.uplink_count, 0);
    cr_expect_eq(world.lost[LOSS_RADIO_BUSY], 9);
    cr_expect_eq(lost_in_all(), 9);
    send_nine(6 * SIM_NS_PER_S);
    world_run_to(8 * SIM_NS_PER_S);
    cr_expect_eq(world.uplink_count, 9, "its demodulators are free again");
    cr_expect_eq(world_stats().demodulators_max, 9);
}

/* A frame at SF12 is detected 163.84 ms after its start, so a downlink of 41 ms that begins 20 ms
 * after it leaves more than five symbols of its preamble. */
static void send_within_preamble(enum demodulator_from from)
{
    world.demodulator_from = from;
    eight_channels(8);
    struct gateway_tx tx = world_request(1, START_NS + 20 * SIM_NS_PER_MS, 7, 10);
    world_submit(&tx);
    world_uplink(0, START_NS, world_channels[0], 12);
    world_run_to(START_NS + 5 * SIM_NS_PER_S);
    world_expect_report(1, 1, GATEWAY_TX_SENT);
}

Test(demodulators, from_detection_a_transmission_before_it_costs_nothing)
{
    send_within_preamble(DEMODULATOR_FROM_DETECTION);
    cr_expect_eq(world.uplink_count, 1);
}

Test(demodulators, from_the_start_a_transmission_in_the_preamble_ends_the_reception)
{
    send_within_preamble(DEMODULATOR_FROM_START);
    cr_expect_eq(world.uplink_count, 0);
    cr_expect_eq(world.lost[LOSS_RADIO_BUSY], 1);
}

/* The downlink ends 31 ms after the start of the frame at SF12, which has the only demodulator from
 * then on: one frame at SF7 that begins 20 ms later finds none. */
Test(demodulators, from_the_start_one_is_taken_when_a_transmission_has_ended)
{
    world.demodulator_from = DEMODULATOR_FROM_START;
    eight_channels(1);
    struct gateway_tx tx = world_request(1, START_NS, 7, 10);
    world_submit(&tx);
    world_uplink(0, START_NS + 10 * SIM_NS_PER_MS, world_channels[0], 12);
    world_uplink(1, START_NS + 60 * SIM_NS_PER_MS, world_channels[1], 7);
    world_run_to(START_NS + 5 * SIM_NS_PER_S);
    world_expect_report(1, 1, GATEWAY_TX_SENT);
    cr_expect_eq(world.uplink_count, 1);
    cr_expect_eq(world.uplinks[0].uplink.bytes[1], 0);
    cr_expect_eq(world.lost[LOSS_RECEIVER_LOCKED_ELSEWHERE], 1);
    cr_expect_eq(world.lost_device, 1);
}

/* --- Erlang's formula ------------------------------------------------------------------------- */

static double erlang_b(unsigned servers, double load)
{
    double blocking = 1;
    for (unsigned k = 1; k <= servers; k++) {
        blocking = load * blocking / (k + load * blocking);
    }
    return blocking;
}

Test(erlang_b, recursion_gives_published_values)
{
    /* 1 / (1 + 1/a); 2/21; tables of the loss formula */
    cr_expect_float_eq(erlang_b(1, 0.5), 1.0 / 3, 1e-12);
    cr_expect_float_eq(erlang_b(4, 2), 2.0 / 21, 1e-12);
    cr_expect_float_eq(erlang_b(10, 4.46), 0.010, 5e-5); /* 10 lines at 1 %: 4.46 erlang */
    cr_expect_float_eq(erlang_b(8, 3.13), 0.010, 5e-5);  /* 8 lines at 1 %: 3.13 erlang */
}

#define BATCHES 50u

struct arrivals {
    struct random_stream draws;
    sim_ns now_ns;
    sim_ns busy_until_ns[6][8]; /* pairs of SF and channel on the air */
    double interval_ns;
    double share[6]; /* of arrivals, by SF: all SFs load the gateway equally */
};

/* Poisson arrivals that offer `load` erlang; a demodulator is held from detection to end. */
static void arrivals_init(struct arrivals *arrivals, double load)
{
    *arrivals = (struct arrivals){ .now_ns = START_NS };
    random_stream_init(&arrivals->draws, 7, 0, RANDOM_TEST, 1);
    double sum = 0, mean_hold_ns = 0;
    for (unsigned i = 0; i < 6; i++) {
        const struct frame *frame = world_uplink(i, 0, world_channels[i], (uint8_t)(7 + i));
        double hold_ns = (double)(frame->end_ns - frame->detect_ns);
        arrivals->share[i] = 1 / hold_ns;
        sum += 1 / hold_ns;
    }
    world_run_to(START_NS - 1);
    mean_hold_ns = 6 / sum;
    for (unsigned i = 0; i < 6; i++) {
        arrivals->share[i] /= sum;
    }
    arrivals->interval_ns = mean_hold_ns / load;
}

/* The next one, on a pair of channel and SF of its own while there is one. */
static void arrive(struct arrivals *arrivals, uint32_t number)
{
    double gap_ns = -log(random_stream_uniform_open(&arrivals->draws)) * arrivals->interval_ns;
    arrivals->now_ns += (sim_ns)llround(gap_ns);
    world_run_to(arrivals->now_ns);
    double left = random_stream_uniform(&arrivals->draws);
    unsigned sf = 0;
    while (sf < 5 && left >= arrivals->share[sf]) {
        left -= arrivals->share[sf++];
    }
    unsigned channel = 0;
    while (channel < 7 && arrivals->busy_until_ns[sf][channel] > arrivals->now_ns) {
        channel++;
    }
    const struct frame *frame = world_uplink(
            number % WORLD_DEVICES, arrivals->now_ns, world_channels[channel], (uint8_t)(7 + sf));
    arrivals->busy_until_ns[sf][channel] = frame->end_ns;
}

static void expect_blocking(uint16_t demodulators, double load, uint32_t batch)
{
    eight_channels(demodulators);
    struct arrivals arrivals;
    arrivals_init(&arrivals, load);
    uint32_t number = 0;
    for (; number < 500; number++) { /* until the start is forgotten */
        arrive(&arrivals, number);
    }
    double sum = 0, sum2 = 0;
    for (uint32_t i = 0; i < BATCHES; i++) {
        unsigned before = world.lost[LOSS_RECEIVER_LOCKED_ELSEWHERE];
        for (uint32_t k = 0; k < batch; k++) {
            arrive(&arrivals, number++);
        }
        double share = (double)(world.lost[LOSS_RECEIVER_LOCKED_ELSEWHERE] - before) / batch;
        sum += share;
        sum2 += share * share;
    }
    double mean = sum / BATCHES;
    double error = sqrt((sum2 / BATCHES - mean * mean) / (BATCHES - 1));
    double expected = erlang_b(demodulators, load);
    /* 99.9 % of normal samples lie within 3.3 standard errors. */
    cr_expect(fabs(mean - expected) < 3.3 * error,
            "%u demodulators, %g erlang: %.5f blocked, %.5f by the formula, standard error %.5f",
            demodulators, load, mean, expected, error);
    cr_expect(error < 0.04 * expected + 0.0005, "%.5f is too coarse a measurement", error);
}

Test(demodulators, blocking_is_erlang_b)
{
    expect_blocking(1, 0.5, 1000);
    expect_blocking(2, 2, 1000);
    expect_blocking(4, 2, 1500);
    expect_blocking(8, 4, 4000);
    expect_blocking(8, 8, 2000);
    expect_blocking(16, 12, 3000);
}

/* The model of published studies: equal frames on one channel, no interference. What is not blocked
 * is received. */
Test(demodulators, one_channel_without_interference_loses_only_what_erlang_b_says)
{
    world.interference = INTERFERENCE_NONE;
    eight_channels(8);
    struct random_stream draws;
    random_stream_init(&draws, 8, 0, RANDOM_TEST, 4);
    const double load = 6;
    sim_ns at_ns = START_NS;
    double interval_ns = 0;
    enum {
        COUNT = 200000
    };
    for (uint32_t i = 0; i < COUNT; i++) {
        const struct frame *frame = world_uplink(i % WORLD_DEVICES, at_ns, 868100000, 8);
        interval_ns = (double)(frame->end_ns - frame->detect_ns) / load;
        at_ns += 1 + (sim_ns)llround(-log(random_stream_uniform_open(&draws)) * interval_ns);
        world_run_to(at_ns);
    }
    world_run_to(at_ns + SIM_NS_PER_S);
    struct gateway_stats stats = world_stats();
    uint64_t blocked = stats.lost[LOSS_RECEIVER_LOCKED_ELSEWHERE];
    cr_expect_eq(stats.uplinks + blocked, COUNT);
    cr_expect_eq(world.uplink_count, stats.uplinks);
    /* B(8, 6) = 0.1219; correlation within busy periods doubles the binomial's error at most. */
    double share = (double)blocked / COUNT, expected = erlang_b(8, load);
    cr_expect_float_eq(expected, 0.1219, 5e-5);
    cr_expect_float_eq(share, expected, 3.3 * 2 * sqrt(expected * (1 - expected) / COUNT),
            "%.5f blocked, %.5f by the formula", share, expected);
}
