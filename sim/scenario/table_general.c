/* Scenario keys of the run, the area and the firmware that is sent.
 * SPDX-License-Identifier: MIT
 */
#include "scenario/scenario_table.h"

static const char *const region_names[] = { "EU868", NULL };
static const char *const fail_count_names[] = { "count", "fail", NULL };
static const char *const area_shape_names[] = { "disc", NULL };
static const char *const delivery_names[] = { "full", NULL };

#define S(member) offsetof(struct scenario, member)
#define DAY       86400.0

/* clang-format off */
static const struct param rows[] = {
    /* path, member, type, dimension, min, max, names, default, help */
    { "name", S(name), PARAM_STRING, DIMENSION_NONE, 1, SCENARIO_NAME_MAX, NULL, "unnamed", "name in results" },
    { "seed", S(seed), PARAM_U64, DIMENSION_NONE, 0, 1.8e19, NULL, "1", "keys every random stream" },
    { "duration", S(duration_ns), PARAM_TIME, DIMENSION_TIME, 1, 3650 * DAY, NULL, "24 h", "end of the run, unless the campaign ends before" },
    { "region", S(region), PARAM_ENUM, DIMENSION_NONE, 0, 0, region_names, "EU868", "regional parameters" },
    { "on_guest_error", S(on_guest_error_fail), PARAM_ENUM, DIMENSION_NONE, 0, 0, fail_count_names, "fail", "when firmware breaks a rule of the radio's datasheet" },
    { "area.shape", S(area.shape), PARAM_ENUM, DIMENSION_NONE, 0, 0, area_shape_names, "disc", "where devices stand" },
    { "area.radius", S(area.radius_m), PARAM_DOUBLE, DIMENSION_LENGTH, 1, 50e3, NULL, "3 km", "of the disc; okumura-hata holds to 20 km" },
    { "firmware.image", S(firmware.image), PARAM_STRING, DIMENSION_NONE, 1, SCENARIO_PATH_MAX, NULL, "device", "device (this firmware's target link), generated, or a file" },
    { "firmware.size", S(firmware.image_size_bytes), PARAM_U32, DIMENSION_BYTES, 1, SCENARIO_CODE_SIZE_MAX, NULL, "48 KiB", "of a generated image" },
    { "firmware.version", S(firmware.version), PARAM_VERSION, DIMENSION_NONE, 0, 0, NULL, "2.0.0", "that the image carries; devices run 1.0.0" },
    { "firmware.delivery", S(firmware.delivery), PARAM_ENUM, DIMENSION_NONE, 0, 0, delivery_names, "full", "what is sent" },
};
/* clang-format on */
const struct param_rows general_rows = { rows, sizeof rows / sizeof rows[0] };
