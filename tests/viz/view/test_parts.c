/* Goal: what the operator does with the toolbar, the timeline and the lanes does what it should.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <string.h>

#include "canvas_record.h"
#include "example_scene.h"
#include "view/help.h"
#include "view/intents.h"
#include "view/mark_rows.h"
#include "view/widgets.h"

static struct view view;
static struct scene *scene;
static struct schemes schemes;

static void set_up(void)
{
    scene = example_scene();
    example_view(&view, &schemes, 1280, 800);
}

static void tear_down(void)
{
    view_release(&view);
    scene_destroy(scene);
}

TestSuite(parts, .init = set_up, .fini = tear_down);

/* The middle of a text that is drawn; the test fails when it is not. */
static struct point place_of(const char *text)
{
    struct canvas *canvas = canvas_record_create(1280, 800);
    view_draw(&view, scene, canvas);
    const struct drawn *drawn = canvas_record_text(canvas, text);
    cr_assert_not_null(drawn, "%s", text);
    struct point place = { drawn->box.x + drawn->box.width / 2.0f,
        drawn->box.y + drawn->box.height / 2.0f };
    canvas_destroy(canvas);
    return place;
}

Test(parts, nothing_is_drawn_outside_of_its_part)
{
    struct canvas *canvas = canvas_record_create(1280, 800);
    view_draw(&view, scene, canvas);
    for (uint32_t i = 0; i < canvas->count; i++) {
        const struct drawn *drawn = &canvas->drawn[i];
        unsigned inside = 0;
        for (unsigned part = 0; part < VIEW_PART_COUNT; part++) {
            struct box box = view.boxes[part];
            inside += drawn->clip.x >= box.x && drawn->clip.y >= box.y
                      && drawn->clip.x + drawn->clip.width <= box.x + box.width
                      && drawn->clip.y + drawn->clip.height <= box.y + box.height;
        }
        cr_assert_geq(inside, 1, "%u", i);
    }
    canvas_destroy(canvas);
}

Test(parts, no_text_lies_on_another_or_is_cut_at_any_size)
{
    static const struct box windows[] = { { 0, 0, 1280, 800 }, { 0, 0, 1920, 1080 },
        { 0, 0, 760, 600 }, { 0, 0, 760, 2000 }, { 0, 0, 500, 400 }, { 0, 0, 200, 150 },
        { 0, 0, 3000, 560 } };
    for (size_t w = 0; w < sizeof windows / sizeof windows[0]; w++) {
        for (unsigned form = 0; form < 4; form++) {
            char which[300];
            view_layout(&view, windows[w]);
            /* Labels of stations may lie on each other. */
            view.boxes[VIEW_MAP] = (struct box){ 0 };
            view.typing = form == 2 ? TYPING_TIME : TYPING_NOTHING;
            view.frame_time = form == 3;
            view.hidden_stages = form == 3 ? 0xff : 0;
            struct canvas *canvas = canvas_record_create(windows[w].width, windows[w].height);
            if (form == 1) {
                help_draw(&view, canvas); /* which covers all else */
            } else {
                view_draw(&view, scene, canvas);
            }
            cr_assert_not(canvas_record_overlap(canvas, which, sizeof which), "%zu %u: %s", w, form,
                    which);
            cr_assert_not(
                    canvas_record_cut(canvas, which, sizeof which), "%zu %u: %s", w, form, which);
            canvas_destroy(canvas);
        }
    }
}

Test(parts, buttons_do_what_they_say)
{
    static const struct {
        const char *text;
        enum player_command_kind kind;
    } rows[] = { { "next event", PLAYER_STEP_EVENT }, { "next frame", PLAYER_STEP_FRAME },
        { "next phase", PLAYER_UNTIL_STAGE }, { "restart", PLAYER_RESTART } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        view.command_count = 0;
        cr_assert(view_press(&view, scene, place_of(rows[i].text), false));
        cr_assert_eq(view.command_count, 1);
        cr_assert_eq(view.commands[0].kind, rows[i].kind, "%s", rows[i].text);
    }
    view.command_count = 0;
    cr_assert(view_press(&view, scene, (struct point){ 20, 20 }, false));
    cr_assert_eq(view.commands[0].kind, PLAYER_PAUSE);
    cr_assert(view_press(&view, scene, place_of("help"), false));
    cr_assert(view.help);
}

