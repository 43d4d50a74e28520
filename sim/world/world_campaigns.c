/* The campaigns of a run.
 * SPDX-License-Identifier: MIT
 */
#include "world/world_campaigns.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "scenario/scenario_campaigns.h"
#include "world/world_params.h"

static int compare_devices(const void *a, const void *b)
{
    uint32_t first = *(const uint32_t *)a, second = *(const uint32_t *)b;
    return (first > second) - (first < second);
}

/* The devices of a campaign, in the order of their numbers; the caller frees them. NULL: out of
 * memory. */
static uint32_t *list_members(
        const struct scenario *scenario, const struct scenario_campaign *campaign, uint32_t *count)
{
    struct scenario_range ranges[SCENARIO_SHARES_MAX];
    uint32_t range_count = scenario_campaign_ranges(scenario, campaign, ranges);
    uint32_t *members = malloc((scenario_device_count(scenario) + 1u) * sizeof *members);
    *count = 0;
    for (uint32_t i = 0; members != NULL && i < range_count; i++) {
        for (uint32_t device = ranges[i].from; device < ranges[i].to; device++) {
            members[(*count)++] = device;
        }
    }
    if (members != NULL) {
        qsort(members, *count, sizeof *members, compare_devices);
    }
    return members;
}

/* Versions of TS004 of the members, as the register of devices has them; the caller frees them. */
static uint8_t *list_versions(
        const struct scenario *scenario, const uint32_t *members, uint32_t member_count)
{
    uint8_t *versions = malloc(member_count + 1u);
    uint32_t group = 0;
    uint32_t end = scenario->group_count > 0 ? scenario->groups[0].count : 0;
    for (uint32_t i = 0; versions != NULL && i < member_count; i++) {
        while (members[i] >= end) { /* in the order of their numbers */
            end += scenario->groups[++group].count;
        }
        versions[i] = scenario_fragmentation_version(scenario, group);
    }
    return versions;
}

static bool create_campaign(
        struct world *world, uint32_t number, const uint32_t *members, uint32_t member_count)
{
    const struct scenario_campaign *campaign = &world->scenario->campaigns[number];
    const struct built_image *block = &world->blocks[number];
    struct campaign_params params;
    world_campaign_params(campaign, &params);
    params.delta = world->deltas[number].bytes;
    params.delta_size = world->deltas[number].size_bytes;
    params.members = members;
    params.member_count = member_count;
    uint8_t public_key[32];
    image_key_pair(world->scenario->seed, params.table_key, public_key);
    uint8_t *versions = list_versions(world->scenario, members, member_count);
    params.member_versions = versions;
    bool ok = versions != NULL
              && server_campaign_add(world->server, &params, block->bytes, block->size_bytes,
                         campaign->firmware.version)
                         != NULL;
    free(versions);
    return ok;
}

bool world_create_campaigns(struct world *world, char *error, size_t error_size)
{
    const struct scenario *scenario = world->scenario;
    for (uint32_t i = 0; i < scenario->campaign_count; i++) {
        const struct scenario_campaign *campaign = &scenario->campaigns[i];
        uint32_t member_count;
        errno = 0;
        uint32_t *members = list_members(scenario, campaign, &member_count);
        bool ok = members != NULL && create_campaign(world, i, members, member_count);
        free(members);
        if (!ok && errno == ENOMEM) {
            snprintf(error, error_size, "out of memory");
            return false;
        }
        if (!ok) {
            snprintf(error, error_size,
                    "campaign '%s': an image of %u bytes does not fit fragments of %u bytes",
                    campaign->name, world->blocks[i].size_bytes,
                    campaign->params.fragment_size_bytes);
            return false;
        }
    }
    return true;
}
