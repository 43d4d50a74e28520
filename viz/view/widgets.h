/* What several parts of the view draw alike: fitted text, bars, time axes; and boxes cut in pieces.
 * SPDX-License-Identifier: MIT
 */
#ifndef VIEW_WIDGETS_H
#define VIEW_WIDGETS_H

#include "draw/canvas.h"
#include "draw/theme.h"
#include "sim_time.h"

enum box_edge {
    EDGE_TOP,
    EDGE_BOTTOM,
    EDGE_LEFT,
    EDGE_RIGHT
};

/* Takes a piece of that length off an edge of `rest`: at most all of it. */
struct box box_cut(struct box *rest, enum box_edge edge, float length);
struct box box_inset(struct box box, float by); /* on all sides; never less than nothing */
/* Its right and lower edge are outside; so is all of a box without area. */
bool box_holds(struct box box, struct point at);
bool box_empty(struct box box);

/* Text of at most `width` points; what is longer ends in an ellipsis. Returns the width used. */
float text_fitted(struct canvas *canvas, enum text_size size, enum text_align align,
        struct point at, float width, struct colour colour, const char *text);
/* A bar of `share` 0..1, clamped, of a box that is filled with `ground`. */
void bar_draw(struct canvas *canvas, struct box box, double share, struct colour colour,
        struct colour ground);

/* Text in a field beside a place, inside of `limits`. */
void hint_draw(const struct theme *theme, struct canvas *canvas, struct point at, struct box limits,
        const char *text);

/* Times from_ns..to_ns over the width of a box. */
struct time_axis {
    struct box box;
    sim_ns from_ns, to_ns; /* from_ns < to_ns */
};

float time_axis_x(const struct time_axis *axis, sim_ns at_ns); /* also outside of the box */
sim_ns time_axis_ns(const struct time_axis *axis, float x);
/* The smallest of 1, 2, 5 x 10^n below a second, then of usual parts of minutes, hours and days,
 * that leaves `points` between two ticks. */
sim_ns time_axis_step_ns(const struct time_axis *axis, float points);
/* Lines over axis->box, with their times below its lower edge. */
void time_axis_draw(const struct time_axis *axis, const struct theme *theme, struct canvas *canvas);

#endif
