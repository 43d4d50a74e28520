/* Reception of one frame by one receiver.
 * SPDX-License-Identifier: MIT
 */
#include "air/judge.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "air/error_curve.h"
#include "air/judge_tables.h"
#include "random_stream.h"

/* A draw of 32 bits can't be below this chance. */
#define CHANCE_MIN (0.5 / 4294967296.0)

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

uint32_t judge_fading_word(uint64_t seed, uint64_t frame_id, entity_id receiver)
{
    return draws_of(seed, frame_id, receiver).word[0];
}

/* --- the shared part -------------------------------------------------------------------------- */

/* How far the symbol clocks may be apart: SX1276 datasheet, by SF. */
static int32_t clock_error_max_ppb(uint8_t spreading_factor)
{
    switch (spreading_factor) {
    case 12:
        return 50000;
    case 11:
        return 100000;
    case 10:
        return 200000;
    default:
        return INT32_MAX;
    }
}

static void set_frequency_limits(struct judge_frame *judged, const struct lora_modulation *m)
{
    judged->frequency_error_max_hz = (int32_t)(m->bandwidth_hz / 4);
    judged->clock_error_max_ppb = clock_error_max_ppb(m->spreading_factor);
    int64_t drift_millihertz = (INT64_C(1000) * m->bandwidth_hz / 3) >> m->spreading_factor;
    judged->drift_max_millihertz =
            (int32_t)(m->low_data_rate ? 16 * drift_millihertz : drift_millihertz);
}

int32_t judge_detect_mdbm(const struct judge_tables *tables, enum receiver_kind kind,
        const struct lora_modulation *modulation)
{
    if (tables->params.errors == ERRORS_THRESHOLD) {
        return judge_sensitivity_mdbm(
                tables, kind, modulation->spreading_factor, modulation->bandwidth_hz);
    }
    return judge_noise_mdbm(tables, kind, modulation->bandwidth_hz)
           + judge_loss_mdb(tables, kind, modulation)
           + tables->header_snr_mdb[judge_sf_index(modulation->spreading_factor)];
}

void judge_frame_init(struct judge_frame *judged, const struct judge_tables *tables, uint64_t seed,
        enum receiver_kind kind, const struct frame *frame)
{
    const struct lora_modulation *m = &frame->modulation;
    const struct reception_params *params = &tables->params;
    unsigned i = judge_sf_index(m->spreading_factor);
    judged->frame = frame;
    judged->curve = &tables->curve[i];
    judged->seed = seed;
    judge_payload_units(m, frame->size, &judged->payload_units, &judged->payload_unit);
    judged->header_words = judge_header_words(m);
    judged->threshold_only = params->errors == ERRORS_THRESHOLD;
    judged->noise_mdbm = judge_noise_mdbm(tables, kind, m->bandwidth_hz);
    judged->loss_mdb = judge_loss_mdb(tables, kind, m);
    judged->detect_mdbm = judge_detect_mdbm(tables, kind, m);
    judged->interference = (struct interference_rule){
        .threshold_mdb = tables->thresholds.mdb[i],
        .from_ns = interference_from_ns(params->timing, frame),
        .overlap = params->overlap,
    };
    judged->capture_mdb = judged->interference.threshold_mdb[i];
    set_frequency_limits(judged, m);
}

/* --- noise ------------------------------------------------------------------------------------ */

enum part {
    PART_PREAMBLE,
    PART_HEADER,
    PART_PAYLOAD
};

static double share_of(const struct noise_burst *burst, enum part part)
{
    switch (part) {
    case PART_PREAMBLE:
        return burst->preamble;
    case PART_HEADER:
        return burst->header;
    case PART_PAYLOAD:
        return burst->payload;
    }
    assert(false && "a part of a frame");
    return 0;
}

/* Floor plus the bursts' mean power over a part. */
static int32_t mean_noise_mdbm(
        const struct judge_frame *judged, const struct judge_link *link, enum part part)
{
    double ratio = 0; /* bursts over the floor */
    for (uint32_t i = 0; i < link->burst_count; i++) {
        double over_mdb = link->bursts[i].power_mdbm - judged->noise_mdbm;
        ratio += share_of(&link->bursts[i], part) * pow(10, over_mdb / 10000.0);
    }
    return judged->noise_mdbm + (int32_t)lround(10000 * log10(1 + ratio));
}

/* Bursts that come and go within a part, taken one by one: with each the number of states doubles.
 * Those after the first few count with their mean. */
