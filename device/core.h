/* What the firmware's layers share, in one block: every function that needs more than its own state
 * gets a struct core, and hands it on.
 * SPDX-License-Identifier: MIT
 */
#ifndef DEVICE_CORE_H
#define DEVICE_CORE_H

#include "clock.h"
#include "hal.h"
#include "mac/mac_state.h"
#include "update/factory.h"
#include "update/nvm.h"
#include "update/update.h"

struct core {
    struct hal hal; /* the only pointers, and copies of them */
    struct gps_clock clock;
    struct mac mac;
    struct nvm nvm;
    struct factory factory;
    struct update update;
};

#endif
