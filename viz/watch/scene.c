/* Scenes: memory, and words for what they hold.
 * SPDX-License-Identifier: MIT
 */
#include "watch/scene.h"

#include <stdlib.h>

#include "watch/text_lookup.h"

#define WORD(name, word, ...)             word,
#define MEANING(name, word, meaning, ...) meaning,

/* clang-format off */
TEXT_LOOKUP(scene_stage_word, enum scene_stage, SCENE_STAGE_COUNT, SCENE_STAGES(WORD))
TEXT_LOOKUP(scene_stage_meaning, enum scene_stage, SCENE_STAGE_COUNT, SCENE_STAGES(MEANING))
TEXT_LOOKUP(scene_event_word, enum scene_event_kind, SCENE_EVENT_COUNT, SCENE_EVENTS(WORD))
TEXT_LOOKUP(lane_kind_word, enum lane_kind, LANE_KIND_COUNT, LANE_KINDS(WORD))
TEXT_LOOKUP(lane_kind_meaning, enum lane_kind, LANE_KIND_COUNT, LANE_KINDS(MEANING))
TEXT_LOOKUP(trouble_kind_word, enum trouble_kind, TROUBLE_KIND_COUNT, TROUBLE_KINDS(WORD))
TEXT_LOOKUP(trouble_kind_meaning, enum trouble_kind, TROUBLE_KIND_COUNT, TROUBLE_KINDS(MEANING))
TEXT_LOOKUP(fragment_state_word, enum fragment_state, FRAGMENT_STATE_COUNT, FRAGMENT_STATES(WORD))
TEXT_LOOKUP(fragment_state_meaning, enum fragment_state, FRAGMENT_STATE_COUNT, FRAGMENT_STATES(MEANING))
TEXT_LOOKUP(slot_state_word, enum slot_state, SLOT_STATE_COUNT, SLOT_STATES(WORD))
/* clang-format on */

struct scene *scene_create(uint32_t device_count, uint32_t gateway_count)
{
    struct scene *scene = calloc(1, sizeof *scene);
    if (scene == NULL) {
        return NULL;
    }
    uint32_t lanes = gateway_count + SCENE_PINNED_MAX;
    scene->device_count = device_count;
    scene->gateway_count = gateway_count;
    scene->devices = calloc(device_count > 0 ? device_count : 1, sizeof *scene->devices);
    scene->gateways = calloc(gateway_count > 0 ? gateway_count : 1, sizeof *scene->gateways);
    scene->lanes = calloc(lanes, sizeof *scene->lanes);
    scene->worst_energy = scene->worst_missing = scene->detail.device = SCENE_NONE;
    if (scene->devices == NULL || scene->gateways == NULL || scene->lanes == NULL) {
        scene_destroy(scene);
        return NULL;
    }
    return scene;
}

void scene_destroy(struct scene *scene)
{
    if (scene == NULL) {
        return;
    }
    for (uint32_t i = 0; scene->lanes != NULL && i < scene->gateway_count + SCENE_PINNED_MAX; i++) {
        free(scene->lanes[i].items);
    }
    free(scene->detail.fragments);
    free(scene->lanes);
    free(scene->gateways);
    free(scene->devices);
    free(scene);
}
