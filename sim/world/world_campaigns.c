/* The images of a run, and the campaigns that send them.
 * SPDX-License-Identifier: MIT
 */
#include "world/world_campaigns.h"

#include <stdio.h>
#include <stdlib.h>

#include "campaign/image_builder.h"
#include "scenario/scenario_campaigns.h"
#include "update/update.h"
#include "world/firmware_image.h"
#include "world/world_params.h"

#define INITIAL_IMAGE_VERSION 0x01000000u /* 1.0.0 */

/* Header and code; NULL after `error` has been set. */
static uint8_t *build_image(const struct world *world, const struct scenario_firmware *firmware,
        uint32_t version, uint32_t *size, char *error, size_t error_size)
{
    uint8_t private_key[32], public_key[32];
    uint32_t code_size;
    image_key_pair(world->scenario->seed, private_key, public_key);
    uint8_t *code =
            firmware_image_load(firmware, world->scenario->seed, &code_size, error, error_size);
    if (code == NULL) {
        return NULL;
    }
    uint32_t size_max = code_size + IMAGE_HEADER_SIZE;
    uint8_t *image = malloc(size_max);
    if (image == NULL
            || !image_build(image, size_max, size, code, code_size, version, WORLD_HARDWARE_ID,
                    private_key)) {
        snprintf(error, error_size, "firmware.image: cannot build the image");
        free(image);
        image = NULL;
    }
    free(code);
    return image;
}

bool world_build_images(struct world *world, uint8_t **initial, uint32_t *initial_size,
        uint8_t public_key[32], char *error, size_t error_size)
{
    const struct scenario *scenario = world->scenario;
    const struct scenario_firmware *first =
            scenario->campaign_count > 0 ? &scenario->campaigns[0].firmware : &scenario->firmware;
    uint8_t private_key[32];
    image_key_pair(scenario->seed, private_key, public_key);
    *initial = build_image(world, first, INITIAL_IMAGE_VERSION, initial_size, error, error_size);
    bool ok = *initial != NULL;
    for (uint32_t i = 0; ok && i < scenario->campaign_count; i++) {
        const struct scenario_firmware *firmware = &scenario->campaigns[i].firmware;
        struct built_image *image = &world->images[i];
        image->bytes = build_image(
                world, firmware, firmware->version, &image->size_bytes, error, error_size);
        ok = image->bytes != NULL;
    }
    return ok;
}

void world_free_images(struct world *world)
{
    for (uint32_t i = 0; i < SCENARIO_CAMPAIGNS_MAX; i++) {
        free((void *)(uintptr_t)world->images[i].bytes);
    }
}

/* What scenarios may say and the update server does not do yet. */
static bool is_wired(const struct scenario *scenario, char *error, size_t error_size)
{
    const struct scenario_campaign *c = &scenario->campaigns[0];
    if (scenario->campaign_count > 1 || c->devices.count > 0 || c->sessions != SESSIONS_ONE) {
        snprintf(error, error_size,
                "campaigns: several campaigns, parts of the devices and sessions by data rate are "
                "not wired to the results yet");
        return false;
    }
    return true;
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* The devices of a campaign in the order of their numbers, freed by the caller; NULL: out of
 * memory.
 */
static uint32_t *list_members(
        const struct scenario *scenario, const struct scenario_campaign *campaign, uint32_t *count)
{
    struct scenario_range ranges[SCENARIO_SHARES_MAX];
    uint32_t range_count = scenario_campaign_ranges(scenario, campaign, ranges);
    *count = 0;
    for (uint32_t i = 0; i < range_count; i++) {
        *count += ranges[i].to - ranges[i].from;
    }
    uint32_t *members = malloc((*count > 0 ? *count : 1) * sizeof *members);
    if (members == NULL) {
        return NULL;
    }
    uint32_t at = 0;
    for (uint32_t i = 0; i < range_count; i++) {
        for (uint32_t device = ranges[i].from; device < ranges[i].to; device++) {
            members[at++] = device;
        }
    }
    qsort(members, *count, sizeof *members, by_number);
    return members;
}

bool world_create_campaigns(struct world *world, char *error, size_t error_size)
{
    const struct scenario *scenario = world->scenario;
    if (scenario->campaign_count > 0 && !is_wired(scenario, error, error_size)) {
        return false;
    }
    for (uint32_t i = 0; i < scenario->campaign_count; i++) {
        const struct scenario_campaign *campaign = &scenario->campaigns[i];
        const struct built_image *image = &world->images[i];
        struct campaign_params params;
        world_campaign_params(campaign, &params);
        uint32_t *members = list_members(scenario, campaign, &params.member_count);
        params.members = members;
        bool added = members != NULL
                     && server_campaign_add(world->server, &params, image->bytes, image->size_bytes,
                                campaign->firmware.version)
                                != NULL;
        free(members);
        if (!added) {
            snprintf(error, error_size,
                    "campaign '%s': an image of %u bytes does not fit fragments of %u bytes",
                    campaign->name, image->size_bytes, params.fragment_size_bytes);
            return false;
        }
    }
    return true;
}
