/* The fragmentation session of "device D" in spec-protocol 10.2: M 10, FragSize 10, FragIndex 1.
 * SPDX-License-Identifier: MIT
 */
#ifndef SERVICES_DEVICE_D_H
#define SERVICES_DEVICE_D_H

#include "fake_board.h"

#define DEVICE_D_SETUP_V2 "02 11 0a00 0a 45 05 00010203 0500 9b749d5f"
#define DEVICE_D_SETUP_V1 "02 11 0a00 0a 05 05 00010203"
#define DEVICE_D_PORT     FRAGMENTATION_FPORT

/* The block with its padding: bytes 00 .. 63. */
void device_d_fill(uint8_t block[100]);
/* Hears fragment N on a group or by unicast (-1). */
void device_d_fragment(struct rig *rig, unsigned n, int group);
bool device_d_last_uplink_is(struct rig *rig, const char *hex);
/* True when a unicast request gets exactly this answer at once. */
bool device_d_answers(struct rig *rig, const char *request, const char *answer);

#endif
