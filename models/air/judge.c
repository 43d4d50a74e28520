/* Reception of one frame by one receiver.
 * SPDX-License-Identifier: MIT
 */
#include "air/judge.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "air/error_curve.h"
#include "random_stream.h"

#define SF_COUNT       (ERROR_CURVE_SF_MAX - ERROR_CURVE_SF_MIN + 1)
#define RECEIVER_KINDS 2u
/* What the sensitivity rows are read with: spec-physics section 2. */
#define ROW_NOISE_FIGURE_DB 6.0
#define ROW_BANDWIDTH_HZ    125000u
#define ROW_FRAME_SIZE      10u
#define ROW_PACKET_ERROR    0.01

/* A draw of 32 bits can't be below this chance. */
#define CHANCE_MIN (0.5 / 4294967296.0)

struct judge_tables {
    struct reception_params params;
    int32_t loss_mdb[RECEIVER_KINDS][SF_COUNT];
    int32_t header_snr_mdb[SF_COUNT]; /* ideal receiver: header block at even odds */
    struct error_curve curve[SF_COUNT];
};

/* mdBm at 125 kHz, SF6..SF12. SX1276: datasheet rev 4 table 10, HF port. SX1301: reference design;
 * it has no SF6, the row goes on by its own 2.5 dB. */
static const int32_t sensitivity_rows[RECEIVER_KINDS][SF_COUNT] = {
    [RECEIVER_SX1276] = { -118000, -123000, -126000, -129000, -132000, -133000, -136000 },
    [RECEIVER_SX1301] = { -124000, -126500, -129000, -131500, -134000, -136500, -139500 },
};

static unsigned sf_index(unsigned spreading_factor)
{
    assert(spreading_factor >= ERROR_CURVE_SF_MIN && spreading_factor <= ERROR_CURVE_SF_MAX);
    return spreading_factor - ERROR_CURVE_SF_MIN;
}

static int32_t noise_floor_mdbm(uint32_t bandwidth_hz, double noise_figure_db)
{
    return (int32_t)lround(1000 * (-174 + 10 * log10(bandwidth_hz) + noise_figure_db));
}

/* --- error exponents of a frame --------------------------------------------------------------- */

/* The header block holds SF - 2 words of CR 4/8, with an implicit header as well: then they carry
 * payload. */
static double header_words(const struct lora_modulation *m)
{
    return m->spreading_factor - 2.0;
}

static void payload_words(
        const struct lora_modulation *m, uint16_t size, double *units, uint8_t *unit)
{
    uint32_t blocks = (lora_payload_symbols(m, size) - 8) / (m->coding_rate + 4u);
    uint32_t words = blocks * (m->spreading_factor - (m->low_data_rate ? 2u : 0u));
    if (m->coding_rate <= 2) {
        *unit = ERROR_BIT;
        *units = (double)words * (m->coding_rate + 4.0);
    } else {
        *unit = m->coding_rate == 3 ? ERROR_WORD_47 : ERROR_WORD_48;
        *units = words;
    }
}

static double ideal_exponent(const struct error_curve *curve, const struct lora_modulation *m,
        uint16_t size, int32_t snr_mdb)
{
    double units;
    uint8_t unit;
    payload_words(m, size, &units, &unit);
    return units * error_curve_exponent(curve, (enum error_unit)unit, snr_mdb)
           + header_words(m) * error_curve_exponent(curve, ERROR_WORD_48, snr_mdb);
}

/* Least SNR, to the mdB, at which `exponent_max` is not exceeded: exponents fall with SNR. */
static int32_t snr_where(const struct error_curve *curve, const struct lora_modulation *m,
        uint16_t size, double exponent_max)
{
    int32_t low = curve->from_mdb;
    int32_t high = low + (int32_t)(ERROR_CURVE_POINTS << ERROR_CURVE_STEP_SHIFT);
    while (high - low > 1) {
        int32_t middle = low + (high - low) / 2;
        if (ideal_exponent(curve, m, size, middle) <= exponent_max) {
            high = middle;
        } else {
            low = middle;
        }
    }
    return high;
}

struct judge_tables *judge_tables_create(const struct reception_params *params)
{
    struct judge_tables *tables = malloc(sizeof *tables);
    if (tables == NULL) {
        return NULL;
    }
    tables->params = *params;
    int32_t row_noise_mdbm = noise_floor_mdbm(ROW_BANDWIDTH_HZ, ROW_NOISE_FIGURE_DB);
    for (unsigned i = 0; i < SF_COUNT; i++) {
        struct lora_modulation m = {
            .bandwidth_hz = ROW_BANDWIDTH_HZ,
            .spreading_factor = (uint8_t)(ERROR_CURVE_SF_MIN + i),
            .coding_rate = 1,
            .payload_crc = true,
        };
        m.low_data_rate = lora_needs_low_data_rate(m.spreading_factor, m.bandwidth_hz);
        error_curve_fill(&tables->curve[i], m.spreading_factor);
        int32_t ideal_mdb =
                snr_where(&tables->curve[i], &m, ROW_FRAME_SIZE, -log1p(-ROW_PACKET_ERROR));
        for (unsigned kind = 0; kind < RECEIVER_KINDS; kind++) {
            tables->loss_mdb[kind][i] = sensitivity_rows[kind][i] - row_noise_mdbm - ideal_mdb;
        }
        m.payload_crc = false;
        m.implicit_header = true; /* no payload symbols whatever the SF: the header block alone */
        tables->header_snr_mdb[i] = snr_where(&tables->curve[i], &m, 0, log(2));
    }
    return tables;
}

