/* What the files of the canvas share; no other file includes it.
 * SPDX-License-Identifier: MIT
 *
 * All lengths here are pixels.
 */
#ifndef DRAW_CANVAS_INTERNAL_H
#define DRAW_CANVAS_INTERNAL_H

#include <SDL.h>
#include <SDL_ttf.h>

#include "draw/canvas.h"

#define CANVAS_DISC_SIZES   65 /* diameters 0..64 have a texture each */
#define CANVAS_GLYPHS       512u
#define CANVAS_ATLAS_SIZE   512
#define CANVAS_PIXEL_FORMAT SDL_PIXELFORMAT_ARGB8888

struct canvas_glyph {
    uint32_t character; /* 0: this place of the table is free */
    SDL_Rect from;      /* in the atlas; no width: it has no ink */
    int left;           /* from the pen to the left edge of `from` */
    int advance;
};

/* The glyphs of one text size that were drawn so far, white, in one texture. */
struct canvas_font {
    TTF_Font *font;
    SDL_Texture *atlas;
    int height;
    int pen_x, pen_y, row_height; /* where the next glyph goes in the atlas */
    uint32_t glyph_count;
    struct canvas_glyph glyphs[CANVAS_GLYPHS];
};

struct canvas {
    SDL_Window *window;   /* NULL: a picture */
    SDL_Surface *surface; /* of a picture */
    SDL_Renderer *renderer;
    SDL_Texture *target; /* what an accelerated window is drawn on, so that it can be saved */
    bool accelerated, video, text;
    float scale; /* pixels per point */
    int width, height;
    SDL_Texture *discs[2][CANVAS_DISC_SIZES]; /* plain; with a darker rim */
    struct canvas_font fonts[TEXT_SIZE_COUNT];
};

/* False: `error` says which file is missing and what would be right. */
bool canvas_fonts_open(struct canvas *canvas, char *error, size_t error_size);
/* The canvas has another scale now. */
void canvas_fonts_rescale(struct canvas *canvas);
void canvas_fonts_close(struct canvas *canvas);

/* Colour and the cheapest way of blending that gives it, for what is filled next. */
void canvas_set_colour(struct canvas *canvas, struct colour colour);
void canvas_set_tint(SDL_Texture *texture, struct colour colour);

static inline bool canvas_same_colour(struct colour a, struct colour b)
{
    return a.r == b.r && a.g == b.g && a.b == b.b && a.a == b.a;
}

static inline int canvas_pixel(const struct canvas *canvas, float points)
{
    return (int)SDL_floorf(points * canvas->scale + 0.5f);
}

#endif
