/* When other frames on the air destroy one: models by name, rejection matrices, overlap rules.
 * SPDX-License-Identifier: MIT
 *
 * Sources: spec-physics section 5; of the matrices: interference_matrices.c.
 */
#ifndef AIR_INTERFERENCE_H
#define AIR_INTERFERENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "air/frame.h"

/* Names for a scenario, NULL-terminated, in the order of the enumerations. */
extern const char *const interference_model_names[]; /* capture none aloha goursaud croce */
extern const char *const overlap_rule_names[];       /* instant energy */
extern const char *const capture_timing_names[];     /* preamble-lock whole-frame */
extern const char *const equal_copies_names[];       /* interfere combine */

enum interference_model {
    INTERFERENCE_CAPTURE,  /* same SF: one threshold; spreading factors are orthogonal */
    INTERFERENCE_NONE,     /* frames do not harm each other; demodulators still run out */
    INTERFERENCE_ALOHA,    /* any overlap in the same SF destroys, whatever the powers */
    INTERFERENCE_GOURSAUD, /* rejection matrix, Goursaud and Gorce 2015, as used by ns-3 */
    INTERFERENCE_CROCE     /* rejection matrix measured on SX1272, Croce et al. 2018 */
};
enum overlap_rule {
    /* At no instant may the interfering powers of one SF add up to more than the threshold. */
    OVERLAP_INSTANT,
    /* The wanted energy over the interfering energy of each SF, both over the time that counts,
     * against the threshold (ns-3 lorawan). */
    OVERLAP_ENERGY
};
enum capture_timing {
    TIMING_PREAMBLE_LOCK, /* the last five preamble symbols on count (Bor et al., MSWiM 2016) */
    TIMING_WHOLE_FRAME
};

/* Copies of one frame that several gateways send at one time. */
enum equal_copies {
    EQUAL_COPIES_INTERFERE, /* like any other frames: AWS IoT Wireless warns of it */
    /* Those that begin within a quarter of a symbol (assumed) are one signal of all their power.
     * LoRa receivers bear such collisions: Liao et al., IEEE Access 5, 2017. */
    EQUAL_COPIES_COMBINE
};

#define INTERFERENCE_SF_MIN   6u
#define INTERFERENCE_SF_COUNT 7u
#define INTERFERENCE_NEVER    INT32_MIN /* no power of this SF disturbs */
#define INTERFERENCE_ALWAYS   INT32_MAX /* the least power of this SF destroys */

/* Least ratio of wanted to interfering power in mdB: [wanted SF - 6][interfering SF - 6]. */
struct interference_thresholds {
    int32_t mdb[INTERFERENCE_SF_COUNT][INTERFERENCE_SF_COUNT];
};

/* `capture_db`: of INTERFERENCE_CAPTURE, not looked at by the others. */
void interference_thresholds_init(struct interference_thresholds *thresholds,
        enum interference_model model, double capture_db);
/* True where frames of other spreading factors matter. */
bool interference_across_sf(enum interference_model model);

/* Another frame on the same frequency and bandwidth, of the same polarity, at the receiver. */
struct overlap {
    const struct frame *frame;
    int32_t power_mdbm; /* received, its own fading included */
    sim_ns off_ns;      /* off the air early: aborted; 0: at its end */
};

enum interference_outcome {
    INTERFERENCE_SURVIVED,
    INTERFERENCE_BREAKS_PAYLOAD, /* all of it came after the header */
    INTERFERENCE_BREAKS_HEADER
};

struct interference_rule {
    const int32_t *threshold_mdb; /* row of the wanted SF: [interfering SF - 6] */
    sim_ns from_ns;               /* from here to the end of the frame overlaps count */
    enum overlap_rule overlap;
};

/* Pure. `power_mdbm`: of the wanted frame at the receiver, its fading included. Overlaps come in
 * any order; those that end before `rule->from_ns` do nothing. Powers of one SF add up, those of
 * different ones do not. */
enum interference_outcome interference_judge(const struct interference_rule *rule,
        const struct frame *frame, int32_t power_mdbm, const struct overlap *overlaps,
        uint32_t overlap_count);

/* The first instant at which overlaps count. */
sim_ns interference_from_ns(enum capture_timing timing, const struct frame *frame);

#endif
