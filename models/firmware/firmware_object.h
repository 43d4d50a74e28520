/* Firmware builds that are shared objects.
 * SPDX-License-Identifier: MIT
 *
 * An object exports FIRMWARE_ENTRY_POINT, which returns its struct firmware_build. It may import
 * string and math functions that keep no state, and nothing else: what malloc(), rand() or time()
 * remember lies outside the device. Each load is a copy of its own, with variables of its own.
 */
#ifndef FIRMWARE_FIRMWARE_OBJECT_H
#define FIRMWARE_FIRMWARE_OBJECT_H

#include "firmware/firmware_build.h"

#define FIRMWARE_ENTRY_POINT "fleetcast_firmware"
typedef const struct firmware_build *firmware_entry_point_fn(void);

struct firmware_object;

/* Loads an object, first in a child process, so that constructors that crash or do not end
 * (FIRMWARE_LOAD_S_MAX seconds) are an error. NULL: `error` says why in one line that begins with
 * the path. */
#define FIRMWARE_LOAD_S_MAX 5
struct firmware_object *firmware_object_load(const char *path, char *error, size_t error_size);
/* No fleet that runs the build may exist any more. NULL does nothing. */
void firmware_object_destroy(struct firmware_object *object);
const struct firmware_build *firmware_object_build(const struct firmware_object *object);

#endif
