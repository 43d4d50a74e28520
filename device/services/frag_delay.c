/* Random delays and growing intervals of what a device sends about its block.
 * SPDX-License-Identifier: MIT
 */
#include "services/frag_delay.h"

#include "core.h"
#include "hal.h"
#include "services/fragmentation.h"

#define SPACING_TICKS (8u * (uint64_t)HAL_RTC_HZ) /* the receive windows, and a bit */
/* Requests in short order; then after 10, 20, 40 minutes and so on up to 21 hours, for as long as
 * the block is held: an outage of the server may be longer than any number of tries. */
#define SOON        3u
#define LATER_TICKS ((uint64_t)600u * HAL_RTC_HZ)
#define DOUBLINGS   7u

uint64_t frag_delay_ticks(const struct fragmentation *frag, const struct core *core)
{
    uint32_t random = 0;
    hal_entropy(&core->hal, &random, sizeof(random));
    uint64_t range = (uint64_t)HAL_RTC_HZ << (frag->session.block_ack_delay + 4u);
    return range * random >> 32;
}

uint64_t frag_delay_retry_ticks(
        const struct fragmentation *frag, const struct core *core, unsigned sent)
{
    DEVICE_ASSERT(&core->hal, sent > 0);
    uint64_t interval_ticks = SPACING_TICKS;
    if (sent >= SOON) {
        unsigned doublings = sent - SOON;
        interval_ticks = LATER_TICKS << (doublings < DOUBLINGS ? doublings : DOUBLINGS);
    }
    return interval_ticks + frag_delay_ticks(frag, core);
}
