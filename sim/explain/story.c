/* The story of one device, as the run goes on.
 * SPDX-License-Identifier: MIT
 */
#include "explain/story.h"

#include <assert.h>
#include <stdlib.h>

#include "explain/sentence.h"
#include "network/lorawan.h"
#include "record/clock.h"
#include "record/devices.h"
#include "record/fragment_causes.h"

/* Servers speak at the engine's time, the device at its own, which may lead it (observe.h): an item
 * goes after those of its time and before. */
static void add(struct story *story, const struct story_item *item)
{
    if (story->count == story->capacity) {
        size_t capacity = 2 * story->capacity + 64;
        struct story_item *items = realloc(story->items, capacity * sizeof *items);
        if (items == NULL) {
            story->incomplete = true;
            return;
        }
        story->items = items;
        story->capacity = capacity;
    }
    size_t at = story->count++;
    while (at > 0 && story->items[at - 1].happening.at_ns > item->happening.at_ns) {
        story->items[at] = story->items[at - 1];
        at--;
    }
    story->items[at] = *item;
}

static const struct recorder_view *view_of(const struct story *story)
{
    return recorder_set_view(run_recorders(story->run));
}

/* --- frames ----------------------------------------------------------------------------------- */

static void started(struct story *story, const struct observation *o)
{
    const struct frame *frame = o->data;
    story->furthest = LOSS_GATEWAY_SKIPPED;
    if (frame->size == 0 || lorawan_ftype(frame->bytes[0]) != LORAWAN_JOIN_REQUEST) {
        return;
    }
    story->join_requests++;
    story->join_requests_since++;
    struct story_item item = { .kind = STORY_JOIN_REQUEST, .number = story->join_requests_since };
    happening_of(o, &item.happening);
    add(story, &item);
}

/* Of data frames, as record/uplinks.h. */
static void ended(struct story *story, const struct frame *frame)
{
    enum lorawan_ftype type = frame->size > 0 ? lorawan_ftype(frame->bytes[0]) : LORAWAN_RFU;
    if (type != LORAWAN_UNCONFIRMED_UP && type != LORAWAN_CONFIRMED_UP) {
        return;
    }
    enum loss_cause cause = story->furthest;
    if (cause == LOSS_GATEWAY_SKIPPED) { /* no gateway in reach */
        cause = frame->aborted ? LOSS_POWERED_DOWN : LOSS_BELOW_SENSITIVITY;
    }
    story->uplinks.sent++;
    if (cause == LOSS_NONE) {
        story->uplinks.received++;
    } else {
        story->uplinks.lost[cause]++;
    }
}

static void own_frame(struct story *story, const struct observation *o)
{
    if (o->kind == OBSERVE_FRAME_STARTED) {
        started(story, o);
    } else if (o->kind == OBSERVE_FRAME_ENDED) {
        ended(story, o->data);
    } else {
        bool received = o->kind == OBSERVE_GATEWAY_RECEIVED;
        enum loss_cause cause = received ? LOSS_NONE : (enum loss_cause)o->b;
        story->furthest = cause > story->furthest ? cause : story->furthest;
    }
}

static void received(struct story *story, const struct observation *o)
{
    const struct recorder_set *set = run_recorders(story->run);
    struct story_item item = { .number = story->join_requests_since };
    if (fragment_causes_kind(fragment_causes_of(set), story->device, o->a) == FRAGMENT_CODED) {
        story->coded_received++;
    }
    item.command_count =
            air_downlink_commands(view_of(story), story->device, o->data, item.commands);
    happening_of(o, &item.happening);
    if (devices_is_accept(set, story->device, o->data)) {
        item.kind = STORY_JOINED;
        story->join_requests_since = 0;
        add(story, &item);
    } else if (item.command_count > 0) {
        item.kind = STORY_COMMANDS;
        add(story, &item);
    }
}

/* --- what is observed ------------------------------------------------------------------------- */

/* Kinds whose `a` is a frame's id, or the index of the device that a server is busy with. */
#define OF_FRAMES                                                                                  \
    (OBSERVE_BIT(OBSERVE_FRAME_STARTED) | OBSERVE_BIT(OBSERVE_FRAME_ENDED)                         \
            | OBSERVE_BIT(OBSERVE_GATEWAY_RECEIVED) | OBSERVE_BIT(OBSERVE_GATEWAY_LOST))
#define OF_SERVERS (OBSERVE_BIT(OBSERVE_NETWORK_DROP) | OBSERVE_BIT(OBSERVE_CAMPAIGN_STAGE))

static bool is_shown(const struct story *story, const struct observation *o)
{
    return o->kind != OBSERVE_FIRMWARE
           || (recorder_set_shows(run_recorders(story->run), story->device) & FIRMWARE_SHOWS_TRACE)
                      != 0;
}

/* Of OBSERVE_CAMPAIGN_GROUP_RESTART: the device needs the group that is set up again. */
static bool needs_group(const struct story *story, const struct observation *o)
{
    const struct campaign *campaign = server_campaign(view_of(story)->server, (uint16_t)o->c);
    return campaign_serves(campaign, story->device, (uint32_t)o->a);
}

static void observe(void *context, const struct observation *o)
{
    struct story *story = context;
    bool of_server = (OF_SERVERS & OBSERVE_BIT(o->kind)) != 0;
    if ((OF_FRAMES & OBSERVE_BIT(o->kind)) != 0) {
        if ((entity_id)((uint64_t)o->a >> 32) == story->entity) { /* frame.h: id */
            own_frame(story, o);
        }
        return;
    }
    bool concerned = of_server                                   ? o->a == (int64_t)story->device
                     : o->kind == OBSERVE_CAMPAIGN_GROUP_RESTART ? needs_group(story, o)
                                                                 : o->entity == story->entity;
    if (!concerned) {
        return;
    }
    if (o->kind == OBSERVE_FRAME_RECEIVED) {
        received(story, o);
        return;
    }
    struct story_item item = { .kind = STORY_HAPPENING };
    happening_of(o, &item.happening);
    if (sentence_is_of_story(&item.happening) && is_shown(story, o)) {
        add(story, &item);
    }
}

void story_listen(struct story *story, struct run *run, uint32_t device)
{
    const struct world *world = run_world(run);
    assert(device < world->device_count);
    *story = (struct story){ .run = run, .device = device, .entity = world->first_device + device };
    engine_observer_add(run_engine(run), OBSERVE_ALL, observe, story);
}

/* --- the end ---------------------------------------------------------------------------------- */

void story_finish(struct story *story)
{
    const struct recorder_view *view = view_of(story);
    for (uint32_t c = 0; c < server_campaign_count(view->server); c++) {
        struct story_item item = { .kind = STORY_SESSION, .number = c };
        item.happening.at_ns = clock_opened_ns(run_recorders(story->run), c, story->device);
        item.happening.entity = story->entity;
        if (item.happening.at_ns != SIM_NS_NEVER) {
            add(story, &item);
        }
    }
}

void story_free(struct story *story)
{
    free(story->items);
    *story = (struct story){ 0 };
}
