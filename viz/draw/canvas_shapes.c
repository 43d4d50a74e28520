/* Lines, discs and rings of the canvas, and marks in large numbers.
 * SPDX-License-Identifier: MIT
 *
 * Discs are copies of a white texture of their own size, tinted: on the software renderer a copy
 * without scaling is the cheapest smooth shape there is. Lines and rings are made of single pixels
 * by how much of each the stroke covers, because SDL's software renderer moves the corners of
 * triangles to whole pixels. Pixels of one coverage go to SDL in one call.
 */
#include <math.h>

#include "draw/canvas_internal.h"

#define SUBSAMPLES  4         /* of a pixel of a disc, each way */
#define RIM         1.0f      /* pixels of a mark's rim */
#define RIM_GREY    0x909090u /* darker than the mark, but of its hue */
#define RIM_LEAST   8         /* pixels of a mark that has one */
#define MARK_BATCH  256
#define LEVELS      16 /* of coverage */
#define LEVEL_BATCH 128

/* Share of a pixel that lies inside of a disc around the middle of a square of `size` pixels. */
static uint8_t disc_alpha(int x, int y, int size)
{
    int inside = 0;
    float centre = (float)size / 2, radius = (float)size / 2;
    for (int i = 0; i < SUBSAMPLES * SUBSAMPLES; i++) {
        float dx = (float)x + ((float)(i % SUBSAMPLES) + 0.5f) / SUBSAMPLES - centre;
        float dy = (float)y + ((float)(i / SUBSAMPLES) + 0.5f) / SUBSAMPLES - centre;
        inside += dx * dx + dy * dy <= radius * radius;
    }
    return (uint8_t)(inside * 255 / (SUBSAMPLES * SUBSAMPLES));
}

/* A grey of a white texture makes what it is tinted with darker. */
static uint32_t disc_grey(int x, int y, int size, bool rim)
{
    float centre = (float)(size - 1) / 2;
    float away = hypotf((float)x - centre, (float)y - centre);
    return rim && away > (float)size / 2 - RIM ? RIM_GREY : 0xffffffu;
}

/* NULL: out of memory. */
static SDL_Texture *disc_texture(struct canvas *canvas, int size, bool rim)
{
    SDL_Texture **disc = &canvas->discs[rim][size];
    if (*disc != NULL) {
        return *disc;
    }
    uint32_t pixels[CANVAS_DISC_SIZES * CANVAS_DISC_SIZES];
    for (int i = 0; i < size * size; i++) {
        pixels[i] = disc_grey(i % size, i / size, size, rim)
                    | (uint32_t)disc_alpha(i % size, i / size, size) << 24;
    }
    *disc = SDL_CreateTexture(
            canvas->renderer, CANVAS_PIXEL_FORMAT, SDL_TEXTUREACCESS_STATIC, size, size);
    if (*disc != NULL) {
        SDL_UpdateTexture(*disc, NULL, pixels, size * (int)sizeof pixels[0]);
        SDL_SetTextureBlendMode(*disc, SDL_BLENDMODE_BLEND);
        SDL_SetTextureScaleMode(*disc, SDL_ScaleModeLinear);
    }
    return *disc;
}

static SDL_Rect mark_pixels(const struct canvas *canvas, const struct canvas_mark *mark)
{
    int size = SDL_max(canvas_pixel(canvas, mark->size), 1);
    float half = (float)size / (2 * canvas->scale);
    return (SDL_Rect){ canvas_pixel(canvas, mark->x - half), canvas_pixel(canvas, mark->y - half),
        size, size };
}

static void disc(struct canvas *canvas, const struct canvas_mark *mark, bool rim)
{
    SDL_Rect to = mark_pixels(canvas, mark);
    int size = SDL_min(to.w, CANVAS_DISC_SIZES - 1);
    SDL_Texture *texture = disc_texture(canvas, size, rim && size >= RIM_LEAST);
    if (texture != NULL) {
        canvas_set_tint(texture, mark->colour);
        SDL_RenderCopy(canvas->renderer, texture, NULL, &to);
    }
}

/* Neighbours of one colour go to SDL in one call. */
static void squares_of(struct canvas *canvas, const struct canvas_mark *marks, size_t count)
{
    SDL_Rect rects[MARK_BATCH];
    int used = 0;
    for (size_t i = 0; i < count; i++) {
        rects[used++] = mark_pixels(canvas, &marks[i]);
        if (used == MARK_BATCH || i + 1 == count
                || !canvas_same_colour(marks[i].colour, marks[i + 1].colour)) {
            canvas_set_colour(canvas, marks[i].colour);
            SDL_RenderFillRects(canvas->renderer, rects, used);
            used = 0;
        }
    }
}

void canvas_marks(
        struct canvas *canvas, const struct canvas_mark *marks, size_t count, bool squares)
{
    if (squares) {
        squares_of(canvas, marks, count);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        disc(canvas, &marks[i], marks[i].colour.a == SDL_ALPHA_OPAQUE);
    }
}

void canvas_disc(struct canvas *canvas, struct point centre, float radius, struct colour colour)
{
    const struct canvas_mark mark = { centre.x, centre.y, 2 * radius, colour };
    disc(canvas, &mark, false);
}

