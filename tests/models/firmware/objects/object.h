/* What firmware objects of the tests have in common: how they describe themselves.
 * SPDX-License-Identifier: MIT
 */
#ifndef TESTS_FIRMWARE_OBJECT_H
#define TESTS_FIRMWARE_OBJECT_H

#include "firmware/firmware_object.h"

/* A firmware that polls takes no notice of interrupts. */
static inline void irq_ignore(void *ram, enum fw_irq source, uint64_t edge_ticks)
{
    (void)ram;
    (void)source;
    (void)edge_ticks;
}

/* A firmware that needs no identity. */
static inline void provision_nothing(const struct firmware_flash *flash,
        const struct device_identity *identity, const struct device_configuration *configuration)
{
    (void)flash;
    (void)identity;
    (void)configuration;
}

/* Exports a firmware of variables and blocking calls with the functions boot() and run() of the
 * file. */
#define FIRMWARE_OBJECT(object_name, object_provision, more_flags)                                 \
    static const struct fw_ops application = {                                                     \
        .version = FW_OPS_VERSION,                                                                 \
        .size = sizeof(struct fw_ops),                                                             \
        .name = object_name,                                                                       \
        .ram_align_bytes = 1,                                                                      \
        .boot = boot,                                                                              \
        .irq = irq_ignore,                                                                         \
        .run = run,                                                                                \
    };                                                                                             \
    static const struct firmware_build build = {                                                   \
        FIRMWARE_BUILD_HEADER,                                                                     \
        .name = object_name,                                                                       \
        .application = &application,                                                               \
        .provision = object_provision,                                                             \
        .flags = FIRMWARE_BLOCKS | FIRMWARE_GLOBALS | (more_flags),                                \
    };                                                                                             \
    firmware_entry_point_fn fleetcast_firmware;                                                    \
    const struct firmware_build *fleetcast_firmware(void)                                          \
    {                                                                                              \
        return &build;                                                                             \
    }                                                                                              \
    firmware_entry_point_fn fleetcast_firmware

#endif
