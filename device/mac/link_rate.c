/* A device's own choice of data rate, by LinkCheck, while no network server commands one.
 * SPDX-License-Identifier: MIT
 *
 * The first LinkADRReq that is obeyed ends it until the device restarts: from then on the data rate
 * falls by ADR back-off only (uplink.c). Never both.
 *
 * assumed: 10 dB over the demodulation floor, which Rayleigh fading undercuts one time in ten, and
 * 2.5 dB from one data rate to the next (SNR thresholds of the SX1276).
 */
#include "mac/mac_internal.h"

#define MARGIN_WANTED_DB 10
#define STEP_TENTH_DB    25
/* Uplinks between two questions once one was answered. */
#define ASK_EVERY_UPLINKS 16u
/* Questions without an answer before the next lower rate is tried. */
#define UNANSWERED_PER_STEP 2u

/* The policy of the factory, and nobody has commanded yet. */
static bool rate_is_ours(const struct mac *mac)
{
    return !mac->rate_by_network && !mac_rate_fixed(mac);
}

static void set_data_rate(struct mac *mac, int data_rate)
{
    DEVICE_ASSERT(hal_of(mac), rate_is_ours(mac));
    const struct region *region = mac_region(mac);
    if (data_rate < region->data_rate_min) {
        data_rate = region->data_rate_min;
    } else if (data_rate > region->data_rate_max) {
        data_rate = region->data_rate_max;
    }
    if (data_rate != mac->parameters.data_rate) {
        mac->parameters.data_rate = (uint8_t)data_rate;
        mac_session_save_parameters(mac);
    }
}

/* Whole steps that a margin is short (negative) or has to spare; slower is taken at once, faster
 * only with a step in reserve. */
static int steps_of(int margin_db)
{
    int spare_tenth_db = (margin_db - MARGIN_WANTED_DB) * 10;
    if (spare_tenth_db < 0) {
        return -((-spare_tenth_db + STEP_TENTH_DB - 1) / STEP_TENTH_DB);
    }
    int steps = spare_tenth_db / STEP_TENTH_DB;
    return steps > 0 ? steps - 1 : 0;
}

void mac_link_rate_answered(struct mac *mac)
{
    mac->link_unanswered = 0;
    mac->link_check_in = ASK_EVERY_UPLINKS;
    if (rate_is_ours(mac)) {
        set_data_rate(mac, mac->uplink_data_rate + steps_of(mac->link_margin_db));
    }
}

void mac_watch_link(struct mac *mac)
{
    if (!rate_is_ours(mac) || mac->link_check_in > 0) {
        return;
    }
    if (mac->link_unanswered == UNANSWERED_PER_STEP) {
        mac->link_unanswered = 0;
        set_data_rate(mac, (int)mac->parameters.data_rate - 1);
    }
    mac_request_link_check(mac);
}

void mac_link_rate_sent(struct mac *mac, bool asked)
{
    if (asked) {
        mac->link_unanswered++;
    } else if (mac->link_check_in > 0) {
        mac->link_check_in--;
    }
}
