/* Goal: the map shows stations and frames where they are, and the pointer finds them there.
 * Method: a few stations at places that are easy to compute, on a canvas that notes what is drawn.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "canvas_record.h"
#include "view/mark_colour.h"
#include "view/view.h"
#include "view/widgets.h"

#define DEVICES  40u
#define GATEWAYS 2u

static struct schemes schemes;
static struct view view;
static struct scene *scene;
static struct canvas *canvas;

/* Devices on a line to the east, 100 m apart, from 0, 0; gateways north and south of its middle. */
static void start(void)
{
    static const struct scenario scenario;
    schemes_init(&schemes);
    view_init(&view, &scenario, &schemes);
    view_layout(&view, (struct box){ 0, 0, 1280, 800 });
    view.player.speed = 1;
    scene = scene_create(DEVICES, GATEWAYS);
    cr_assert_not_null(scene);
    scene->now_ns = 1000 * SIM_NS_PER_S;
    for (uint32_t i = 0; i < DEVICES; i++) {
        scene->devices[i] = (struct scene_device){ .x_m = (float)(100 * i),
            .margin_db = NAN,
            .clock_error_ms = NAN,
            .stage = (uint8_t)(i % SCENE_STAGE_COUNT) };
        scene->stages[i % SCENE_STAGE_COUNT]++;
    }
    for (uint32_t g = 0; g < GATEWAYS; g++) {
        scene->gateways[g] = (struct scene_gateway){
            .x_m = 1950, .y_m = g == 0 ? 500 : -500, .powered = true, .connected = true
        };
    }
    view_update(&view, scene);
    canvas = canvas_record_create(1280, 800);
}

static void finish(void)
{
    canvas_destroy(canvas);
    scene_destroy(scene);
}

TestSuite(map, .init = start, .fini = finish);

static struct point place(uint32_t device)
{
    const struct scene_device *d = &scene->devices[device];
    return map_point(&view, (double)d->x_m, (double)d->y_m);
}

static struct point gateway_place(uint32_t gateway)
{
    const struct scene_gateway *g = &scene->gateways[gateway];
    return map_point(&view, (double)g->x_m, (double)g->y_m);
}

static void draw(void)
{
    canvas->count = 0;
    map_part.draw(&view, scene, canvas);
}

static bool same(struct colour a, struct colour b)
{
    return a.r == b.r && a.g == b.g && a.b == b.b;
}

/* The last thing of a kind that is drawn around a place; NULL: none. */
static const struct drawn *drawn_at(enum drawn_kind kind, struct point at)
{
    for (uint32_t i = canvas->count; i > 0; i--) {
        const struct drawn *drawn = &canvas->drawn[i - 1];
        float x = drawn->box.x + drawn->box.width / 2, y = drawn->box.y + drawn->box.height / 2;
        if (drawn->kind == kind && fabsf(x - at.x) < 0.6f && fabsf(y - at.y) < 0.6f) {
            return drawn;
        }
    }
    return NULL;
}

static uint32_t count_of(enum drawn_kind kind)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < canvas->count; i++) {
        count += canvas->drawn[i].kind == kind;
    }
    return count;
}

/* --- places ----------------------------------------------------------------------------------- */

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

static void add_uplink(uint32_t device, sim_ns end_ns, enum loss_cause at_0, enum loss_cause at_1)
{
    struct scene_flight *flight = &scene->flights[scene->flight_count++];
    *flight = (struct scene_flight){ .frame_id = 1,
        .start_ns = end_ns - SIM_NS_PER_S,
        .end_ns = end_ns,
        .uplink = true,
        .sender = device,
        .spreading_factor = 9,
        .gateway_count = 2 };
    flight->gateways[0].gateway = 0;
    flight->gateways[0].cause = (uint8_t)at_0;
    flight->gateways[1].gateway = 1;
    flight->gateways[1].cause = (uint8_t)at_1;
}

static const struct drawn *line_between(struct point from, struct point to)
{
    for (uint32_t i = 0; i < canvas->count; i++) {
        const struct drawn *drawn = &canvas->drawn[i];
        if (drawn->kind == DRAWN_LINE && fabsf(drawn->box.x - from.x) < 0.01f
                && fabsf(drawn->box.y - from.y) < 0.01f
                && fabsf(drawn->box.x + drawn->box.width - to.x) < 0.01f
                && fabsf(drawn->box.y + drawn->box.height - to.y) < 0.01f) {
            return drawn;
        }
    }
    return NULL;
}

