/* Goal: the map shows stations where they are, and the pointer finds them there.
 * Method: a few stations at places that are easy to compute, on a canvas that notes what is drawn.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "map_bench.h"
#include "view/mark_colour.h"
#include "view/widgets.h"

TestSuite(map, .init = map_bench_start, .fini = view_bench_finish);

Test(map, all_stations_are_in_view_at_first)
{
    struct box inner = box_inset(view.boxes[VIEW_MAP], 20);
    for (uint32_t i = 0; i < DEVICES; i++) {
        cr_expect(box_holds(inner, place(i)), "device %u", i);
    }
    for (uint32_t g = 0; g < GATEWAYS; g++) {
        cr_expect(box_holds(inner, gateway_place(g)), "gateway %u", g);
    }
    float width = place(DEVICES - 1).x - place(0).x;
    struct box legend = view.boxes[VIEW_LEGEND];
    float room = view.boxes[VIEW_MAP].width - legend.x - legend.width;
    cr_expect(place(0).x > legend.x + legend.width, "beside the legend");
    cr_expect(width > 0.8f * room, "they fill it: %g", width);
}

Test(map, north_is_up_and_a_metre_has_one_length)
{
    struct point from = map_point(&view, 10, 10), east = map_point(&view, 110, 10),
                 north = map_point(&view, 10, 110);
    cr_expect_float_eq(from.x - north.x, 0, 1e-3);
    cr_expect_float_eq(from.y - north.y, east.x - from.x, 1e-3);
    cr_expect(north.y < from.y && east.x > from.x);
}

Test(map, the_pointer_finds_each_station_where_it_is_shown)
{
    for (int turn = -6; turn <= 12; turn += 3) {
        map_part.wheel(&view, scene, (struct point){ 321, 234 }, (float)turn);
        map_part.drag(&view, scene, (struct point){ 0, 0 }, (struct point){ 13, -29 });
        if (place(1).x - place(0).x < 1) {
            continue; /* closer than a pixel */
        }
        for (uint32_t i = 0; i < DEVICES; i++) {
            cr_expect_eq(map_device_at(&view, scene, place(i)), i);
        }
        cr_expect_eq(map_gateway_at(&view, scene, gateway_place(0)), 0);
        cr_expect_eq(map_gateway_at(&view, scene, gateway_place(1)), 1);
    }
}

Test(map, the_pointer_finds_the_nearest_within_eight_points)
{
    struct point at = place(5), far = { at.x, at.y + 8.1f }, near = { at.x, at.y + 7.9f };
    cr_expect_eq(map_device_at(&view, scene, near), 5);
    cr_expect_eq(map_device_at(&view, scene, far), SCENE_NONE);
    struct point next, between;
    view.camera.metres_per_point = 10;
    at = place(5);
    next = place(6);
    between = (struct point){ at.x + 0.55f * (next.x - at.x), at.y };
    cr_expect_eq(map_device_at(&view, scene, between), 6);
}

Test(map, the_wheel_keeps_the_place_below_the_pointer)
{
    struct point at = place(7);
    map_part.wheel(&view, scene, at, 5);
    cr_expect_float_eq(place(7).x, at.x, 0.01);
    cr_expect_float_eq(place(7).y, at.y, 0.01);
    cr_expect_not(view.fitted);
    float apart = place(8).x - place(7).x;
    map_part.wheel(&view, scene, at, -1);
    cr_expect(place(8).x - place(7).x < apart);
}

Test(map, zooming_has_limits)
{
    map_zoom(&view, (struct point){ 100, 100 }, 1e30);
    cr_expect(view.camera.metres_per_point > 0);
    map_zoom(&view, (struct point){ 100, 100 }, 1e-30);
    cr_expect(isfinite(view.camera.metres_per_point) && isfinite(view.camera.x_m));
}

