/* Lines of the panel, one below the other, in a box that may be scrolled.
 * SPDX-License-Identifier: MIT
 */
#ifndef VIEW_PANEL_COLUMN_H
#define VIEW_PANEL_COLUMN_H

#include "draw/canvas.h"
#include "draw/theme.h"

struct column {
    struct canvas *canvas;
    const struct theme *theme;
    float x, width;
    float y; /* of the next line */
};

#define COLUMN_LINE 16.0f /* height of a line */

/* A heading with a rule over it. */
void column_heading(struct column *column, const char *text);
/* A name at the left, a value at the right; the value is cut last. */
void column_pair(struct column *column, const char *name, const char *value);
/* The same in two pairs beside each other; the second may be NULL. */
void column_pairs(struct column *column, const char *const names[2], const char *const values[2]);
/* A name, a bar of `share` 0..1, a value. */
void column_bar(struct column *column, const char *name, double share, struct colour colour,
        const char *value);
void column_text(struct column *column, struct colour colour, const char *text);
void column_gap(struct column *column, float height);

#endif
