/* One report is enough: the exchange that it opens sets a device up, at once.
 * SPDX-License-Identifier: MIT
 *
 * Method: devices that report every six hours get a set-up window of four, placed so that each
 * reports once in it. In the clear, with no fading, that one uplink has to lead to "ready": each
 * answer is an uplink too, after which the server sends the next command (design section 4).
 */
#include <criterion/criterion.h>
#include <stdio.h>

#include "campaign/campaign.h"
#include "support/trial.h"
#include "trace.h"

#define DEVICES 24u

/* Three uplinks of at most 60 ms at SF7 (report, answers, answer to FragSessionSetupReq) with two
 * rests of 99 airtimes (1 % sub-bands, at most two of them), receive windows of 2 s, and an erase
 * of 45 ms for each 4 KiB sector: under 20 s. A lost answer costs a poll after 5 to 15 s. */
#define READY_WITHIN_NS (60 * SIM_NS_PER_S)

#define REPORT_FPORT 2u

/* Reports at boot (0 to 1 h, and within a minute), then 6 h and 12 h later: the window from 4 h to
 * 8 h holds one of each. */
static const char sparse[] = "name: sparse\n"
                             "duration: 20 h\n"
                             "area: {radius: 800 m}\n"
                             "propagation: {shadowing: {sigma: 0 dB}, fading: none}\n"
                             "gateways: {count: 1}\n"
                             "devices: [{name: d, count: 24, boot: {spread: 1 h}, "
                             "report: {period: 6 h, phase: boot}}]\n"
                             "firmware: {image: generated, size: 16 KiB}\n"
                             "campaign: {start: 4 h, set_up: {window: 4 h}}\n";

struct watch {
    const struct world *world;
    sim_ns from_ns, to_ns;
    uint32_t reports[DEVICES];
    sim_ns report_ns[DEVICES];
};

static void watch_reports(void *context, const struct observation *observation)
{
    struct watch *watch = context;
    uint32_t index = observation->entity - watch->world->first_device;
    if (index < DEVICES && observation->a == FW_TRACE_UPLINK && observation->c >> 8 == REPORT_FPORT
            && observation->at_ns >= watch->from_ns && observation->at_ns < watch->to_ns) {
        watch->reports[index]++;
        watch->report_ns[index] = observation->at_ns;
    }
}

Test(set_up, takes_one_report_and_less_than_a_minute)
{
    struct trial *trial = trial_create(sparse, NULL, 0);
    const struct scenario_campaign *campaign = &trial->scenario.campaigns[0];
    struct watch watch = {
        .world = trial->world,
        .from_ns = campaign->params.start_ns,
        .to_ns = campaign->params.start_ns + campaign->params.set_up_window_ns,
    };
    engine_observer_add(trial->world->engine, OBSERVE_BIT(OBSERVE_FIRMWARE), watch_reports, &watch);
    trial_play(trial);
    sim_ns longest_ns = 0;
    for (uint32_t i = 0; i < DEVICES; i++) {
        struct campaign_device view;
        campaign_device_get(world_first_campaign(trial->world), i, &view);
        cr_expect_eq(watch.reports[i], 1, "device %u reported %u times", i, watch.reports[i]);
        cr_assert_neq(view.ready_ns, SIM_NS_NEVER, "device %u never became ready", i);
        sim_ns took_ns = view.ready_ns - watch.report_ns[i];
        cr_expect(took_ns > 0 && took_ns < READY_WITHIN_NS, "device %u took %.3f s", i,
                (double)took_ns / 1e9);
        cr_expect(view.first_command_ns > watch.report_ns[i],
                "device %u was commanded before its report", i);
        longest_ns = took_ns > longest_ns ? took_ns : longest_ns;
    }
    printf("# ready %.1f s after the report at most\n", (double)longest_ns / 1e9);
    cr_expect_eq(
            campaign_stage_count(world_first_campaign(trial->world), CAMPAIGN_CONFIRMED), DEVICES);
    trial_destroy(trial);
}

/* The comparison that the chained policy is made for: with a command for each report only, one
 * report leaves every device without the update. */
Test(set_up, takes_more_than_one_report_without_chaining)
{
    static const char *const sets[] = { "campaign.set_up.policy=one-per-uplink" };
    struct trial *trial = trial_create(sparse, sets, 1);
    trial_play(trial);
    cr_expect_eq(campaign_stage_count(world_first_campaign(trial->world), CAMPAIGN_READY), 0);
    trial_destroy(trial);
}
