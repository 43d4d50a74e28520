/* Goal: the map shows frames as they happen, and on request how far gateways reach.
 * Method: as test_map.c.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "map_bench.h"
#include "view/mark_colour.h"
#include "view/widgets.h"

TestSuite(map_frames, .init = map_bench_start, .fini = view_bench_finish);

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

Test(map_frames, an_uplink_goes_to_each_gateway_in_the_colour_of_how_it_ended)
{
    add_uplink(6, scene->now_ns, LOSS_NONE, LOSS_INTERFERENCE);
    draw();
    const struct drawn *received = line_between(place(6), gateway_place(0));
    const struct drawn *lost = line_between(place(6), gateway_place(1));
    cr_assert(received != NULL && lost != NULL);
    cr_expect(same(received->colour, mark_colour_of_cause(view.theme, LOSS_NONE)));
    cr_expect(same(lost->colour, mark_colour_of_cause(view.theme, LOSS_INTERFERENCE)));
}

Test(map_frames, what_happened_fades_within_a_second_of_watching)
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

Test(map_frames, uplinks_of_hidden_and_of_foreign_devices_have_no_lines)
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
Test(map_frames, of_very_many_uplinks_the_newest_are_drawn)
{
    for (unsigned i = 0; i < SCENE_FLIGHTS_MAX; i++) {
        add_uplink(i % DEVICES, scene->now_ns, LOSS_NONE, LOSS_NONE);
    }
    draw();
    uint32_t lines = count_of(DRAWN_LINE);
    cr_expect(lines > 250 && lines < 320, "%u", lines);
    cr_expect_not_null(line_between(place((SCENE_FLIGHTS_MAX - 1) % DEVICES), gateway_place(0)));
}

Test(map_frames, a_transmitting_gateway_has_a_ring)
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

Test(map_frames, of_several_frames_of_a_gateway_the_last_has_the_ring)
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

Test(map_frames, a_device_flashes_in_the_colour_of_its_last_frame)
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

Test(map_frames, stations_that_a_scene_does_not_have_are_left_out)
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

Test(map_frames, coverage_is_drawn_on_request)
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
Test(map_frames, lines_show_where_the_level_is_just_enough)
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

Test(map_frames, coverage_that_is_not_known_is_not_drawn)
{
    view.coverage = true;
    draw();
    cr_expect_eq(count_of(DRAWN_CELLS), 0);
}
