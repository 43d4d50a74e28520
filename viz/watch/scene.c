/* Scenes: memory, and words for what they hold.
 * SPDX-License-Identifier: MIT
 */
#include "watch/scene.h"

#include <assert.h>
#include <stdlib.h>

const char *scene_stage_word(enum scene_stage stage)
{
    static const char *const words[] = {
#define X(name, word, meaning) word,
        SCENE_STAGES(X)
#undef X
    };
    assert(stage < SCENE_STAGE_COUNT);
    return words[stage];
}

const char *scene_stage_meaning(enum scene_stage stage)
{
    static const char *const meanings[] = {
#define X(name, word, meaning) meaning,
        SCENE_STAGES(X)
#undef X
    };
    assert(stage < SCENE_STAGE_COUNT);
    return meanings[stage];
}

const char *scene_event_word(enum scene_event_kind kind)
{
    static const char *const words[] = {
#define X(name, word) word,
        SCENE_EVENTS(X)
#undef X
    };
    assert(kind < SCENE_EVENT_COUNT);
    return words[kind];
}

const char *lane_kind_word(enum lane_kind kind)
{
    static const char *const words[] = {
#define X(name, word, meaning) word,
        LANE_KINDS(X)
#undef X
    };
    assert(kind < LANE_KIND_COUNT);
    return words[kind];
}

const char *lane_kind_meaning(enum lane_kind kind)
{
    static const char *const meanings[] = {
#define X(name, word, meaning) meaning,
        LANE_KINDS(X)
#undef X
    };
    assert(kind < LANE_KIND_COUNT);
    return meanings[kind];
}

const char *trouble_kind_word(enum trouble_kind kind)
{
    static const char *const words[] = {
#define X(name, word, meaning) word,
        TROUBLE_KINDS(X)
#undef X
    };
    assert(kind < TROUBLE_KIND_COUNT);
    return words[kind];
}

const char *trouble_kind_meaning(enum trouble_kind kind)
{
    static const char *const meanings[] = {
#define X(name, word, meaning) meaning,
        TROUBLE_KINDS(X)
#undef X
    };
    assert(kind < TROUBLE_KIND_COUNT);
    return meanings[kind];
}

const char *fragment_state_word(enum fragment_state state)
{
    static const char *const words[] = {
#define X(name, word, meaning) word,
        FRAGMENT_STATES(X)
#undef X
    };
    assert(state < FRAGMENT_STATE_COUNT);
    return words[state];
}

const char *fragment_state_meaning(enum fragment_state state)
{
    static const char *const meanings[] = {
#define X(name, word, meaning) meaning,
        FRAGMENT_STATES(X)
#undef X
    };
    assert(state < FRAGMENT_STATE_COUNT);
    return meanings[state];
}

const char *slot_state_word(enum slot_state state)
{
    static const char *const words[] = {
#define X(name, word) word,
        SLOT_STATES(X)
#undef X
    };
    assert(state < SLOT_STATE_COUNT);
    return words[state];
}

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
