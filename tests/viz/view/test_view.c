/* Goal: the parts have their places at any size of the window, and what the operator means is left
 * as commands.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <string.h>

#include "view/view.h"
#include "view/widgets.h"

static struct schemes schemes;

static struct view *a_view(void)
{
    static struct view view;
    static const struct scenario scenario;
    view_init(&view, &scenario, &schemes);
    return &view;
}

static bool overlap(struct box a, struct box b)
{
    return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height
           && b.y < a.y + a.height;
}

Test(view, parts_cover_the_window_and_do_not_overlap)
{
    static const struct box windows[] = { { 0, 0, 1280, 800 }, { 0, 0, 1920, 1080 },
        { 0, 0, 700, 500 }, { 0, 0, 3840, 2160 }, { 0, 0, 200, 100 }, { 0, 0, 800, 250 } };
    for (size_t w = 0; w < sizeof windows / sizeof windows[0]; w++) {
        struct view *view = a_view();
        view_layout(view, windows[w]);
        float area = 0.0f;
        for (unsigned a = 0; a < VIEW_PART_COUNT; a++) {
            struct box box = view->boxes[a];
            if (a == VIEW_LEGEND || box_empty(box)) {
                continue;
            }
            area += box.width * box.height;
            cr_assert(box.x >= 0 && box.y >= 0 && box.x + box.width <= windows[w].width
                      && box.y + box.height <= windows[w].height);
            for (unsigned b = 0; b < a; b++) {
                cr_assert(b == VIEW_LEGEND || box_empty(view->boxes[b])
                                  || !overlap(box, view->boxes[b]),
                        "%zu: %u %u", w, a, b);
            }
        }
        cr_assert_float_eq(area, windows[w].width * windows[w].height, 1.0f);
        cr_assert_not(box_empty(view->boxes[VIEW_MAP]));
        struct box legend = view->boxes[VIEW_LEGEND], map = view->boxes[VIEW_MAP];
        cr_assert(box_empty(legend)
                  || (legend.x >= map.x && legend.y >= map.y
                          && legend.x + legend.width <= map.x + map.width
                          && legend.y + legend.height <= map.y + map.height));
    }
}

Test(view, parts_are_left_out_in_the_order_that_is_stated)
{
    static const enum view_part_id order[] = { VIEW_LANES, VIEW_TIMELINE, VIEW_TOOLBAR };
    struct view *view = a_view();
    unsigned left_out = 0;
    for (float height = 1000.0f; height > 50.0f; height -= 1.0f) {
        view_layout(view, (struct box){ 0, 0, 1000, height });
        unsigned now = 0;
        while (now < 3 && box_empty(view->boxes[order[now]])) {
            now++;
        }
        for (unsigned i = now; i < 3; i++) {
            cr_assert_not(box_empty(view->boxes[order[i]]));
        }
        cr_assert_geq(now, left_out);
        left_out = now;
    }
    cr_assert_eq(left_out, 3);
    cr_assert_not(box_empty(view->boxes[VIEW_PANEL]));
    view_layout(view, (struct box){ 0, 0, 500, 1000 });
    cr_assert(box_empty(view->boxes[VIEW_PANEL]));
}

Test(view, a_selection_is_a_command)
{
    struct view *view = a_view();
    view_select(view, 17);
    cr_assert_eq(view->selected, 17);
    cr_assert_eq(view->command_count, 1);
    cr_assert_eq(view->commands[0].kind, PLAYER_SELECT);
    cr_assert_eq(view->commands[0].device, 17);
}

Test(view, a_command_too_many_is_dropped_and_the_view_says_so)
{
    struct view *view = a_view();
    for (unsigned i = 0; i < VIEW_COMMANDS_MAX; i++) {
        view_command(view, &(struct player_command){ .kind = PLAYER_PAUSE });
    }
    cr_assert_str_empty(view->message);
    view_command(view, &(struct player_command){ .kind = PLAYER_PLAY });
    cr_assert_eq(view->command_count, VIEW_COMMANDS_MAX);
    cr_assert_eq(view->commands[VIEW_COMMANDS_MAX - 1].kind, PLAYER_PAUSE);
    cr_assert_not_null(strstr(view->message, "dropped"));
}

Test(view, it_follows_the_worst_device_and_only_when_told_to)
{
    struct scene *scene = scene_create(10, 1);
    struct view *view = a_view();
    view->fitted = false;
    scene->worst_energy = 3;
    scene->worst_missing = 7;
    view_update(view, scene);
    cr_assert_eq(view->selected, SCENE_NONE);
    view->follow = FOLLOW_ENERGY;
    view_update(view, scene);
    cr_assert_eq(view->selected, 3);
    view->follow = FOLLOW_MISSING;
    view_update(view, scene);
    cr_assert_eq(view->selected, 7);
    cr_assert_eq(view->command_count, 2);
    view_update(view, scene);
    cr_assert_eq(view->command_count, 2, "the same device is selected once");
    scene->worst_missing = SCENE_NONE;
    view_update(view, scene);
    cr_assert_eq(view->selected, 7, "without a worst device the last one stays");
    scene_destroy(scene);
}

Test(view, energies_of_all_devices_are_looked_at_when_they_are_shown)
{
    struct view *view = a_view();
    schemes.rows[0].quantity = SCHEME_STAGE;
    schemes.rows[1].quantity = SCHEME_ENERGY;
    cr_assert_not(view_wants_energies(view));
    view->scheme = 1;
    cr_assert(view_wants_energies(view));
    view->scheme = 0;
    view->follow = FOLLOW_ENERGY;
    cr_assert(view_wants_energies(view));
}