Test(map, an_uplink_goes_to_each_gateway_in_the_colour_of_how_it_ended)
{
    add_uplink(6, scene->now_ns, LOSS_NONE, LOSS_INTERFERENCE);
    draw();
    const struct drawn *received = line_between(place(6), gateway_place(0));
    const struct drawn *lost = line_between(place(6), gateway_place(1));
    cr_assert(received != NULL && lost != NULL);
    cr_expect(same(received->colour, mark_colour_of_cause(view.theme, LOSS_NONE)));
    cr_expect(same(lost->colour, mark_colour_of_cause(view.theme, LOSS_INTERFERENCE)));
}

Test(map, what_happened_fades_within_a_second_of_watching)
{
    static const double speeds[] = { 1, 60 };
    for (size_t i = 0; i < 2; i++) {
        uint8_t last = 255;
        view.player.speed = speeds[i];
        for (double share = 0; share < 1; share += 0.24) {
            scene->flight_count = 0;
            add_uplink(6, scene->now_ns - (sim_ns)(share * speeds[i] * 1e9), LOSS_NONE, LOSS_NONE);
            draw();
            const struct drawn *line = line_between(place(6), gateway_place(0));
            cr_assert_not_null(line, "speed %g, share %g", speeds[i], share);
            cr_expect(line->colour.a < last);
            last = line->colour.a;
        }
        scene->flight_count = 0;
        add_uplink(6, scene->now_ns - (sim_ns)(1.01 * speeds[i] * 1e9), LOSS_NONE, LOSS_NONE);
        draw();
        cr_expect_null(line_between(place(6), gateway_place(0)));
    }
}

Test(map, uplinks_of_hidden_and_of_foreign_devices_have_no_lines)
{
    add_uplink(SCENE_STAGE_JOINED, scene->now_ns, LOSS_NONE, LOSS_NONE);
    add_uplink(3, scene->now_ns, LOSS_NONE, LOSS_NONE);
    scene->flights[1].foreign = true;
    view.hidden_stages = 1u << SCENE_STAGE_JOINED;
    draw();
    cr_expect_null(line_between(place(SCENE_STAGE_JOINED), gateway_place(0)));
    cr_expect_null(line_between(place(3), gateway_place(0)));
}

/* 256 flights with 8 lines each would cost more than all devices. */
Test(map, of_very_many_uplinks_the_newest_are_drawn)
{
    for (unsigned i = 0; i < SCENE_FLIGHTS_MAX; i++) {
        add_uplink(i % DEVICES, scene->now_ns, LOSS_NONE, LOSS_NONE);
    }
    draw();
    uint32_t lines = count_of(DRAWN_LINE);
    cr_expect(lines > 250 && lines < 320, "%u", lines);
    cr_expect_not_null(line_between(place((SCENE_FLIGHTS_MAX - 1) % DEVICES), gateway_place(0)));
}

Test(map, a_transmitting_gateway_has_a_ring)
{
    draw();
    cr_expect_null(drawn_at(DRAWN_RING, gateway_place(1)));
    scene->flights[scene->flight_count++] = (struct scene_flight){ .frame_id = 2,
        .start_ns = scene->now_ns,
        .end_ns = scene->now_ns + SIM_NS_PER_S,
        .sender = 1,
        .spreading_factor = 12 };
    draw();
    cr_expect_not_null(drawn_at(DRAWN_RING, gateway_place(1)));
    cr_expect_null(drawn_at(DRAWN_RING, gateway_place(0)));
}

Test(map, of_several_frames_of_a_gateway_the_last_has_the_ring)
{
    view.player.speed = 60;
    for (int i = 3; i > 0; i--) {
        scene->flights[scene->flight_count++] =
                (struct scene_flight){ .end_ns = scene->now_ns - 2 * i * SIM_NS_PER_S,
                    .sender = 1,
                    .spreading_factor = (uint8_t)(6 + i) };
    }
    draw();
    cr_expect_eq(count_of(DRAWN_RING), 1);
    /* SF7 was sent last, which is the one at the lower end of the sequence. */
    struct colour low = palette_sequence(0.3);
    cr_expect(same(drawn_at(DRAWN_RING, gateway_place(1))->colour, low));
}

