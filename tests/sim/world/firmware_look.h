/* What a device's firmware has in its RAM of a campaign.
 * SPDX-License-Identifier: MIT
 *
 * Headers of device and models name some things alike, so no file includes both.
 */
#ifndef TESTS_SIM_WORLD_FIRMWARE_LOOK_H
#define TESTS_SIM_WORLD_FIRMWARE_LOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct firmware_look {
    uint8_t groups;       /* bit i: McGroupID i is defined */
    unsigned sessions;    /* class C sessions that are armed or open */
    bool listens;         /* in class C */
    bool fragments;       /* it has a fragmentation session */
    bool image_waits;     /* committed: the next boot installs it */
    bool candidate;       /* there is one, in whatever state */
    bool reboot_by_order; /* planned */
};

/* `ram`: of a node that runs device/fw.c. */
struct firmware_look firmware_look(const void *ram);

/* Offset in its RAM of the time of the last edge on DIO0 (8 bytes). */
size_t firmware_look_edge_at(void);

#endif
