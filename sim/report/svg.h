/* A drawing of gnuplot as part of a page: its colours are the page's, and nothing else names it.
 * SPDX-License-Identifier: MIT
 */
#ifndef REPORT_SVG_H
#define REPORT_SVG_H

#include <stdbool.h>
#include <stdio.h>

/* Colours of scripts: each stands for a variable of the page's style. */
#define SVG_INK        "#000001"
#define SVG_FAINT      "#000002"
#define SVG_RULE       "#000003"
#define SVG_SERIES     8u
#define SVG_COLOUR_MAX 8u
/* The colour of a series, repeating after eight. */
void svg_series(char text[SVG_COLOUR_MAX], unsigned index);

/* gnuplot's point types that a page has. */
#define SVG_DISC     7
#define SVG_TRIANGLE 9

/* Writes the drawing as an element with the text alternative `label`. False: `svg` is none of
 * gnuplot's. */
bool svg_embed(FILE *out, const char *svg, const char *label);

#endif
