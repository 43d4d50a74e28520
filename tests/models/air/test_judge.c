/* Packet errors, fading, capture and corruption: one frame at one receiver.
 * SPDX-License-Identifier: MIT
 *
 * Oracles: spec-physics sections 2 and 3; closed forms for Rayleigh fading.
 */
#include <criterion/criterion.h>
#include <math.h>

#include "air/fading.h"
#include "air/judge.h"

#define SEED               7u
#define NOISE_125_KHZ_MDBM (-117031) /* -174 + 10 log10(125000) + 6 dB */

static struct judge_tables *tables;

static void create_tables(void)
{
    struct reception_params params = {
        .capture_db = 6,
        .device_noise_figure_db = 6,
        .gateway_noise_figure_db = 6,
    };
    tables = judge_tables_create(&params);
    cr_assert_not_null(tables);
}

static void destroy_tables(void)
{
    judge_tables_destroy(tables);
}

TestSuite(judge, .init = create_tables, .fini = destroy_tables);

static struct lora_modulation modulation(unsigned sf)
{
    return (struct lora_modulation){
        .frequency_hz = 868100000,
        .bandwidth_hz = 125000,
        .spreading_factor = (uint8_t)sf,
        .coding_rate = 1,
        .preamble_symbols = 8,
        .sync_word = 0x34,
        .low_data_rate = sf >= 11,
        .payload_crc = true,
    };
}

static struct frame frame_of(unsigned sf, uint16_t size, uint64_t id)
{
    struct frame frame = { .id = id, .size = size, .modulation = modulation(sf) };
    const struct lora_modulation *m = &frame.modulation;
    frame.detect_ns = lora_quarter_symbols_ns(m, 4 * 5);
    frame.preamble_end_ns = lora_quarter_symbols_ns(m, 4 * 8 + 17);
    frame.header_ns = lora_quarter_symbols_ns(m, 4 * 16 + 17);
    frame.end_ns = lora_time_on_air_ns(m, size);
    for (unsigned i = 0; i < size; i++) {
        frame.bytes[i] = (uint8_t)(i * 7);
    }
    return frame;
}

static int32_t fading_of(enum fading_model model, uint64_t frame_id, entity_id receiver)
{
    struct fading_params params = { .model = model };
    uint32_t word = judge_fading_word(SEED, frame_id, receiver);
    return fading_gain_mdb(&params, SEED, frame_id, receiver, 0, receiver, 0, word);
}

/* The curve without implementation loss. */
static double ideal_packet_error(const struct lora_modulation *m, uint16_t size, double snr_db)
{
    int32_t loss_mdb = judge_implementation_loss_mdb(tables, RECEIVER_SX1276, m->spreading_factor);
    return judge_packet_error(
            tables, RECEIVER_SX1276, m, size, (int32_t)lround(snr_db * 1000) + loss_mdb);
}

