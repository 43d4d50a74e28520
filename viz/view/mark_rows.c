/* The rows of all marks.
 * SPDX-License-Identifier: MIT
 */
#include "view/mark_rows.h"

#include "view/mark_colour.h"

static void stage_row(uint32_t index, struct mark_row *row)
{
    row->word = scene_stage_word(index);
    row->meaning = scene_stage_meaning(index);
    for (unsigned theme = 0; theme < THEME_COUNT; theme++) {
        row->colours[theme] = mark_colour_of_stage(theme, index);
    }
}

static void family_row(uint32_t index, struct mark_row *row)
{
    row->word = cause_family_word(index);
    row->meaning = cause_family_meaning(index);
    for (unsigned theme = 0; theme < THEME_COUNT; theme++) {
        row->colours[theme] = mark_colour_of_family(theme, index);
    }
}

static void lane_row(uint32_t index, struct mark_row *row)
{
    row->word = lane_kind_word(index);
    row->meaning = lane_kind_meaning(index);
    for (unsigned theme = 0; theme < THEME_COUNT && index != LANE_LOST; theme++) {
        row->colours[theme] = mark_colour_of_lane(theme, index, LOSS_NONE);
    }
}

static void trouble_row(uint32_t index, struct mark_row *row)
{
    row->word = trouble_kind_word(index);
    row->meaning = trouble_kind_meaning(index);
    for (unsigned theme = 0; theme < THEME_COUNT; theme++) {
        row->colours[theme] = mark_colour_of_trouble(theme, index);
    }
}

static void fragment_row(uint32_t index, struct mark_row *row)
{
    row->word = fragment_state_word(index);
    row->meaning = fragment_state_meaning(index);
    for (unsigned theme = 0; theme < THEME_COUNT && index != FRAGMENT_STATE_LOST; theme++) {
        row->colours[theme] = mark_colour_of_fragment(theme, index, LOSS_NONE);
    }
}

/* Marks that are told by their form, or whose colour is another mark's. */
static const char *const map_forms[][2] = {
    { "disc", "a device; it is a square where the map is zoomed out" },
    { "larger disc", "the device has received more of its fragments" },
    { "rim of a disc", "a downlink just ended for the device; the colour is how" },
    { "ring around a device", "the device sends; the colour is the spreading factor" },
    { "line to a gateway", "an uplink; the colour is how it ended there, wide where received" },
    { "ring around a gateway", "the gateway sends; it widens after the frame" },
    { "ring with a number", "the device is selected (blue) or pinned" },
    { "diamond", "an adversary, or a jammer; it is filled while it may act" },
    { "square", "a gateway; crossed out without power or backhaul" },
    { "shaded ground, lines",
            "coverage of the strongest gateway, and how far a data rate reaches" },
};

static void map_form_row(uint32_t index, struct mark_row *row)
{
    row->word = map_forms[index][0];
    row->meaning = map_forms[index][1];
}

static const char *const lane_forms[][2] = {
    { "tick on a bar", "more than one item begins in this pixel: the bar shows the worst" },
};

static void lane_form_row(uint32_t index, struct mark_row *row)
{
    row->word = lane_forms[index][0];
    row->meaning = lane_forms[index][1];
}

static const char *const timeline_forms[][2] = {
    { "areas", "devices at each stage, the furthest stage lowest" },
    { "line over the areas", "different fragments on the air so far, uncoded and coded" },
    { "fields at the top", "phases of the campaign" },
    { "strips below them", "attacks, faults, defences; the pointer shows which may act at a time" },
    { "blue vertical line", "now; a press at its right plays until that time" },
    { "bars at the side", "for each gateway the share of its duty cycle used in the last hour" },
};

static void timeline_form_row(uint32_t index, struct mark_row *row)
{
    row->word = timeline_forms[index][0];
    row->meaning = timeline_forms[index][1];
}

static const struct {
    const char *part;
    uint32_t count;
    void (*fill)(uint32_t index, struct mark_row *row);
} tables[] = {
    { "Stages: map, timeline, panel", SCENE_STAGE_COUNT, stage_row },
    { "Causes of losses: map, lanes, panel", CAUSE_FAMILY_COUNT, family_row },
    { "Map", sizeof map_forms / sizeof map_forms[0], map_form_row },
    { "Lanes, the worst last", LANE_KIND_COUNT, lane_row },
    { "Lanes, the worst last", sizeof lane_forms / sizeof lane_forms[0], lane_form_row },
    { "Fragments of the selected device", FRAGMENT_STATE_COUNT, fragment_row },
    { "Attacks, faults and defences: map, timeline", TROUBLE_KIND_COUNT, trouble_row },
    { "Timeline", sizeof timeline_forms / sizeof timeline_forms[0], timeline_form_row },
};

bool mark_row_get(uint32_t index, struct mark_row *row)
{
    *row = (struct mark_row){ 0 };
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        if (index < tables[i].count) {
            row->part = tables[i].part;
            tables[i].fill(index, row);
            return true;
        }
        index -= tables[i].count;
    }
    return false;
}
