/* Notes what is drawn.
 * SPDX-License-Identifier: MIT
 */
#include "canvas_record.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const float heights[TEXT_SIZE_COUNT] = { 11.0f, 13.0f, 18.0f };

struct canvas *canvas_record_create(float width, float height)
{
    struct canvas *canvas = calloc(1, sizeof *canvas);
    assert(canvas != NULL);
    canvas->box = canvas->clip = (struct box){ 0, 0, width, height };
    return canvas;
}

const struct drawn *canvas_record_text(const struct canvas *canvas, const char *part)
{
    for (uint32_t i = 0; i < canvas->count; i++) {
        if (canvas->drawn[i].kind == DRAWN_TEXT && strstr(canvas->drawn[i].text, part) != NULL) {
            return &canvas->drawn[i];
        }
    }
    return NULL;
}

static struct drawn *note(
        struct canvas *canvas, enum drawn_kind kind, struct box box, struct colour colour)
{
    assert(canvas->count < DRAWN_MAX);
    struct drawn *drawn = &canvas->drawn[canvas->count++];
    *drawn = (struct drawn){ .kind = kind, .box = box, .clip = canvas->clip, .colour = colour };
    return drawn;
}

void canvas_destroy(struct canvas *canvas)
{
    free(canvas);
}

struct box canvas_box(const struct canvas *canvas)
{
    return canvas->box;
}

void canvas_clip(struct canvas *canvas, const struct box *box)
{
    canvas->clip = box != NULL ? *box : canvas->box;
}

void canvas_fill(struct canvas *canvas, struct box box, struct colour colour)
{
    note(canvas, DRAWN_FILL, box, colour);
}

void canvas_frame(struct canvas *canvas, struct box box, struct colour colour)
{
    note(canvas, DRAWN_FRAME, box, colour);
}

void canvas_line(struct canvas *canvas, struct point from, struct point to, float width,
        struct colour colour)
{
    note(canvas, DRAWN_LINE, (struct box){ from.x, from.y, to.x - from.x, to.y - from.y }, colour);
}

void canvas_disc(struct canvas *canvas, struct point centre, float radius, struct colour colour)
{
    note(canvas, DRAWN_DISC,
            (struct box){ centre.x - radius, centre.y - radius, 2.0f * radius, 2.0f * radius },
            colour);
}

void canvas_band(struct canvas *canvas, const float *x, const float *upper, const float *lower,
        size_t count, struct colour colour)
{
    if (count > 0) {
        note(canvas, DRAWN_BAND,
                (struct box){
                        x[0], upper[0], x[count - 1] - x[0], lower[count - 1] - upper[count - 1] },
                colour);
    }
}

void canvas_cells(
        struct canvas *canvas, struct box box, const struct colour *pixels, int columns, int rows)
{
    note(canvas, DRAWN_CELLS, box, pixels[0]);
}

void canvas_text(struct canvas *canvas, enum text_size size, enum text_align align, struct point at,
        struct colour colour, const char *text)
{
    float width = canvas_text_width(canvas, size, text);
    float left = align == ALIGN_LEFT ? 0.0f : align == ALIGN_CENTRE ? width / 2.0f : width;
    struct drawn *drawn = note(canvas, DRAWN_TEXT,
            (struct box){ at.x - left, at.y, width, heights[size] * 1.2f }, colour);
    strncpy(drawn->text, text, sizeof drawn->text - 1);
}

float canvas_text_width(struct canvas *canvas, enum text_size size, const char *text)
{
    size_t characters = 0;
    for (; *text != '\0'; text++) {
        characters += ((unsigned char)*text & 0xc0) != 0x80;
    }
    return (float)characters * 0.55f * heights[size];
}

float canvas_text_height(const struct canvas *canvas, enum text_size size)
{
    return heights[size] * 1.2f;
}
