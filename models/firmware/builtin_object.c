/* The entry point of the built-in firmware as a shared object.
 * SPDX-License-Identifier: MIT
 */
#include "firmware/firmware_object.h"

__attribute__((visibility("default"))) firmware_entry_point_fn fleetcast_firmware;

const struct firmware_build *fleetcast_firmware(void)
{
    return &firmware_builtin;
}