Test(parts, the_slider_sets_the_speed_from_a_tenth_to_no_pace)
{
    double last = 0.0;
    bool unpaced = false;
    for (float x = 350; x < 495; x += 1.0f) {
        view.command_count = 0;
        cr_assert(view_press(&view, scene, (struct point){ x, 20 }, false));
        cr_assert_eq(view.command_count, 1, "%f", x);
        cr_assert_eq(view.commands[0].kind, PLAYER_SPEED);
        cr_assert_geq(view.commands[0].speed, last);
        last = view.commands[0].speed;
        cr_assert(last >= PLAYER_SPEED_MIN - 1e-9 && last <= PLAYER_SPEED_MAX);
        unpaced = unpaced || last == PLAYER_SPEED_MAX;
    }
    cr_assert(unpaced);
    view_press(&view, scene, (struct point){ 354, 20 }, false);
    cr_assert_float_eq(view.commands[view.command_count - 1].speed, PLAYER_SPEED_MIN, 1e-9);
    /* A drag goes on where it began. */
    view.command_count = 0;
    view_grab(&view, (struct point){ 400, 20 });
    cr_assert(view_drag(&view, scene, (struct point){ 410, 90 }, (struct point){ 10, 70 }));
    cr_assert_eq(view.commands[0].kind, PLAYER_SPEED);
}

Test(parts, what_is_typed_is_seen)
{
    view.typing = TYPING_DEVICE;
    snprintf(view.typed, sizeof view.typed, "41");
    place_of("Number of a device: 41_");
}

Test(parts, a_hidden_stage_is_said_with_its_devices)
{
    char text[64];
    view.hidden_stages = 1u << SCENE_STAGE_RECEIVING;
    snprintf(text, sizeof text, "hides %u of 1000", scene->stages[SCENE_STAGE_RECEIVING]);
    place_of(text);
    snprintf(view.message, sizeof view.message, "a message");
    place_of("a message");
}

Test(parts, a_press_on_the_timeline_ahead_plays_until_that_time)
{
    struct point later = { place_of("0 d 18:00").x, view.boxes[VIEW_TIMELINE].y + 60 };
    cr_assert(view_press(&view, scene, later, false));
    cr_assert_eq(view.command_count, 1);
    cr_assert_eq(view.commands[0].kind, PLAYER_UNTIL_TIME);
    cr_assert_float_eq((double)view.commands[0].at_ns / 1e9, 18 * 3600.0, 120.0);
}

Test(parts, a_press_on_the_past_of_the_timeline_is_no_command)
{
    struct point before = { place_of("0 d 12:00").x, view.boxes[VIEW_TIMELINE].y + 60 };
    cr_assert(view_press(&view, scene, before, false));
    cr_assert_eq(view.command_count, 0);
    cr_assert_not_null(strstr(view.message, "passed"));
}

/* The lane of gateway 0, below those of 3 devices, has a frame of its own at 5 s before now. */
static struct point frame_on_lane(void)
{
    struct box box = view.boxes[VIEW_LANES];
    float left = box.x + 104.0f, width = box.width - 104.0f - 6.0f;
    return (struct point){ left + width * (55.3f / 60.0f), box.y + 6.0f + 3 * 20.0f + 10.0f };
}

