/* The colour schemes that the view brings, and the step that a device is at.
 * SPDX-License-Identifier: MIT
 */
#include "view/schemes.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "view/mark_colour.h"

#define LOWEST (-1e9) /* below every value */

const char *const scheme_quantity_names[] = { "stage", "missing", "margin", "energy", "clock",
    NULL };
const char *const scheme_quantity_units[SCHEME_QUANTITY_COUNT] = { "", "fragments", "dB", "J",
    "ms" };

/* Those of numbers; the steps of `stage` are the stages. */
static const struct {
    enum scheme_quantity quantity;
    bool low_is_bad;
    struct {
        double from;
        const char *label;
    } steps[SCHEME_STEPS_MAX]; /* up to the one without a label */
} number_rows[] = {
    /* A campaign has some hundred uncoded fragments, and some tens of coded ones to repair with. */
    { SCHEME_MISSING, false,
            { { 0, "none" }, { 1, "1 or 2" }, { 3, "3 to 9" }, { 10, "10 to 29" },
                    { 30, "30 to 99" }, { 100, "100 and more" } } },
    /* 10 dB is the margin that networks usually keep for fading (installation_margin of ADR). */
    { SCHEME_MARGIN, true,
            { { LOWEST, "below 0 dB" }, { 0, "0 to 3 dB" }, { 3, "3 to 6 dB" }, { 6, "6 to 10 dB" },
                    { 10, "10 to 20 dB" }, { 20, "20 dB and more" } } },
    /* From a day of reports (below 10 J) to hours of listening without a pause (some 100 J). */
    { SCHEME_ENERGY, false,
            { { 0, "below 1 J" }, { 1, "1 to 3 J" }, { 3, "3 to 10 J" }, { 10, "10 to 30 J" },
                    { 30, "30 to 100 J" }, { 100, "100 to 300 J" }, { 300, "300 J and more" } } },
    /* TS003 corrects a clock to 1 s by its message, and to some 10 ms by its fraction of a second;
     * the start of a session is given in whole seconds. */
    { SCHEME_CLOCK, false,
            { { 0, "below 50 ms" }, { 50, "50 to 200 ms" }, { 200, "200 to 500 ms" },
                    { 500, "0.5 to 1 s" }, { 1000, "1 to 5 s" }, { 5000, "5 s and more" } } },
};

/* `bad` from 0 to 1. The worst stands out most from the background of either theme, and the best
 * still does. */
static struct colour shade(enum theme_kind theme, double bad)
{
    return palette_sequence(theme == THEME_DARK ? 0.28 + 0.72 * bad : 0.82 - 0.82 * bad);
}

static const struct colour no_value = { 0x80, 0x88, 0x92, 0xff };

static void add_numbers(struct schemes *schemes, size_t row)
{
    struct scheme *scheme = &schemes->rows[schemes->count++];
    memset(scheme, 0, sizeof *scheme);
    scheme->quantity = number_rows[row].quantity;
    scheme->unknown = no_value;
    snprintf(scheme->name, sizeof scheme->name, "%s", scheme_quantity_names[scheme->quantity]);
    snprintf(scheme->unit, sizeof scheme->unit, "%s", scheme_quantity_units[scheme->quantity]);
    while (scheme->step_count < SCHEME_STEPS_MAX
            && number_rows[row].steps[scheme->step_count].label != NULL) {
        scheme->step_count++;
    }
    for (uint32_t i = 0; i < scheme->step_count; i++) {
        double share = (double)i / (scheme->step_count - 1);
        scheme->steps[i].from = number_rows[row].steps[i].from;
        snprintf(scheme->steps[i].label, sizeof scheme->steps[i].label, "%s",
                number_rows[row].steps[i].label);
        for (int theme = 0; theme < THEME_COUNT; theme++) {
            scheme->steps[i].colours[theme] =
                    shade(theme, number_rows[row].low_is_bad ? 1 - share : share);
        }
    }
}

static void add_stages(struct schemes *schemes)
{
    struct scheme *scheme = &schemes->rows[schemes->count++];
    *scheme = (struct scheme){
        .quantity = SCHEME_STAGE, .step_count = SCENE_STAGE_COUNT, .unknown = no_value
    };
    _Static_assert((int)SCENE_STAGE_COUNT <= (int)SCHEME_STEPS_MAX, "a step for each");
    snprintf(scheme->name, sizeof scheme->name, "%s", scheme_quantity_names[SCHEME_STAGE]);
    for (uint32_t i = 0; i < SCENE_STAGE_COUNT; i++) {
        scheme->steps[i].from = i;
        snprintf(scheme->steps[i].label, sizeof scheme->steps[i].label, "%s", scene_stage_word(i));
        for (int theme = 0; theme < THEME_COUNT; theme++) {
            scheme->steps[i].colours[theme] = mark_colour_of_stage(theme, i);
        }
    }
}

void schemes_init(struct schemes *schemes)
{
    schemes->count = 0;
    add_stages(schemes);
    for (size_t i = 0; i < sizeof number_rows / sizeof number_rows[0]; i++) {
        add_numbers(schemes, i);
    }
}

/* NaN: it has none. */
static double value_of(enum scheme_quantity quantity, const struct scene_device *device)
{
    switch (quantity) {
    case SCHEME_STAGE:
        return device->stage;
    case SCHEME_MISSING:
        return device->nb_frag > 0 ? device->missing : (double)NAN;
    case SCHEME_MARGIN:
        return (double)device->margin_db;
    case SCHEME_ENERGY:
        return (double)device->energy_j;
    case SCHEME_CLOCK:
        return fabs((double)device->clock_error_ms);
    case SCHEME_QUANTITY_COUNT:
        break;
    }
    return (double)NAN;
}

uint32_t scheme_step_of(const struct scheme *scheme, const struct scene_device *device)
{
    double value = value_of(scheme->quantity, device);
    uint32_t step = scheme->step_count;
    for (uint32_t i = 0; i < scheme->step_count && value >= scheme->steps[i].from; i++) {
        step = i;
    }
    return step;
}

struct colour scheme_colour(
        const struct scheme *scheme, enum theme_kind theme, const struct scene_device *device)
{
    return scheme_step_colour(scheme, theme, scheme_step_of(scheme, device));
}

struct colour scheme_step_colour(const struct scheme *scheme, enum theme_kind theme, uint32_t step)
{
    return step < scheme->step_count ? scheme->steps[step].colours[theme] : scheme->unknown;
}
