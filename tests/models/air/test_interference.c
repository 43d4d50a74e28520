/* Interference rules and rejection matrices: published values and worked cases.
 * SPDX-License-Identifier: MIT
 *
 * Oracles: spec-physics section 5; powers and energies added up by hand.
 */
#include <criterion/criterion.h>
#include <math.h>

#include "air/interference.h"

static struct frame frame_at(uint8_t sf, uint16_t size, sim_ns start_ns)
{
    struct frame frame = { .size = size, .start_ns = start_ns };
    frame.modulation = (struct lora_modulation){ .frequency_hz = 868100000,
        .bandwidth_hz = 125000,
        .spreading_factor = sf,
        .coding_rate = 1,
        .preamble_symbols = 8,
        .low_data_rate = sf >= 11,
        .payload_crc = true };
    frame.header_ns = start_ns + lora_quarter_symbols_ns(&frame.modulation, 4 * 16 + 17);
    frame.end_ns = start_ns + lora_time_on_air_ns(&frame.modulation, size);
    return frame;
}

static enum interference_outcome judge(enum interference_model model, enum overlap_rule overlap,
        const struct frame *frame, int32_t power_mdbm, const struct overlap *overlaps,
        uint32_t overlap_count)
{
    struct interference_thresholds thresholds;
    interference_thresholds_init(&thresholds, model, 6);
    struct interference_rule rule = {
        .threshold_mdb = thresholds.mdb[frame->modulation.spreading_factor - 6],
        .from_ns = interference_from_ns(TIMING_WHOLE_FRAME, frame),
        .overlap = overlap,
    };
    return interference_judge(&rule, frame, power_mdbm, overlaps, overlap_count);
}

/* --- matrices --------------------------------------------------------------------------------- */

/* SF7..SF12, dB. */
static const int goursaud[6][6] = {
    { 6, -16, -18, -19, -19, -20 },
    { -24, 6, -20, -22, -22, -22 },
    { -27, -27, 6, -23, -25, -25 },
    { -30, -30, -30, 6, -26, -28 },
    { -33, -33, -33, -33, 6, -29 },
    { -36, -36, -36, -36, -36, 6 },
};
static const int croce[6][6] = {
    { 1, -8, -9, -9, -9, -9 },
    { -11, 1, -11, -12, -13, -13 },
    { -15, -13, 1, -13, -14, -15 },
    { -19, -18, -17, 1, -17, -18 },
    { -22, -22, -21, -20, 1, -20 },
    { -25, -25, -25, -24, -23, 1 },
};

static void expect_matrix(enum interference_model model, const int matrix[6][6])
{
    static const enum overlap_rule rules[] = { OVERLAP_INSTANT, OVERLAP_ENERGY };
    for (unsigned cell = 0; cell < 72; cell++) {
        unsigned wanted = cell % 6, other_sf = cell / 6 % 6;
        /* The other covers all of the wanted one: then energies stand as powers do. */
        struct frame frame = frame_at((uint8_t)(7 + wanted), 20, 0);
        struct frame other = frame_at((uint8_t)(7 + other_sf), 20, -SIM_NS_PER_S);
        other.end_ns = frame.end_ns + 1;
        struct overlap overlap = { .frame = &other };
        overlap.power_mdbm = -100000 - 1000 * matrix[wanted][other_sf] - 1;
        cr_expect_eq(judge(model, rules[cell / 36], &frame, -100000, &overlap, 1),
                INTERFERENCE_SURVIVED, "model %d, SF%u under SF%u", model, 7 + wanted,
                7 + other_sf);
        overlap.power_mdbm += 2;
        cr_expect_eq(judge(model, rules[cell / 36], &frame, -100000, &overlap, 1),
                INTERFERENCE_BREAKS_HEADER, "model %d, SF%u under SF%u", model, 7 + wanted,
                7 + other_sf);
    }
}

Test(interference, goursaud_matrix_is_the_published_one)
{
    expect_matrix(INTERFERENCE_GOURSAUD, goursaud);
}

Test(interference, croce_matrix_is_the_published_one)
{
    expect_matrix(INTERFERENCE_CROCE, croce);
}