Test(map, a_device_flashes_in_the_colour_of_its_last_frame)
{
    scene->devices[8].last_ns = scene->now_ns - SIM_NS_PER_S / 10;
    scene->devices[8].last_cause = LOSS_FADING;
    draw();
    uint32_t marks = 0;
    bool halo = false;
    for (uint32_t i = 0; i < canvas->count; i++) {
        if (canvas->drawn[i].kind == DRAWN_MARKS
                && fabsf(canvas->drawn[i].box.x + canvas->drawn[i].box.width / 2 - place(8).x)
                           < 0.1f) {
            halo = halo
                   || (marks == 0
                           && same(canvas->drawn[i].colour,
                                   mark_colour_of_cause(view.theme, LOSS_FADING)));
            marks++;
        }
    }
    cr_expect_eq(marks, 2);
    cr_expect(halo, "below the mark");
}

Test(map, stations_that_a_scene_does_not_have_are_left_out)
{
    add_uplink(DEVICES, scene->now_ns, LOSS_NONE, LOSS_NONE);
    add_uplink(1, scene->now_ns, LOSS_NONE, LOSS_NONE);
    scene->flights[1].gateways[0].gateway = GATEWAYS;
    scene->flights[scene->flight_count++] =
            (struct scene_flight){ .end_ns = scene->now_ns, .sender = GATEWAYS };
    view.selected = DEVICES;
    draw();
    cr_expect_not_null(line_between(place(1), gateway_place(1)));
}

/* --- coverage --------------------------------------------------------------------------------- */

/* A level that falls by 1 dB for each cell to the east, from gateway 0 to gateway 1. */
static void add_coverage(void)
{
    struct scene_coverage *coverage = &scene->coverage;
    coverage->columns = 40;
    coverage->rows = 10;
    coverage->cell_m = 100;
    coverage->bottom_m = -500;
    coverage->needed_mdbm[0] = -130500;
    coverage->needed_mdbm[1] = -110500;
    for (uint32_t cell = 0; cell < 400; cell++) {
        coverage->level_mdbm[cell] = -100000 - 1000 * (int32_t)(cell % 40);
        coverage->gateways[cell] = cell % 40 < 20 ? 0 : 1;
    }
}

Test(map, coverage_is_drawn_on_request)
{
    add_coverage();
    draw();
    cr_expect_eq(count_of(DRAWN_CELLS), 0);
    view.coverage = true;
    draw();
    cr_assert_eq(count_of(DRAWN_CELLS), 1);
    const struct box *box = &canvas->drawn[0].box;
    struct point low = map_point(&view, 0, -500), high = map_point(&view, 4000, 500);
    cr_expect_eq(canvas->drawn[0].kind, DRAWN_CELLS, "below all else");
    cr_expect(fabsf(box->x - low.x) < 0.1f && fabsf(box->y - high.y) < 0.1f);
    cr_expect(fabsf(box->width - (high.x - low.x)) < 0.1f);
    cr_expect(fabsf(box->height - (low.y - high.y)) < 0.1f);
}

/* From cell 30 at -130 dBm to cell 31 the level falls below -130.5 dBm: halfway between their
 * middles, 3100 m east; likewise 1100 m for -110.5 dBm. */
Test(map, lines_show_where_the_level_is_just_enough)
{
    static const double edges_m[] = { 3100, 1100 };
    add_coverage();
    view.coverage = true;
    draw();
    for (unsigned edge = 0; edge < 2; edge++) {
        struct colour colour = edge == 0 ? themes[view.theme].text : themes[view.theme].accent;
        float x = map_point(&view, edges_m[edge], 0).x;
        unsigned lines = 0;
        for (uint32_t i = 0; i < canvas->count; i++) {
            const struct drawn *drawn = &canvas->drawn[i];
            lines += drawn->kind == DRAWN_LINE && same(drawn->colour, colour)
                     && fabsf(drawn->box.x - x) < 0.05f && fabsf(drawn->box.width) < 0.05f;
        }
        cr_expect_eq(lines, 9, "edge %u: %u lines between 10 rows", edge, lines);
    }
}

Test(map, coverage_that_is_not_known_is_not_drawn)
{
    view.coverage = true;
    draw();
    cr_expect_eq(count_of(DRAWN_CELLS), 0);
}
