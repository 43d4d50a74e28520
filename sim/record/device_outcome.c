/* How far one device came, over the campaigns that count.
 * SPDX-License-Identifier: MIT
 */
#include "record/device_outcome.h"

#include <stdio.h>

#include "record/clock.h"
#include "record/devices.h"
#include "record/installs.h"

static sim_ns later(sim_ns a, sim_ns b)
{
    return a > b ? a : b; /* SIM_NS_NEVER is the latest of all */
}

static void fold(struct device_outcome *outcome, const struct campaign_device *d)
{
    outcome->stage = d->stage < outcome->stage ? d->stage : outcome->stage;
    outcome->failure = outcome->failure == CAMPAIGN_FAILURE_NONE ? d->failure : outcome->failure;
    outcome->contacted_ns = later(outcome->contacted_ns, d->first_command_ns);
    outcome->group_set_up_ns = later(outcome->group_set_up_ns, d->group_set_up_ns);
    outcome->ready_ns = later(outcome->ready_ns, d->ready_ns);
    outcome->complete_ns = later(outcome->complete_ns, d->complete_ns);
    outcome->authenticated_ns = later(outcome->authenticated_ns, d->authenticated_ns);
    outcome->confirmed_ns = later(outcome->confirmed_ns, d->confirmed_ns);
}

bool device_outcome_get(const struct recorder_set *set, uint32_t first_campaign,
        uint32_t end_campaign, uint32_t device, struct device_outcome *outcome)
{
    const struct recorder_view *view = recorder_set_view(set);
    bool member = false;
    *outcome = (struct device_outcome){ .stage = CAMPAIGN_CONFIRMED };
    for (uint32_t c = first_campaign; c < end_campaign; c++) {
        struct campaign_device d;
        campaign_device_get(server_campaign(view->server, c), device, &d);
        if (d.member) {
            fold(outcome, &d);
            outcome->session_opened_ns =
                    later(outcome->session_opened_ns, clock_opened_ns(set, c, device));
            outcome->installed_ns = later(outcome->installed_ns, installs_ns(set, c, device));
            member = true;
        }
    }
    if (!member) {
        return false;
    }
    /* The server can't tell a device that never joined from one that it never heard; the air can.
     * A report of another firmware on the same port names no version, so none is the old one. */
    outcome->never_joined = outcome->failure == CAMPAIGN_FAILURE_NEVER_HEARD
                            && devices_joined_ns(set, device) > engine_now(view->engine);
    if (campaign_failure_is_old_version(outcome->failure)
            && (recorder_set_shows(set, device) & FIRMWARE_SHOWS_VERSION) == 0) {
        outcome->failure = CAMPAIGN_FAILURE_NOT_CONFIRMED;
    }
    return true;
}

const char *device_outcome_aws_state(const struct device_outcome *outcome)
{
    return campaign_failure_aws_name(outcome->failure);
}

void device_outcome_left(const struct recorder_set *set, uint32_t campaigns, uint32_t device,
        struct device_rounds *rounds)
{
    const struct recorder_view *view = recorder_set_view(set);
    *rounds = (struct device_rounds){ .count = 0 };
    size_t used = 0;
    for (uint32_t c = 0; c < campaigns; c++) {
        struct campaign_device d;
        campaign_device_get(server_campaign(view->server, c), device, &d);
        rounds->count += d.member ? d.rounds : 0u;
        for (uint32_t r = 0; d.member && r + 1u < d.rounds; r++) {
            int length = snprintf(rounds->left + used, sizeof rounds->left - used, "%s%s",
                    used > 0 ? " " : "", campaign_failure_name((enum campaign_failure)d.left[r]));
            used += (size_t)length < sizeof rounds->left - used ? (size_t)length : 0u;
            rounds->left[used] = '\0';
        }
    }
}

const char *device_outcome_reason(const struct device_outcome *outcome)
{
    return outcome->failure == CAMPAIGN_FAILURE_NONE ? NULL
           : outcome->never_joined                   ? "never_joined"
                                                     : campaign_failure_name(outcome->failure);
}
