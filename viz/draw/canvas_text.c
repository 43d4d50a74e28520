/* Text of the canvas: each glyph is rasterised once, then copied in the colour asked for.
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <stdlib.h>

#include "draw/canvas_internal.h"

#define FONT_FOLDER_ENV "FLEETCAST_FONTS"
#define REPLACEMENT     0xfffdu /* U+FFFD, for what is no UTF-8 */

static const struct {
    const char *file;
    int points;
} font_rows[TEXT_SIZE_COUNT] = {
    [TEXT_SMALL] = { "DejaVuSans.ttf", 11 },
    [TEXT_BODY] = { "DejaVuSans.ttf", 13 },
    [TEXT_TITLE] = { "DejaVuSans-Bold.ttf", 18 },
};

/* Where systems put the DejaVu fonts. */
static const char *const font_folders[] = {
    "/usr/share/fonts/truetype/dejavu",   /* Debian, Ubuntu */
    "/usr/share/fonts/dejavu-sans-fonts", /* Fedora */
    "/usr/share/fonts/dejavu",
    "/usr/share/fonts/TTF", /* Arch */
    "/usr/local/share/fonts/dejavu",
    "/Library/Fonts",
};

/* The folder that the environment names is the only one looked at. */
static TTF_Font *find_font(const char *file, int size)
{
    const char *only = getenv(FONT_FOLDER_ENV);
    char path[1024];
    TTF_Font *font = NULL;
    for (size_t i = 0; i < SDL_arraysize(font_folders) && font == NULL; i++) {
        snprintf(path, sizeof path, "%s/%s", only != NULL ? only : font_folders[i], file);
        font = TTF_OpenFont(path, size);
        if (only != NULL) {
            break;
        }
    }
    return font;
}

static void start_atlas(struct canvas_font *font)
{
    font->height = TTF_FontHeight(font->font);
    SDL_memset(font->glyphs, 0, sizeof font->glyphs);
    font->glyph_count = 0;
    font->pen_x = font->pen_y = font->row_height = 0;
}

static int pixels_of(const struct canvas *canvas, enum text_size size)
{
    return canvas_pixel(canvas, (float)font_rows[size].points);
}

static bool open_font(struct canvas *canvas, enum text_size size, char *error, size_t error_size)
{
    struct canvas_font *font = &canvas->fonts[size];
    font->font = find_font(font_rows[size].file, pixels_of(canvas, size));
    if (font->font == NULL) {
        const char *only = getenv(FONT_FOLDER_ENV);
        snprintf(error, error_size,
                "no font %s%s%s: install fonts-dejavu-core, or set " FONT_FOLDER_ENV
                " to a folder that has it",
                font_rows[size].file, only != NULL ? " in " : "", only != NULL ? only : "");
        return false;
    }
    font->atlas = SDL_CreateTexture(canvas->renderer, CANVAS_PIXEL_FORMAT, SDL_TEXTUREACCESS_STATIC,
            CANVAS_ATLAS_SIZE, CANVAS_ATLAS_SIZE);
    if (font->atlas == NULL) {
        snprintf(error, error_size, "cannot keep glyphs: %s", SDL_GetError());
        return false;
    }
    SDL_SetTextureBlendMode(font->atlas, SDL_BLENDMODE_BLEND);
    start_atlas(font);
    return true;
}

bool canvas_fonts_open(struct canvas *canvas, char *error, size_t error_size)
{
    if (TTF_Init() != 0) {
        snprintf(error, error_size, "cannot draw text: %s", TTF_GetError());
        return false;
    }
    canvas->text = true;
    for (int size = 0; size < TEXT_SIZE_COUNT; size++) {
        if (!open_font(canvas, size, error, error_size)) {
            return false;
        }
    }
    return true;
}

void canvas_fonts_rescale(struct canvas *canvas)
{
    for (int size = 0; size < TEXT_SIZE_COUNT; size++) {
        TTF_SetFontSize(canvas->fonts[size].font, pixels_of(canvas, size));
        start_atlas(&canvas->fonts[size]);
    }
}

void canvas_fonts_close(struct canvas *canvas)
{
    for (int size = 0; size < TEXT_SIZE_COUNT; size++) {
        struct canvas_font *font = &canvas->fonts[size];
        if (font->font != NULL) {
            TTF_CloseFont(font->font);
        }
        SDL_DestroyTexture(font->atlas);
        font->font = NULL;
        font->atlas = NULL;
    }
    if (canvas->text) {
        TTF_Quit();
        canvas->text = false;
    }
}

