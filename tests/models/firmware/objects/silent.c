/* This tree's firmware, described as one whose trace events mean nothing that is known.
 * SPDX-License-Identifier: MIT
 */
#include "firmware/firmware_object.h"

__attribute__((visibility("default"))) firmware_entry_point_fn fleetcast_firmware;

static struct firmware_build silent;

const struct firmware_build *fleetcast_firmware(void)
{
    silent = firmware_builtin;
    silent.name = "silent";
    silent.flags &= ~FIRMWARE_TRACES;
    return &silent;
}
