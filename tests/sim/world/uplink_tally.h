/* Uplinks of a run counted by batches of time, and a share of them held against theory.
 * SPDX-License-Identifier: MIT
 *
 * What becomes of a frame depends on its neighbours, which share neighbours with it, so frames are
 * no independent trials: the confidence interval is that of the means of batches that are long
 * against a frame (method of batch means, Law and Kelton).
 */
#ifndef TEST_UPLINK_TALLY_H
#define TEST_UPLINK_TALLY_H

#include "air/frame.h"
#include "support/trial.h"

#define TALLY_BATCHES 40u
#define TALLY_GROUPS  2u

struct uplink_tally {
    const struct world *world;
    uint32_t group_end[TALLY_GROUPS]; /* devices before this number are of the group */
    sim_ns from_ns, to_ns;            /* frames that end in between count */
    double sent[TALLY_GROUPS][TALLY_BATCHES];
    double received[TALLY_GROUPS][TALLY_BATCHES];
    double lost[LOSS_CAUSE_COUNT];
};

/* Watches a run from now on; group 0 is the first `first_group` devices, group 1 the others. */
struct uplink_tally *uplink_tally_create(
        struct trial *trial, uint32_t first_group, sim_ns from_ns, sim_ns to_ns);
double uplink_tally_sent(const struct uplink_tally *tally, uint32_t group);

/* Fails the test unless received / sent of a group is `expected` within 99 % confidence. */
void uplink_tally_expect(
        const struct uplink_tally *tally, uint32_t group, double expected, const char *what);

#endif
