/* Bounds of fades, by which most draws are settled without a logarithm.
 * SPDX-License-Identifier: MIT
 */
#include <math.h>

#include "air/medium_internal.h"

/* Logarithms and powers are rounded, and gains to 1 mdB. */
#define ROUNDING_MDB  2
#define ROUNDED_UP_BY 1.001

/* The least word of a class; see medium_fade_class(). */
static uint32_t least_word(uint32_t fade_class)
{
    unsigned zeros = fade_class / MEDIUM_FADES_PER_OCTAVE;
    uint32_t within = fade_class % MEDIUM_FADES_PER_OCTAVE;
    uint64_t scaled = (uint64_t)(MEDIUM_FADES_PER_OCTAVE + within) << (31 - zeros);
    /* Of the shortest words, the lowest bits that count as leading ones are not there. */
    return zeros == 31 ? 0 : (uint32_t)(scaled / MEDIUM_FADES_PER_OCTAVE);
}

void medium_fades_init(struct medium *medium)
{
    const struct fading_params *fading = &medium->params.fading;
    medium->fading_most_mdb = fading_most_mdb(fading);
    for (uint32_t i = 0; i < MEDIUM_FADE_CLASSES; i++) {
        double gain = fading_most_of_word(fading, least_word(i));
        medium->fade_bounds[i] = (struct fade_bound){
            .gain = (float)(gain * ROUNDED_UP_BY),
            .mdb = (int32_t)ceil(10000 * log10(gain)) + ROUNDING_MDB,
        };
    }
    for (uint32_t i = 0; i < MEDIUM_RATIOS; i++) {
        double upper_mdb = (double)(i + 1) * MEDIUM_RATIO_STEP_MDB - MEDIUM_RATIO_FROM_MDB;
        medium->ratio_bounds[i] = (float)(pow(10, upper_mdb / 10000) * ROUNDED_UP_BY);
    }
}
