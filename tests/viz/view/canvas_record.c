/* Notes what is drawn.
 * SPDX-License-Identifier: MIT
 */
#include "canvas_record.h"

#include <assert.h>
#include <stdio.h>
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

/* What is seen of it. */
static struct box seen(const struct drawn *drawn)
{
    struct box a = drawn->box, b = drawn->clip;
    float right = a.x + a.width < b.x + b.width ? a.x + a.width : b.x + b.width;
    float bottom = a.y + a.height < b.y + b.height ? a.y + a.height : b.y + b.height;
    struct box box = { a.x > b.x ? a.x : b.x, a.y > b.y ? a.y : b.y, 0, 0 };
    box.width = right > box.x ? right - box.x : 0.0f;
    box.height = bottom > box.y ? bottom - box.y : 0.0f;
    return box;
}

/* By more than rounding. */
static bool over(float a, float length, float b, float other)
{
    const float least = 0.01f;
    return length > least && other > least && a + least < b + other && b + least < a + length;
}

bool canvas_record_overlap(const struct canvas *canvas, char *which, size_t size)
{
    for (uint32_t i = 0; i < canvas->count; i++) {
        struct box a = seen(&canvas->drawn[i]);
        for (uint32_t k = 0; k < i && canvas->drawn[i].kind == DRAWN_TEXT; k++) {
            struct box b = seen(&canvas->drawn[k]);
            if (canvas->drawn[k].kind == DRAWN_TEXT && over(a.x, a.width, b.x, b.width)
                    && over(a.y, a.height, b.y, b.height)) {
                snprintf(
                        which, size, "'%s' and '%s'", canvas->drawn[i].text, canvas->drawn[k].text);
                return true;
            }
        }
    }
    return false;
}

bool canvas_record_cut(const struct canvas *canvas, char *which, size_t size)
{
    for (uint32_t i = 0; i < canvas->count; i++) {
        struct box box = seen(&canvas->drawn[i]);
        if (canvas->drawn[i].kind == DRAWN_TEXT && box.height > 0.0f
                && box.width < canvas->drawn[i].box.width - 0.01f) {
            snprintf(which, size, "'%s'", canvas->drawn[i].text);
            return true;
        }
    }
    return false;
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

float canvas_scale(const struct canvas *canvas)
{
    return 1.0f;
}

void canvas_begin(struct canvas *canvas, struct colour background)
{
    canvas->count = 0;
}

void canvas_end(struct canvas *canvas)
{
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

void canvas_ring(
        struct canvas *canvas, struct point centre, float radius, float width, struct colour colour)
{
    float outer = radius + width / 2.0f;
    note(canvas, DRAWN_RING,
            (struct box){ centre.x - outer, centre.y - outer, 2.0f * outer, 2.0f * outer }, colour);
}

void canvas_marks(
        struct canvas *canvas, const struct canvas_mark *marks, size_t count, bool squares)
{
    for (size_t i = 0; i < count; i++) {
        float half = marks[i].size / 2.0f;
        note(canvas, DRAWN_MARKS,
                (struct box){ marks[i].x - half, marks[i].y - half, marks[i].size, marks[i].size },
                marks[i].colour);
    }
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
