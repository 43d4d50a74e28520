/* What recorders ask of the view that they are given.
 * SPDX-License-Identifier: MIT
 */
#include "record/recorder.h"

uint32_t recorder_campaign_of(const struct recorder_view *view, uint32_t device)
{
    uint32_t found = UINT32_MAX;
    sim_ns latest_ns = 0;
    for (uint32_t c = 0; c < server_campaign_count(view->server); c++) {
        struct campaign_device d;
        campaign_device_get(server_campaign(view->server, c), device, &d);
        if (d.member && d.claimed_ns != SIM_NS_NEVER && d.claimed_ns >= latest_ns) {
            latest_ns = d.claimed_ns;
            found = c;
        }
    }
    return found;
}