/* Pixels of one colour, sorted by how much of each is covered. */
struct stroke {
    SDL_Renderer *renderer;
    struct colour colour;
    float half; /* of its width */
    int counts[LEVELS + 1];
    SDL_Point points[LEVELS + 1][LEVEL_BATCH];
};

static void stroke_begin(
        struct stroke *stroke, struct canvas *canvas, float width, struct colour colour)
{
    stroke->renderer = canvas->renderer;
    stroke->colour = colour;
    stroke->half = width * canvas->scale / 2;
    SDL_memset(stroke->counts, 0, sizeof stroke->counts);
    SDL_SetRenderDrawBlendMode(canvas->renderer, SDL_BLENDMODE_BLEND);
}

static void stroke_flush(struct stroke *stroke, int level)
{
    SDL_SetRenderDrawColor(stroke->renderer, stroke->colour.r, stroke->colour.g, stroke->colour.b,
            (uint8_t)(stroke->colour.a * level / LEVELS));
    SDL_RenderDrawPoints(stroke->renderer, stroke->points[level], stroke->counts[level]);
    stroke->counts[level] = 0;
}

/* A pixel whose middle is so far from the middle of the stroke: it covers what both, one pixel and
 * the stroke, have in common along the distance. */
static void stroke_pixel(struct stroke *stroke, int x, int y, float away)
{
    float covered = SDL_min(away + 0.5f, stroke->half) - SDL_max(away - 0.5f, -stroke->half);
    int level = (int)(covered * LEVELS + 0.5f);
    if (covered > 0 && level > 0) {
        stroke->points[level][stroke->counts[level]++] = (SDL_Point){ x, y };
        if (stroke->counts[level] == LEVEL_BATCH) {
            stroke_flush(stroke, level);
        }
    }
}

static void stroke_end(struct stroke *stroke)
{
    for (int level = 1; level <= LEVELS; level++) {
        if (stroke->counts[level] > 0) {
            stroke_flush(stroke, level);
        }
    }
}

/* Walks along the longer of the two directions; across it, the pixels that the stroke touches. The
 * ends are cut straight across that direction. */
void canvas_line(struct canvas *canvas, struct point from, struct point to, float width,
        struct colour colour)
{
    bool steep = SDL_fabsf(to.y - from.y) > SDL_fabsf(to.x - from.x);
    struct point a = steep ? (struct point){ from.y, from.x } : from;
    struct point b = steep ? (struct point){ to.y, to.x } : to;
    if (a.x > b.x) {
        struct point swap = a;
        a = b;
        b = swap;
    }
    int first = canvas_pixel(canvas, a.x), end = canvas_pixel(canvas, b.x);
    if (end <= first) {
        return;
    }
    float slope = (b.y - a.y) / (b.x - a.x), flatness = 1 / SDL_sqrtf(1 + slope * slope);
    struct stroke stroke;
    stroke_begin(&stroke, canvas, width, colour);
    float reach = (stroke.half + 0.5f) / flatness;
    int most = steep ? canvas->height : canvas->width;
    for (int along = SDL_max(first, 0); along < SDL_min(end, most); along++) {
        float middle = a.y * canvas->scale + slope * ((float)along + 0.5f - a.x * canvas->scale);
        int last = (int)SDL_floorf(middle + reach);
        for (int across = (int)SDL_floorf(middle - reach); across <= last; across++) {
            float away = ((float)across + 0.5f - middle) * flatness;
            stroke_pixel(&stroke, steep ? across : along, steep ? along : across, away);
        }
    }
    stroke_end(&stroke);
}

/* Half of a circle's width at a height; 0: it does not get there. */
static float half_chord(float radius, float height)
{
    return radius > 0 && SDL_fabsf(height) < radius ? SDL_sqrtf(radius * radius - height * height)
                                                    : 0;
}

void canvas_ring(
        struct canvas *canvas, struct point centre, float radius, float width, struct colour colour)
{
    struct stroke stroke;
    stroke_begin(&stroke, canvas, width, colour);
    float x = centre.x * canvas->scale, y = centre.y * canvas->scale,
          middle = radius * canvas->scale;
    float outer = middle + stroke.half + 1, inner = middle - stroke.half - 1;
    int bottom = (int)SDL_min(SDL_ceilf(y + outer), (float)canvas->height);
    for (int row = (int)SDL_max(SDL_floorf(y - outer), 0.0f); row < bottom; row++) {
        float height = (float)row + 0.5f - y;
        float out = half_chord(outer, height), in = half_chord(inner, height);
        int hole_from = (int)SDL_floorf(x - in), hole_to = (int)SDL_ceilf(x + in);
        int right = (int)SDL_ceilf(x + out);
        for (int column = (int)SDL_floorf(x - out); column < right; column++) {
            if (column == hole_from + 1 && hole_to - 1 > column) {
                column = hole_to - 1;
            }
            float away = hypotf((float)column + 0.5f - x, height) - middle;
            stroke_pixel(&stroke, column, row, away);
        }
    }
    stroke_end(&stroke);
}
