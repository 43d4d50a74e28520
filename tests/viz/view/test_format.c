/* Goal: numbers and texts fit where the view puts them, and say what they should.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <math.h>

#include "canvas_record.h"
#include "view/format.h"
#include "view/widgets.h"

#define MINUTE_NS (60 * SIM_NS_PER_S)

Test(format, a_time_has_days_and_two_digits_of_each_part)
{
    char text[FORMAT_MAX];
    format_time(text, sizeof text, 0);
    cr_assert_str_eq(text, "0 d 00:00:00");
    format_time(text, sizeof text, (((24 + 6) * 60 + 2) * 60 + 9) * SIM_NS_PER_S + 999999999);
    cr_assert_str_eq(text, "1 d 06:02:09");
}

Test(format, ticks_tell_neighbours_apart)
{
    char text[FORMAT_MAX];
    format_tick(text, sizeof text, 90 * MINUTE_NS, 30 * MINUTE_NS);
    cr_assert_str_eq(text, "0 d 01:30");
    format_tick(text, sizeof text, 90 * MINUTE_NS + 10 * SIM_NS_PER_S, 10 * SIM_NS_PER_S);
    cr_assert_str_eq(text, "01:30:10");
    format_tick(text, sizeof text, 1050 * SIM_NS_PER_MS, 50 * SIM_NS_PER_MS);
    cr_assert_str_eq(text, "00:00:01.05");
    format_tick(text, sizeof text, SIM_NS_PER_S + 3, 1);
    cr_assert_str_eq(text, "00:00:01.000000003");
}

Test(format, numbers_have_a_prefix_that_keeps_them_short)
{
    static const struct {
        double value;
        const char *text;
    } rows[] = { { 0.0, "0 J" }, { 1.0, "1.00 J" }, { 12.34, "12.3 J" }, { 0.5, "500 mJ" },
        { 99.96, "100 J" }, { 43210.0, "43.2 kJ" }, { -0.0123, "-12.3 mJ" }, { NAN, "-" },
        { 2e-9, "0.00 \302\265J" } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[FORMAT_MAX];
        format_unit(text, sizeof text, rows[i].value, "J");
        cr_assert_str_eq(text, rows[i].text, "%g: %s", rows[i].value, text);
    }
}

Test(format, spans_shares_and_levels_have_units)
{
    static const char small[] = "1.23 %", whole[] = "100.0 %";
    char text[FORMAT_MAX];
    format_span(text, sizeof text, 413700 * SIM_NS_PER_US);
    cr_assert_str_eq(text, "413.7 ms");
    format_span(text, sizeof text, 90 * SIM_NS_PER_S);
    cr_assert_str_eq(text, "1.5 min");
    format_span(text, sizeof text, 17);
    cr_assert_str_eq(text, "17 ns");
    format_share(text, sizeof text, 0.0123);
    cr_assert_str_eq(text, small);
    format_share(text, sizeof text, 1.0);
    cr_assert_str_eq(text, whole);
    format_level(text, sizeof text, 7.25, "dB");
    cr_assert_str_eq(text, "+7.2 dB");
    format_level(text, sizeof text, NAN, "dB");
    cr_assert_str_eq(text, "-");
}

Test(widgets, a_text_that_is_too_long_ends_in_an_ellipsis_and_fits)
{
    struct canvas *canvas = canvas_record_create(200, 100);
    const char *text = "gr\303\266\303\237er als das Feld";
    float whole = canvas_text_width(canvas, TEXT_BODY, text);
    for (float width = -1.0f; width <= whole; width += 1.0f) {
        canvas->count = 0;
        float used = text_fitted(canvas, TEXT_BODY, ALIGN_LEFT, (struct point){ 0, 0 }, width,
                (struct colour){ 0 }, text);
        cr_assert_leq(used, width < 0.0f ? 0.0f : width);
        cr_assert(canvas->count <= 1);
        if (canvas->count == 1 && used < whole) {
            size_t length = strlen(canvas->drawn[0].text);
            cr_assert(length >= 3);
            cr_assert_str_eq(canvas->drawn[0].text + length - 3, "\342\200\246");
            /* No character is cut in two: bytes that follow others have their first one. */
            cr_assert(strncmp(canvas->drawn[0].text, text, length - 3) == 0);
            cr_assert_neq((unsigned char)text[length - 3] & 0xc0, 0x80);
        }
    }
    text_fitted(canvas, TEXT_BODY, ALIGN_LEFT, (struct point){ 0, 0 }, whole, (struct colour){ 0 },
            text);
    cr_assert_str_eq(canvas->drawn[canvas->count - 1].text, text);
    canvas_destroy(canvas);
}

Test(widgets, pieces_of_a_box_add_up_to_it)
{
    struct box rest = { 10, 20, 100, 50 };
    struct box top = box_cut(&rest, EDGE_TOP, 20), right = box_cut(&rest, EDGE_RIGHT, 30);
    cr_assert(top.x == 10 && top.y == 20 && top.width == 100 && top.height == 20);
    cr_assert(right.x == 80 && right.y == 40 && right.width == 30 && right.height == 30);
    cr_assert(rest.x == 10 && rest.y == 40 && rest.width == 70 && rest.height == 30);
    struct box left = box_cut(&rest, EDGE_LEFT, 20), bottom = box_cut(&rest, EDGE_BOTTOM, 5);
    cr_assert(left.x == 10 && left.width == 20 && rest.x == 30 && rest.width == 50);
    cr_assert(bottom.y == 65 && bottom.height == 5 && rest.y == 40 && rest.height == 25);
    struct box all = box_cut(&rest, EDGE_LEFT, 1000);
    cr_assert(all.width == 50 && box_empty(rest));
}

Test(widgets, ticks_of_a_time_axis_are_round_and_far_enough_apart)
{
    static const struct {
        sim_ns span_ns, step_ns;
    } rows[] = {
        { 24 * 60 * MINUTE_NS, 180 * MINUTE_NS },
        { MINUTE_NS, 10 * SIM_NS_PER_S },
        { SIM_NS_PER_S, 100 * SIM_NS_PER_MS },
        { 1000, 100 },
        { 365 * 24 * 60 * MINUTE_NS, 100 * 24 * 60 * MINUTE_NS },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct time_axis axis = { { 100, 0, 1000, 50 }, 0, rows[i].span_ns };
        sim_ns step_ns = time_axis_step_ns(&axis, 96.0f);
        cr_assert_eq(step_ns, rows[i].step_ns, "%zu: %lld", i, (long long)step_ns);
        cr_assert_geq(time_axis_x(&axis, step_ns) - axis.box.x, 96.0f);
    }
}

Test(widgets, a_place_on_a_time_axis_is_its_time)
{
    struct time_axis axis = { { 100, 0, 1000, 50 }, 5 * SIM_NS_PER_S, 15 * SIM_NS_PER_S };
    cr_assert_float_eq(time_axis_x(&axis, 10 * SIM_NS_PER_S), 600.0f, 1e-3);
    cr_assert_eq(time_axis_ns(&axis, 600.0f), 10 * SIM_NS_PER_S);
}
