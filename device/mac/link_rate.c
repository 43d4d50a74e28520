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
/* Uplinks between two LinkCheckReqs once one was answered. */
#define ASK_EVERY_UPLINKS 16u
/* LinkCheckReqs without an answer before the next lower rate is tried. */
#define UNANSWERED_PER_STEP 2u

/* The factory leaves the data rate to the device, and no LinkADRReq was obeyed yet. */
static bool rate_is_ours(const struct core *core)
{
    return !core->mac.rate_by_network && !mac_rate_fixed(core);
}

static void set_data_rate(struct core *core, int data_rate)
{
    DEVICE_ASSERT(&core->hal, rate_is_ours(core));
    const struct region *region = mac_region(core);
    if (data_rate < region->data_rate_min) {
        data_rate = region->data_rate_min;
    } else if (data_rate > region->data_rate_max) {
        data_rate = region->data_rate_max;
    }
    uint8_t before = core->mac.parameters.data_rate;
    if (mac_rate_take(core, data_rate)) {
        mac_session_save_channels(core);
    }
    if (core->mac.parameters.data_rate != before) {
        mac_session_save_parameters(core);
    }
}

/* No answer comes. At the slowest rate of the enabled channels, the default ones may do better. */
static void go_slower(struct core *core)
{
    DEVICE_ASSERT(&core->hal, rate_is_ours(core));
    if (mac_rate_lower(core)) {
        mac_session_save_parameters(core);
    } else if (mac_rate_enable_defaults(core)) {
        mac_session_save_channels(core);
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

void mac_link_rate_answered(struct core *core)
{
    DEVICE_ASSERT(&core->hal, core->mac.uplink_data_rate < REGION_DATA_RATES);
    core->mac.link_unanswered = 0;
    core->mac.link_check_in = ASK_EVERY_UPLINKS;
    if (rate_is_ours(core)) {
        set_data_rate(core, core->mac.uplink_data_rate + steps_of(core->mac.link_margin_db));
    }
}

void mac_watch_link(struct core *core)
{
    if (!rate_is_ours(core) || core->mac.link_check_in > 0) {
        return;
    }
    if (core->mac.link_unanswered == UNANSWERED_PER_STEP) {
        core->mac.link_unanswered = 0;
        go_slower(core);
    }
    mac_request_link_check(core);
}

void mac_link_rate_sent(struct core *core, bool asked)
{
    DEVICE_ASSERT(&core->hal, !asked || core->mac.link_asked);
    if (asked) {
        core->mac.link_unanswered++;
    } else if (core->mac.link_check_in > 0) {
        core->mac.link_check_in--;
    }
}
