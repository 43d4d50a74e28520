/* The colours of the view.
 * SPDX-License-Identifier: MIT
 *
 * Okabe, Ito: Color Universal Design (2008), figure 16. Viridis: values of matplotlib's table at
 * nine even steps.
 */
#include "draw/theme.h"

const struct theme themes[THEME_COUNT] = {
    [THEME_DARK] = {
        .name = "dark",
        .background = { 0x12, 0x16, 0x1c, 0xff },
        .panel = { 0x1b, 0x21, 0x2a, 0xff },
        .line = { 0x38, 0x42, 0x50, 0xff },
        .text = { 0xe8, 0xec, 0xf1, 0xff },
        .faint = { 0x93, 0x9f, 0xae, 0xff },
        .accent = { 0x56, 0xb4, 0xe9, 0xff },
        .warning = { 0xe6, 0x9f, 0x00, 0xff },
        .gateway = { 0xff, 0xff, 0xff, 0xff },
    },
    [THEME_LIGHT] = {
        .name = "light",
        .background = { 0xfa, 0xfa, 0xf8, 0xff },
        .panel = { 0xee, 0xef, 0xf0, 0xff },
        .line = { 0xc3, 0xc8, 0xce, 0xff },
        .text = { 0x17, 0x1c, 0x22, 0xff },
        .faint = { 0x5d, 0x68, 0x75, 0xff },
        .accent = { 0x00, 0x72, 0xb2, 0xff },
        .warning = { 0xa6, 0x50, 0x00, 0xff },
        .gateway = { 0x10, 0x14, 0x18, 0xff },
    },
};

/* Moved by up to 7 CIE76 units from the originals, so that every two are 20 apart for eyes without
 * the long-wave (protanopia) or the middle-wave (deuteranopia) cones, too: Machado, Oliveira and
 * Fernandes (2009), severity 1.0. Unmoved, orange and vermillion, yellow, or purple and green are
 * down to 12 apart there. */
const struct colour palette[PALETTE_COUNT] = {
    [PALETTE_ORANGE] = { 0xe1, 0x9b, 0x00, 0xff },
    [PALETTE_SKY_BLUE] = { 0x56, 0xb4, 0xe9, 0xff },
    [PALETTE_GREEN] = { 0x07, 0x9c, 0x6d, 0xff },
    [PALETTE_YELLOW] = { 0xfc, 0xec, 0x4c, 0xff },
    [PALETTE_BLUE] = { 0x00, 0x72, 0xb2, 0xff },
    [PALETTE_VERMILLION] = { 0xc8, 0x54, 0x00, 0xff },
    [PALETTE_PURPLE] = { 0xbe, 0x7a, 0xa5, 0xff },
    [PALETTE_LIGHT_GREY] = { 0xcb, 0xcc, 0xd5, 0xff },
    [PALETTE_DARK_GREY] = { 0x4a, 0x52, 0x5c, 0xff },
};

#define CATEGORIES 8u

struct colour palette_category(enum theme_kind theme, unsigned index)
{
    static const uint8_t rows[THEME_COUNT][CATEGORIES] = {
        [THEME_DARK] = { PALETTE_SKY_BLUE, PALETTE_ORANGE, PALETTE_GREEN, PALETTE_YELLOW,
                PALETTE_BLUE, PALETTE_VERMILLION, PALETTE_PURPLE, PALETTE_LIGHT_GREY },
        [THEME_LIGHT] = { PALETTE_BLUE, PALETTE_ORANGE, PALETTE_GREEN, PALETTE_PURPLE,
                PALETTE_SKY_BLUE, PALETTE_VERMILLION, PALETTE_YELLOW, PALETTE_DARK_GREY },
    };
    return palette[rows[theme][index % CATEGORIES]];
}

struct colour palette_sequence(double share)
{
    static const struct colour viridis[] = {
        { 0x44, 0x01, 0x54, 0xff },
        { 0x47, 0x2d, 0x7b, 0xff },
        { 0x3b, 0x52, 0x8b, 0xff },
        { 0x2c, 0x72, 0x8e, 0xff },
        { 0x21, 0x91, 0x8c, 0xff },
        { 0x28, 0xae, 0x80, 0xff },
        { 0x5e, 0xc9, 0x62, 0xff },
        { 0xad, 0xdc, 0x30, 0xff },
        { 0xfd, 0xe7, 0x25, 0xff },
    };
    const double last = (double)(sizeof viridis / sizeof viridis[0] - 1);
    double at = (share > 0.0 ? share < 1.0 ? share : 1.0 : 0.0) * last; /* a NaN is 0 */
    unsigned low = at < last ? (unsigned)at : (unsigned)last - 1;
    double part = at - low;
    const struct colour *a = &viridis[low], *b = &viridis[low + 1];
    return (struct colour){
        (uint8_t)(a->r + part * (b->r - a->r) + 0.5),
        (uint8_t)(a->g + part * (b->g - a->g) + 0.5),
        (uint8_t)(a->b + part * (b->b - a->b) + 0.5),
        0xff,
    };
}

struct colour colour_with_alpha(struct colour colour, uint8_t alpha)
{
    colour.a = alpha;
    return colour;
}
