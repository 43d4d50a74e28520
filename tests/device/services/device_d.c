/* The fragmentation session of "device D" in spec-protocol 10.2: M 10, FragSize 10, FragIndex 1.
 * SPDX-License-Identifier: MIT
 */
#include "device_d.h"

void device_d_fill(uint8_t block[100])
{
    for (unsigned i = 0; i < 100; i++) {
        block[i] = (uint8_t)i;
    }
}

void device_d_fragment(struct rig *rig, unsigned n, int group)
{
    uint8_t block[100];
    uint8_t message[13] = { 0x08, (uint8_t)n, (uint8_t)(0x40 | n >> 8) };
    device_d_fill(block);
    naive_fragment(block, 10, 10, rig->services.fragmentation.version, n, &message[3]);
    rig_down(rig, DEVICE_D_PORT, group, message, sizeof(message));
    rig_run_ticks(rig, 4000);
}

bool device_d_last_uplink_is(struct rig *rig, const char *hex)
{
    return rig_uplink_is(rig, rig->uplink_count - 1, DEVICE_D_PORT, hex);
}

bool device_d_answers(struct rig *rig, const char *request, const char *answer)
{
    unsigned before = rig->uplink_count;
    rig_down_hex(rig, DEVICE_D_PORT, -1, request);
    rig_run_ticks(rig, 100);
    return rig->uplink_count == before + 1 && device_d_last_uplink_is(rig, answer);
}
