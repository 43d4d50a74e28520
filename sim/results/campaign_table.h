/* How campaigns went on over time: the columns of campaign.csv.
 * SPDX-License-Identifier: MIT
 *
 * For each campaign a line for each point of the series (record/series.h), and one for the moment
 * at which the run ended. Without a campaign there is one line for each point. Counts of devices
 * are those of the members of the campaign; they are counted from the times that devices.csv has.
 */
#ifndef RESULTS_CAMPAIGN_TABLE_H
#define RESULTS_CAMPAIGN_TABLE_H

#include "record/recorder_set.h"
#include "record/series.h"
#include "results/column.h"

struct campaign_line {
    sim_ns at_ns;
    const char *campaign;
    const char *phase;
    uint64_t members, joined, contacted, group_set_up, ready;
    uint64_t complete, authenticated, installed, confirmed;
    uint64_t sent, coded_sent, received;
    double duty[SERIES_GATEWAYS_MAX];
};

/* Of struct campaign_line. Its last column stands for one column of each gateway of the
 * series, whose number takes the place of the N in its name. */
extern const struct column_table campaign_table;

/* campaign.csv, one campaign after the other. */
void campaign_table_write(const struct recorder_set *recorders, FILE *out);

#endif
