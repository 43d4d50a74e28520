/* Devices that are reset after their set-up, in whole runs with the real firmware.
 * SPDX-License-Identifier: MIT
 *
 * Design section 5, invariant 12: a reset between set-up and session costs no device its update.
 * Whether the firmware keeps the armed session or the server arms it again is not looked at here.
 */
#include <criterion/criterion.h>

#include "campaign/campaign.h"
#include "run/fault.h"
#include "support/trial.h"

#define DEVICES 10u

static const char scenario[] =
        "name: reset\n"
        "duration: 12 h\n"
        "area: {radius: 500 m}\n"
        "gateways: {count: 1, height: 30 m}\n"
        "devices: [{name: d, count: 10, boot: {spread: 10 min}, report: {period: 10 min}}]\n"
        "firmware: {image: generated, size: 8 KiB, version: 2.0.0}\n"
        "campaign: {start: 30 min, set_up: {window: 2 h}}\n";

Test(reset_set_up, costs_no_device_its_update)
{
    struct trial *trial = trial_create(scenario, NULL, 0);
    cr_assert(trial_go(trial, 100 * 60 * SIM_NS_PER_S));
    const struct campaign *campaign = server_campaign(trial->world->server, 0);
    cr_assert_eq(campaign_stage_count(campaign, CAMPAIGN_READY), DEVICES, "all are set up");
    for (uint32_t i = 0; i < DEVICES; i++) {
        const struct fault fault = { .kind = FAULT_DEVICE_RESET, .target = i };
        cr_assert(run_fault(trial->run, &fault));
    }
    trial_play(trial);
    cr_assert_eq(campaign_stage_count(campaign, CAMPAIGN_CONFIRMED), DEVICES);
    trial_destroy(trial);
}
