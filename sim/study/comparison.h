/* The changes from one revision to another, metric by metric, and what may be said of each.
 * SPDX-License-Identifier: MIT
 *
 * Run i of both revisions has the same seed, so both face the same random numbers, and the
 * difference of the two is compared with 0 (Student's paired t test). The p values of all metrics
 * that are judged together are adjusted for their number (Holm).
 */
#ifndef STUDY_COMPARISON_H
#define STUDY_COMPARISON_H

#include "study/headline.h"
#include "study/replications.h"
#include "study/statistics.h"

/* Chance of any false "regressed" or "improved" among all metrics judged together, when no metric
 * changed; adjusted p values up to it count. */
#define COMPARISON_LEVEL 0.05
/* Smallest share of the mean before that is more than noise. */
#define COMPARISON_THRESHOLD 0.02

enum change_verdict {
    CHANGE_IMPROVED,
    CHANGE_REGRESSED,
    CHANGE_WITHIN_THRESHOLD,
    CHANGE_NO_CHANGE,
    CHANGE_VERDICT_COUNT
};

/* "improved", "regressed", "changed within the noise threshold", "no change detected". */
extern const char *const change_verdict_texts[CHANGE_VERDICT_COUNT];

struct change {
    const struct headline *metric;
    size_t measured_before, measured_after; /* seeds with a value */
    /* Over the seeds that both revisions have a value of. */
    struct paired_difference difference;
    double p_adjusted; /* NaN: no test was possible */
    enum change_verdict verdict;
};

/* A seed that `after` has and `before` lacks makes a comparison impossible; see below. */
bool comparison_possible(
        const struct replications *before, const struct replications *after, uint64_t *missing);

/* Fills `changes` (room for HEADLINE_COUNT) with a change for each metric that any run of either
 * revision measured, and returns how many. comparison_possible() must hold. -1: out of memory. */
int comparison_make(const struct replications *before, const struct replications *after,
        struct change *changes);

/* Adjusts the p values and gives the verdicts; `threshold` as COMPARISON_THRESHOLD. A metric that
 * runs before measured and no run measures any more regressed. False: out of memory. */
bool comparison_judge(struct change *changes, size_t count, double threshold);

/* The change as a share of the mean before; infinite when that is 0 and the mean changed. */
double change_relative(const struct change *change);
/* What amounts of a change are multiplied with to be written with change_unit(): in per cent of the
 * mean before (" %"), or as they are ("") where that mean is 0. */
double change_scale(const struct change *change);
const char *change_unit(const struct change *change);
/* Are both revisions equal on each seed? */
bool change_is_none(const struct change *change);
/* One sentence in at most `size` bytes: verdict, by how much, with which interval. */
void change_format(const struct change *change, char *text, size_t size);

/* On how many seeds of `after` a hash differs from that of `before`; seeds without a hash on either
 * side do not count. */
size_t comparison_hashes_moved(const struct replications *before, const struct replications *after,
        enum replication_hash hash);
/* Says on how many seeds the trace hash moved and which layers did: "trace hash moved on 5 of 5
 * seeds; layers that moved: firmware, results". False: it moved nowhere. */
bool comparison_layers_format(const struct replications *before, const struct replications *after,
        char *text, size_t size);

#endif
