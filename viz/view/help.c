/* The help over the view.
 * SPDX-License-Identifier: MIT
 */
#include "view/help.h"

#include <stdio.h>
#include <string.h>

#include "view/intents.h"
#include "view/mark_rows.h"
#include "view/widgets.h"

#define MARGIN    24.0f
#define LINE      16.0f
#define HEADING   22.0f
#define KEY_WIDTH 84.0f
#define SWATCH    12.0f
#define WORD      128.0f
#define GAP       8.0f

static void heading(
        const struct theme *theme, struct canvas *canvas, struct box *column, const char *text)
{
    struct box line = box_cut(column, EDGE_TOP, HEADING);
    text_fitted(canvas, TEXT_BODY, ALIGN_LEFT, (struct point){ line.x, line.y + 4.0f }, line.width,
            theme->accent, text);
}

/* Returns how many rows had no room. */
static unsigned draw_keys(const struct theme *theme, struct canvas *canvas, struct box *column)
{
    heading(theme, canvas, column, "Keys");
    unsigned left_out = 0;
    for (unsigned i = 0; i < INTENT_COUNT; i++) {
        if (column->height < LINE) {
            left_out++;
            continue;
        }
        struct box line = box_cut(column, EDGE_TOP, LINE);
        text_fitted(canvas, TEXT_SMALL, ALIGN_LEFT, (struct point){ line.x, line.y },
                KEY_WIDTH - GAP, theme->text, intent_rows[i].key);
        text_fitted(canvas, TEXT_SMALL, ALIGN_LEFT, (struct point){ line.x + KEY_WIDTH, line.y },
                line.width - KEY_WIDTH, theme->faint, intent_rows[i].meaning);
    }
    return left_out;
}

static void draw_mark(
        enum theme_kind theme, struct canvas *canvas, struct box line, const struct mark_row *row)
{
    struct box swatch = { line.x, line.y + 2.0f, SWATCH, SWATCH - 2.0f };
    if (row->colours[theme].a > 0) {
        canvas_fill(canvas, swatch, row->colours[theme]);
    }
    box_cut(&line, EDGE_LEFT, SWATCH + GAP);
    float width = canvas_text_width(canvas, TEXT_SMALL, row->word);
    width = width > WORD ? width : WORD;
    text_fitted(canvas, TEXT_SMALL, ALIGN_LEFT, (struct point){ line.x, line.y }, line.width,
            themes[theme].text, row->word);
    text_fitted(canvas, TEXT_SMALL, ALIGN_LEFT, (struct point){ line.x + width + GAP, line.y },
            line.width - width - GAP, themes[theme].faint, row->meaning);
}

/* Rows of the part that begins with row `index`. */
static unsigned rows_of_part(uint32_t index)
{
    struct mark_row first, row;
    unsigned rows = 0;
    bool more = mark_row_get(index, &first);
    for (; more && mark_row_get(index + rows, &row) && strcmp(row.part, first.part) == 0; rows++) {
    }
    return rows;
}

/* Parts are not torn: one that has no room below the others of a column begins the next. */
static unsigned draw_marks(enum theme_kind theme, struct canvas *canvas, struct box columns[2])
{
    unsigned left_out = 0, column = 0;
    struct mark_row row;
    for (uint32_t i = 0; mark_row_get(i, &row);) {
        unsigned rows = rows_of_part(i);
        if (column == 0 && columns[0].height < (float)(rows + 1) * LINE + HEADING) {
            column = 1;
        }
        struct box *box = &columns[column];
        if (box->height >= 2.0f * LINE + HEADING) {
            heading(&themes[theme], canvas, box, row.part);
        } else {
            box->height = 0.0f;
        }
        for (unsigned end = i + rows; i < end && mark_row_get(i, &row); i++) {
            if (box->height < LINE) {
                left_out++;
            } else {
                draw_mark(theme, canvas, box_cut(box, EDGE_TOP, LINE), &row);
            }
        }
    }
    return left_out;
}

void help_draw(const struct view *view, struct canvas *canvas)
{
    const struct theme *theme = &themes[view->theme];
    struct box all = canvas_box(canvas);
    canvas_fill(canvas, all, theme->panel);
    all = box_inset(all, MARGIN);
    struct box foot = box_cut(&all, EDGE_BOTTOM, LINE);
    struct box columns[2] = { box_cut(&all, EDGE_LEFT, all.width / 2.0f - MARGIN) };
    box_cut(&all, EDGE_LEFT, 2.0f * MARGIN);
    columns[1] = all;
    unsigned left_out = draw_keys(theme, canvas, &columns[0]);
    left_out += draw_marks(view->theme, canvas, columns);
    char line[96] = "F1 or Escape closes this.";
    if (left_out > 0) {
        snprintf(line, sizeof line,
                "F1 or Escape closes this. %u rows are left out: "
                "a larger window shows them.",
                left_out);
    }
    text_fitted(canvas, TEXT_SMALL, ALIGN_LEFT, (struct point){ foot.x, foot.y }, foot.width,
            left_out > 0 ? theme->warning : theme->faint, line);
}
