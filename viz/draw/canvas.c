/* The canvas on SDL: windows and pictures, and what is filled.
 * SPDX-License-Identifier: MIT
 *
 * Rectangles are drawn on whole pixels: edges are sharp, and areas that touch leave no gap.
 */
#include "draw/canvas.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "draw/canvas_internal.h"

#define FILL_BATCH 256 /* rectangles given to SDL in one call */

static bool complain(char *error, size_t error_size, const char *what, const char *hint)
{
    snprintf(error, error_size, "%s: %s%s", what, SDL_GetError(), hint);
    return false;
}

/* The target follows the size of the window; a software renderer keeps what it drew by itself. */
static void measure(struct canvas *canvas)
{
    int window_width = 0, window_height = 0;
    SDL_GetRendererOutputSize(canvas->renderer, &canvas->width, &canvas->height);
    SDL_GetWindowSize(canvas->window, &window_width, &window_height);
    canvas->scale = window_width > 0 ? (float)canvas->width / (float)window_width : 1.0f;
    if (canvas->accelerated) {
        SDL_DestroyTexture(canvas->target);
        canvas->target = SDL_CreateTexture(canvas->renderer, CANVAS_PIXEL_FORMAT,
                SDL_TEXTUREACCESS_TARGET, canvas->width, canvas->height);
    }
}

/* Without a display SDL may take a driver that draws into memory: the window would be invisible. It
 * is meant only where SDL_VIDEODRIVER says so. */
static bool open_display(struct canvas *canvas)
{
    canvas->video = SDL_InitSubSystem(SDL_INIT_VIDEO) == 0;
    const char *driver = canvas->video ? SDL_GetCurrentVideoDriver() : NULL;
    return driver != NULL
           && (getenv("SDL_VIDEODRIVER") != NULL
                   || (strcmp(driver, "offscreen") != 0 && strcmp(driver, "dummy") != 0));
}

static bool open_window(struct canvas *canvas, const char *title, int width, int height,
        char *error, size_t error_size)
{
    if (!open_display(canvas)) {
        snprintf(error, error_size,
                "no display: set DISPLAY or WAYLAND_DISPLAY, or ask for a picture with "
                "--screenshot");
        return false;
    }
    canvas->window = SDL_CreateWindow(title, SDL_WINDOWPOS_UNDEFINED, SDL_WINDOWPOS_UNDEFINED,
            width, height, SDL_WINDOW_HIDDEN | SDL_WINDOW_RESIZABLE | SDL_WINDOW_ALLOW_HIGHDPI);
    if (canvas->window == NULL) {
        return complain(
                error, error_size, "cannot open a window", "; ask for a picture with --screenshot");
    }
    /* SDL takes an accelerated one if it finds one, else the software renderer. */
    canvas->renderer = SDL_CreateRenderer(canvas->window, -1, SDL_RENDERER_PRESENTVSYNC);
    if (canvas->renderer == NULL) {
        return complain(
                error, error_size, "cannot draw into a window", "; set SDL_RENDER_DRIVER=software");
    }
    /* Not before: for some renderers SDL replaces the window by another one. */
    SDL_ShowWindow(canvas->window);
    SDL_RendererInfo info;
    canvas->accelerated = SDL_GetRendererInfo(canvas->renderer, &info) == 0
                          && (info.flags & SDL_RENDERER_ACCELERATED) != 0;
    measure(canvas);
    return true;
}

static bool open_picture(
        struct canvas *canvas, int width, int height, float scale, char *error, size_t error_size)
{
    canvas->scale = scale;
    canvas->width = canvas_pixel(canvas, (float)width);
    canvas->height = canvas_pixel(canvas, (float)height);
    canvas->surface = SDL_CreateRGBSurfaceWithFormat(
            0, canvas->width, canvas->height, 32, CANVAS_PIXEL_FORMAT);
    if (canvas->surface != NULL) {
        canvas->renderer = SDL_CreateSoftwareRenderer(canvas->surface);
    }
    return canvas->renderer != NULL || complain(error, error_size, "cannot draw a picture", "");
}

static struct canvas *create(char *error, size_t error_size)
{
    struct canvas *canvas = calloc(1, sizeof *canvas);
    if (canvas == NULL) {
        snprintf(error, error_size, "out of memory");
    }
    return canvas;
}

