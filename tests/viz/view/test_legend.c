/* Goal: the legend says what the map's colours mean and how many devices have each, and hides
 * stages when they are pressed.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "view/mark_colour.h"
#include "view_bench.h"

static void start(void)
{
    view_bench_start(45, 1);
    for (uint32_t i = 0; i < 45; i++) { /* 1 device idle, 2 joined, ... 9 failed */
        uint8_t stage = 0;
        for (uint32_t before = i; before > stage; stage++) {
            before -= stage + 1u;
        }
        scene->devices[i] = (struct scene_device){
            .stage = stage, .margin_db = NAN, .clock_error_ms = i < 40 ? NAN : 100, .energy_j = 5
        };
        scene->stages[stage]++;
    }
}

TestSuite(legend, .init = start, .fini = view_bench_finish);

static void draw(void)
{
    view_bench_draw(&legend_part);
}

/* What stands in the row of a text: its count. */
static const char *count_of(const char *label)
{
    const struct drawn *text = canvas_record_text(canvas, label);
    cr_assert_not_null(text, "%s", label);
    for (const struct drawn *other = text + 1; other < &canvas->drawn[canvas->count]; other++) {
        if (other->kind == DRAWN_TEXT && fabsf(other->box.y - text->box.y) < 0.1f) {
            return other->text;
        }
    }
    return "";
}

static struct point middle_of(const char *label)
{
    const struct drawn *text = canvas_record_text(canvas, label);
    cr_assert_not_null(text, "%s", label);
    return (struct point){ text->box.x + 5, text->box.y + 5 };
}

Test(legend, each_step_has_its_colour_and_the_count_of_its_devices)
{
    draw();
    for (int stage = 0; stage < SCENE_STAGE_COUNT; stage++) {
        const char *word = scene_stage_word(stage);
        char count[12];
        snprintf(count, sizeof count, "%d", stage + 1);
        cr_expect_str_eq(count_of(word), count, "%s", word);
        const struct drawn *text = canvas_record_text(canvas, word);
        bool swatch = false;
        for (uint32_t i = 0; i < canvas->count; i++) {
            const struct drawn *drawn = &canvas->drawn[i];
            struct colour right = mark_colour_of_stage(view.theme, stage);
            swatch = swatch
                     || (drawn->kind == DRAWN_FILL && drawn->box.x < text->box.x
                             && fabsf(drawn->box.y - text->box.y) < 8
                             && memcmp(&drawn->colour, &right, sizeof right) == 0);
        }
        cr_expect(swatch, "%s", word);
    }
    cr_expect_null(canvas_record_text(canvas, "no value"));
}

Test(legend, devices_without_the_value_are_counted)
{
    view.scheme = SCHEME_CLOCK;
    draw();
    cr_expect_str_eq(count_of("no value"), "40");
    cr_expect_str_eq(count_of("50 to 200 ms"), "5");
}

Test(legend, it_names_how_frames_end)
{
    draw();
    for (int family = 0; family < CAUSE_FAMILY_COUNT; family++) {
        cr_expect_not_null(canvas_record_text(canvas, cause_family_word(family)));
    }
    cr_expect_not_null(canvas_record_text(canvas, "SF7 .. SF12"));
}

Test(legend, all_of_it_is_inside_of_its_box_for_every_scheme)
{
    struct box box = view.boxes[VIEW_LEGEND];
    view.coverage = true;
    for (view.scheme = 0; view.scheme < schemes.count; view.scheme++) {
        draw();
        for (uint32_t i = 0; i < canvas->count; i++) {
            const struct box *drawn = &canvas->drawn[i].box;
            cr_expect(drawn->x >= box.x - 0.1f && drawn->y >= box.y - 0.1f
                              && drawn->x + drawn->width <= box.x + box.width + 0.1f
                              && drawn->y + drawn->height <= box.y + box.height + 0.1f,
                    "%s: '%s'", schemes.rows[view.scheme].name, canvas->drawn[i].text);
        }
    }
}

Test(legend, rows_without_room_are_not_drawn_over_others)
{
    char which[300];
    view_layout(&view, (struct box){ 0, 0, 500, 400 });
    canvas_clip(canvas, &view.boxes[VIEW_LEGEND]);
    draw();
    cr_assert_not(canvas_record_overlap(canvas, which, sizeof which), "%s", which);
}

Test(legend, a_press_on_a_stage_hides_it_and_another_one_shows_it)
{
    draw();
    struct point at = middle_of("receiving");
    cr_expect(legend_part.press(&view, scene, at, false));
    cr_expect_eq(view.hidden_stages, 1u << SCENE_STAGE_RECEIVING);
    draw();
    cr_expect_not_null(canvas_record_text(canvas, "receiving (hidden)"));
    cr_expect(legend_part.press(&view, scene, at, false));
    cr_expect_eq(view.hidden_stages, 0);
}

Test(legend, a_step_of_a_users_scheme_hides_all_stages_that_it_holds)
{
    struct scheme *late = &schemes.rows[schemes.count++];
    *late = (struct scheme){ .name = "late", .quantity = SCHEME_STAGE, .step_count = 2 };
    late->steps[0] = (struct scheme_step){ .from = SCENE_STAGE_IDLE, .label = "early" };
    late->steps[1] = (struct scheme_step){ .from = SCENE_STAGE_VERIFYING, .label = "past" };
    view.scheme = schemes.count - 1;
    draw();
    legend_part.press(&view, scene, middle_of("past"), false);
    cr_expect_eq(view.hidden_stages,
            1u << SCENE_STAGE_VERIFYING | 1u << SCENE_STAGE_INSTALLED | 1u << SCENE_STAGE_FAILED);
}

Test(legend, steps_of_other_quantities_hide_nothing)
{
    view.scheme = SCHEME_ENERGY;
    draw();
    cr_expect(legend_part.press(&view, scene, middle_of("3 to 10 J"), false));
    cr_expect_eq(view.hidden_stages, 0);
}

Test(legend, a_press_above_it_is_for_the_map)
{
    struct box box = view.boxes[VIEW_LEGEND];
    view.scheme = SCHEME_MARGIN; /* fewer rows than the box has room for */
    cr_expect_not(legend_part.press(&view, scene, (struct point){ box.x + 5, box.y + 2 }, false));
}
