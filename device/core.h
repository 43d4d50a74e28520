/* The MAC and what it stands on, side by side in one block, so that no member needs a pointer.
 * SPDX-License-Identifier: MIT
 */
#ifndef DEVICE_CORE_H
#define DEVICE_CORE_H

#include "clock.h"
#include "hal.h"
#include "mac/mac_state.h"
#include "update/factory.h"
#include "update/nvm.h"

/* Every struct mac lives in a struct core; functions that get the MAC find the rest beside it. */
struct core {
    struct hal hal; /* the only pointers */
    struct mac mac;
    struct gps_clock clock;
    struct nvm nvm;
    struct factory factory;
};

static inline struct core *core_of(struct mac *mac)
{
    return (struct core *)(void *)((unsigned char *)mac - offsetof(struct core, mac));
}

static inline const struct core *core_of_const(const struct mac *mac)
{
    return (const struct core *)(const void *)((const unsigned char *)mac
                                               - offsetof(struct core, mac));
}

static inline const struct hal *hal_of(const struct mac *mac)
{
    return &core_of_const(mac)->hal;
}

#endif
