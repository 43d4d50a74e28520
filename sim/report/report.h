/* Reports: one HTML page that needs no other file, no script and no network.
 * SPDX-License-Identifier: MIT
 *
 * A report reads the files that a run or a study wrote, and nothing else; the same files give the
 * same bytes. Its plots are SVG, drawn by gnuplot.
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "scenario/scenario_errors.h"

/* Of a folder that `fleetcast run --out` wrote. False after mistakes: `page` is of no use. */
bool report_run(const char *folder, FILE *page, struct scenario_errors *errors);
/* Of the database of a study. */
bool report_study(const char *database, FILE *page, struct scenario_errors *errors);

#endif