static double ideal_snr_db(const struct lora_modulation *m, uint16_t size, double packet_error)
{
    double low = -40, high = 10;
    for (int i = 0; i < 40; i++) {
        double middle = (low + high) / 2;
        if (ideal_packet_error(m, size, middle) > packet_error) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return high;
}

Test(judge, packet_error_is_one_percent_on_the_sensitivity_rows)
{
    static const int32_t rows[2][6] = {
        { -123000, -126000, -129000, -132000, -133000, -136000 },
        { -126500, -129000, -131500, -134000, -136500, -139500 },
    };
    for (unsigned kind = 0; kind < 2; kind++) {
        for (unsigned i = 0; i < 6; i++) {
            struct lora_modulation m = modulation(7 + i);
            cr_expect_eq(judge_sensitivity_mdbm(
                                 tables, (enum receiver_kind)kind, (uint8_t)(7 + i), 125000),
                    rows[kind][i]);
            int32_t snr_mdb = rows[kind][i] - NOISE_125_KHZ_MDBM;
            double error = judge_packet_error(tables, (enum receiver_kind)kind, &m, 10, snr_mdb);
            cr_expect(fabs(error - 0.01) < 1e-4, "kind %u SF%u: PER %g", kind, 7 + i, error);
        }
    }
    cr_expect_eq(judge_sensitivity_mdbm(tables, RECEIVER_SX1276, 7, 250000), -120000);
    cr_expect_eq(judge_sensitivity_mdbm(tables, RECEIVER_SX1276, 7, 500000), -116000);
}

Test(judge, ideal_packet_errors_of_64_bytes_are_the_worked_ones)
{
    static const double per[6][4] = {
        { 0.999, 0.762, 0.161, 0.011 },
        { 0.995, 0.598, 0.082, 0.0037 },
        { 0.972, 0.392, 0.034, 0.0010 },
        { 0.883, 0.206, 0.0112, 2.1e-4 },
        { 0.710, 0.094, 0.0032, 3.5e-5 },
        { 0.441, 0.032, 6.6e-4, 4e-6 },
    };
    for (unsigned i = 0; i < 6; i++) {
        struct lora_modulation m = modulation(7 + i);
        double threshold_db = -7.5 - 2.5 * i;
        for (int k = 0; k < 4; k++) {
            double got = ideal_packet_error(&m, 64, threshold_db + k - 2);
            cr_expect(fabs(got / per[i][k] - 1) < 0.06, "SF%u %+d dB: PER %g, expected %g", 7 + i,
                    k - 2, got, per[i][k]);
        }
    }
}

Test(judge, ideal_snr_for_given_packet_errors_is_the_worked_one)
{
    static const double ten_percent_db[6] = { -7.30, -10.08, -12.88, -15.71, -18.52, -21.37 };
    for (unsigned i = 0; i < 6; i++) {
        struct lora_modulation m = modulation(7 + i);
        double ten = ideal_snr_db(&m, 64, 0.1);
        double one = ideal_snr_db(&m, 64, 0.01);
        cr_expect(fabs(ten - ten_percent_db[i]) < 0.0101, "SF%u: %g dB", 7 + i, ten);
        cr_expect(one - ten > 0.65 && one - ten < 0.85, "SF%u: 1 %% at %+g dB", 7 + i, one - ten);
        m.coding_rate = 4;
        double coded = ideal_snr_db(&m, 64, 0.1);
        cr_expect(ten - coded > 1.4 && ten - coded < 1.8, "SF%u: 4/8 gains %g", 7 + i, ten - coded);
    }
    struct lora_modulation sf7 = modulation(7), sf12 = modulation(12);
    cr_expect_float_eq(ideal_snr_db(&sf7, 10, 0.01), -7.00, 0.0101);
    cr_expect_float_eq(ideal_snr_db(&sf12, 10, 0.01), -21.21, 0.0101);
    sf7.coding_rate = sf12.coding_rate = 4;
    cr_expect_float_eq(ideal_snr_db(&sf7, 64, 0.1), -9.03, 0.0101);
    cr_expect_float_eq(ideal_snr_db(&sf12, 64, 0.1), -22.82, 0.0101);
}

Test(judge, packet_error_falls_with_snr_and_rises_with_size)
{
    for (unsigned sf = 6; sf <= 12; sf++) {
        struct lora_modulation m = modulation(sf);
        for (unsigned cr = 1; cr <= 4; cr++) {
            m.coding_rate = (uint8_t)cr;
            double previous = 1;
            for (int32_t snr_mdb = -45000; snr_mdb < 5000; snr_mdb += 33) {
                double error = judge_packet_error(tables, RECEIVER_SX1301, &m, 51, snr_mdb);
                cr_assert(error <= previous && error >= 0);
                cr_assert_leq(judge_packet_error(tables, RECEIVER_SX1301, &m, 13, snr_mdb), error);
                previous = error;
            }
            cr_expect_eq(previous, 0);
        }
    }
}

Test(judge, detection_is_at_even_odds_for_the_header_block)
{
    for (unsigned sf = 7; sf <= 12; sf++) {
        struct lora_modulation m = modulation(sf);
        struct frame frame = frame_of(sf, 20, 1);
        struct judge_frame judged;
        judge_frame_init(&judged, tables, SEED, RECEIVER_SX1276, &frame);
        int32_t detect_mdbm = judged.detect_mdbm;
        m.implicit_header = true; /* no payload symbols: the header block is all there is */
        m.payload_crc = false;
        double error = judge_packet_error(
                tables, RECEIVER_SX1276, &m, 0, detect_mdbm - NOISE_125_KHZ_MDBM);
        cr_expect(fabs(error - 0.5) < 0.001, "SF%u: %g", sf, error);
        cr_expect_lt(
                detect_mdbm, judge_sensitivity_mdbm(tables, RECEIVER_SX1276, (uint8_t)sf, 125000));
    }
}

/* --- verdicts --------------------------------------------------------------------------------- */

static struct verdict judge_at(const struct frame *frame, int32_t rssi_mdbm,
        const struct overlap *overlaps, uint32_t count)
{
    return air_judge(tables, SEED, RECEIVER_SX1276, frame, 3, rssi_mdbm, 0, overlaps, count);
}

Test(judge, frequency_of_losses_is_the_packet_error)
{
    enum {
        TRIALS = 20000
    };
    struct lora_modulation m = modulation(9);
    for (int32_t rssi_mdbm = -131500; rssi_mdbm <= -128500; rssi_mdbm += 500) {
        double expected =
                judge_packet_error(tables, RECEIVER_SX1276, &m, 40, rssi_mdbm - NOISE_125_KHZ_MDBM);
        unsigned lost = 0, headers = 0;
        for (unsigned i = 0; i < TRIALS; i++) {
            struct frame frame = frame_of(9, 40, 1000 + i);
            struct verdict verdict = judge_at(&frame, rssi_mdbm, NULL, 0);
            lost += verdict.cause != LOSS_NONE;
            headers += verdict.header_ok;
            cr_assert_eq(verdict.snr_mdb, rssi_mdbm - NOISE_125_KHZ_MDBM);
        }
        double sigma = sqrt(expected * (1 - expected) / TRIALS) + 1e-9;
        cr_expect(fabs(lost / (double)TRIALS - expected) < 3.3 * sigma, "%d mdBm: %u of %d, PER %g",
                rssi_mdbm, lost, TRIALS, expected);
        cr_expect_geq(headers, TRIALS - lost);
    }
}

/* Loss of a short 4/8 frame, where header and payload fail about as often: two draws, not one; and
 * none of them the draw of the fading. */
Test(judge, draws_of_fading_header_and_payload_are_independent)
{
    enum {
        TRIALS = 40000
    };
    const int32_t rssi_mdbm = -132000;
    struct lora_modulation m = modulation(9);
    m.coding_rate = 4;
    double expected =
            judge_packet_error(tables, RECEIVER_SX1276, &m, 3, rssi_mdbm - NOISE_125_KHZ_MDBM);
    cr_assert(expected > 0.2 && expected < 0.8, "PER %g", expected);
    unsigned lost[2] = { 0 }, count[2] = { 0 };
    for (unsigned i = 0; i < TRIALS; i++) {
        struct frame frame = frame_of(9, 3, 10000000 + i);
        frame.modulation.coding_rate = 4;
        unsigned faded = fading_of(FADING_RAYLEIGH, frame.id, 3) < -1590;
        count[faded]++;
        lost[faded] += judge_at(&frame, rssi_mdbm, NULL, 0).cause != LOSS_NONE;
    }
    for (unsigned faded = 0; faded < 2; faded++) {
        double sigma = sqrt(expected * (1 - expected) / count[faded]);
        cr_expect(fabs((double)lost[faded] / count[faded] - expected) < 3.3 * sigma,
                "fading %u: %u of %u lost, PER %g", faded, lost[faded], count[faded], expected);
    }
}

Test(judge, fading_is_exponential_in_power)
{
    enum {
        TRIALS = 50000
    };
    static const double below_db[] = { -20, -10, -3, 0, 5 };
    unsigned count[5] = { 0 };
    double mean = 0;
    for (unsigned i = 0; i < TRIALS; i++) {
        double db = fading_of(FADING_RAYLEIGH, i, 11) / 1000.0;
        mean += pow(10, db / 10) / TRIALS;
        for (unsigned k = 0; k < 5; k++) {
            count[k] += db < below_db[k];
        }
    }
    cr_expect(fabs(mean - 1) < 3.3 / sqrt(TRIALS), "mean gain %g", mean);
    for (unsigned k = 0; k < 5; k++) {
        double p = 1 - exp(-pow(10, below_db[k] / 10));
        double sigma = sqrt(p * (1 - p) / TRIALS);
        cr_expect(
                fabs(count[k] / (double)TRIALS - p) < 3.3 * sigma, "P(gain < %g dB)", below_db[k]);
    }
    cr_expect_eq(fading_of(FADING_NONE, 1, 11), 0);
    cr_expect_eq(fading_of(FADING_RAYLEIGH, 5, 11), fading_of(FADING_RAYLEIGH, 5, 11));
    cr_expect_neq(fading_of(FADING_RAYLEIGH, 5, 11), fading_of(FADING_RAYLEIGH, 5, 12));
}

/* Loss rate of a Rayleigh link = packet error averaged over Exp(1), by a plain sum; and close to
 * the threshold law 1 - exp(-10^(-margin/10)), for the curve is some 1.5 dB wide. */
Test(judge, rayleigh_link_loses_what_the_average_of_the_curve_says)
{
    enum {
        TRIALS = 20000
    };
    struct lora_modulation m = modulation(7);
    int32_t sensitivity_mdbm = judge_sensitivity_mdbm(tables, RECEIVER_SX1276, 7, 125000);
    for (int32_t margin_mdb = 0; margin_mdb <= 20000; margin_mdb += 5000) {
        int32_t median_mdbm = sensitivity_mdbm + margin_mdb;
        double expected = 0;
        const double step = 0.01;
        for (double log_gain = -16; log_gain < 3; log_gain += step) {
            double gain = exp(log_gain);
            int32_t snr_mdb =
                    (int32_t)lround(median_mdbm + 10000 * log10(gain)) - NOISE_125_KHZ_MDBM;
            expected += judge_packet_error(tables, RECEIVER_SX1276, &m, 10, snr_mdb) * gain
                        * exp(-gain) * step;
        }
        double threshold_law = 1 - exp(-pow(10, -margin_mdb / 10000.0));
        cr_expect(expected < threshold_law && expected > 0.6 * threshold_law,
                "margin %d: average %g, threshold law %g", margin_mdb, expected, threshold_law);

        unsigned lost = 0, faded = 0;
        for (unsigned i = 0; i < TRIALS; i++) {
            struct frame frame = frame_of(7, 10, 5000 + i);
            int32_t fading_mdb = fading_of(FADING_RAYLEIGH, frame.id, 3);
            struct verdict verdict = air_judge(
                    tables, SEED, RECEIVER_SX1276, &frame, 3, median_mdbm, fading_mdb, NULL, 0);
            lost += verdict.cause != LOSS_NONE;
            faded += verdict.cause == LOSS_FADING;
        }
        /* 99 % interval of a binomial count */
        double sigma = sqrt(TRIALS * expected * (1 - expected));
        cr_expect(fabs(lost - TRIALS * expected) < 2.576 * sigma + 1,
                "margin %d: %u of %d, rate %g", margin_mdb, lost, TRIALS, expected);
        if (margin_mdb >= 5000) {
            cr_expect_eq(faded, lost, "the link is good without fading");
        }
    }
}

Test(judge, weak_links_are_told_from_faded_ones)
{
    struct frame frame = frame_of(7, 20, 1);
    cr_expect_eq(judge_at(&frame, -135000, NULL, 0).cause, LOSS_BELOW_SENSITIVITY);
    struct verdict faded =
            air_judge(tables, SEED, RECEIVER_SX1276, &frame, 3, -110000, -30000, NULL, 0);
    cr_expect_eq(faded.cause, LOSS_FADING);
    cr_expect_eq(faded.rssi_mdbm, -140000);
    cr_expect_not(faded.header_ok);
    struct verdict good = judge_at(&frame, -100000, NULL, 0);
    cr_expect_eq(good.cause, LOSS_NONE);
    cr_expect(good.header_ok);
}

/* --- interference ----------------------------------------------------------------------------- */

Test(judge, six_decibels_over_an_overlap_survive)
{
    struct frame frame = frame_of(7, 20, 1), other = frame_of(7, 20, 2);
    struct overlap overlap = { .frame = &other, .power_mdbm = -106000 };
    cr_expect_eq(judge_at(&frame, -100000, &overlap, 1).cause, LOSS_NONE);
    overlap.power_mdbm = -105999;
    cr_expect_eq(judge_at(&frame, -100000, &overlap, 1).cause, LOSS_INTERFERENCE);
}

/* n equal interferers are 10 log10(n) stronger than one: 3.0103, 4.7712, 6.0206 dB. */
Test(judge, powers_of_simultaneous_overlaps_add_up)
{
    static const int32_t more_mdb[] = { 0, 3011, 4772, 6021 };
    struct frame frame = frame_of(7, 20, 1), other = frame_of(7, 20, 2);
    for (uint32_t count = 1; count <= 4; count++) {
        struct overlap overlaps[4];
        for (uint32_t i = 0; i < count; i++) {
            overlaps[i] = (struct overlap){ .frame = &other,
                .power_mdbm = -106000 - more_mdb[count - 1] };
        }
        cr_expect_eq(judge_at(&frame, -100000, overlaps, count).cause, LOSS_NONE, "%u", count);
        for (uint32_t i = 0; i < count; i++) {
            overlaps[i].power_mdbm += 2;
        }
        cr_expect_eq(
                judge_at(&frame, -100000, overlaps, count).cause, LOSS_INTERFERENCE, "%u", count);
    }
}

Test(judge, overlaps_one_after_the_other_do_not_add_up)
{
    struct frame frame = frame_of(7, 20, 1), first = frame_of(7, 20, 2), last = frame_of(7, 20, 3);
    struct overlap overlaps[2] = { { .frame = &first, .power_mdbm = -107000 },
        { .frame = &last, .power_mdbm = -107000 } };
    first.start_ns = -first.end_ns / 2;
    first.end_ns = last.start_ns = frame.header_ns + 1;
    last.end_ns += last.start_ns;
    cr_expect_eq(judge_at(&frame, -100000, overlaps, 2).cause, LOSS_NONE);
    first.end_ns++;
    struct verdict verdict = judge_at(&frame, -100000, overlaps, 2);
    cr_expect_eq(verdict.cause, LOSS_INTERFERENCE);
    cr_expect(verdict.header_ok, "they came together after the header");
    last.start_ns = frame.header_ns - 1;
    cr_expect_not(judge_at(&frame, -100000, overlaps, 2).header_ok);
    struct overlap swapped[2] = { overlaps[1], overlaps[0] };
    cr_expect_eq(judge_at(&frame, -100000, swapped, 2).cause, LOSS_INTERFERENCE);
    cr_expect_not(judge_at(&frame, -100000, swapped, 2).header_ok);
    /* One that ended before the critical part counts for nothing. */
    first.end_ns = 3 * lora_symbol_ns(&frame.modulation);
    last.start_ns = 0;
    cr_expect_eq(judge_at(&frame, -100000, overlaps, 2).cause, LOSS_NONE);
}

Test(judge, only_overlaps_of_the_last_five_preamble_symbols_or_later_harm)
{
    struct frame frame = frame_of(7, 20, 1), other = frame_of(7, 20, 2);
    struct overlap overlap = { .frame = &other, .power_mdbm = -90000 };
    sim_ns critical_ns = 3 * lora_symbol_ns(&frame.modulation);
    other.start_ns = -other.end_ns;
    other.end_ns = critical_ns;
    cr_expect_eq(judge_at(&frame, -100000, &overlap, 1).cause, LOSS_NONE);
    other.end_ns = critical_ns + 1;
    struct verdict verdict = judge_at(&frame, -100000, &overlap, 1);
    cr_expect_eq(verdict.cause, LOSS_INTERFERENCE);
    cr_expect_not(verdict.header_ok);

    other.start_ns = frame.header_ns;
    other.end_ns = frame.end_ns + 1;
    verdict = judge_at(&frame, -100000, &overlap, 1);
    cr_expect_eq(verdict.cause, LOSS_INTERFERENCE);
    cr_expect(verdict.header_ok, "it began after the header");
    other.start_ns = frame.end_ns;
    cr_expect_eq(judge_at(&frame, -100000, &overlap, 1).cause, LOSS_NONE);
}

/* --- corruption ------------------------------------------------------------------------------- */

Test(judge, corrupted_copies_differ_in_one_to_four_bytes_and_are_reproducible)
{
    for (uint16_t size = 1; size <= LORA_FRAME_SIZE_MAX; size++) {
        struct frame frame = frame_of(7, size, size);
        uint8_t bytes[LORA_FRAME_SIZE_MAX], again[LORA_FRAME_SIZE_MAX];
        air_corrupt(SEED, &frame, 9, bytes);
        air_corrupt(SEED, &frame, 9, again);
        unsigned changed = 0;
        for (unsigned i = 0; i < size; i++) {
            changed += bytes[i] != frame.bytes[i];
        }
        cr_expect(changed >= 1 && changed <= 4, "%u of %u bytes", changed, size);
        cr_expect_arr_eq(bytes, again, size);
    }
}

/* 1 to 4 errors, 2.5 on average, fall on any byte alike and on any bit of it: of N copies each of
 * 64 bytes differs in 2.5 N / 64 less those that two errors hit, each of its bits in half of these.
 * Five standard deviations. */
Test(judge, errors_of_corrupted_copies_fall_on_the_whole_frame)
{
    enum {
        SIZE = 64,
        COPIES = 40000
    };
    double changed[SIZE] = { 0 }, bits[8] = { 0 }, sum = 0;
    for (uint64_t id = 0; id < COPIES; id++) {
        struct frame frame = frame_of(7, SIZE, id);
        uint8_t bytes[LORA_FRAME_SIZE_MAX];
        air_corrupt(SEED, &frame, 9, bytes);
        for (unsigned i = 0; i < SIZE; i++) {
            uint8_t flips = bytes[i] ^ frame.bytes[i];
            changed[i] += flips != 0;
            sum += flips != 0;
            for (unsigned bit = 0; bit < 8; bit++) {
                bits[bit] += flips >> bit & 1;
            }
        }
    }
    /* Of the pairs of errors in a copy, (0 + 1 + 3 + 6) / 4 on average, one in 64 is one byte. */
    double mean = COPIES * (2.5 - 2.5 / SIZE) / SIZE;
    cr_expect_float_eq(sum / SIZE, mean, 0.01 * mean);
    for (unsigned i = 0; i < SIZE; i++) {
        cr_expect_float_eq(changed[i], mean, 5 * sqrt(mean), "byte %u: %g", i, changed[i]);
    }
    for (unsigned bit = 0; bit < 8; bit++) {
        cr_expect_float_eq(bits[bit], sum / 2, 0.01 * sum, "bit %u: %g", bit, bits[bit]);
    }
}

Test(judge, corrupted_copy_of_one_byte_is_never_whole_again)
{
    for (uint64_t id = 0; id < 5000; id++) {
        struct frame frame = frame_of(7, 1, id);
        uint8_t byte;
        air_corrupt(SEED, &frame, 9, &byte);
        cr_assert_neq(byte, frame.bytes[0], "frame %llu", (unsigned long long)id);
    }
}
