/* Colours by meaning, in a light and a dark theme.
 * SPDX-License-Identifier: MIT
 *
 * Sources: categories from Okabe and Ito (2008), which colour-blind people tell apart; sequences
 * from viridis (van der Walt and Smith, 2015).
 */
#ifndef DRAW_THEME_H
#define DRAW_THEME_H

#include "draw/canvas.h"

enum theme_kind {
    THEME_DARK,
    THEME_LIGHT,
    THEME_COUNT
};

struct theme {
    const char *name;
    struct colour background, panel, line, text, faint, accent, warning;
    struct colour gateway;
};

/* The colours of Okabe and Ito, with two greys in the place of black. */
enum palette {
    PALETTE_ORANGE,
    PALETTE_SKY_BLUE,
    PALETTE_GREEN,
    PALETTE_YELLOW,
    PALETTE_BLUE,
    PALETTE_VERMILLION,
    PALETTE_PURPLE,
    PALETTE_LIGHT_GREY,
    PALETTE_DARK_GREY,
    PALETTE_COUNT
};
extern const struct colour palette[PALETTE_COUNT];

extern const struct theme themes[THEME_COUNT];

/* Of a category, repeating after eight. */
struct colour palette_category(enum theme_kind theme, unsigned index);
/* `share` 0..1 of a sequence, clamped. */
struct colour palette_sequence(double share);
struct colour colour_with_alpha(struct colour colour, uint8_t alpha);

#endif