Test(map, a_drag_moves_what_is_below_the_pointer_with_it)
{
    struct point before = place(3);
    map_part.drag(&view, scene, before, (struct point){ 40, -25 });
    cr_expect_float_eq(place(3).x - before.x, 40, 0.01);
    cr_expect_float_eq(place(3).y - before.y, -25, 0.01);
    cr_expect_not(view.fitted);
}

Test(map, one_station_alone_is_shown_in_the_middle)
{
    scene->device_count = 1;
    scene->gateway_count = 0;
    scene->devices[0].x_m = 12345;
    map_fit(&view, scene);
    struct box legend = view.boxes[VIEW_LEGEND], map = view.boxes[VIEW_MAP];
    float left = legend.x + legend.width;
    cr_expect_float_eq(place(0).x, (left + map.x + map.width) / 2, 0.01);
    cr_expect_float_eq(place(0).y, map.y + map.height / 2, 0.01);
    cr_expect(isfinite(view.camera.metres_per_point) && view.camera.metres_per_point > 0);
    scene->device_count = DEVICES;
    scene->gateway_count = GATEWAYS;
}

/* --- selecting -------------------------------------------------------------------------------- */

Test(map, a_press_selects_a_device_and_ends_following)
{
    view.follow = FOLLOW_ENERGY;
    cr_expect(map_part.press(&view, scene, place(9), false));
    cr_expect_eq(view.selected, 9);
    cr_expect_eq(view.follow, FOLLOW_NONE);
    cr_assert_eq(view.command_count, 1);
    cr_expect_eq(view.commands[0].kind, PLAYER_SELECT);
    cr_expect_eq(view.commands[0].device, 9);
}

Test(map, a_press_on_a_gateway_is_for_interventions)
{
    cr_expect(map_part.press(&view, scene, gateway_place(1), false));
    cr_expect_eq(view.gateway, 1);
    cr_expect_eq(view.selected, SCENE_NONE);
}

Test(map, of_a_device_and_a_gateway_the_nearer_one_is_taken)
{
    scene->devices[0].x_m = 1950;
    scene->devices[0].y_m = 500 + 6 * (float)view.camera.metres_per_point;
    struct point gateway = gateway_place(0);
    map_part.press(&view, scene, (struct point){ gateway.x, gateway.y - 4 }, false);
    cr_expect_eq(view.selected, 0);
    cr_expect_eq(view.gateway, SCENE_NONE);
    map_part.press(&view, scene, (struct point){ gateway.x, gateway.y - 2 }, false);
    cr_expect_eq(view.gateway, 0);
}

Test(map, a_press_beside_all_stations_changes_nothing)
{
    view.selected = 4;
    struct point beside = { place(4).x, place(4).y + 30 };
    struct camera before = view.camera;
    map_part.press(&view, scene, beside, false);
    cr_expect_eq(view.selected, 4);
    cr_expect_eq(view.camera.metres_per_point, before.metres_per_point);
    map_part.press(&view, scene, beside, true);
    cr_expect_float_eq(view.camera.metres_per_point, before.metres_per_point / 2, 1e-9);
}

/* --- what is drawn ---------------------------------------------------------------------------- */

Test(map, devices_have_the_colour_of_their_step)
{
    for (view.scheme = 0; view.scheme < schemes.count; view.scheme++) {
        draw();
        for (uint32_t i = 0; i < DEVICES; i++) {
            const struct drawn *mark = drawn_at(DRAWN_MARKS, place(i));
            cr_assert_not_null(mark);
            cr_expect(same(mark->colour, scheme_colour(&schemes.rows[view.scheme], view.theme,
                                                 &scene->devices[i])),
                    "device %u", i);
        }
    }
}