Test(interference, capture_and_aloha_know_their_own_spreading_factor_only)
{
    struct frame frame = frame_at(9, 20, 0), same = frame_at(9, 20, 0), other = frame_at(8, 20, 0);
    struct overlap strong = { .frame = &other, .power_mdbm = 20000 };
    struct overlap faint = { .frame = &same, .power_mdbm = -250000 };
    for (int rule = OVERLAP_INSTANT; rule <= OVERLAP_ENERGY; rule++) {
        enum overlap_rule overlap = (enum overlap_rule)rule;
        cr_expect_eq(judge(INTERFERENCE_CAPTURE, overlap, &frame, -100000, &strong, 1),
                INTERFERENCE_SURVIVED);
        cr_expect_eq(judge(INTERFERENCE_CAPTURE, overlap, &frame, -100000, &faint, 1),
                INTERFERENCE_SURVIVED);
        cr_expect_eq(judge(INTERFERENCE_ALOHA, overlap, &frame, -100000, &strong, 1),
                INTERFERENCE_SURVIVED);
        cr_expect_eq(judge(INTERFERENCE_ALOHA, overlap, &frame, -100000, &faint, 1),
                INTERFERENCE_BREAKS_HEADER);
        cr_expect_eq(judge(INTERFERENCE_NONE, overlap, &frame, -100000, &faint, 1),
                INTERFERENCE_SURVIVED);
    }
}

/* "SF12 wanted at -130 dBm, SF7 interferer at -95 dBm, 100 % overlap: -35 dB: survives Goursaud
 * (-36), dies in Croce (-25)." */
Test(interference, sf12_under_35_db_of_sf7_survives_goursaud_and_is_lost_by_croce)
{
    struct frame frame = frame_at(12, 51, 0), other = frame_at(7, 51, -SIM_NS_PER_S);
    other.end_ns = frame.end_ns;
    struct overlap overlap = { .frame = &other, .power_mdbm = -95000 };
    cr_expect_eq(judge(INTERFERENCE_GOURSAUD, OVERLAP_ENERGY, &frame, -130000, &overlap, 1),
            INTERFERENCE_SURVIVED);
    cr_expect_eq(judge(INTERFERENCE_CROCE, OVERLAP_ENERGY, &frame, -130000, &overlap, 1),
            INTERFERENCE_BREAKS_HEADER);
}

/* --- energies --------------------------------------------------------------------------------- */

/* "SF7 wanted, one SF7 interferer overlapping 25 % of the packet at equal power: SIR = +6.02 dB ->
 * survives 6 dB rule, just. Overlap 30 %: 5.23 dB dies." */
Test(interference, a_quarter_of_a_frame_at_equal_power_is_withstood_and_a_third_is_not)
{
    struct frame frame = frame_at(7, 51, 0), other = frame_at(7, 51, 0);
    struct overlap overlap = { .frame = &other, .power_mdbm = -100000 };
    other.start_ns = frame.end_ns - frame.end_ns / 4;
    other.end_ns = 2 * frame.end_ns;
    cr_expect_eq(judge(INTERFERENCE_CAPTURE, OVERLAP_ENERGY, &frame, -100000, &overlap, 1),
            INTERFERENCE_SURVIVED);
    other.start_ns = frame.end_ns - frame.end_ns * 3 / 10;
    cr_expect_eq(judge(INTERFERENCE_CAPTURE, OVERLAP_ENERGY, &frame, -100000, &overlap, 1),
            INTERFERENCE_BREAKS_PAYLOAD, "all of it is after the header");
    other.start_ns = -frame.end_ns;
    other.end_ns = frame.end_ns * 3 / 10;
    cr_expect_eq(judge(INTERFERENCE_CAPTURE, OVERLAP_ENERGY, &frame, -100000, &overlap, 1),
            INTERFERENCE_BREAKS_HEADER);
    overlap.off_ns = frame.end_ns / 4;
    cr_expect_eq(judge(INTERFERENCE_CAPTURE, OVERLAP_ENERGY, &frame, -100000, &overlap, 1),
            INTERFERENCE_SURVIVED, "aborted after a quarter");
}