/* The character at `*text`, which moves past it; a byte that is no UTF-8 is one of its own. */
static uint32_t next_character(const char **text)
{
    const uint8_t *bytes = (const uint8_t *)*text;
    int more = bytes[0] < 0x80             ? 0
               : (bytes[0] & 0xe0) == 0xc0 ? 1
               : (bytes[0] & 0xf0) == 0xe0 ? 2
               : (bytes[0] & 0xf8) == 0xf0 ? 3
                                           : -1;
    uint32_t character = more <= 0 ? bytes[0] : bytes[0] & (0x3fu >> more);
    for (int i = 1; i <= more; i++) {
        if ((bytes[i] & 0xc0) != 0x80) { /* the text's end is none either */
            more = -1;
            break;
        }
        character = character << 6 | (bytes[i] & 0x3fu);
    }
    *text += more > 0 ? 1 + more : 1;
    return more >= 0 ? character : REPLACEMENT;
}

/* A place for a glyph of this size. False: the atlas is full. */
static bool place_glyph(struct canvas_font *font, int width, int height, SDL_Rect *place)
{
    if (font->pen_x + width > CANVAS_ATLAS_SIZE) {
        font->pen_x = 0;
        font->pen_y += font->row_height;
        font->row_height = 0;
    }
    if (font->pen_y + height > CANVAS_ATLAS_SIZE || width > CANVAS_ATLAS_SIZE) {
        return false;
    }
    *place = (SDL_Rect){ font->pen_x, font->pen_y, width, height };
    font->pen_x += width;
    font->row_height = SDL_max(font->row_height, height);
    return true;
}

/* Rasterises one glyph into the atlas, which starts again when it is full. */
static void rasterise(struct canvas_font *font, struct canvas_glyph *glyph)
{
    SDL_Surface *surface = TTF_RenderGlyph32_Blended(
            font->font, glyph->character, (SDL_Color){ 255, 255, 255, 255 });
    if (surface == NULL) {
        return;
    }
    int left = 0;
    TTF_GlyphMetrics32(font->font, glyph->character, &left, NULL, NULL, NULL, &glyph->advance);
    glyph->left = SDL_min(left, 0);
    if (place_glyph(font, surface->w, surface->h, &glyph->from)) {
        SDL_UpdateTexture(font->atlas, &glyph->from, surface->pixels, surface->pitch);
    }
    SDL_FreeSurface(surface);
}

static const struct canvas_glyph *glyph_of(struct canvas_font *font, uint32_t character)
{
    bool room = font->glyph_count < CANVAS_GLYPHS / 2
                && font->pen_y + 2 * font->height < CANVAS_ATLAS_SIZE;
    uint32_t index = character % CANVAS_GLYPHS;
    while (font->glyphs[index].character != 0 && font->glyphs[index].character != character) {
        index = (index + 1) % CANVAS_GLYPHS;
    }
    struct canvas_glyph *glyph = &font->glyphs[index];
    if (glyph->character == character) {
        return glyph;
    }
    if (!room) {
        start_atlas(font);
        glyph = &font->glyphs[character % CANVAS_GLYPHS];
    }
    glyph->character = character;
    font->glyph_count++;
    rasterise(font, glyph);
    return glyph;
}

static int width_of(struct canvas_font *font, const char *text)
{
    int width = 0;
    while (*text != '\0') {
        width += glyph_of(font, next_character(&text))->advance;
    }
    return width;
}

void canvas_text(struct canvas *canvas, enum text_size size, enum text_align align, struct point at,
        struct colour colour, const char *text)
{
    struct canvas_font *font = &canvas->fonts[size];
    int x = canvas_pixel(canvas, at.x), y = canvas_pixel(canvas, at.y);
    if (align != ALIGN_LEFT) {
        x -= width_of(font, text) / (align == ALIGN_CENTRE ? 2 : 1);
    }
    canvas_set_tint(font->atlas, colour);
    while (*text != '\0') {
        const struct canvas_glyph *glyph = glyph_of(font, next_character(&text));
        if (glyph->from.w > 0) {
            SDL_Rect to = { x + glyph->left, y, glyph->from.w, glyph->from.h };
            SDL_RenderCopy(canvas->renderer, font->atlas, &glyph->from, &to);
        }
        x += glyph->advance;
    }
}

float canvas_text_width(struct canvas *canvas, enum text_size size, const char *text)
{
    return (float)width_of(&canvas->fonts[size], text) / canvas->scale;
}

float canvas_text_height(const struct canvas *canvas, enum text_size size)
{
    return (float)canvas->fonts[size].height / canvas->scale;
}
