/* Scenario keys of a build that belongs to an image.
 * SPDX-License-Identifier: MIT
 */
#include "scenario/scenario_keys.h"

#define B(member) PARAM_MEMBER(struct scenario_image_build, member)

/* clang-format off */
static const struct param rows[] = {
    /* path, member, type, dimension, min, max, names, default, help */
    { "image", B(firmware.image), &param_string, DIMENSION_NONE, 0, 0, NULL, "", "Image that the build belongs to, in the words of the key firmware.image, which is its default." },
    { "size", B(firmware.image_size_bytes), &param_u32, DIMENSION_BYTES, 1, SCENARIO_CODE_SIZE_MAX, NULL, "", "Size of that image if it is a generated one; the default is firmware.size." },
    { "sha256", B(sha256), &param_string, DIMENSION_NONE, 0, 0, NULL, "", "SHA-256 of the image's code, 64 hexadecimal digits, in place of image and size." },
    { "build", B(build), &param_string, DIMENSION_NONE, 1, SCENARIO_PATH_MAX, NULL, "built-in", "Firmware that devices run when that image lies in their running slot: built-in, or the path of a shared object without variables that returns from run()." },
};
/* clang-format on */
const struct param_rows image_build_rows = { rows, sizeof rows / sizeof rows[0] };
