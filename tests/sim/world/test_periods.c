/* A block that no class C session is long enough for: several sessions feed one transfer.
 * SPDX-License-Identifier: MIT
 *
 * Method: 48136 bytes at DR0 take 1009 fragments, each at most once in 33 s or so: more than the
 * longest session, 2^15 s. Devices near the gateway with the real firmware have to be set up for
 * both sessions and end with the new version.
 */
#include <criterion/criterion.h>

#include "campaign/campaign.h"
#include "support/trial.h"

#define DEVICES 4u

static const char slow[] = "name: slow\n"
                           "duration: 30 h\n"
                           "area: {radius: 500 m}\n"
                           "propagation: {shadowing: {sigma: 0 dB}, fading: none}\n"
                           "gateways: {count: 1}\n"
                           "devices: [{name: d, count: 4, boot: {spread: 60 s}, "
                           "report: {period: 900 s}}]\n"
                           "firmware: {image: generated, size: 48136 B}\n"
                           "campaign: {start: 10 min, set_up: {window: 1 h}, data_rate: DR0}\n";

Test(periods, feed_one_transfer_one_after_the_other)
{
    struct trial *trial = trial_create(slow, NULL, 0);
    trial_play(trial);
    const struct campaign *campaign = world_first_campaign(trial->world);
    cr_assert_eq(campaign_session_count(campaign), 2);
    struct campaign_session first, second;
    campaign_session_get(campaign, 0, &first);
    campaign_session_get(campaign, 1, &second);
    cr_assert_eq(first.transfer, second.transfer);
    cr_assert_neq(first.mc_addr, second.mc_addr);
    cr_assert_eq(first.end_ns - first.start_ns, 32768 * SIM_NS_PER_S);
    cr_assert_gt(second.start_ns, first.end_ns);
    cr_assert_eq(campaign_stage_count(campaign, CAMPAIGN_CONFIRMED), DEVICES);
    cr_assert_eq(campaign_fragments_sent(campaign, false), campaign_nb_frag(campaign));
    /* N goes on: the second session begins where the first one stopped. */
    uint32_t n = campaign_session_fragment(campaign, 1, 0);
    cr_assert_gt(n, campaign_nb_frag(campaign) / 2);
    trial_destroy(trial);
}
