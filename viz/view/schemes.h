/* Colour schemes of the map, as data: thresholds and colours. Users add their own in YAML.
 * SPDX-License-Identifier: MIT
 */
#ifndef VIEW_SCHEMES_H
#define VIEW_SCHEMES_H

#include "draw/theme.h"
#include "watch/scene.h"

#define SCHEMES_MAX      16u
#define SCHEME_STEPS_MAX 12u

/* What a scheme colours by. */
enum scheme_quantity {
    SCHEME_STAGE,   /* enum scene_stage */
    SCHEME_MISSING, /* fragments */
    SCHEME_MARGIN,  /* dB */
    SCHEME_ENERGY,  /* J */
    SCHEME_CLOCK,   /* |ms| */
    SCHEME_QUANTITY_COUNT
};

extern const char *const scheme_quantity_names[]; /* as users write them, ended by NULL */
extern const char *const scheme_quantity_units[SCHEME_QUANTITY_COUNT];

struct scheme_step {
    double from; /* the step holds from here to the next one */
    struct colour colours[THEME_COUNT];
    char label[32];
};

struct scheme {
    char name[32];
    char unit[12];
    enum scheme_quantity quantity;
    uint32_t step_count;
    struct scheme_step steps[SCHEME_STEPS_MAX]; /* by ascending `from` */
    struct colour unknown;                      /* of what has no value */
};

struct schemes {
    uint32_t count;
    struct scheme rows[SCHEMES_MAX];
};

/* The five that the view brings, by the names of their quantities. */
void schemes_init(struct schemes *schemes);
/* Adds those of a YAML file:
 *
 *     schemes:
 *       - name: weak
 *         quantity: margin            # stage missing margin energy clock
 *         unit: dB                    # in the legend; that of the quantity if left out
 *         steps:
 *           - {from: -20, label: "poor", colour: "#d55e00"}
 *           - {from: 10, colour: ["#56b4e9", "#0072b2"]}  # dark theme, light theme
 *
 * `from` of a stage may be its word. False: `error` says why with file:line:column, a line for
 * each mistake as far as they fit; none is added. */
bool schemes_read_file(struct schemes *schemes, const char *path, char *error, size_t error_size);

/* Index into steps[]; step_count: the device has no such value, or one below the first step. */
uint32_t scheme_step_of(const struct scheme *scheme, const struct scene_device *device);
struct colour scheme_colour(
        const struct scheme *scheme, enum theme_kind theme, const struct scene_device *device);
/* Of a step, or of devices without one. */
struct colour scheme_step_colour(const struct scheme *scheme, enum theme_kind theme, uint32_t step);

#endif
