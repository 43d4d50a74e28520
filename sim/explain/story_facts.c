/* What results say of the device of a story.
 * SPDX-License-Identifier: MIT
 */
#include "explain/story_facts.h"

#include <assert.h>
#include <math.h>

#include "record/clock.h"
#include "record/completion.h"
#include "record/set_up_times.h"

bool story_fragments_of(
        const struct story *story, uint32_t campaign, struct story_fragments *fragments)
{
    const struct recorder_set *set = run_recorders(story->run);
    const struct fragment_causes *causes = fragment_causes_of(set);
    *fragments = (struct story_fragments){ .device = story->device };
    fragments->rows = fragment_causes_rows(causes, campaign, story->device);
    if (fragments->rows == NULL) {
        return false;
    }
    struct device_outcome outcome;
    fragments->nb_frag =
            fragment_causes_device(causes, campaign, story->device, &fragments->counts);
    fragments->unicast = fragment_causes_unicast(causes, campaign, story->device);
    fragments->whole =
            completion_ns(set, campaign, story->device) != SIM_NS_NEVER
            || (story_outcome_of(story, campaign, &outcome) && outcome.stage >= CAMPAIGN_COMPLETE);
    return true;
}

enum loss_cause story_fragment_cause(const struct story_fragments *fragments, uint32_t n)
{
    assert(n >= 1 && n <= fragments->nb_frag);
    return (enum loss_cause)fragment_rows_of(fragments->rows, n)[fragments->device];
}

bool story_outcome_of(const struct story *story, uint32_t campaign, struct device_outcome *outcome)
{
    const struct recorder_set *set = run_recorders(story->run);
    return device_outcome_get(set, campaign, campaign + 1, story->device, outcome);
}

void story_member_of(const struct story *story, uint32_t campaign, struct campaign_device *device)
{
    const struct server *server = run_world(story->run)->server;
    assert(campaign < server_campaign_count(server));
    campaign_device_get(server_campaign(server, campaign), story->device, device);
}

double story_set_up_s(const struct story *story, uint32_t campaign)
{
    struct set_up_times times;
    return set_up_times(run_recorders(story->run), campaign, story->device, &times)
                   ? (double)times.total_ns / (double)SIM_NS_PER_S
                   : NAN;
}

double story_clock_error_ms(const struct story *story, uint32_t campaign)
{
    const struct recorder_set *set = run_recorders(story->run);
    const struct device_clock *clock = clock_of(set, story->device);
    bool first = clock_opened_ns(set, campaign, story->device) == clock->session_opened_ns;
    return first ? clock->error_ms : NAN;
}

void story_wear_of(const struct story *story, struct device_wear *wear)
{
    device_wear_get(run_world(story->run)->nodes, story->device, wear);
}

uint32_t story_wear_most(const struct story *story, enum hal_flash_region region)
{
    const struct world *world = run_world(story->run);
    uint32_t most = 0;
    for (uint32_t i = 0; i < world->device_count; i++) {
        uint32_t own = flash_wear_most(node_flash_wear(world->nodes, i, region));
        most = own > most ? own : most;
    }
    return most;
}
