/* Strips of the timeline: when adversaries and faults of the scenario may act.
 * SPDX-License-Identifier: MIT
 */
#ifndef VIEW_TIMELINE_TROUBLES_H
#define VIEW_TIMELINE_TROUBLES_H

#include "view/view.h"
#include "view/widgets.h"

/* Of all strips; 0: the scenario has neither. */
float timeline_troubles_height(const struct scene *scene);
/* `strips` has that height and the width of the axis; names stand from gutter_x on. */
void timeline_troubles_draw(const struct view *view, const struct scene *scene,
        const struct time_axis *axis, struct box strips, float gutter_x, struct canvas *canvas);
/* What may act at the pointer, where that is on a strip. */
void timeline_troubles_hint(const struct view *view, const struct scene *scene,
        const struct time_axis *axis, struct box strips, struct canvas *canvas);

#endif