void judge_tables_destroy(struct judge_tables *tables)
{
    free(tables);
}

double judge_packet_error(const struct judge_tables *tables, enum receiver_kind kind,
        const struct lora_modulation *modulation, uint16_t size, int32_t snr_mdb)
{
    unsigned i = sf_index(modulation->spreading_factor);
    double exponent = ideal_exponent(
            &tables->curve[i], modulation, size, snr_mdb - tables->loss_mdb[kind][i]);
    return -expm1(-exponent);
}

int32_t judge_sensitivity_mdbm(
        enum receiver_kind kind, uint8_t spreading_factor, uint32_t bandwidth_hz)
{
    double wider_db = 10 * log10((double)bandwidth_hz / ROW_BANDWIDTH_HZ);
    return sensitivity_rows[kind][sf_index(spreading_factor)] + (int32_t)lround(1000 * wider_db);
}

int32_t judge_implementation_loss_mdb(
        const struct judge_tables *tables, enum receiver_kind kind, uint8_t spreading_factor)
{
    return tables->loss_mdb[kind][sf_index(spreading_factor)];
}

/* --- draws ------------------------------------------------------------------------------------ */

/* One block per (frame, receiver): word 0 fading, 1 header, 2 payload. */
struct draws {
    uint32_t word[4];
};

static struct draws draws_of(uint64_t seed, uint64_t frame_id, entity_id receiver)
{
    struct draws draws;
    random_block(seed, receiver, RANDOM_FADING, frame_id, draws.word);
    return draws;
}

/* In (0, 1): never an end, so logarithms are finite. */
static double uniform_of(uint32_t word)
{
    return (word + 0.5) / 4294967296.0;
}

int32_t judge_fading_mdb(
        uint64_t seed, enum fading_model fading, uint64_t frame_id, entity_id receiver)
{
    if (fading == FADING_NONE) {
        return 0;
    }
    assert(fading == FADING_RAYLEIGH);
    struct draws draws = draws_of(seed, frame_id, receiver);
    return (int32_t)lround(10000 * log10(-log(uniform_of(draws.word[0]))));
}

/* --- the verdict ------------------------------------------------------------------------------ */

void judge_frame_init(struct judge_frame *judged, const struct judge_tables *tables, uint64_t seed,
        enum receiver_kind kind, const struct frame *frame)
{
    const struct lora_modulation *m = &frame->modulation;
    const struct reception_params *params = &tables->params;
    unsigned i = sf_index(m->spreading_factor);
    judged->frame = frame;
    judged->curve = &tables->curve[i];
    judged->seed = seed;
    payload_words(m, frame->size, &judged->payload_units, &judged->payload_unit);
    judged->header_words = header_words(m);
    judged->noise_mdbm = noise_floor_mdbm(
            m->bandwidth_hz, kind == RECEIVER_SX1276 ? params->device_noise_figure_db
                                                     : params->gateway_noise_figure_db);
    judged->loss_mdb = tables->loss_mdb[kind][i];
    judged->detect_mdbm = judged->noise_mdbm + judged->loss_mdb + tables->header_snr_mdb[i];
    judged->capture_mdb = (int32_t)lround(1000 * params->capture_db);
}

enum outcome {
    OUTCOME_RECEIVED,
    OUTCOME_PAYLOAD_BROKEN,
    OUTCOME_HEADER_BROKEN,
    OUTCOME_UNHEARD
};

static enum outcome outcome_in_noise(
        const struct judge_frame *judged, entity_id receiver, int32_t rssi_mdbm)
{
    if (rssi_mdbm < judged->detect_mdbm) {
        return OUTCOME_UNHEARD;
    }
    int32_t ideal_snr_mdb = rssi_mdbm - judged->noise_mdbm - judged->loss_mdb;
    double header = judged->header_words
                    * error_curve_exponent(judged->curve, ERROR_WORD_48, ideal_snr_mdb);
    double payload = judged->payload_units
                     * error_curve_exponent(
                             judged->curve, (enum error_unit)judged->payload_unit, ideal_snr_mdb);
    /* 1 - exp(-x) <= x: most links are so good that no draw could break them. */
    if (header < CHANCE_MIN && payload < CHANCE_MIN) {
        return OUTCOME_RECEIVED;
    }
    struct draws draws = draws_of(judged->seed, judged->frame->id, receiver);
    if (uniform_of(draws.word[1]) < -expm1(-header)) {
        return judged->frame->modulation.implicit_header ? OUTCOME_PAYLOAD_BROKEN
                                                         : OUTCOME_HEADER_BROKEN;
    }
    return uniform_of(draws.word[2]) < -expm1(-payload) ? OUTCOME_PAYLOAD_BROKEN : OUTCOME_RECEIVED;
}

