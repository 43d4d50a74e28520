/* This tree's firmware after a bootloader that installs nothing: it goes on with the old version.
 * FLAGS: what the build says of itself.
 * SPDX-License-Identifier: MIT
 */
#include "firmware/firmware_object.h"

__attribute__((visibility("default"))) firmware_entry_point_fn fleetcast_firmware;

static bool start_what_is_there(void *ram, const struct hal *hal, enum hal_reset_cause cause)
{
    (void)ram;
    (void)hal;
    (void)cause;
    return true;
}

static const struct fw_boot_ops boot = {
    .version = FW_BOOT_OPS_VERSION,
    .size = sizeof(struct fw_boot_ops),
    .name = "no install",
    .run = start_what_is_there,
};

static struct firmware_build build;

const struct firmware_build *fleetcast_firmware(void)
{
    build = firmware_builtin;
    build.name = "no install";
    build.boot = &boot;
    build.flags = FLAGS;
    return &build;
}