Test(parts, a_press_on_an_item_shows_its_extent_and_two_return)
{
    cr_assert(view_press(&view, scene, frame_on_lane(), false));
    cr_assert_eq(view.lanes_from_ns, EXAMPLE_NOW_NS - 5 * SIM_NS_PER_S - 66 * SIM_NS_PER_MS);
    cr_assert_eq(view.lanes_to_ns, EXAMPLE_NOW_NS - 5 * SIM_NS_PER_S + 726 * SIM_NS_PER_MS);
    cr_assert(view_press(&view, scene, frame_on_lane(), true));
    cr_assert_eq(view.lanes_from_ns, 0);
    cr_assert_eq(view.lanes_to_ns, 0);
}

Test(parts, the_wheel_keeps_the_time_at_the_pointer)
{
    struct point at = frame_on_lane();
    sim_ns at_ns = EXAMPLE_NOW_NS - 4700 * SIM_NS_PER_MS;
    cr_assert(view_wheel(&view, scene, at, 3.0f));
    double span = (double)(view.lanes_to_ns - view.lanes_from_ns);
    cr_assert_float_eq(span, 60e9 / (1.25 * 1.25 * 1.25), 1e3);
    cr_assert_float_eq((double)(at_ns - view.lanes_from_ns) / span, 55.3 / 60.0, 1e-3);
    for (unsigned i = 0; i < 200; i++) {
        view_wheel(&view, scene, at, -1.0f);
    }
    cr_assert_eq(view.lanes_from_ns, 0);
    cr_assert_eq(view.lanes_to_ns, scene->end_ns);
    for (unsigned i = 0; i < 200; i++) {
        view_wheel(&view, scene, at, 1.0f);
    }
    cr_assert_eq(view.lanes_to_ns - view.lanes_from_ns, 10 * SIM_NS_PER_US);
}

Test(parts, a_drag_pans_the_lanes)
{
    struct point at = frame_on_lane();
    view_grab(&view, at);
    float width = view.boxes[VIEW_LANES].width - 110.0f;
    cr_assert(view_drag(&view, scene, at, (struct point){ width / 6.0f, 0.0f }));
    cr_assert_float_eq((double)(EXAMPLE_NOW_NS - view.lanes_to_ns) / 1e9, 10.0, 0.01);
    cr_assert_float_eq((double)(view.lanes_to_ns - view.lanes_from_ns) / 1e9, 60.0, 1e-6);
}

Test(parts, a_press_on_a_name_selects)
{
    cr_assert(view_press(&view, scene, place_of("gateway 1"), false));
    cr_assert_eq(view.gateway, 1);
    cr_assert(view_press(&view, scene, place_of("device 733"), false));
    cr_assert_eq(view.selected, 733);
    cr_assert_eq(view.commands[0].kind, PLAYER_SELECT);
}

Test(parts, lanes_that_do_not_fit_are_scrolled_to)
{
    view_layout(&view, (struct box){ 0, 0, 1280, 560 }); /* room for 4 lanes of 6 */
    struct point names = { view.boxes[VIEW_LANES].x + 30, view.boxes[VIEW_LANES].y + 20 };
    cr_assert_lt(place_of("device 733").y, place_of("gateway 0").y, "what is pinned stands first");
    float before = place_of("device 733").y;
    cr_assert(view_wheel(&view, scene, names, -100.0f));
    cr_assert_lt(place_of("device 733").y, before);
    struct point last = place_of("gateway 2");
    struct box box = view.boxes[VIEW_LANES];
    cr_assert_lt(last.y, box.y + box.height - 19.0f);
    cr_assert_eq(view.lanes_from_ns, 0, "the time is not zoomed");
}

Test(parts, gauges_of_many_gateways_have_numbers_that_fit)
{
    char which[300];
    struct scene *many = scene_create(10, 64);
    for (uint32_t i = 0; i < 64; i++) {
        many->gateways[i].duty_max = i / 50.0;
    }
    struct canvas *canvas = canvas_record_create(1280, 800);
    canvas_clip(canvas, &view.boxes[VIEW_TIMELINE]);
    timeline_part.draw(&view, many, canvas);
    cr_assert_not(canvas_record_overlap(canvas, which, sizeof which), "%s", which);
    cr_assert_not(canvas_record_cut(canvas, which, sizeof which), "%s", which);
    canvas_destroy(canvas);
    scene_destroy(many);
}

