/* What the plots of a run are drawn with; only the files that draw them include it.
 * SPDX-License-Identifier: MIT
 */
#ifndef REPORT_RUN_DRAWING_H
#define REPORT_RUN_DRAWING_H

#include "report/plot.h"
#include "report/run_data.h"

#define SECONDS_PER_HOUR 3600.0

struct drawing {
    struct plot *plot;
    FILE *script; /* of the plot */
    const struct run_data *data;
    double *values; /* room for one per device */
};

enum figure_result {
    FIGURE_DRAWN,
    FIGURE_EMPTY /* the run has nothing of the kind */
};

/* run_progress.c. Of runs with several campaigns: how many members had come so far, a line each. */
enum figure_result draw_set_up_progress(const struct drawing *drawing);
enum figure_result draw_completion_progress(const struct drawing *drawing);

#endif
