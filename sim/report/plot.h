/* Plots of a page, each a script for gnuplot.
 * SPDX-License-Identifier: MIT
 *
 * A script begins with the look that all plots have; lines and text are then in the page's colours.
 */
#ifndef REPORT_PLOT_H
#define REPORT_PLOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "report/svg.h"

enum plot_shape {
    PLOT_WIDE,
    PLOT_SQUARE /* for maps */
};

#define PLOT_LINES_MAX 8u

struct plot {
    FILE *script;
    char *text; /* of the script */
    size_t size;
    enum plot_shape shape;
    /* The legend stands in the page, where it wraps: gnuplot leaves out what it has no room for. */
    size_t legend_count;
    struct {
        unsigned series;
        char text[256];
    } legend[PLOT_LINES_MAX];
};

/* False: no memory. */
bool plot_begin(struct plot *plot, enum plot_shape shape);
void plot_discard(struct plot *plot);
/* Draws the script into the page as a figure. `title` and `caption`: plain text. The plot is gone
 * after it. False: `error` says why. */
bool plot_end(struct plot *plot, const char *title, const char *caption, FILE *page, char *error,
        size_t error_size);

/* Names a series. */
void plot_legend(struct plot *plot, unsigned series, const char *text);
/* A label at a place of an axis, as `set xtics (...)` lists them. */
void plot_tick(FILE *script, const char *text, double place);
/* The name of an axis: 'x' or 'y'. */
void plot_axis(FILE *script, char axis, const char *name);
/* A step up by one for each of `times` that is no NaN, as a share of `total` in per cent; sorts
 * `times`. The data stand in `$name`, from the first time to `to`, in the unit of the times over
 * `scale`. */
void plot_steps(FILE *script, const char *name, double *times, size_t count, size_t total,
        double scale, double to);

/* A bar per row. Longer names are cut. */
struct plot_bar {
    const char *name;
    double value;
    char text[24]; /* what stands at its end */
};
/* Bars from the left, the first on top. */
void plot_bars(FILE *script, const struct plot_bar *bars, size_t count, const char *axis);

#endif
