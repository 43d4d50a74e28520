/* Lines of the panel.
 * SPDX-License-Identifier: MIT
 */
#include "view/panel_column.h"

#include "view/widgets.h"

#define NAME_SHARE  0.42f /* of a line with a bar: at most */
#define VALUE_WIDTH 92.0f /* beside a bar */
#define GAP         8.0f

void column_heading(struct column *column, const char *text)
{
    column->y += 5.0f;
    canvas_fill(column->canvas, (struct box){ column->x, column->y, column->width, 1.0f },
            column->theme->line);
    text_fitted(column->canvas, TEXT_BODY, ALIGN_LEFT,
            (struct point){ column->x, column->y + 4.0f }, column->width, column->theme->accent,
            text);
    column->y += 23.0f;
}

static void pair_at(
        const struct column *column, float x, float width, const char *name, const char *value)
{
    float used = text_fitted(column->canvas, TEXT_SMALL, ALIGN_RIGHT,
            (struct point){ x + width, column->y }, width, column->theme->text, value);
    text_fitted(column->canvas, TEXT_SMALL, ALIGN_LEFT, (struct point){ x, column->y },
            width - used - GAP, column->theme->faint, name);
}

void column_pair(struct column *column, const char *name, const char *value)
{
    pair_at(column, column->x, column->width, name, value);
    column->y += COLUMN_LINE;
}

void column_pairs(struct column *column, const char *const names[2], const char *const values[2])
{
    float width = (column->width - 2.0f * GAP) / 2.0f;
    for (unsigned i = 0; i < 2 && names[i] != NULL; i++) {
        pair_at(column, column->x + (float)i * (width + 2.0f * GAP), width, names[i], values[i]);
    }
    column->y += COLUMN_LINE;
}

void column_bar(struct column *column, const char *name, double share, struct colour colour,
        const char *value)
{
    float name_width = NAME_SHARE * column->width;
    struct box bar = { column->x + name_width + GAP, column->y + 3.0f,
        column->width - name_width - VALUE_WIDTH - GAP, COLUMN_LINE - 7.0f };
    text_fitted(column->canvas, TEXT_SMALL, ALIGN_LEFT, (struct point){ column->x, column->y },
            name_width, column->theme->faint, name);
    if (bar.width > 0.0f) {
        bar_draw(column->canvas, bar, share, colour, column->theme->background);
    }
    text_fitted(column->canvas, TEXT_SMALL, ALIGN_RIGHT,
            (struct point){ column->x + column->width, column->y }, VALUE_WIDTH - GAP,
            column->theme->text, value);
    column->y += COLUMN_LINE;
}

void column_text(struct column *column, struct colour colour, const char *text)
{
    text_fitted(column->canvas, TEXT_SMALL, ALIGN_LEFT, (struct point){ column->x, column->y },
            column->width, colour, text);
    column->y += COLUMN_LINE;
}

void column_gap(struct column *column, float height)
{
    column->y += height;
}