Test(map, a_device_with_more_fragments_is_larger)
{
    float last = 0;
    for (uint16_t missing = 300; missing <= 300; missing = (uint16_t)(missing - 100)) {
        scene->devices[3].nb_frag = 300;
        scene->devices[3].missing = missing;
        draw();
        float size = drawn_at(DRAWN_MARKS, place(3))->box.width;
        cr_expect(size > last, "%u missing: %g", missing, size);
        last = size;
    }
    scene->devices[3].missing = 400; /* more than there are: no scene says that, and none breaks */
    draw();
    cr_expect(drawn_at(DRAWN_MARKS, place(3))->box.width < last);
}

Test(map, devices_out_of_view_are_not_drawn)
{
    map_zoom(&view, place(0), 50);
    draw();
    cr_expect_eq(count_of(DRAWN_MARKS), 1);
}

Test(map, hidden_stages_are_not_drawn_nor_found_and_a_warning_says_so)
{
    draw();
    cr_expect_null(canvas_record_text(canvas, "hidden"));
    view.hidden_stages = 1u << SCENE_STAGE_SET_UP;
    draw();
    cr_expect_null(drawn_at(DRAWN_MARKS, place(SCENE_STAGE_SET_UP)));
    cr_expect_not_null(drawn_at(DRAWN_MARKS, place(SCENE_STAGE_IDLE)));
    view.camera.metres_per_point = 2; /* so that neighbours are not within reach */
    cr_expect_eq(map_device_at(&view, scene, place(SCENE_STAGE_SET_UP)), SCENE_NONE);
    char says[40];
    snprintf(says, sizeof says, "%u devices are hidden", scene->stages[SCENE_STAGE_SET_UP]);
    cr_expect_not_null(canvas_record_text(canvas, says));
}

Test(map, the_selected_and_the_pinned_have_rings_and_numbers)
{
    view.camera.metres_per_point = 20; /* too far for all numbers */
    draw();
    cr_expect_null(canvas_record_text(canvas, "17"));
    view.selected = 17;
    view.pinned[0] = 29;
    view.pinned_count = 1;
    draw();
    cr_expect_not_null(canvas_record_text(canvas, "17"));
    cr_expect_not_null(canvas_record_text(canvas, "29"));
    cr_expect_not_null(drawn_at(DRAWN_RING, place(17)));
    cr_expect_not_null(drawn_at(DRAWN_RING, place(29)));
    cr_expect_null(drawn_at(DRAWN_RING, place(18)));
}

Test(map, all_devices_have_numbers_when_there_is_room)
{
    map_zoom(&view, place(20), 5);
    draw();
    cr_expect_not_null(canvas_record_text(canvas, "20"));
    cr_expect_not_null(canvas_record_text(canvas, "21"));
}

Test(map, labels_do_not_lie_over_each_other)
{
    for (uint32_t i = 0; i < DEVICES; i++) { /* at two places */
        scene->devices[i].x_m = i % 2 == 0 ? 0 : 1000;
    }
    map_zoom(&view, place(0), 4);
    draw();
    for (uint32_t i = 0; i < canvas->count; i++) {
        for (uint32_t j = 0; j < i; j++) {
            const struct drawn *a = &canvas->drawn[i], *b = &canvas->drawn[j];
            cr_expect(a->kind != DRAWN_TEXT || b->kind != DRAWN_TEXT
                              || a->box.x >= b->box.x + b->box.width
                              || b->box.x >= a->box.x + a->box.width
                              || a->box.y >= b->box.y + b->box.height
                              || b->box.y >= a->box.y + a->box.height,
                    "'%s' and '%s'", a->text, b->text);
        }
    }
}