/* Each 20 % of the frame at equal power: two of one SF make 40 %, two of two SFs 20 % each. */
Test(interference, energies_add_up_within_a_spreading_factor_only)
{
    struct frame frame = frame_at(7, 51, 0), first = frame_at(7, 51, 0), last = frame_at(7, 51, 0);
    first.end_ns = frame.end_ns / 5;
    last.start_ns = frame.end_ns - frame.end_ns / 5;
    struct overlap overlaps[2] = { { .frame = &first, .power_mdbm = -100000 },
        { .frame = &last, .power_mdbm = -100000 } };
    cr_expect_eq(judge(INTERFERENCE_CAPTURE, OVERLAP_ENERGY, &frame, -100000, overlaps, 1),
            INTERFERENCE_SURVIVED);
    cr_expect_neq(judge(INTERFERENCE_CAPTURE, OVERLAP_ENERGY, &frame, -100000, overlaps, 2),
            INTERFERENCE_SURVIVED);
    last.modulation.spreading_factor = 8;           /* Croce SF7 under SF8: -8 dB */
    first.modulation.spreading_factor = 9;          /* under SF9: -9 dB */
    overlaps[0].power_mdbm = -100000 + 9000 + 6980; /* 20 % of the time: 6.99 dB less energy */
    overlaps[1].power_mdbm = -100000 + 8000 + 6980;
    cr_expect_eq(judge(INTERFERENCE_CROCE, OVERLAP_ENERGY, &frame, -100000, overlaps, 2),
            INTERFERENCE_SURVIVED);
    overlaps[1].power_mdbm += 20;
    cr_expect_neq(judge(INTERFERENCE_CROCE, OVERLAP_ENERGY, &frame, -100000, overlaps, 2),
            INTERFERENCE_SURVIVED);
}

Test(interference, powers_at_an_instant_add_up_within_a_spreading_factor_only)
{
    struct frame frame = frame_at(7, 51, 0), one = frame_at(8, 51, 0), two = frame_at(8, 51, 0);
    struct overlap overlaps[2] = { { .frame = &one, .power_mdbm = -92001 - 3011 },
        { .frame = &two, .power_mdbm = -92001 - 3011 } }; /* together 8 dB over the wanted one */
    cr_expect_eq(judge(INTERFERENCE_CROCE, OVERLAP_INSTANT, &frame, -100000, overlaps, 2),
            INTERFERENCE_SURVIVED);
    overlaps[0].power_mdbm += 3;
    overlaps[1].power_mdbm += 3;
    cr_expect_eq(judge(INTERFERENCE_CROCE, OVERLAP_INSTANT, &frame, -100000, overlaps, 2),
            INTERFERENCE_BREAKS_HEADER);
    two.modulation.spreading_factor = 9;
    cr_expect_eq(judge(INTERFERENCE_CROCE, OVERLAP_INSTANT, &frame, -100000, overlaps, 2),
            INTERFERENCE_SURVIVED);
}

/* --- what counts ------------------------------------------------------------------------------ */

Test(interference, preamble_lock_forgives_all_but_five_preamble_symbols)
{
    struct frame frame = frame_at(9, 20, 1000);
    sim_ns symbol_ns = lora_symbol_ns(&frame.modulation);
    cr_expect_eq(interference_from_ns(TIMING_PREAMBLE_LOCK, &frame), 1000 + 3 * symbol_ns);
    cr_expect_eq(interference_from_ns(TIMING_WHOLE_FRAME, &frame), 1000);
    frame.modulation.preamble_symbols = 5;
    cr_expect_eq(interference_from_ns(TIMING_PREAMBLE_LOCK, &frame), 1000);
}

Test(interference, names_are_those_of_the_enumerations)
{
    static const char *const models[] = { "capture", "none", "aloha", "goursaud", "croce" };
    for (unsigned i = 0; i < 5; i++) {
        cr_expect_str_eq(interference_model_names[i], models[i]);
    }
    cr_expect_null(interference_model_names[5]);
    cr_expect_str_eq(overlap_rule_names[OVERLAP_ENERGY], "energy");
    cr_expect_null(overlap_rule_names[2]);
    cr_expect_str_eq(capture_timing_names[TIMING_WHOLE_FRAME], "whole-frame");
    cr_expect_null(capture_timing_names[2]);
    cr_expect(interference_across_sf(INTERFERENCE_GOURSAUD));
    cr_expect_not(interference_across_sf(INTERFERENCE_CAPTURE));
}