Test(parts, the_help_lists_every_key_and_mark)
{
    view.help = true;
    for (unsigned i = 0; i < INTENT_COUNT; i++) {
        char start[24];
        snprintf(start, sizeof start, "%s", intent_rows[i].meaning);
        place_of(start);
    }
    struct canvas *canvas = canvas_record_create(1280, 800);
    struct mark_row row;
    help_draw(&view, canvas);
    for (uint32_t i = 0; mark_row_get(i, &row); i++) {
        cr_assert_not_null(canvas_record_text(canvas, row.meaning), "%s", row.meaning);
    }
    cr_assert_null(canvas_record_text(canvas, "left out"));
    canvas_destroy(canvas);
    view_layout(&view, (struct box){ 0, 0, 800, 300 });
    canvas = canvas_record_create(800, 300);
    view_draw(&view, scene, canvas);
    cr_assert_not_null(canvas_record_text(canvas, "rows are left out"));
    canvas_destroy(canvas);
}

static const struct drawn *drawn_text(struct canvas *canvas, const char *text)
{
    canvas->count = 0;
    view_draw(&view, scene, canvas);
    return canvas_record_text(canvas, text);
}

/* Attacks are over at half time. */
Test(parts, the_timeline_names_what_attacks_at_the_pointer)
{
    struct canvas *canvas = canvas_record_create(1280, 800);
    cr_expect_null(drawn_text(canvas, "attacks"));
    const struct scene_trouble attacks[] = {
        { .word = "inject", .kind = TROUBLE_ATTACK, .until_ns = scene->end_ns / 2 },
        { .word = "collide", .kind = TROUBLE_ATTACK, .until_ns = scene->end_ns / 2 },
        { .word = "jammer", .kind = TROUBLE_FAULT, .until_ns = scene->end_ns },
    };
    memcpy(scene->troubles, attacks, sizeof attacks);
    scene->trouble_count = 3;
    const struct drawn *gutter = drawn_text(canvas, "attacks");
    cr_assert_not_null(gutter);
    float y = gutter->box.y + 4.0f;
    cr_expect_not_null(drawn_text(canvas, "faults"));
    struct box timeline = view.boxes[VIEW_TIMELINE];
    view.pointer = (struct point){ timeline.x + 150.0f, y };
    cr_expect_not_null(drawn_text(canvas, "attacks: inject, collide"));
    view.pointer.x = timeline.x + timeline.width - 250.0f;
    cr_expect_not_null(drawn_text(canvas, "attacks: none"));
    cr_expect_null(drawn_text(canvas, "defences"), "a run without one has no such strip");
    canvas_destroy(canvas);
}

/* What has no length is found by the pointer all the same. */
Test(parts, the_timeline_names_a_restart_at_the_pointer)
{
    struct canvas *canvas = canvas_record_create(1280, 800);
    sim_ns at_ns = scene->end_ns / 2;
    scene->troubles[0] = (struct scene_trouble){
        .word = "group restart", .kind = TROUBLE_DEFENCE, .from_ns = at_ns, .until_ns = at_ns
    };
    scene->trouble_count = 1;
    const struct drawn *gutter = drawn_text(canvas, "defences");
    cr_assert_not_null(gutter);
    view.pointer.y = gutter->box.y + 4.0f;
    uint32_t found = 0;
    for (float x = 0.0f; x < view.boxes[VIEW_TIMELINE].width; x += 1.0f) {
        view.pointer.x = view.boxes[VIEW_TIMELINE].x + x;
        found += drawn_text(canvas, "defences: group restart") != NULL ? 1u : 0u;
    }
    cr_expect(found >= 2 && found <= 4, "%u points", found);
    canvas_destroy(canvas);
}
