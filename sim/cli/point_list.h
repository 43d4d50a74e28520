/* The points of a study as a list for people: for each metric an aligned table.
 * SPDX-License-Identifier: MIT
 */
#ifndef CLI_POINT_LIST_H
#define CLI_POINT_LIST_H

#include <stdbool.h>
#include <stdio.h>

#include "study/run_table.h"

/* `all`: every metric of the table; else the usual ones that were measured, or all if none of them
 * was. False: out of memory. */
bool point_list_print(const struct run_table *table, bool all, FILE *out);

#endif
