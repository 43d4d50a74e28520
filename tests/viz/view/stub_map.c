/* The map and its legend, left empty: in tests of the other parts.
 * SPDX-License-Identifier: MIT
 */
#include "view/view.h"

static void draw_nothing(struct view *view, const struct scene *scene, struct canvas *canvas)
{
}

const struct view_part map_part = { .name = "map", .draw = draw_nothing };
const struct view_part legend_part = { .name = "legend", .draw = draw_nothing };

void map_fit(struct view *view, const struct scene *scene)
{
}
