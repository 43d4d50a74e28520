/* scenarios/mixed-fleet.yaml: each device of a kind ends with the reason of its kind.
 * SPDX-License-Identifier: MIT
 *
 * Oracle: what the scenario gives each group. A device with another GenAppKey takes another McKey
 * out of McGroupSetupReq (TS005-2.0.0 section 4), so it hears no fragment, and says so when it is
 * asked in its own session. To the server a device that never joined was never heard either.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "campaign/campaign.h"
#include "support/trial.h"

static const struct {
    const char *group;
    enum campaign_failure reason;
} kinds[] = {
    { "old", CAMPAIGN_FAILURE_NONE },
    { "new", CAMPAIGN_FAILURE_NONE },
    { "wrong-old", CAMPAIGN_FAILURE_NOTHING_RECEIVED },
    { "wrong-new", CAMPAIGN_FAILURE_NOTHING_RECEIVED },
    { "unreachable", CAMPAIGN_FAILURE_NEVER_HEARD },
    { "fell-silent", CAMPAIGN_FAILURE_NEVER_HEARD },
};

static enum campaign_failure reason_of(const char *group)
{
    size_t i = 0;
    while (i < sizeof kinds / sizeof kinds[0] && strcmp(kinds[i].group, group) != 0) {
        i++;
    }
    cr_assert_lt(i, sizeof kinds / sizeof kinds[0], "no reason for group %s", group);
    return kinds[i].reason;
}

Test(mixed_fleet, names_the_reason_of_each_kind_of_device)
{
    static const char *const seeds[] = { "seed=1", "seed=2" };
    char *text = trial_shipped("mixed-fleet");
    for (size_t s = 0; s < sizeof seeds / sizeof seeds[0]; s++) {
        struct trial *trial = trial_create(text, &seeds[s], 1);
        trial_play(trial);
        const struct campaign *campaign = server_campaign(trial->world->server, 0);
        uint32_t device = 0;
        for (uint32_t g = 0; g < trial->scenario.group_count; g++) {
            const struct scenario_device_group *group = &trial->scenario.groups[g];
            for (uint32_t end = device + group->count; device < end; device++) {
                struct campaign_device view;
                campaign_device_get(campaign, device, &view);
                cr_expect_eq(view.failure, reason_of(group->name), "%s: device %u of %s: %s",
                        seeds[s], device, group->name, campaign_failure_name(view.failure));
            }
        }
        cr_expect_eq(device, 200);
        cr_expect_eq(campaign_transfer_count(campaign), 2, "one for each version");
        trial_destroy(trial);
    }
    free(text);
}
