/* Goal: a device is at the step of a colour scheme whose range its value is in, edges included; and
 * users' schemes are read as written or refused with the place and what would be right.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "view/schemes.h"

static struct schemes schemes;
static char error[2000];

static void start(void)
{
    schemes_init(&schemes);
    error[0] = '\0';
}

/* Reads a file of this text, which messages call "s.yaml". */
static bool read_text(const char *text)
{
    char folder[] = "/tmp/schemes.XXXXXX";
    cr_assert_not_null(mkdtemp(folder));
    cr_assert_eq(chdir(folder), 0);
    FILE *file = fopen("s.yaml", "w");
    cr_assert_not_null(file);
    fputs(text, file);
    fclose(file);
    bool ok = schemes_read_file(&schemes, "s.yaml", error, sizeof error);
    unlink("s.yaml");
    rmdir(folder);
    return ok;
}

static void expect_error(const char *text, const char *says)
{
    cr_expect_not(read_text(text), "%s", text);
    cr_expect_not_null(strstr(error, says), "'%s' gives '%s', not '%s'", text, error, says);
    cr_expect_eq(schemes.count, SCHEME_QUANTITY_COUNT, "none is added");
}

static struct scene_device device_of(enum scheme_quantity quantity, double value)
{
    struct scene_device device = { .margin_db = NAN, .clock_error_ms = NAN, .nb_frag = 0 };
    switch (quantity) {
    case SCHEME_STAGE:
        device.stage = (uint8_t)value;
        break;
    case SCHEME_MISSING:
        device.nb_frag = 500;
        device.missing = (uint16_t)value;
        break;
    case SCHEME_MARGIN:
        device.margin_db = (float)value;
        break;
    case SCHEME_ENERGY:
        device.energy_j = (float)value;
        break;
    case SCHEME_CLOCK:
        device.clock_error_ms = (float)value;
        break;
    case SCHEME_QUANTITY_COUNT:
        break;
    }
    return device;
}

Test(schemes, there_is_one_for_each_quantity_by_its_name, .init = start)
{
    cr_assert_eq(schemes.count, SCHEME_QUANTITY_COUNT);
    for (uint32_t i = 0; i < schemes.count; i++) {
        cr_expect_eq(schemes.rows[i].quantity, i);
        cr_expect_str_eq(schemes.rows[i].name, scheme_quantity_names[i]);
        cr_expect(schemes.rows[i].step_count >= 2);
    }
    cr_expect_null(scheme_quantity_names[SCHEME_QUANTITY_COUNT]);
}

Test(schemes, a_step_holds_from_its_edge_to_just_below_the_next, .init = start)
{
    for (uint32_t s = 0; s < schemes.count; s++) {
        const struct scheme *scheme = &schemes.rows[s];
        for (uint32_t i = 0; i < scheme->step_count; i++) {
            double from = scheme->steps[i].from;
            struct scene_device at = device_of(scheme->quantity, from);
            cr_expect_eq(scheme_step_of(scheme, &at), i, "%s at %g", scheme->name, from);
            bool whole = scheme->quantity <= SCHEME_MISSING;
            double below = whole ? from - 1 : (double)nextafterf((float)from, -INFINITY);
            if (i > 0) {
                struct scene_device before = device_of(scheme->quantity, below);
                cr_expect_eq(
                        scheme_step_of(scheme, &before), i - 1, "%s below %g", scheme->name, from);
                cr_expect(scheme->steps[i - 1].from < from);
            }
        }
    }
}

