/* How long a run still takes, by the work that it is expected to hold.
 * SPDX-License-Identifier: MIT
 *
 * Simulated time says little: a minute of the bulk takes as long as hours of reports. So work is
 * counted by kind, as planned from the scenario and the estimate of its campaigns, and as done so
 * far. What a unit of a kind takes is learnt from this run; until then it is taken in proportion to
 * the kinds that were seen.
 */
#ifndef CLI_TIME_LEFT_H
#define CLI_TIME_LEFT_H

#include "world/world.h"

enum work_kind {
    WORK_JOIN,
    WORK_UPLINK, /* on the air, those of joins too: in a large city most of them are in vain */
    WORK_SET_UP,
    WORK_FRAGMENT, /* that a device is sent */
    WORK_INSTALL,  /* decoding, verification and confirmation, too */
    WORK_KINDS
};

struct time_left {
    /* In us of a usual machine. */
    double planned[WORK_KINDS], done[WORK_KINDS];
    double took_s[WORK_KINDS]; /* of wall clock, by the work that was done meanwhile */
    double looked_s;           /* wall clock of the last look */
    double end_s;              /* simulated time at which the run is expected to end */
    double reports_per_s;      /* of simulated time */
    double fragments;          /* planned for a member, over all campaigns the mean */
    uint32_t sent;             /* fragments, at the last look */
};

/* `now_s`: of wall clock, as of the run's beginning. */
void time_left_start(struct time_left *left, const struct scenario *scenario, double now_s);
/* To be called now and then. Returns seconds of wall clock that are left. */
double time_left_look(struct time_left *left, const struct world *world, double now_s);

/* The same of given numbers: how much was done of each kind until `now_s`. */
void time_left_add(struct time_left *left, const double done[WORK_KINDS], double now_s);
double time_left_s(const struct time_left *left);

#endif