#define BURSTS_APART_MAX 8u

/* Error exponent of one unit, averaged over the time in each state of the bursts from `first` on;
 * `ratio`: power of those before it that are on, over the floor. */
static double mixed_exponent(const struct judge_frame *judged, const struct judge_link *link,
        enum part part, enum error_unit unit, uint32_t first, double ratio, unsigned apart)
{
    int32_t power_mdbm = link->median_mdbm + link->fading_mdb;
    for (uint32_t i = first; i < link->burst_count; i++) {
        const struct noise_burst *burst = &link->bursts[i];
        double share = share_of(burst, part);
        double on = pow(10, (burst->power_mdbm - judged->noise_mdbm) / 10000.0);
        if (share <= 0 || share >= 1 || apart == BURSTS_APART_MAX) {
            ratio += share * on;
            continue;
        }
        return (1 - share) * mixed_exponent(judged, link, part, unit, i + 1, ratio, apart + 1)
               + share * mixed_exponent(judged, link, part, unit, i + 1, ratio + on, apart + 1);
    }
    int32_t noise_mdbm = judged->noise_mdbm;
    if (ratio > 0) {
        noise_mdbm += (int32_t)lround(10000 * log10(1 + ratio));
    }
    return error_curve_exponent(judged->curve, unit, power_mdbm - noise_mdbm - judged->loss_mdb);
}

static double unit_exponent(const struct judge_frame *judged, const struct judge_link *link,
        enum part part, enum error_unit unit);

/* The code words of a part are spread over its coherence times. */
static double faded_exponent(const struct judge_frame *judged, const struct judge_link *link,
        enum part part, enum error_unit unit)
{
    struct judge_link then = *link;
    then.fade_count = 0;
    double exponent = 0;
    for (uint32_t i = 0; i < link->fade_count; i++) {
        double share = part == PART_HEADER ? link->fades[i].header : link->fades[i].payload;
        if (share > 0) {
            then.fading_mdb = link->fades[i].gain_mdb;
            exponent += share * unit_exponent(judged, &then, part, unit);
        }
    }
    return exponent;
}

static double unit_exponent(const struct judge_frame *judged, const struct judge_link *link,
        enum part part, enum error_unit unit)
{
    if (link->fade_count > 0) {
        return faded_exponent(judged, link, part, unit);
    }
    if (link->burst_count == 0) {
        int32_t snr_mdb = link->median_mdbm + link->fading_mdb - judged->noise_mdbm;
        return error_curve_exponent(judged->curve, unit, snr_mdb - judged->loss_mdb);
    }
    return mixed_exponent(judged, link, part, unit, 0, 0, 0);
}

bool judge_detects_with_bursts(const struct judge_frame *judged, const struct judge_link *link)
{
    int32_t rise_mdb = mean_noise_mdbm(judged, link, PART_PREAMBLE) - judged->noise_mdbm;
    return link->median_mdbm + link->fading_mdb >= judged->detect_mdbm + rise_mdb;
}

static int32_t mean_power_mdbm(const struct judge_link *link, enum part part)
{
    if (link->fade_count == 0) {
        return link->median_mdbm + link->fading_mdb;
    }
    double gain = 0;
    for (uint32_t i = 0; i < link->fade_count; i++) {
        double share = part == PART_HEADER ? link->fades[i].header : link->fades[i].payload;
        gain += share * pow(10, link->fades[i].gain_mdb / 10000.0);
    }
    return link->median_mdbm + (int32_t)lround(10000 * log10(gain));
}

/* By the mean powers of signal and noise over each part. */
static bool above_threshold(
        const struct judge_frame *judged, const struct judge_link *link, enum part part)
{
    int32_t spare_mdb = mean_power_mdbm(link, part) - judged->detect_mdbm;
    return spare_mdb >= mean_noise_mdbm(judged, link, part) - judged->noise_mdbm;
}

static enum reception_stage stage_by_threshold(
        const struct judge_frame *judged, const struct judge_link *link)
{
    if (link->burst_count == 0 && link->fade_count == 0) {
        return STAGE_RECEIVED; /* it was detected */
    }
    if (!above_threshold(judged, link, PART_HEADER)) {
        return STAGE_HEADER;
    }
    return above_threshold(judged, link, PART_PAYLOAD) ? STAGE_RECEIVED : STAGE_PAYLOAD;
}