/* Exact values: what the legend says is what the steps do. */
Test(schemes, labels_say_the_thresholds, .init = start)
{
    static const struct {
        enum scheme_quantity quantity;
        double value;
        const char *label;
    } rows[] = {
        { SCHEME_STAGE, SCENE_STAGE_RECEIVING, "receiving" },
        { SCHEME_MISSING, 0, "none" },
        { SCHEME_MISSING, 2, "1 or 2" },
        { SCHEME_MISSING, 99, "30 to 99" },
        { SCHEME_MARGIN, -0.01, "below 0 dB" },
        { SCHEME_MARGIN, 10, "10 to 20 dB" },
        { SCHEME_ENERGY, 0.99, "below 1 J" },
        { SCHEME_ENERGY, 1e4, "300 J and more" },
        { SCHEME_CLOCK, 0, "below 50 ms" },
        { SCHEME_CLOCK, -700, "0.5 to 1 s" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct scheme *scheme = &schemes.rows[rows[i].quantity];
        struct scene_device device = device_of(rows[i].quantity, rows[i].value);
        uint32_t step = scheme_step_of(scheme, &device);
        cr_assert(step < scheme->step_count);
        cr_expect_str_eq(scheme->steps[step].label, rows[i].label);
    }
}

Test(schemes, a_device_without_the_value_is_at_no_step, .init = start)
{
    struct scene_device device = { .margin_db = NAN, .clock_error_ms = NAN, .nb_frag = 0 };
    static const enum scheme_quantity without[] = { SCHEME_MISSING, SCHEME_MARGIN, SCHEME_CLOCK };
    for (size_t i = 0; i < 3; i++) {
        const struct scheme *scheme = &schemes.rows[without[i]];
        cr_expect_eq(scheme_step_of(scheme, &device), scheme->step_count);
        struct colour colour = scheme_colour(scheme, THEME_DARK, &device);
        cr_expect_eq(memcmp(&colour, &scheme->unknown, sizeof colour), 0);
    }
}

#define WEAK                                                                                       \
    "schemes:\n"                                                                                   \
    "  - name: weak\n"                                                                             \
    "    quantity: margin\n"                                                                       \
    "    steps:\n"                                                                                 \
    "      - {from: -20, label: poor, colour: \"#d55e00\"}\n"                                      \
    "      - {from: 10, colour: [\"#56b4e9\", \"#0072B2\"]}\n"

Test(schemes, those_of_a_file_are_added, .init = start)
{
    cr_assert(read_text(WEAK "  - {name: late, quantity: stage, unit: x, steps: [{from: failed, "
                             "colour: \"#010203\"}]}\n"),
            "%s", error);
    cr_assert_eq(schemes.count, SCHEME_QUANTITY_COUNT + 2);
    const struct scheme *weak = &schemes.rows[SCHEME_QUANTITY_COUNT], *late = weak + 1;
    cr_expect_str_eq(weak->name, "weak");
    cr_expect_eq(weak->quantity, SCHEME_MARGIN);
    cr_expect_str_eq(weak->unit, "dB");
    cr_assert_eq(weak->step_count, 2);
    cr_expect_str_eq(weak->steps[0].label, "poor");
    cr_expect_str_eq(weak->steps[1].label, "from 10 dB");
    cr_expect_eq(weak->steps[0].colours[THEME_LIGHT].r, 0xd5);
    cr_expect_eq(weak->steps[1].colours[THEME_DARK].g, 0xb4);
    cr_expect_eq(weak->steps[1].colours[THEME_LIGHT].b, 0xb2);
    cr_expect_eq(weak->steps[1].colours[THEME_LIGHT].a, 0xff);
    struct scene_device below = device_of(SCHEME_MARGIN, -21);
    cr_expect_eq(scheme_step_of(weak, &below), 2, "below the first step is at none");
    cr_expect_eq(late->steps[0].from, SCENE_STAGE_FAILED);
    cr_expect_str_eq(late->unit, "x");
}

Test(schemes, what_is_wrong_is_told_with_its_place_and_what_would_be_right, .init = start)
{
    static const struct {
        const char *text, *says;
    } rows[] = {
        { "", "s.yaml:1:1: error: the file is empty: should hold a list 'schemes'" },
        { "schemes: [", "s.yaml:2:1: error: not YAML: it ends before it is complete" },
        { "scheme: []\n", "s.yaml:1:1: error: unknown key 'scheme' (did you mean 'schemes'?)" },
        { "schemes: 3\n", "s.yaml:1:10: error: 'schemes' should be a list" },
        { "schemes:\n  - {name: a, quantity: margn, steps: [{from: 0}]}\n",
                "s.yaml:2:25: error: quantity = 'margn' should be one of: stage, missing, margin" },
        { "schemes:\n  - {name: a, quantity: margin}\n",
                "s.yaml:2:12: error: scheme 'a' has no steps: should have at least one" },
        { "schemes:\n  - {name: a, steps: [{from: low}]}\n",
                "s.yaml:2:30: error: from = 'low' is not a number" },
        { "schemes:\n  - {name: a, steps: [{form: 1}]}\n",
                "s.yaml:2:24: error: unknown key 'form' (did you mean 'from'?)" },
        { "schemes:\n  - {name: a, steps: [{from: 1, colour: red}]}\n",
                "s.yaml:2:41: error: colour = 'red' should be a colour in quotes, as \"#0072b2\"" },
        { "schemes:\n  - {name: a, steps: [{colour: [\"#000000\", \"#00000g\"]}]}\n",
                "should be a colour in quotes" },
        { "schemes:\n  - {name: a, steps: [{colour: \"#0000000\"}]}\n",
                "should be a colour in quotes" },
        { "schemes:\n  - {name: a, steps: [{from: 1}, {from: 1}]}\n",
                "s.yaml:2:41: error: from = 1 should be greater than 1" },
        { "schemes:\n  - {name: stage, steps: [{from: 1}]}\n",
                "s.yaml:2:12: error: there is a scheme 'stage' already" },
        { "schemes:\n  - {name: a, steps: [{from: 1}]}\n  - {name: a, steps: [{from: 1}]}\n",
                "s.yaml:3:12: error: there is a scheme 'a' already" },
        { "schemes:\n  - {steps: [{from: 1}]}\n",
                "s.yaml:2:5: error: a scheme should have a name" },
        { "schemes:\n  - {name: a, steps: {from: 1}}\n", "'steps' should be a list" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        expect_error(rows[i].text, rows[i].says);
    }
}

Test(schemes, a_file_that_is_not_there_is_named, .init = start)
{
    cr_expect_not(schemes_read_file(&schemes, "/nowhere/s.yaml", error, sizeof error));
    cr_expect_not_null(strstr(error, "/nowhere/s.yaml"), "%s", error);
}

Test(schemes, more_than_there_is_room_for_are_refused, .init = start)
{
    char text[4000] = "schemes:\n";
    for (unsigned i = 0; i < SCHEMES_MAX; i++) {
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "  - {name: s%u, steps: [{from: 1}]}\n", i);
    }
    expect_error(text, "16 schemes: should be 11 at most");
}

/* Many mistakes in little room: the text ends, and nothing is written beyond it. */
Test(schemes, messages_are_cut_to_the_room_given, .init = start)
{
    char small[40];
    memset(small, 'x', sizeof small);
    cr_expect_not(read_text("a: 1\nb: 1\nc: 1\n"));
    cr_expect(strlen(error) > 60);
    cr_expect_not(schemes_read_file(&schemes, "/nowhere/a/long/path/s.yaml", small, 20));
    cr_expect(memchr(small, '\0', 20) != NULL);
    cr_expect_eq(small[20], 'x');
}
