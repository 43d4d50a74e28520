/* What the colours of marks mean.
 * SPDX-License-Identifier: MIT
 */
#include "view/mark_colour.h"

struct colour mark_colour_of_cause(enum theme_kind theme, enum loss_cause cause)
{
    return cause == LOSS_NONE ? palette[PALETTE_GREEN]
                              : palette_category(theme, (unsigned)cause + 4);
}

struct colour mark_colour_of_stage(enum theme_kind theme, enum scene_stage stage)
{
    static const uint8_t rows[THEME_COUNT][SCENE_STAGE_COUNT] = {
        [THEME_DARK] = { PALETTE_DARK_GREY, PALETTE_LIGHT_GREY, PALETTE_PURPLE, PALETTE_YELLOW,
                PALETTE_SKY_BLUE, PALETTE_ORANGE, PALETTE_BLUE, PALETTE_GREEN, PALETTE_VERMILLION },
        [THEME_LIGHT] = { PALETTE_LIGHT_GREY, PALETTE_DARK_GREY, PALETTE_PURPLE, PALETTE_YELLOW,
                PALETTE_SKY_BLUE, PALETTE_ORANGE, PALETTE_BLUE, PALETTE_GREEN, PALETTE_VERMILLION },
    };
    return palette[rows[theme][stage]];
}
