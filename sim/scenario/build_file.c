/* Loads a group's firmware and checks it against the group's board.
 * SPDX-License-Identifier: MIT
 */
#include "scenario/build_file.h"

#include <string.h>

static const char *const region_names[HAL_FLASH_REGION_COUNT] = { "internal flash", "NOR" };

bool build_file_load(struct firmware_object **object, const char *firmware,
        const struct board_type *board, struct scenario_place place, struct scenario_errors *errors)
{
    *object = NULL;
    if (strcmp(firmware, BUILD_BUILTIN) != 0) {
        char error[512];
        *object = firmware_object_load(firmware, error, sizeof error);
        if (*object == NULL) {
            scenario_errors_add(errors, place, "firmware: %s (%s is the firmware of this program)",
                    error, BUILD_BUILTIN);
            return false;
        }
    }
    const struct firmware_build *build = build_of_object(*object);
    for (unsigned region = 0; region < HAL_FLASH_REGION_COUNT; region++) {
        if (build->flash_size_min[region] > board->flash[region].size_bytes) {
            scenario_errors_add(errors, place,
                    "firmware: '%s' needs %u bytes of %s; the board has %u", firmware,
                    build->flash_size_min[region], region_names[region],
                    board->flash[region].size_bytes);
            firmware_object_destroy(*object);
            *object = NULL;
            return false;
        }
    }
    return true;
}
