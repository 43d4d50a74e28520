/* Whether one receiver gets one frame: a pure function of frame, link, overlaps and receiver.
 * SPDX-License-Identifier: MIT
 */
#ifndef AIR_JUDGE_H
#define AIR_JUDGE_H

#include <stdlib.h>

#include "air/frame.h"
#include "air/interference.h"
#include "air/sensitivity.h"

enum receiver_kind {
    RECEIVER_SX1276,
    RECEIVER_SX1301
};

extern const char *const reception_errors_names[]; /* curve threshold; NULL-terminated */
enum reception_errors {
    ERRORS_CURVE,    /* drawn from the packet error curve */
    ERRORS_THRESHOLD /* received from the sensitivity on, lost below it: no draws */
};

/* When a gateway takes a demodulator for a frame that it can detect. */
extern const char *const demodulator_from_names[]; /* detection start; NULL-terminated */
enum demodulator_from {
    DEMODULATOR_FROM_DETECTION, /* of its preamble: SX1301 */
    DEMODULATOR_FROM_START      /* of the frame: ns-3 lorawan */
};

/* After the first three members, 0 is the default. */
struct reception_params {
    double capture_db;              /* INTERFERENCE_CAPTURE: wanted over all others of its SF, 6 */
    double device_noise_figure_db;  /* 6 */
    double gateway_noise_figure_db; /* 6 */
    double device_noise_rise_db;    /* man-made noise over the thermal floor */
    double gateway_noise_rise_db;
    enum reception_errors errors;
    enum interference_model interference;
    enum overlap_rule overlap;
    enum capture_timing timing;
    enum equal_copies equal_copies;
    enum demodulator_from demodulator_from;
    struct sensitivity_table device_sensitivity;
    struct sensitivity_table gateway_sensitivity;
};

/* How far the receiver got. */
enum reception_stage {
    STAGE_PREAMBLE, /* not detected */
    STAGE_HEADER,   /* detected; the header is broken */
    STAGE_PAYLOAD,  /* header read; the payload is broken */
    STAGE_RECEIVED
};

struct verdict {
    enum loss_cause cause; /* LOSS_NONE: received without error */
    bool header_ok;        /* the bytes reach the FIFO, with errors unless cause is LOSS_NONE */
    int32_t rssi_mdbm;     /* signal power at the antenna */
    int32_t snr_mdb;
    enum reception_stage stage;
    int32_t frequency_error_hz; /* received carrier minus the receiver's own */
};

/* Noise from outside while a frame lasts, in the receiver's band. */
struct noise_burst {
    int32_t power_mdbm;
    double preamble, header, payload; /* share of each part's time that it is on */
};

/* The link's gain over one coherence time of a frame that is longer. */
struct fade {
    int32_t gain_mdb;
    double header, payload; /* share of each part's time */
};

/* One frame as it arrives at one receiver. What is left out is not there. */
struct judge_link {
    entity_id receiver;
    int32_t median_mdbm;      /* received power without fading */
    int32_t fading_mdb;       /* while the preamble is found; throughout, without fades: */
    const struct fade *fades; /* of header and payload; the shares of each add up to 1 */
    uint32_t fade_count;
    int32_t frequency_error_hz; /* received carrier minus the receiver's own */
    int32_t clock_error_ppb;    /* symbol clock of the sender minus the receiver's own */
    int32_t drift_millihertz;   /* millihertz that the carrier moves while the frame lasts */
    const struct overlap *overlaps;
    uint32_t overlap_count;
    uint32_t burst_count;
    const struct noise_burst *bursts;
};

/* --- the hot path: what all receivers of one frame share is worked out once ------------------- */
struct error_curve;

struct judge_frame {
    const struct frame *frame;
    const struct error_curve *curve;
    uint64_t seed;
    double payload_units; /* code words, or their bits where the code corrects none */
    double header_words;
    uint8_t payload_unit; /* enum error_unit */
    bool threshold_only;  /* ERRORS_THRESHOLD */
    int32_t noise_mdbm;   /* floor of this kind of receiver in the frame's bandwidth */
    int32_t loss_mdb;     /* of the implementation, against the ideal curve */
    int32_t detect_mdbm;  /* judge_detect_mdbm() */
    int32_t capture_mdb;  /* against its own SF */
    struct interference_rule interference;
    int32_t frequency_error_max_hz;
    int32_t clock_error_max_ppb;
    int32_t drift_max_millihertz;
};

struct judge_tables; /* packet-error curves, sensitivities, thresholds: worked out once */

/* `params` are copied. NULL: out of memory. */
struct judge_tables *judge_tables_create(const struct reception_params *params);
void judge_tables_destroy(struct judge_tables *tables);

