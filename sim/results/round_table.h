/* What each round of a campaign came to, and why devices left it: the columns of rounds.csv.
 * SPDX-License-Identifier: MIT
 */
#ifndef RESULTS_ROUND_TABLE_H
#define RESULTS_ROUND_TABLE_H

#include "record/recorder_set.h"
#include "results/column.h"

struct round_line {
    const char *campaign;
    uint64_t round;
    sim_ns start_ns, end_ns;
    uint64_t members;
    uint64_t sent, coded_sent;
    double airtime_s, energy_j;
    uint64_t failed[CAMPAIGN_FAILURE_COUNT]; /* CAMPAIGN_FAILURE_NONE: confirmed */
};

extern const struct column_table round_table; /* of struct round_line */

/* rounds.csv, one campaign after the other; no line in a run without one. */
void round_table_write(const struct recorder_set *recorders, FILE *out);

#endif
