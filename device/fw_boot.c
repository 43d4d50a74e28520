/* The bootloader as a table of entry points.
 * SPDX-License-Identifier: MIT
 */
#include "fw.h"
#include "update/update.h"

static bool boot_run(void *ram, const struct hal *hal, enum hal_reset_cause cause)
{
    (void)ram;
    return bootloader_run(hal, cause);
}

const struct fw_boot_ops fleetcast_boot = {
    .version = FW_BOOT_OPS_VERSION,
    .size = sizeof(struct fw_boot_ops),
    .name = "fleetcast",
    .run = boot_run,
};
