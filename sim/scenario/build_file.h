/* The firmware build that a group of devices names.
 * SPDX-License-Identifier: MIT
 */
#ifndef SCENARIO_BUILD_FILE_H
#define SCENARIO_BUILD_FILE_H

#include "board/board_type.h"
#include "firmware/firmware_object.h"
#include "scenario/scenario_errors.h"

#define BUILD_BUILTIN "built-in"

/* Loads the build that a group names. True: it runs on the board; `object` is NULL for the built-in
 * firmware, else destroyed by the caller. False: `errors` holds why, at `place`. */
bool build_file_load(struct firmware_object **object, const char *firmware,
        const struct board_type *board, struct scenario_place place,
        struct scenario_errors *errors);

static inline const struct firmware_build *build_of_object(const struct firmware_object *object)
{
    return object != NULL ? firmware_object_build(object) : &firmware_builtin;
}

#endif
