/* The last happenings of each entity of a run, to tell what led to an event.
 * SPDX-License-Identifier: MIT
 */
#include "explain/history.h"

#include <stdlib.h>
#include <string.h>

/* Entities may come while a run goes on: sessions of campaigns. */
static bool grow(struct history *history, uint32_t count)
{
    size_t items_size = (size_t)count * HISTORY_EACH * sizeof *history->items;
    struct happening *items = realloc(history->items, items_size);
    history->items = items != NULL ? items : history->items;
    uint32_t *counts = realloc(history->counts, count * sizeof *counts);
    history->counts = counts != NULL ? counts : history->counts;
    if (items == NULL || counts == NULL) {
        return false;
    }
    uint32_t added = count - history->entity_count;
    memset(counts + history->entity_count, 0, added * sizeof *counts);
    history->entity_count = count;
    return true;
}

void history_add(struct history *history, const struct happening *happening)
{
    entity_id entity = happening->entity;
    if (entity >= history->entity_count && !grow(history, entity + entity / 2 + 64)) {
        history->incomplete = true;
        return;
    }
    uint32_t at = history->counts[entity]++ % HISTORY_EACH;
    history->items[(size_t)entity * HISTORY_EACH + at] = *happening;
}

static const struct happening *first_of(const struct history *history, entity_id entity)
{
    return &history->items[(size_t)entity * HISTORY_EACH];
}

static uint32_t count_of(const struct history *history, entity_id entity)
{
    uint32_t count = entity < history->entity_count ? history->counts[entity] : 0;
    return count < HISTORY_EACH ? count : HISTORY_EACH;
}

#define OF_FRAMES                                                                                  \
    (OBSERVE_BIT(OBSERVE_FRAME_STARTED) | OBSERVE_BIT(OBSERVE_FRAME_ENDED)                         \
            | OBSERVE_BIT(OBSERVE_FRAME_RECEIVED) | OBSERVE_BIT(OBSERVE_FRAME_LOST)                \
            | OBSERVE_BIT(OBSERVE_GATEWAY_RECEIVED) | OBSERVE_BIT(OBSERVE_GATEWAY_LOST))
#define OF_DEVICES                                                                                 \
    (OBSERVE_BIT(OBSERVE_NETWORK_JOIN) | OBSERVE_BIT(OBSERVE_NETWORK_UPLINK)                       \
            | OBSERVE_BIT(OBSERVE_NETWORK_DROP) | OBSERVE_BIT(OBSERVE_CAMPAIGN_STAGE))

/* A frame's id, which begins with its sender (air/frame.h); 0: it is about no frame. */
static uint64_t frame_of(const struct happening *happening)
{
    return (OF_FRAMES & OBSERVE_BIT(happening->kind)) != 0 ? (uint64_t)happening->a : 0;
}

static bool shares_a_frame(
        const struct history *history, entity_id entity, const struct happening *happening)
{
    uint64_t frame = frame_of(happening);
    for (uint32_t i = 0; frame != 0 && i < count_of(history, entity); i++) {
        if (frame_of(first_of(history, entity) + i) == frame) {
            return true;
        }
    }
    return false;
}

static bool led_to(const struct history *history, entity_id entity, entity_id first_device,
        const struct happening *happening)
{
    bool of_device = (OF_DEVICES & OBSERVE_BIT(happening->kind)) != 0;
    return happening->entity == entity || (frame_of(happening) >> 32) == entity
           || (of_device && first_device + (uint64_t)happening->a == entity)
           || shares_a_frame(history, entity, happening);
}

/* After those of its time and before: what is added in the order of entities, and of each oldest
 * first, stays in it. */
static void insert_by_time(struct happenings *list, const struct happening *happening)
{
    happenings_add(list, happening);
    if (list->incomplete) {
        return;
    }
    size_t at = list->count - 1;
    while (at > 0 && list->items[at - 1].at_ns > happening->at_ns) {
        list->items[at] = list->items[at - 1];
        at--;
    }
    list->items[at] = *happening;
}

/* The device that a server is busy with, or the sender of a frame; else the event's own entity. */
static entity_id partner_of(const struct happening *event, entity_id first_device)
{
    if ((OF_DEVICES & OBSERVE_BIT(event->kind)) != 0) {
        return first_device + (entity_id)event->a;
    }
    return frame_of(event) != 0 ? (entity_id)(frame_of(event) >> 32) : event->entity;
}

void history_led_to(const struct history *history, const struct happening *event,
        entity_id first_device, struct happenings *led)
{
    entity_id partner = partner_of(event, first_device);
    for (entity_id e = 0; e < history->entity_count; e++) {
        uint32_t count = count_of(history, e);
        for (uint32_t i = 0; i < count; i++) { /* oldest first */
            uint32_t at = (history->counts[e] - count + i) % HISTORY_EACH;
            const struct happening *happening = first_of(history, e) + at;
            if (led_to(history, event->entity, first_device, happening)
                    || led_to(history, partner, first_device, happening)) {
                insert_by_time(led, happening);
            }
        }
    }
    if (led->count > HISTORY_LED) {
        memmove(led->items, led->items + led->count - HISTORY_LED,
                HISTORY_LED * sizeof led->items[0]);
        led->count = HISTORY_LED;
    }
}

void history_free(struct history *history)
{
    free(history->items);
    free(history->counts);
    *history = (struct history){ 0 };
}
