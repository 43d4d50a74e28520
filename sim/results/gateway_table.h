/* Where the gateways of a run stand and what they did: the columns of gateways.csv.
 * SPDX-License-Identifier: MIT
 */
#ifndef RESULTS_GATEWAY_TABLE_H
#define RESULTS_GATEWAY_TABLE_H

#include "results/column.h"
#include "world/world.h"

struct gateway_line {
    uint64_t gateway;
    double x_m, y_m;
    uint64_t received, transmitted;
    double airtime_s, duty_cycle_max;
};

extern const struct column_table gateway_table; /* of struct gateway_line */

/* gateways.csv. */
void gateway_table_write(const struct world *world, FILE *out);

#endif