/* Packet error probability at `snr_mdb` for a frame of `size` bytes. The curve is the exact
 * non-coherent M-ary bit error rate with 4/(4+CR) code words, shifted by the implementation loss
 * that puts its 1 % point (10 bytes, CR 4/5) on the receiver's sensitivity row when the noise
 * figure is the 6 dB that the rows are read with; another noise figure, or man-made noise, moves
 * the sensitivity. */
double judge_packet_error(const struct judge_tables *tables, enum receiver_kind kind,
        const struct lora_modulation *modulation, uint16_t size, int32_t snr_mdb);
/* The row of the receiver's table, moved by noise figure and man-made noise. */
int32_t judge_sensitivity_mdbm(const struct judge_tables *tables, enum receiver_kind kind,
        uint8_t spreading_factor, uint32_t bandwidth_hz);

/* What the receiver needs above the ideal curve at 125 kHz; negative where its row assumes less
 * noise than the 6 dB that rows are read with. */
int32_t judge_implementation_loss_mdb(
        const struct judge_tables *tables, enum receiver_kind kind, uint8_t spreading_factor);

/* Least power at which the preamble is found: where a header block, the shortest frame, has an even
 * chance to be read; the sensitivity where a threshold decides. */
int32_t judge_detect_mdbm(const struct judge_tables *tables, enum receiver_kind kind,
        const struct lora_modulation *modulation);

/* The uniform word of a (frame, receiver) pair that its fading is made of. */
uint32_t judge_fading_word(uint64_t seed, uint64_t frame_id, entity_id receiver);

/* Causes, first that applies:
 * - too weak to be detected in noise;
 * - carrier or symbol clock further off than the receiver follows: not detected either
 *   (FREQUENCY_OFFSET);
 * - header or payload broken by noise;
 * - overlaps, by the interference model (INTERFERENCE);
 * - the carrier moved too far within the frame (FREQUENCY_OFFSET, header read).
 * What noise destroyed is INTERFERENCE if the same draws would have passed without the bursts of
 * outside noise, else FADING if they would have passed at the median power, else
 * BELOW_SENSITIVITY.
 *
 * Frequency limits: a quarter of the bandwidth (SX1276 FERR; SX1302 datasheet); symbol clock 200,
 * 100, 50 ppm at SF10, SF11, SF12 (SX1276 datasheet); BW / (3 * 2^SF) within a frame, 16 times that
 * with LDRO (SX126x datasheet). (spec-physics section 7)
 *
 * assumed: interference that a threshold withstands adds nothing to the noise. Spread like noise it
 * would: 6 dB under a signal at the sensitivity of SF7 it lies 12 dB under the noise, 0.3 dB on the
 * error curve, and less at higher SF.
 * assumed: among other frames, and in the RSSI, a frame has the power of its preamble.
 * assumed: bursts are on independently of each other, and under a threshold (no draws) only their
 * mean power over each part of the frame counts. */
struct verdict judge_link_reception(
        const struct judge_frame *judged, const struct judge_link *link);

/* judge_link_reception() for a receiver whose crystal is exact, in quiet surroundings. */
struct verdict judge_reception(const struct judge_frame *judged, entity_id receiver,
        int32_t median_mdbm, int32_t fading_mdb, const struct overlap *overlaps,
        uint32_t overlap_count);
/* The same without the shared part done. */
struct verdict air_judge(const struct judge_tables *tables, uint64_t seed, enum receiver_kind kind,
        const struct frame *frame, entity_id receiver, int32_t median_mdbm, int32_t fading_mdb,
        const struct overlap *overlaps, uint32_t overlap_count);

void judge_frame_init(struct judge_frame *judged, const struct judge_tables *tables, uint64_t seed,
        enum receiver_kind kind, const struct frame *frame);

/* Does the receiver find the preamble, other frames set aside? */
bool judge_detects_with_bursts(const struct judge_frame *judged, const struct judge_link *link);
static inline bool judge_follows_carrier(
        const struct judge_frame *judged, const struct judge_link *link)
{
    return abs(link->frequency_error_hz) <= judged->frequency_error_max_hz
           && abs(link->clock_error_ppb) <= judged->clock_error_max_ppb;
}
static inline bool judge_detects(const struct judge_frame *judged, const struct judge_link *link)
{
    return link->median_mdbm + link->fading_mdb >= judged->detect_mdbm
           && judge_follows_carrier(judged, link)
           && (link->burst_count == 0 || judge_detects_with_bursts(judged, link));
}

/* Copies the frame's bytes with 1..4 of them changed, keyed by (frame, receiver): what a receiver
 * puts out whose header was good and whose payload was not. */
void air_corrupt(uint64_t seed, const struct frame *frame, entity_id receiver, uint8_t *bytes);

#endif
