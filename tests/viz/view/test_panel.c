/* Goal: the panel says what the scene holds, and can be scrolled to its end.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "canvas_record.h"
#include "example_scene.h"
#include "view/fragment_bitmap.h"

static struct view view;
static struct scene *scene;
static struct schemes schemes;
static struct canvas *canvas;

static void set_up(void)
{
    scene = example_scene();
    example_view(&view, &schemes, 1280, 800);
    canvas = canvas_record_create(1280, 800);
}

static void tear_down(void)
{
    canvas_destroy(canvas);
    scene_destroy(scene);
}

TestSuite(panel, .init = set_up, .fini = tear_down);

static void draw_panel(void)
{
    canvas->count = 0;
    canvas_clip(canvas, &view.boxes[VIEW_PANEL]);
    panel_part.draw(&view, scene, canvas);
}

/* The value in the line of a name. */
static const char *value_of(const char *name)
{
    const struct drawn *left = canvas_record_text(canvas, name);
    cr_assert_not_null(left, "%s", name);
    for (uint32_t i = 0; i < canvas->count; i++) {
        const struct drawn *drawn = &canvas->drawn[i];
        if (drawn->kind == DRAWN_TEXT && drawn != left && drawn->box.y == left->box.y
                && drawn->box.x > left->box.x) {
            return drawn->text;
        }
    }
    /* The value may be drawn before its name. */
    cr_assert_fail("%s has no value", name);
    return "";
}

Test(panel, the_headline_has_units)
{
    static const char missing[] = "3.47 %";
    draw_panel();
    cr_assert_str_eq(value_of("ready"), "968 of 1000");
    cr_assert_str_eq(value_of("failed"), "4 of 1000");
    cr_assert_str_eq(value_of("set-up time"), "1.5 h");
    cr_assert_str_eq(value_of("missing rate"), missing);
    cr_assert_str_eq(value_of("energy of a device"), "21.7 J, max 43.9 J");
    scene->headline.set_up_time_s = scene->headline.missing_rate = NAN;
    draw_panel();
    cr_assert_str_eq(value_of("set-up time"), "-");
    cr_assert_str_eq(value_of("missing rate"), "-");
}

Test(panel, causes_stand_by_their_counts)
{
    static const char *const order[] = { "fading", "interference", "radio_busy", "not_set_up",
        "below_sensitivity", "powered_down", "other causes" };
    float y = 0.0f;
    draw_panel();
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        const struct drawn *drawn = canvas_record_text(canvas, order[i]);
        cr_assert_not_null(drawn);
        cr_assert_gt(drawn->box.y, y, "%s", order[i]);
        y = drawn->box.y;
    }
    cr_assert_str_eq(value_of("other causes"), "7");
}

Test(panel, the_selected_device_is_shown_with_its_registers)
{
    draw_panel();
    cr_assert_not_null(canvas_record_text(canvas, "Device 417"));
    cr_assert_str_eq(value_of("DevEUI"), "70B3D57ED00001A1");
    cr_assert_str_eq(value_of("DevAddr"), "260001A1");
    cr_assert_str_eq(value_of("RSSI"), "-112.4 dBm");
    cr_assert_str_eq(value_of("RegModemConfig2"), "1E: 94");
    cr_assert_str_eq(value_of("received block"), "receiving, version 2.0.0, 30900 B");
    cr_assert_str_eq(value_of("nor"), "31 erases, most of a unit 3 of 100000");
    cr_assert_str_eq(value_of("journal"), "1");
    cr_assert_str_eq(value_of("radio_rx"), "14.2 J");
    scene->devices[EXAMPLE_SELECTED].stage = SCENE_STAGE_FAILED;
    draw_panel();
    cr_assert_not_null(canvas_record_text(canvas, "failed: incomplete"));
}

Test(panel, another_device_than_that_of_the_detail_is_waited_for)
{
    view.selected = 3;
    draw_panel();
    cr_assert_not_null(canvas_record_text(canvas, "Device 3"));
    cr_assert_not_null(canvas_record_text(canvas, "waiting"));
    cr_assert_null(canvas_record_text(canvas, "DevEUI"));
    view.selected = SCENE_NONE;
    draw_panel();
    cr_assert_not_null(canvas_record_text(canvas, "No device is selected"));
}

Test(panel, it_scrolls_to_its_end_and_no_further)
{
    draw_panel();
    cr_assert_gt(view.panel_height, view.boxes[VIEW_PANEL].height);
    for (unsigned i = 0; i < 100; i++) {
        panel_part.wheel(&view, scene, (struct point){ 0 }, -1.0f);
    }
    draw_panel();
    struct box box = view.boxes[VIEW_PANEL];
    const struct drawn *last = canvas_record_text(canvas, "joined");
    cr_assert_not_null(last);
    cr_assert_leq(last->box.y + last->box.height, box.y + box.height);
    cr_assert_float_eq(view.panel_scroll, view.panel_height - box.height, 0.01f);
    view.selected = SCENE_NONE;
    draw_panel();
    draw_panel();
    cr_assert_eq(view.panel_scroll, 0.0f, "what fits is not scrolled");
}

Test(panel, fragments_fit_whatever_their_number)
{
    for (uint32_t count = 1; count <= 4096; count++) {
        struct fragment_grid grid = fragment_grid_fit(count, 325.0f, 120.0f);
        cr_assert_geq(grid.columns * grid.rows, count);
        cr_assert_lt((grid.rows - 1) * grid.columns, count, "no row is empty");
        cr_assert_leq(grid.cell * (float)grid.columns, 325.01f);
        cr_assert_leq(grid.cell * (float)grid.rows, 120.01f);
        cr_assert_geq(grid.cell, 2.0f, "%u", count);
    }
}