struct canvas *canvas_create_window(
        const char *title, int width, int height, char *error, size_t error_size)
{
    struct canvas *canvas = create(error, error_size);
    if (canvas != NULL
            && !(open_window(canvas, title, width, height, error, error_size)
                    && canvas_fonts_open(canvas, error, error_size))) {
        canvas_destroy(canvas);
        return NULL;
    }
    return canvas;
}

struct canvas *canvas_create_picture(
        int width, int height, float scale, char *error, size_t error_size)
{
    struct canvas *canvas = create(error, error_size);
    if (canvas != NULL
            && !(open_picture(canvas, width, height, scale, error, error_size)
                    && canvas_fonts_open(canvas, error, error_size))) {
        canvas_destroy(canvas);
        return NULL;
    }
    return canvas;
}

void canvas_destroy(struct canvas *canvas)
{
    if (canvas == NULL) {
        return;
    }
    canvas_fonts_close(canvas);
    for (int i = 0; i < CANVAS_DISC_SIZES; i++) {
        SDL_DestroyTexture(canvas->discs[0][i]);
        SDL_DestroyTexture(canvas->discs[1][i]);
    }
    SDL_DestroyTexture(canvas->target);
    if (canvas->renderer != NULL) {
        SDL_DestroyRenderer(canvas->renderer);
    }
    SDL_FreeSurface(canvas->surface);
    if (canvas->window != NULL) {
        SDL_DestroyWindow(canvas->window);
    }
    if (canvas->video) {
        SDL_QuitSubSystem(SDL_INIT_VIDEO);
    }
    free(canvas);
}

struct box canvas_box(const struct canvas *canvas)
{
    return (struct box){ 0, 0, (float)canvas->width / canvas->scale,
        (float)canvas->height / canvas->scale };
}

float canvas_scale(const struct canvas *canvas)
{
    return canvas->scale;
}

void canvas_resized(struct canvas *canvas)
{
    float scale = canvas->scale;
    if (canvas->window != NULL) {
        measure(canvas);
    }
    if (canvas->scale != scale) {
        canvas_fonts_rescale(canvas);
    }
}

void canvas_set_title(struct canvas *canvas, const char *title)
{
    if (canvas->window != NULL) {
        SDL_SetWindowTitle(canvas->window, title);
    }
}

bool canvas_accelerated(const struct canvas *canvas)
{
    return canvas->accelerated;
}

void canvas_begin(struct canvas *canvas, struct colour background)
{
    if (canvas->target != NULL) {
        SDL_SetRenderTarget(canvas->renderer, canvas->target);
    }
    SDL_RenderSetClipRect(canvas->renderer, NULL);
    SDL_SetRenderDrawColor(
            canvas->renderer, background.r, background.g, background.b, SDL_ALPHA_OPAQUE);
    SDL_RenderClear(canvas->renderer);
}

void canvas_end(struct canvas *canvas)
{
    SDL_RenderSetClipRect(canvas->renderer, NULL);
    if (canvas->target != NULL) {
        SDL_SetRenderTarget(canvas->renderer, NULL);
        SDL_RenderCopy(canvas->renderer, canvas->target, NULL, NULL);
    }
    SDL_RenderPresent(canvas->renderer);
}

static SDL_Rect pixels_of(const struct canvas *canvas, struct box box)
{
    int left = canvas_pixel(canvas, box.x), top = canvas_pixel(canvas, box.y);
    return (SDL_Rect){ left, top, canvas_pixel(canvas, box.x + box.width) - left,
        canvas_pixel(canvas, box.y + box.height) - top };
}

void canvas_clip(struct canvas *canvas, const struct box *box)
{
    if (box == NULL) {
        SDL_RenderSetClipRect(canvas->renderer, NULL);
        return;
    }
    SDL_Rect rect = pixels_of(canvas, *box);
    rect.w = rect.w > 0 ? rect.w : 0;
    rect.h = rect.h > 0 ? rect.h : 0;
    SDL_RenderSetClipRect(canvas->renderer, &rect);
}

void canvas_set_colour(struct canvas *canvas, struct colour colour)
{
    SDL_SetRenderDrawBlendMode(canvas->renderer,
            colour.a == SDL_ALPHA_OPAQUE ? SDL_BLENDMODE_NONE : SDL_BLENDMODE_BLEND);
    SDL_SetRenderDrawColor(canvas->renderer, colour.r, colour.g, colour.b, colour.a);
}

