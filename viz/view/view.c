/* The view: where its parts are, what is selected, and the commands that it leaves.
 * SPDX-License-Identifier: MIT
 */
#include "view/view.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "view/lanes_merge.h"
#include "view/widgets.h"

#define LEGEND_MARGIN 10.0f

/* Parts that take a piece off an edge of what is left of the window, in this order; the map has the
 * rest. Lengths in points. */
static const struct {
    enum view_part_id part;
    enum box_edge edge;
    float least_window;       /* height, or width at the right edge: below, the part is left out */
    float share, least, most; /* of the window's length in that direction */
} places[] = {
    { VIEW_TOOLBAR, EDGE_TOP, 140.0f, 0.0f, 40.0f, 40.0f },
    { VIEW_PANEL, EDGE_RIGHT, 760.0f, 0.27f, 300.0f, 420.0f },
    { VIEW_TIMELINE, EDGE_BOTTOM, 360.0f, 0.16f, 100.0f, 150.0f },
    { VIEW_LANES, EDGE_BOTTOM, 560.0f, 0.22f, 120.0f, 240.0f },
};

void view_init(struct view *view, const struct scenario *scenario, struct schemes *schemes)
{
    *view = (struct view){
        .scenario = scenario,
        .schemes = schemes,
        .fitted = true,
        .selected = SCENE_NONE,
        .gateway = SCENE_NONE,
        .camera = { .metres_per_point = 1.0 },
    };
}

void view_release(struct view *view)
{
    for (uint32_t i = 0; i < view->lane_index_count; i++) {
        lanes_index_release(&view->lane_indices[i]);
    }
    free(view->lane_indices);
    view->lane_indices = NULL;
    view->lane_index_count = 0;
}

static struct box legend_box(struct box map)
{
    if (map.width < 320.0f || map.height < 200.0f) {
        return (struct box){ 0 };
    }
    struct box inner = box_inset(map, LEGEND_MARGIN);
    inner = box_cut(&inner, EDGE_LEFT, 190.0f);
    return box_cut(&inner, EDGE_BOTTOM, 370.0f);
}

void view_layout(struct view *view, struct box window)
{
    struct box rest = window;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        float room = places[i].edge == EDGE_RIGHT ? window.width : window.height;
        float length = places[i].share * room;
        length = length < places[i].least  ? places[i].least
                 : length > places[i].most ? places[i].most
                                           : length;
        view->boxes[places[i].part] = room < places[i].least_window
                                              ? (struct box){ 0 }
                                              : box_cut(&rest, places[i].edge, length);
    }
    view->boxes[VIEW_MAP] = rest;
    view->boxes[VIEW_LEGEND] = legend_box(rest);
}

void view_update(struct view *view, const struct scene *scene)
{
    uint32_t worst = view->follow == FOLLOW_ENERGY    ? scene->worst_energy
                     : view->follow == FOLLOW_MISSING ? scene->worst_missing
                                                      : SCENE_NONE;
    if (worst != SCENE_NONE && worst != view->selected) {
        view_select(view, worst);
    }
    if (view->fitted) {
        map_fit(view, scene);
    }
}

bool view_wants_energies(const struct view *view)
{
    enum scheme_quantity quantity = view->schemes->rows[view->scheme].quantity;
    return view->follow == FOLLOW_ENERGY || quantity == SCHEME_ENERGY || quantity == SCHEME_CLOCK;
}

void view_command(struct view *view, const struct player_command *command)
{
    if (view->command_count == VIEW_COMMANDS_MAX) {
        view_say(view, "too many commands at once: one was dropped");
        return;
    }
    view->commands[view->command_count++] = *command;
}

void view_select(struct view *view, uint32_t device)
{
    view->selected = device;
    view_command(view, &(struct player_command){ .kind = PLAYER_SELECT, .device = device });
}

void view_say(struct view *view, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(view->message, sizeof view->message, format, arguments);
    va_end(arguments);
}