/* How far the receiver gets if there is nothing but noise. */
static enum reception_stage stage_in_noise(
        const struct judge_frame *judged, const struct judge_link *link)
{
    if (link->median_mdbm + link->fading_mdb < judged->detect_mdbm
            || (link->burst_count > 0 && !judge_detects_with_bursts(judged, link))) {
        return STAGE_PREAMBLE;
    }
    if (judged->threshold_only) {
        return stage_by_threshold(judged, link);
    }
    double header = judged->header_words * unit_exponent(judged, link, PART_HEADER, ERROR_WORD_48);
    enum error_unit unit = (enum error_unit)judged->payload_unit;
    double payload = judged->payload_units * unit_exponent(judged, link, PART_PAYLOAD, unit);
    /* 1 - exp(-x) <= x: most links are so good that no draw could break them. */
    if (header < CHANCE_MIN && payload < CHANCE_MIN) {
        return STAGE_RECEIVED;
    }
    struct draws draws = draws_of(judged->seed, judged->frame->id, link->receiver);
    if (uniform_of(draws.word[1]) < -expm1(-header)) {
        return judged->frame->modulation.implicit_header ? STAGE_PAYLOAD : STAGE_HEADER;
    }
    return uniform_of(draws.word[2]) < -expm1(-payload) ? STAGE_PAYLOAD : STAGE_RECEIVED;
}

static enum loss_cause cause_of_noise(
        const struct judge_frame *judged, const struct judge_link *link)
{
    struct judge_link without = *link;
    without.burst_count = 0;
    if (link->burst_count > 0 && stage_in_noise(judged, &without) == STAGE_RECEIVED) {
        return LOSS_INTERFERENCE;
    }
    without.fading_mdb = 0;
    without.fade_count = 0;
    return stage_in_noise(judged, &without) == STAGE_RECEIVED ? LOSS_FADING
                                                              : LOSS_BELOW_SENSITIVITY;
}

/* --- the verdict ------------------------------------------------------------------------------ */

/* What is left once the frame is read in noise: other frames, and a carrier that moves. */
static void judge_beyond_noise(
        const struct judge_frame *judged, const struct judge_link *link, struct verdict *verdict)
{
    if (link->overlap_count > 0) {
        enum interference_outcome outcome = interference_judge(&judged->interference, judged->frame,
                verdict->rssi_mdbm, link->overlaps, link->overlap_count);
        if (outcome != INTERFERENCE_SURVIVED) {
            verdict->cause = LOSS_INTERFERENCE;
            verdict->stage = outcome == INTERFERENCE_BREAKS_HEADER ? STAGE_HEADER : STAGE_PAYLOAD;
            return;
        }
    }
    if (abs(link->drift_millihertz) > judged->drift_max_millihertz) {
        verdict->cause = LOSS_FREQUENCY_OFFSET;
        verdict->stage = STAGE_PAYLOAD;
    }
}

struct verdict judge_link_reception(const struct judge_frame *judged, const struct judge_link *link)
{
    int32_t rssi_mdbm = link->median_mdbm + link->fading_mdb;
    int32_t noise_mdbm = link->burst_count == 0 ? judged->noise_mdbm
                                                : mean_noise_mdbm(judged, link, PART_PAYLOAD);
    struct verdict verdict = {
        .cause = LOSS_NONE,
        .rssi_mdbm = rssi_mdbm,
        .snr_mdb = rssi_mdbm - noise_mdbm,
        .stage = stage_in_noise(judged, link),
        .frequency_error_hz = link->frequency_error_hz,
    };
    if (verdict.stage != STAGE_PREAMBLE && !judge_follows_carrier(judged, link)) {
        verdict.cause = LOSS_FREQUENCY_OFFSET;
        verdict.stage = STAGE_PREAMBLE;
    } else if (verdict.stage == STAGE_RECEIVED) {
        judge_beyond_noise(judged, link, &verdict);
    } else {
        verdict.cause = cause_of_noise(judged, link);
    }
    verdict.header_ok = verdict.stage >= STAGE_PAYLOAD;
    return verdict;
}

struct verdict judge_reception(const struct judge_frame *judged, entity_id receiver,
        int32_t median_mdbm, int32_t fading_mdb, const struct overlap *overlaps,
        uint32_t overlap_count)
{
    struct judge_link link = {
        .receiver = receiver,
        .median_mdbm = median_mdbm,
        .fading_mdb = fading_mdb,
        .overlaps = overlaps,
        .overlap_count = overlap_count,
    };
    return judge_link_reception(judged, &link);
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
