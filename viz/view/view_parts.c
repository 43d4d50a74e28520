/* The parts of the view: drawn in their order, so the last is uppermost; and who takes the pointer.
 * SPDX-License-Identifier: MIT
 */
#include "view/help.h"
#include "view/view.h"
#include "view/widgets.h"

const struct view_part *const view_parts[VIEW_PART_COUNT] = {
    [VIEW_TOOLBAR] = &toolbar_part,
    [VIEW_MAP] = &map_part,
    [VIEW_LEGEND] = &legend_part,
    [VIEW_PANEL] = &panel_part,
    [VIEW_LANES] = &lanes_part,
    [VIEW_TIMELINE] = &timeline_part,
};

void view_draw(struct view *view, const struct scene *scene, struct canvas *canvas)
{
    canvas_begin(canvas, themes[view->theme].background);
    for (unsigned part = 0; part < VIEW_PART_COUNT; part++) {
        if (!box_empty(view->boxes[part])) {
            canvas_clip(canvas, &view->boxes[part]);
            view_parts[part]->draw(view, scene, canvas);
        }
    }
    canvas_clip(canvas, NULL);
    if (view->help) {
        help_draw(view, canvas);
    }
    canvas_end(canvas);
}

void view_grab(struct view *view, struct point at)
{
    for (unsigned part = 0; part < VIEW_PART_COUNT; part++) {
        if (box_holds(view->boxes[part], at) && view_parts[part]->drag != NULL) {
            view->grabbed = part;
        }
    }
}

bool view_press(struct view *view, const struct scene *scene, struct point at, bool twice)
{
    for (unsigned part = VIEW_PART_COUNT; part-- > 0;) {
        if (!box_holds(view->boxes[part], at)) {
            continue;
        }
        if (view_parts[part]->press != NULL && view_parts[part]->press(view, scene, at, twice)) {
            return true;
        }
    }
    return false;
}

bool view_drag(struct view *view, const struct scene *scene, struct point at, struct point by)
{
    const struct view_part *part = view_parts[view->grabbed];
    return part->drag != NULL && part->drag(view, scene, at, by);
}

bool view_wheel(struct view *view, const struct scene *scene, struct point at, float turns)
{
    for (unsigned part = VIEW_PART_COUNT; part-- > 0;) {
        if (box_holds(view->boxes[part], at) && view_parts[part]->wheel != NULL
                && view_parts[part]->wheel(view, scene, at, turns)) {
            return true;
        }
    }
    return false;
}
