/* Scenario keys of the run, the area and the firmware that is sent.
 * SPDX-License-Identifier: MIT
 */
#include "region/region.h"
#include "scenario/scenario_keys.h"

static const char *const fail_count_names[] = { "count", "fail", NULL };
static const char *const area_shape_names[] = { "disc", NULL };
static const char *const off_on_names[] = { "off", "on", NULL };
static const char *const delivery_names[] = { "full", "delta", NULL };

static bool set_version(const struct param_text *t)
{
    unsigned major, minor, patch;
    char rest;
    if (sscanf(t->text, "%3u.%3u.%5u%c", &major, &minor, &patch, &rest) != 3 || major > 255
            || minor > 255 || patch > 65535) {
        scenario_errors_add(t->errors, t->place,
                "%s = '%s' should be major.minor.patch, as in 2.0.0", t->path, t->text);
        return false;
    }
    *(uint32_t *)t->member = major << 24 | minor << 16 | patch;
    return true;
}
const struct param_type param_version = { .size = sizeof(uint32_t),
    .parse = set_version,
    .form = PARAM_TEXT,
    .pattern = "[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,5}",
    .values = "MAJOR.MINOR.PATCH" };

static const char *const device_names[] = { "device", NULL };

#define S(member) PARAM_MEMBER(struct scenario, member)
#define DAY       86400.0

/* clang-format off */
static const struct param rows[] = {
    /* path, member, type, dimension, min, max, names, default, help */
    { "name", S(name), &param_string, DIMENSION_NONE, 1, SCENARIO_NAME_MAX, NULL, "unnamed", "Name of the scenario in results." },
    { "seed", S(seed), &param_u64, DIMENSION_NONE, 0, 18446744073709551615.0, NULL, "1", "Random seed." },
    { "duration", S(duration_ns), &param_time, DIMENSION_TIME, 1, 3650 * DAY, NULL, "24 h", "End of the run, unless all campaigns end before." },
    { "run_on", S(run_on_ns), &param_time, DIMENSION_TIME, 0, 3650 * DAY, NULL, "0 s", "Time that the run goes on after its last campaign has ended, at most to the end of its duration: what devices do of an image that fails may come later." },
    { "region", S(region), &param_enum, DIMENSION_NONE, 0, 0, region_names, "EU868", "Regional parameters of LoRaWAN: channels, data rates, duty cycles." },
    { "on_guest_error", S(on_guest_error_fail), &param_enum, DIMENSION_NONE, 0, 0, fail_count_names, "fail", "Whether the run fails when firmware breaks a rule of the radio's datasheet, or counts it; counts also panics and hard faults of shared objects." },
    { "area.shape", S(area.shape), &param_enum, DIMENSION_NONE, 0, 0, area_shape_names, "disc", "Shape of the area in which devices stand." },
    { "area.radius", S(area.radius_m), &param_double, DIMENSION_LENGTH, 1, 500e3, NULL, "3 km", "Radius of the area; okumura-hata holds to 20 km." },
    { "firmware.image", S(firmware.image), &param_string, DIMENSION_NONE, 1, SCENARIO_PATH_MAX, NULL, "device", "Image that is sent: device (the target link of this program's firmware), generated, or the path of a file." },
    { "firmware.size", S(firmware.image_size_bytes), &param_u32, DIMENSION_BYTES, 1, SCENARIO_CODE_SIZE_MAX, NULL, "48 KiB", "Size of a generated image." },
    { "firmware.version", S(firmware.version), &param_version, DIMENSION_NONE, 0, 0, NULL, "2.0.0", "Version of the image that is sent; devices run 1.0.0 at first." },
    { "firmware.hardware", S(firmware.hardware), &param_u32, DIMENSION_NONE, 0, 4294967294.0, device_names, "device", "Hardware id that the header of the image names; device is that of all devices. Devices refuse another." },
    { "firmware.expect_refusal", S(firmware.expect_refusal), &param_bool, DIMENSION_NONE, 0, 0, NULL, "false", "The version may be one that devices must refuse, as it is not newer than theirs." },
    { "firmware.delivery", S(firmware.delivery), &param_enum, DIMENSION_NONE, 0, 0, delivery_names, "full", "Form in which the image is sent: as a whole, or as a patch to devices that run firmware.base; others get the whole image." },
    { "firmware.base", S(firmware.base), &param_string, DIMENSION_NONE, 1, SCENARIO_PATH_MAX, NULL, "auto", "Image that devices run at first: same (the code that the first campaign sends), earlier (that code with a few changes), or in the words of firmware.image; auto is earlier where a campaign has delivery delta, else same." },
    { "firmware.encryption", S(firmware.encryption), &param_bool, DIMENSION_NONE, 0, 0, off_on_names, "off", "Whether images travel and lie in flash encrypted, except where they run." },
};
/* clang-format on */
const struct param_rows general_rows = { rows, sizeof rows / sizeof rows[0] };
