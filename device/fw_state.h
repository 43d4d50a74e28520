/* All state of the firmware: the block of RAM that the board provides.
 * SPDX-License-Identifier: MIT
 *
 * Its only pointers are copies of the HAL's, so the block may be moved, copied and forked.
 */
#ifndef DEVICE_FW_STATE_H
#define DEVICE_FW_STATE_H

#include "app/report.h"
#include "core.h"
#include "fw_trial.h"
#include "services/services.h"

struct fw {
    uint32_t irq_latched; /* bit per enum fw_irq, set by the ISR */
    uint8_t install;      /* enum fw_install */
    bool install_waits_for_flash;
    bool in_trial;      /* the image that runs is in testing */
    uint8_t fills_left; /* tries to fill the slot for new images */
    uint64_t dio_edge_ticks[2];
    uint64_t alarm_at_ticks;             /* as armed in the HAL */
    uint64_t services_quiet_until_ticks; /* they wanted an uplink and then had none */
    struct core core;
    struct fw_trial trial;
    struct report report;
    struct services services; /* its end is touched in a session only */
};

#endif