void canvas_set_tint(SDL_Texture *texture, struct colour colour)
{
    SDL_SetTextureColorMod(texture, colour.r, colour.g, colour.b);
    SDL_SetTextureAlphaMod(texture, colour.a);
}

void canvas_fill(struct canvas *canvas, struct box box, struct colour colour)
{
    SDL_Rect rect = pixels_of(canvas, box);
    canvas_set_colour(canvas, colour);
    SDL_RenderFillRect(canvas->renderer, &rect);
}

void canvas_frame(struct canvas *canvas, struct box box, struct colour colour)
{
    SDL_Rect rect = pixels_of(canvas, box);
    int width = canvas_pixel(canvas, 1.0f);
    width = width > 1 ? width : 1;
    if (rect.w <= 2 * width || rect.h <= 2 * width) { /* no room inside */
        canvas_fill(canvas, box, colour);
        return;
    }
    const SDL_Rect sides[] = {
        { rect.x, rect.y, rect.w, width },
        { rect.x, rect.y + rect.h - width, rect.w, width },
        { rect.x, rect.y + width, width, rect.h - 2 * width },
        { rect.x + rect.w - width, rect.y + width, width, rect.h - 2 * width },
    };
    canvas_set_colour(canvas, colour);
    SDL_RenderFillRects(canvas->renderer, sides, SDL_arraysize(sides));
}

/* Between two corners of a band, at one column of pixels. */
static float between(float x0, float y0, float x1, float y1, float x)
{
    return x1 > x0 ? y0 + (y1 - y0) * (x - x0) / (x1 - x0) : y0;
}

void canvas_band(struct canvas *canvas, const float *x, const float *upper, const float *lower,
        size_t count, struct colour colour)
{
    SDL_Rect columns[FILL_BATCH];
    int used = 0;
    canvas_set_colour(canvas, colour);
    for (size_t i = 0; i + 1 < count; i++) {
        int end = canvas_pixel(canvas, x[i + 1]);
        for (int column = canvas_pixel(canvas, x[i]); column < end; column++) {
            float middle = ((float)column + 0.5f) / canvas->scale;
            int top = canvas_pixel(canvas, between(x[i], upper[i], x[i + 1], upper[i + 1], middle));
            int bottom =
                    canvas_pixel(canvas, between(x[i], lower[i], x[i + 1], lower[i + 1], middle));
            if (bottom > top) {
                columns[used++] = (SDL_Rect){ column, top, 1, bottom - top };
            }
            if (used == FILL_BATCH) {
                SDL_RenderFillRects(canvas->renderer, columns, used);
                used = 0;
            }
        }
    }
    if (used > 0) {
        SDL_RenderFillRects(canvas->renderer, columns, used);
    }
}

/* The pixel of a line between two cells, at most just outside of the canvas. */
static int cell_edge(const struct canvas *canvas, float points, int most)
{
    float pixels = points * canvas->scale;
    return (int)SDL_floorf(SDL_min(SDL_max(pixels, -1.0f), (float)most + 1.0f) + 0.5f);
}

/* Neighbours of one colour are one rectangle. SDL's software renderer would make a copy of a
 * stretched texture in its full size, which has no bound, before it cuts it. */
void canvas_cells(
        struct canvas *canvas, struct box box, const struct colour *pixels, int columns, int rows)
{
    for (int row = 0; row < rows; row++) {
        const struct colour *cells = pixels + (size_t)row * (size_t)columns;
        float height = box.height / (float)rows, width = box.width / (float)columns;
        int top = cell_edge(canvas, box.y + height * (float)row, canvas->height);
        int bottom = cell_edge(canvas, box.y + height * (float)(row + 1), canvas->height);
        for (int from = 0, to; from < columns && bottom > top; from = to) {
            for (to = from + 1; to < columns && canvas_same_colour(cells[from], cells[to]);) {
                to++;
            }
            int left = cell_edge(canvas, box.x + width * (float)from, canvas->width);
            int right = cell_edge(canvas, box.x + width * (float)to, canvas->width);
            if (cells[from].a > 0 && right > left) {
                canvas_set_colour(canvas, cells[from]);
                SDL_RenderFillRect(
                        canvas->renderer, &(SDL_Rect){ left, top, right - left, bottom - top });
            }
        }
    }
}