/* From here on the receiver needs the channel for itself. */
static sim_ns critical_from_ns(const struct frame *frame)
{
    uint64_t symbols = frame->modulation.preamble_symbols > LORA_LOCK_SYMBOLS
                               ? frame->modulation.preamble_symbols - LORA_LOCK_SYMBOLS
                               : 0;
    return frame->start_ns + lora_quarter_symbols_ns(&frame->modulation, 4 * symbols);
}

/* Do the overlaps that are on the air at `at_ns`, of which `newest` is one, exceed the capture
 * threshold together? */
static bool drowned_at(const struct judge_frame *judged, const struct overlap *overlaps,
        uint32_t overlap_count, uint32_t newest, sim_ns at_ns, int32_t rssi_mdbm)
{
    if (rssi_mdbm - overlaps[newest].power_mdbm < judged->capture_mdb) {
        return true;
    }
    if (overlap_count == 1) {
        return false;
    }
    double ratio = 0; /* all interference over the wanted power */
    unsigned together = 0;
    for (uint32_t i = 0; i < overlap_count; i++) {
        if (overlaps[i].frame->start_ns <= at_ns && overlaps[i].frame->end_ns > at_ns) {
            ratio += pow(10, (overlaps[i].power_mdbm - rssi_mdbm) / 10000.0);
            together++;
        }
    }
    return together > 1 && ratio > pow(10, -judged->capture_mdb / 10000.0);
}

/* Interference only grows where an overlap begins, so these instants are all there is to check. */
static void judge_overlaps(const struct judge_frame *judged, const struct overlap *overlaps,
        uint32_t overlap_count, struct verdict *verdict)
{
    const struct frame *frame = judged->frame;
    sim_ns critical_ns = critical_from_ns(frame);
    for (uint32_t i = 0; i < overlap_count && verdict->header_ok; i++) {
        const struct frame *other = overlaps[i].frame;
        if (other->end_ns <= critical_ns || other->start_ns >= frame->end_ns) {
            continue;
        }
        sim_ns at_ns = other->start_ns > critical_ns ? other->start_ns : critical_ns;
        if (drowned_at(judged, overlaps, overlap_count, i, at_ns, verdict->rssi_mdbm)) {
            verdict->cause = LOSS_INTERFERENCE;
            verdict->header_ok = at_ns >= frame->header_ns;
        }
    }
}

struct verdict judge_reception(const struct judge_frame *judged, entity_id receiver,
        int32_t median_mdbm, int32_t fading_mdb, const struct overlap *overlaps,
        uint32_t overlap_count)
{
    struct verdict verdict = {
        .cause = LOSS_NONE,
        .header_ok = true,
        .rssi_mdbm = median_mdbm + fading_mdb,
        .snr_mdb = median_mdbm + fading_mdb - judged->noise_mdbm,
    };
    enum outcome outcome = outcome_in_noise(judged, receiver, verdict.rssi_mdbm);
    if (outcome != OUTCOME_RECEIVED) {
        bool faded = outcome_in_noise(judged, receiver, median_mdbm) == OUTCOME_RECEIVED;
        verdict.cause = faded ? LOSS_FADING : LOSS_BELOW_SENSITIVITY;
        verdict.header_ok = outcome == OUTCOME_PAYLOAD_BROKEN;
    } else if (overlap_count > 0) {
        judge_overlaps(judged, overlaps, overlap_count, &verdict);
    }
    return verdict;
}

struct verdict air_judge(const struct judge_tables *tables, uint64_t seed, enum receiver_kind kind,
        const struct frame *frame, entity_id receiver, int32_t median_mdbm, int32_t fading_mdb,
        const struct overlap *overlaps, uint32_t overlap_count)
{
    struct judge_frame judged;
    judge_frame_init(&judged, tables, seed, kind, frame);
    return judge_reception(&judged, receiver, median_mdbm, fading_mdb, overlaps, overlap_count);
}

void air_corrupt(uint64_t seed, const struct frame *frame, entity_id receiver, uint8_t *bytes)
{
    memcpy(bytes, frame->bytes, frame->size);
    if (frame->size == 0) {
        return;
    }
    uint32_t word[4];
    random_block(seed, receiver, RANDOM_CORRUPTION, frame->id, word);
    uint32_t count = 1 + word[0] % 4;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t position = (((word[1] >> (8 * i)) & 0xff) * frame->size) >> 8;
        uint8_t flips = (uint8_t)(word[2] >> (8 * i));
        /* A byte is changed once, so no second flip can undo the first. */
        if (bytes[position] == frame->bytes[position]) {
            bytes[position] ^= flips != 0 ? flips : 1;
        }
    }
}
