/* What the judge of receptions looks up: error curves, sensitivities, thresholds.
 * SPDX-License-Identifier: MIT
 */
#ifndef AIR_JUDGE_TABLES_H
#define AIR_JUDGE_TABLES_H

#include <assert.h>

#include "air/error_curve.h"
#include "air/judge.h"

#define JUDGE_SF_COUNT       (ERROR_CURVE_SF_MAX - ERROR_CURVE_SF_MIN + 1)
#define JUDGE_RECEIVER_KINDS 2u

struct judge_tables {
    struct reception_params params;
    const struct sensitivity_table *sensitivity[JUDGE_RECEIVER_KINDS];
    /* Implementation loss: [receiver][125, 250, 500 kHz][SF - 6]. */
    int32_t loss_mdb[JUDGE_RECEIVER_KINDS][SENSITIVITY_BANDWIDTHS][JUDGE_SF_COUNT];
    int32_t header_snr_mdb[JUDGE_SF_COUNT]; /* ideal receiver: header block at even odds */
    struct interference_thresholds thresholds;
    struct error_curve curve[JUDGE_SF_COUNT]; /* [SF - 6], as the thresholds' row */
};

static inline unsigned judge_sf_index(unsigned spreading_factor)
{
    assert(spreading_factor >= ERROR_CURVE_SF_MIN && spreading_factor <= ERROR_CURVE_SF_MAX);
    return spreading_factor - ERROR_CURVE_SF_MIN;
}

/* Floor of a receiver: thermal noise, its noise figure, man-made noise. */
int32_t judge_noise_mdbm(
        const struct judge_tables *tables, enum receiver_kind kind, uint32_t bandwidth_hz);
int32_t judge_loss_mdb(const struct judge_tables *tables, enum receiver_kind kind,
        const struct lora_modulation *modulation);

/* What must be right in a frame: code words of the header, and units of the payload of a frame of
 * `size` bytes; `*unit` is an enum error_unit. (spec-physics section 3) */
double judge_header_words(const struct lora_modulation *m);
void judge_payload_units(
        const struct lora_modulation *m, uint16_t size, double *units, uint8_t *unit);

#endif
