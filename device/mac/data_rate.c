/* The data rate in use: always one that an enabled channel carries, or the device could never send
 * again.
 * SPDX-License-Identifier: MIT
 *
 * Whatever changes the data rate, the channels or their mask ends here: commands, LinkCheck, ADR
 * back-off, the start after a reset.
 */
#include <string.h>

#include "mac/mac_internal.h"

bool mac_rate_has_channel(
        const struct core *core, const struct channel_mask *mask, unsigned data_rate)
{
    return mac_duty_free_at(core, mask, data_rate, 0) != HAL_TICKS_NEVER;
}

bool mac_rate_enable_defaults(struct core *core)
{
    struct channel_mask before = core->mac.channel_mask;
    channel_mask_put_first(&core->mac.channel_mask, mac_region(core)->default_channel_count);
    return memcmp(&before, &core->mac.channel_mask, sizeof before) != 0;
}

/* The nearest data rate from `from` on in steps of `step` that enabled channels carry; -1: none. */
static int enabled_rate(const struct core *core, int from, int step)
{
    DEVICE_ASSERT(&core->hal, step == 1 || step == -1);
    for (int rate = from; rate >= 0 && rate < (int)REGION_DATA_RATES; rate += step) {
        if (mac_rate_has_channel(core, &core->mac.channel_mask, (unsigned)rate)) {
            return rate;
        }
    }
    return -1;
}

bool mac_rate_take(struct core *core, int wanted)
{
    int rate = enabled_rate(core, wanted, -1);
    bool fixed = mac_rate_fixed(core);
    if (rate < 0) {
        rate = enabled_rate(core, wanted, 1);
    }
    if (rate >= 0 && (rate == wanted || !fixed)) {
        core->mac.parameters.data_rate = (uint8_t)rate;
        return false;
    }
    const struct region *region = mac_region(core);
    rate = wanted < region->data_rate_min ? region->data_rate_min : wanted;
    rate = rate > region->data_rate_max ? region->data_rate_max : rate;
    DEVICE_ASSERT(&core->hal, rate >= 0 && rate < (int)REGION_DATA_RATES);
    core->mac.parameters.data_rate = (uint8_t)rate;
    return mac_rate_enable_defaults(core);
}

bool mac_rate_lower(struct core *core)
{
    DEVICE_ASSERT(&core->hal, core->mac.parameters.data_rate < REGION_DATA_RATES);
    int rate = enabled_rate(core, (int)core->mac.parameters.data_rate - 1, -1);
    if (rate >= 0) {
        core->mac.parameters.data_rate = (uint8_t)rate;
    }
    return rate >= 0;
}
