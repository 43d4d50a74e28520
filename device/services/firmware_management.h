/* TS006, firmware management: FPort 203, package 4 (spec-protocol 6). Unicast only.
 * SPDX-License-Identifier: MIT
 *
 * Its row is firmware_management_package (services/package.h). One reboot is planned at a time, by
 * time or by countdown; it stays planned through other resets. UpImageStatus is that of the
 * candidate: 3 once it is committed, for then any reboot installs it; 0 as long as it is verified
 * or waits for its proof.
 */
#ifndef DEVICE_SERVICES_FIRMWARE_MANAGEMENT_H
#define DEVICE_SERVICES_FIRMWARE_MANAGEMENT_H

#include <stdint.h>

#include "services/answers.h"

struct core;

#define FIRMWARE_MANAGEMENT_FPORT 203u

/* What a planned reboot counts by. */
enum reboot_plan {
    REBOOT_NONE,
    REBOOT_AT_GPS,  /* a GPS second */
    REBOOT_AT_TICKS /* RTC time: a countdown */
};

struct firmware_management {
    uint8_t reboot; /* enum reboot_plan */
    struct answers answers;
    uint32_t at_gps; /* modulo 2^32 */
    uint64_t at_ticks;
    uint64_t booted_at_ticks; /* with a plan of before; 0: there was none */
};

/* RTC time of the reboot that the server ordered; HAL_TICKS_NEVER: there is none, or the device
 * does not know the time. */
uint64_t firmware_management_reboot_at(
        const struct firmware_management *management, const struct core *core);

/* The device reboots now: the plan is carried out. */
void firmware_management_rebooting(struct firmware_management *management, struct core *core);

#endif
