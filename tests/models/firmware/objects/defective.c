/* A firmware that does nothing, with one defect: DEFECT says which.
 * SPDX-License-Identifier: MIT
 */
#include <stdlib.h>

#include "object.h"

#define NONE              0
#define NO_ENTRY_POINT    1
#define OLD_VERSION       2
#define OTHER_APPLICATION 3
#define CRASH             4
#define HANG              5
#define IMPORT            6
#define THREAD_LOCAL      7

static void boot(void *ram, const struct hal *hal, enum hal_reset_cause cause)
{
    (void)ram;
    (void)hal;
    (void)cause;
}

static bool run(void *ram)
{
    (void)ram;
    return false;
}

static const struct fw_ops application = {
    .version = DEFECT == OTHER_APPLICATION ? FW_OPS_VERSION + 7 : FW_OPS_VERSION,
    .size = sizeof(struct fw_ops),
    .name = "defective",
    .ram_align_bytes = 1,
    .boot = boot,
    .irq = irq_ignore,
    .run = run,
};

static const struct firmware_build build = {
    .version = DEFECT == OLD_VERSION ? FIRMWARE_BUILD_VERSION + 1 : FIRMWARE_BUILD_VERSION,
    .size = sizeof(struct firmware_build),
    .identity_size = sizeof(struct device_identity),
    .configuration_size = sizeof(struct device_configuration),
    .name = "defective",
    .application = &application,
    .provision = provision_nothing,
};

#if DEFECT == NO_ENTRY_POINT
#define ENTRY_POINT another_name
#else
#define ENTRY_POINT fleetcast_firmware
#endif
firmware_entry_point_fn ENTRY_POINT;

#if DEFECT == CRASH || DEFECT == HANG
__attribute__((constructor)) static void construct(void)
{
    volatile int *volatile nowhere = NULL;
    while (DEFECT == HANG) {
    }
    *nowhere = 1;
}
#endif

#if DEFECT == IMPORT
void *volatile borrowed;
#endif
#if DEFECT == THREAD_LOCAL
_Thread_local volatile int per_thread;
#endif

const struct firmware_build *ENTRY_POINT(void)
{
#if DEFECT == IMPORT
    borrowed = malloc(3);
#endif
#if DEFECT == THREAD_LOCAL
    per_thread++;
#endif
    return &build;
}
