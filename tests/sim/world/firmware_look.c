/* Reads the firmware's state.
 * SPDX-License-Identifier: MIT
 */
#include "firmware_look.h"

#include "fw_install.h"
#include "fw_state.h"

struct firmware_look firmware_look(const void *ram)
{
    const struct fw *fw = ram;
    struct firmware_look look = {
        .sessions = fw->services.multicast_setup.sessions.live,
        .listens = fw->core.mac.class_c.open,
        .fragments = fw->services.fragmentation.phase != FRAG_PHASE_NONE,
        .image_waits = fw->install == FW_INSTALL_COMMITTED,
        .candidate = fw->install != FW_INSTALL_NONE || fw->core.update.status != UPDATE_NONE,
        .reboot_by_order = fw->services.firmware_management.reboot != REBOOT_NONE,
    };
    for (unsigned g = 0; g < MAC_MULTICAST_GROUPS; g++) {
        look.groups |= (uint8_t)(fw->core.mac.groups[g].defined ? 1u << g : 0u);
    }
    return look;
}

size_t firmware_look_edge_at(void)
{
    return offsetof(struct fw, dio_edge_ticks);
}
