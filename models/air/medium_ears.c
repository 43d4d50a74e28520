/* Wide-band receivers at the place of a device: they hear every channel, SF and polarity at once.
 * SPDX-License-Identifier: MIT
 */
#include <assert.h>

#include "air/medium_arrival.h"

void medium_ear_add(struct medium *medium, uint32_t device, int32_t least_mdbm,
        const struct medium_ear_ops *ops, void *context)
{
    assert(device < medium->device_count && medium->ear_count < MEDIUM_EARS_MAX);
    medium->ears[medium->ear_count++] = (struct ear){ device, least_mdbm, ops, context };
}

/* What the device itself sends arrives without any loss. */
static bool hears(const struct medium *medium, const struct ear *ear, const struct on_air *air)
{
    const struct frame *frame = &air->frame;
    bool own = !frame->downlink && air->transmitter == ear->device;
    int32_t power_mdbm = own ? frame->power_mdbm : medium_at_device_mdbm(medium, air, ear->device);
    return power_mdbm >= ear->least_mdbm;
}

void medium_ears_detect(const struct medium *medium, const struct on_air *air, sim_ns now_ns)
{
    for (uint32_t i = 0; i < medium->ear_count; i++) {
        const struct ear *ear = &medium->ears[i];
        if (ear->ops->detected != NULL && hears(medium, ear, air)) {
            ear->ops->detected(ear->context, &air->frame, now_ns);
        }
    }
}

void medium_ears_end(const struct medium *medium, const struct on_air *air, sim_ns now_ns)
{
    for (uint32_t i = 0; i < medium->ear_count; i++) {
        const struct ear *ear = &medium->ears[i];
        if (ear->ops->ended != NULL && !air->frame.aborted && hears(medium, ear, air)) {
            ear->ops->ended(ear->context, &air->frame, now_ns);
        }
    }
}
