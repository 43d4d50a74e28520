/* Drawing that several parts share.
 * SPDX-License-Identifier: MIT
 */
#include "view/widgets.h"

#include <string.h>

#include "view/format.h"

#define HINT_BORDER 6.0f
#define HINT_HEIGHT 18.0f
#define TICK_POINTS 96.0f /* room for "1 d 06:12" and a gap */

struct box box_cut(struct box *rest, enum box_edge edge, float length)
{
    struct box piece = *rest;
    bool across = edge == EDGE_TOP || edge == EDGE_BOTTOM;
    float room = across ? rest->height : rest->width;
    length = length < 0.0f ? 0.0f : length > room ? room : length;
    if (across) {
        piece.height = length;
        piece.y = edge == EDGE_TOP ? rest->y : rest->y + room - length;
        rest->y += edge == EDGE_TOP ? length : 0.0f;
        rest->height -= length;
    } else {
        piece.width = length;
        piece.x = edge == EDGE_LEFT ? rest->x : rest->x + room - length;
        rest->x += edge == EDGE_LEFT ? length : 0.0f;
        rest->width -= length;
    }
    return piece;
}

struct box box_inset(struct box box, float by)
{
    float x = box.width < 2.0f * by ? box.width / 2.0f : by;
    float y = box.height < 2.0f * by ? box.height / 2.0f : by;
    return (struct box){ box.x + x, box.y + y, box.width - 2.0f * x, box.height - 2.0f * y };
}

bool box_holds(struct box box, struct point at)
{
    return at.x >= box.x && at.x < box.x + box.width && at.y >= box.y && at.y < box.y + box.height;
}

bool box_empty(struct box box)
{
    return !(box.width > 0.0f && box.height > 0.0f);
}

/* Bytes of `text` that stay when it is cut before its last character. */
static size_t without_last_character(const char *text, size_t length)
{
    do {
        length--;
    } while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80);
    return length;
}

float text_fitted(struct canvas *canvas, enum text_size size, enum text_align align,
        struct point at, float width, struct colour colour, const char *text)
{
    static const char ellipsis[] = "\342\200\246";
    char cut[256];
    if (width <= 0.0f) {
        return 0.0f;
    }
    float used = canvas_text_width(canvas, size, text);
    size_t length = strlen(text);
    if (length > sizeof cut - sizeof ellipsis) {
        length = sizeof cut - sizeof ellipsis;
    } else if (used <= width) {
        canvas_text(canvas, size, align, at, colour, text);
        return used;
    }
    /* First about as much as fits, then character by character. */
    size_t guess = used > 0.0f && width > 0.0f ? (size_t)((float)length * width / used) + 4 : 1;
    do {
        length = without_last_character(text, length);
        if (length > guess) {
            continue;
        }
        memcpy(cut, text, length);
        memcpy(cut + length, ellipsis, sizeof ellipsis);
        used = canvas_text_width(canvas, size, cut);
    } while (length > 0 && (length > guess || used > width));
    if (used > width) {
        return 0.0f; /* not even the ellipsis fits */
    }
    canvas_text(canvas, size, align, at, colour, cut);
    return used;
}

void bar_draw(struct canvas *canvas, struct box box, double share, struct colour colour,
        struct colour ground)
{
    canvas_fill(canvas, box, ground);
    share = share > 0.0 ? share < 1.0 ? share : 1.0 : 0.0; /* a NaN is 0 */
    if (share > 0.0) {
        canvas_fill(canvas, box_cut(&box, EDGE_LEFT, (float)(share * box.width)), colour);
    }
}

void hint_draw(const struct theme *theme, struct canvas *canvas, struct point at, struct box limits,
        const char *text)
{
    float width = canvas_text_width(canvas, TEXT_SMALL, text) + 2.0f * HINT_BORDER;
    struct box field = { at.x + 10.0f, at.y - HINT_HEIGHT - 4.0f, width, HINT_HEIGHT };
    float most = limits.x + limits.width - width;
    field.x = field.x > most ? most : field.x;
    field.y = field.y < limits.y ? at.y + 14.0f : field.y;
    canvas_fill(canvas, field, theme->background);
    canvas_frame(canvas, field, theme->line);
    canvas_text(canvas, TEXT_SMALL, ALIGN_LEFT,
            (struct point){ field.x + HINT_BORDER, field.y + 2.0f }, theme->text, text);
}

float time_axis_x(const struct time_axis *axis, sim_ns at_ns)
{
    double share = (double)(at_ns - axis->from_ns) / (double)(axis->to_ns - axis->from_ns);
    return (float)(axis->box.x + share * axis->box.width);
}

sim_ns time_axis_ns(const struct time_axis *axis, float x)
{
    double share = (x - axis->box.x) / (axis->box.width > 0.0f ? axis->box.width : 1.0f);
    return axis->from_ns + (sim_ns)(share * (double)(axis->to_ns - axis->from_ns));
}

sim_ns time_axis_step_ns(const struct time_axis *axis, float points)
{
    static const int32_t steps_s[] = { 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 10800,
        21600, 43200, 86400, 172800, 432000, 864000, 2592000, 8640000 };
    double least_ns = (double)(axis->to_ns - axis->from_ns) * points
                      / (axis->box.width > 1.0f ? axis->box.width : 1.0f);
    for (sim_ns decade_ns = 1; decade_ns < SIM_NS_PER_S; decade_ns *= 10) {
        for (sim_ns part = 1; part <= 5; part += part == 1 ? 1 : 3) {
            if ((double)(part * decade_ns) >= least_ns) {
                return part * decade_ns;
            }
        }
    }
    sim_ns step_ns = SIM_NS_PER_S;
    for (size_t i = 0; i < sizeof steps_s / sizeof steps_s[0]; i++) {
        step_ns = steps_s[i] * SIM_NS_PER_S;
        if ((double)step_ns >= least_ns) {
            return step_ns;
        }
    }
    while ((double)step_ns < least_ns) {
        step_ns *= 2;
    }
    return step_ns;
}

void time_axis_draw(const struct time_axis *axis, const struct theme *theme, struct canvas *canvas)
{
    char text[FORMAT_MAX];
    sim_ns step_ns = time_axis_step_ns(axis, TICK_POINTS);
    sim_ns at_ns = axis->from_ns / step_ns * step_ns;
    for (; at_ns <= axis->to_ns; at_ns += step_ns) {
        if (at_ns < axis->from_ns) {
            continue;
        }
        float x = time_axis_x(axis, at_ns);
        canvas_fill(
                canvas, (struct box){ x, axis->box.y, 1.0f, axis->box.height + 3.0f }, theme->line);
        format_tick(text, sizeof text, at_ns, step_ns);
        float half = canvas_text_width(canvas, TEXT_SMALL, text) / 2.0f;
        float left = axis->box.x + half, right = axis->box.x + axis->box.width - half;
        x = x < left ? left : x > right ? right : x; /* the first and the last stay inside */
        canvas_text(canvas, TEXT_SMALL, ALIGN_CENTRE,
                (struct point){ x, axis->box.y + axis->box.height + 3.0f }, theme->faint, text);
    }
}