Test(map, labels_stay_on_the_map_and_off_the_legend)
{
    struct box map = view.boxes[VIEW_MAP], legend = view.boxes[VIEW_LEGEND];
    view.selected = DEVICES - 1;
    for (float x = -300; x <= 900; x += 37) {
        view.camera.metres_per_point = 4;
        view.camera.x_m = 4 * (double)x;
        view.camera.y_m = 4 * (double)(x / 7);
        draw();
        for (uint32_t i = 0; i < canvas->count; i++) {
            const struct drawn *text = &canvas->drawn[i];
            if (text->kind != DRAWN_TEXT) {
                continue;
            }
            const struct box *box = &text->box;
            cr_expect(box->x >= map.x && box->x + box->width <= map.x + map.width && box->y >= map.y
                              && box->y + box->height <= map.y + map.height,
                    "'%s' is cut", text->text);
            cr_expect(box->x >= legend.x + legend.width || box->x + box->width <= legend.x
                              || box->y >= legend.y + legend.height
                              || box->y + box->height <= legend.y,
                    "'%s' lies on the legend", text->text);
        }
    }
}

Test(map, a_gateway_that_does_not_work_says_why)
{
    draw();
    cr_expect_not_null(canvas_record_text(canvas, "gateway 1"));
    cr_expect_null(canvas_record_text(canvas, "no "));
    scene->gateways[1].connected = false;
    scene->gateways[0].powered = false;
    draw();
    cr_expect_not_null(canvas_record_text(canvas, "gateway 1: no backhaul"));
    cr_expect_not_null(canvas_record_text(canvas, "gateway 0: no power"));
}

/* An outline while it may not act. */
Test(map, an_adversary_has_a_mark_with_its_name_and_time)
{
    struct colour colour = mark_colour_of_trouble(view.theme, TROUBLE_ATTACK);
    uint32_t filled[2] = { 0 };
    scene->troubles[scene->trouble_count++] = (struct scene_trouble){
        .word = "inject",
        .kind = TROUBLE_ATTACK,
        .from_ns = 60 * SIM_NS_PER_S,
        .until_ns = 3600 * SIM_NS_PER_S,
        .x_m = 300,
        .y_m = 200,
        .placed = true,
    };
    scene->troubles[scene->trouble_count++] =
            (struct scene_trouble){ .word = "reset", .kind = TROUBLE_FAULT };
    for (unsigned acts = 0; acts < 2; acts++) {
        scene->now_ns = acts == 1 ? 60 * SIM_NS_PER_S : 3600 * SIM_NS_PER_S;
        draw();
        for (uint32_t i = 0; i < canvas->count; i++) {
            const struct drawn *drawn = &canvas->drawn[i];
            filled[acts] += drawn->kind == DRAWN_BAND
                            && memcmp(&drawn->colour, &colour, sizeof colour) == 0;
        }
        cr_expect_not_null(canvas_record_text(canvas, "inject: 0 d 00:01:00 to 0 d 01:00:00"));
        cr_expect_null(canvas_record_text(canvas, "reset"), "it is at no place");
    }
    cr_expect_eq(filled[0], 0);
    cr_expect_eq(filled[1], 1);
}

/* The bar is as long as it says: the longest of 1, 2, 5 x 10^n that fits into 160 points. */
Test(map, the_scale_bar_has_the_length_that_it_says)
{
    static const struct {
        double metres_per_point;
        const char *says;
        double metres;
    } rows[] = { { 10, "1 km", 1000 }, { 1, "100 m", 100 }, { 0.7, "100 m", 100 },
        { 0.1, "10 m", 10 }, { 13, "2 km", 2000 }, { 0.02, "2 m", 2 }, { 35, "5 km", 5000 } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        view.camera.metres_per_point = rows[i].metres_per_point;
        draw();
        const struct drawn *text = canvas_record_text(canvas, rows[i].says);
        cr_assert_not_null(text, "%s", rows[i].says);
        bool found = false;
        for (uint32_t k = 0; k < canvas->count; k++) {
            found = found
                    || (canvas->drawn[k].kind == DRAWN_FILL
                            && fabs((double)canvas->drawn[k].box.width
                                       - rows[i].metres / rows[i].metres_per_point)
                                       < 0.01);
        }
        cr_expect(found, "%s", rows[i].says);
    }
}

/* --- frames ----------------------------------------------------------------------------------- */
