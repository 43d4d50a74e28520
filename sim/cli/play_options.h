/* The options that check and compare share: with which seeds, how many at one time, and what is
 * noise.
 * SPDX-License-Identifier: MIT
 */
#ifndef CLI_PLAY_OPTIONS_H
#define CLI_PLAY_OPTIONS_H

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "study/comparison.h"

struct seed_range {
    uint64_t first;
    size_t count; /* 0: not given */
};

struct play_options {
    struct seed_range seeds;
    unsigned workers; /* 0: one for each processor */
    double threshold;
    bool quiet;
};

#define PLAY_OPTIONS_DEFAULT                                                                       \
    (struct play_options)                                                                          \
    {                                                                                              \
        .threshold = COMPARISON_THRESHOLD                                                          \
    }

/* A child parser whose input is a struct play_options. */
extern const struct argp play_options_argp;

/* "8": seeds 1 to 8; "11..20": seeds 11 to 20. At least two, for an interval needs them. False:
 * `text` is neither. */
bool seed_range_parse(const char *text, struct seed_range *range);
/* The seeds themselves; NULL: out of memory. */
uint64_t *seed_range_list(const struct seed_range *range);
/* Those of the options, or eight. */
struct seed_range play_options_seeds(const struct play_options *options);

#endif
