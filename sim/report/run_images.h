/* The table of images: what each campaign sent, in which form, and what it took and cost.
 * SPDX-License-Identifier: MIT
 */
#ifndef REPORT_RUN_IMAGES_H
#define REPORT_RUN_IMAGES_H

#include <stdio.h>

#include "report/run_data.h"
#include "results/value_text.h"

/* Nothing in a run without a campaign. */
void run_images_write(const struct run_data *data, FILE *page);

/* A cell with the value of a key; a dash where nothing was measured. */
void run_value_cell(
        const struct summary *summary, const char *path, enum value_kind kind, FILE *page);

#endif
