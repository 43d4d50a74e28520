/* Whether one receiver gets one frame: a pure function of frame, link, overlaps and receiver.
 * SPDX-License-Identifier: MIT
 */
#ifndef AIR_JUDGE_H
#define AIR_JUDGE_H

#include "air/frame.h"
#include "air/propagation.h"

enum receiver_kind {
    RECEIVER_SX1276,
    RECEIVER_SX1301
};

struct reception_params {
    double capture_db;              /* co-SF: wanted over the sum of interferers, 6 */
    double device_noise_figure_db;  /* 6 */
    double gateway_noise_figure_db; /* 6 */
};

/* Another frame on the same frequency, SF, bandwidth and polarity, at the receiver. */
struct overlap {
    const struct frame *frame;
    int32_t power_mdbm; /* received, its own fading included */
};

struct verdict {
    enum loss_cause cause; /* LOSS_NONE: received without error */
    bool header_ok;        /* the bytes reach the FIFO, with errors unless cause is LOSS_NONE */
    int32_t rssi_mdbm;     /* signal power at the antenna */
    int32_t snr_mdb;
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
    int32_t noise_mdbm;   /* floor of this kind of receiver in the frame's bandwidth */
    int32_t loss_mdb;     /* of the implementation, against the ideal curve */
    /* Least power at which the preamble is found: where a header block, the shortest frame, has an
     * even chance to be read. */
    int32_t detect_mdbm;
    int32_t capture_mdb;
};

struct judge_tables; /* packet-error curves, tabulated once */

struct judge_tables *judge_tables_create(const struct reception_params *params);
void judge_tables_destroy(struct judge_tables *tables);

/* Packet error probability at `snr_mdb` for a frame of `size` bytes. The curve is the exact
 * non-coherent M-ary bit error rate with 4/(4+CR) code words, shifted by the implementation loss
 * that puts its 1 % point (10 bytes, CR 4/5) on the receiver's sensitivity row when the noise
 * figure is the 6 dB that the rows are read with; another noise figure moves the sensitivity. */
double judge_packet_error(const struct judge_tables *tables, enum receiver_kind kind,
        const struct lora_modulation *modulation, uint16_t size, int32_t snr_mdb);
/* Sensitivity row in mdBm: SX1276 HF port or SX1301 reference design, 125 kHz (scaled for other
 * bandwidths by 10 log10). */
int32_t judge_sensitivity_mdbm(
        enum receiver_kind kind, uint8_t spreading_factor, uint32_t bandwidth_hz);

/* What the receiver needs above the ideal curve; negative where its row assumes less noise than the
 * 6 dB that rows are read with. */
int32_t judge_implementation_loss_mdb(
        const struct judge_tables *tables, enum receiver_kind kind, uint8_t spreading_factor);

/* Block fading gain in mdB for (frame, receiver): Rayleigh power is Exp(1). */
int32_t judge_fading_mdb(
        uint64_t seed, enum fading_model fading, uint64_t frame_id, entity_id receiver);

/* `median_mdbm`: received power without fading.
 *
 * Causes, first that applies: not detected, or header or payload broken by noise (FADING when the
 * same draws would have passed at the median power, else BELOW_SENSITIVITY); overlaps that
 * are on the air at one time and whose powers add up to more than the capture threshold allows
 * (INTERFERENCE; header_ok when they came together behind the header). Overlaps that end before
 * the last five preamble symbols do no harm (Bor et al., MSWiM 2016).
 *
 * assumed: interference that capture withstands adds nothing to the noise. Spread like noise it
 * would: 6 dB under a signal at the sensitivity of SF7 it lies 12 dB under the noise, 0.3 dB on the
 * error curve, and less at higher SF. */
struct verdict air_judge(const struct judge_tables *tables, uint64_t seed, enum receiver_kind kind,
        const struct frame *frame, entity_id receiver, int32_t median_mdbm, int32_t fading_mdb,
        const struct overlap *overlaps, uint32_t overlap_count);

void judge_frame_init(struct judge_frame *judged, const struct judge_tables *tables, uint64_t seed,
        enum receiver_kind kind, const struct frame *frame);
/* air_judge() with the shared part done. */
struct verdict judge_reception(const struct judge_frame *judged, entity_id receiver,
        int32_t median_mdbm, int32_t fading_mdb, const struct overlap *overlaps,
        uint32_t overlap_count);

/* Copies the frame's bytes with 1..4 of them changed, keyed by (frame, receiver): what a receiver
 * puts out whose header was good and whose payload was not. */
void air_corrupt(uint64_t seed, const struct frame *frame, entity_id receiver, uint8_t *bytes);

#endif
