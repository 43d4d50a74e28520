/* The plots of a run.
 * SPDX-License-Identifier: MIT
 */
#ifndef REPORT_RUN_FIGURES_H
#define REPORT_RUN_FIGURES_H

#include <stdbool.h>
#include <stdio.h>

#include "report/run_data.h"

/* Writes each plot for which the run has data. False: `error` says why. */
bool run_figures_write(const struct run_data *data, FILE *page, char *error, size_t error_size);

#endif
