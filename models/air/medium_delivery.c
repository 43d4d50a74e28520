/* The end of a frame: its receivers are judged, and get what they have received.
 * SPDX-License-Identifier: MIT
 *
 * As many receivers as several threads play at one time (parts.h) are served together: first all
 * are judged, and their verdicts stated in order, then all run; meanwhile the next ones are judged.
 * What a receiver does at the end of a frame changes no other one's verdict.
 */
#include <stdlib.h>

#include "air/medium_internal.h"
#include "prefetch.h"

/* How many of a device's links are brought into the cache ahead, and how many a line of it holds.
 */
#define PREFETCH_LINKS 64u
#define LINKS_PER_LINE 16u

/* What a receiver gets. */
struct ending {
    struct verdict verdict;
    bool has_bytes; /* corrupted where the verdict names a loss */
};

/* Receivers of a frame that are served together: part i is a device, and gets ending i. */
struct served {
    struct delivery *delivery;
    struct engine_parts parts;
    struct ending endings[ENGINE_PARTS_MAX];
};

/* Of the frame that ends. */
struct delivery {
    struct medium *medium;
    struct on_air *air;
    sim_ns now_ns;
    const struct judge_frame *judged;
    uint32_t rivals;
    const struct receiver *items; /* receivers that are judged together */
    struct engine_work judging;
    struct verdict verdicts[ENGINE_PARTS_MAX]; /* of items */
    struct served served[2];                   /* those that run, and the next ones */
};

/* What a receiver gets of the frame is stated. */
static struct ending state_ending(
        const struct delivery *delivery, uint32_t device, const struct verdict *judged)
{
    struct medium *medium = delivery->medium;
    const struct frame *frame = &delivery->air->frame;
    sim_ns now_ns = delivery->now_ns;
    entity_id entity = medium->device_entities[device];
    struct ending ending = { *judged, false };
    struct verdict *verdict = &ending.verdict;
    if (frame->aborted) {
        verdict->cause = LOSS_POWERED_DOWN;
        verdict->header_ok = false;
    }
    if (verdict->cause == LOSS_NONE) {
        ending.has_bytes = true;
        engine_observe(medium->engine, now_ns, entity, OBSERVE_FRAME_RECEIVED, (int64_t)frame->id,
                verdict->rssi_mdbm, verdict->snr_mdb, frame);
    } else {
        ending.has_bytes = verdict->header_ok;
        medium_observe_lost(medium, frame, device, verdict->cause, verdict->snr_mdb, now_ns);
    }
    medium->deliveries += ending.has_bytes;
    return ending;
}

static void tell_ended(const struct served *served, uint32_t part, void *device)
{
    const struct delivery *delivery = served->delivery;
    const struct medium *medium = delivery->medium;
    const struct frame *frame = &delivery->air->frame;
    const struct ending *ending = &served->endings[part];
    const struct engine_part *receiver = &served->parts.part[part];
    const uint8_t *bytes = ending->has_bytes ? frame->bytes : NULL;
    uint8_t corrupted[LORA_FRAME_SIZE_MAX];
    if (ending->has_bytes && ending->verdict.cause != LOSS_NONE) {
        air_corrupt(medium->seed, frame, receiver->entity, corrupted);
        bytes = corrupted;
    }
    medium->device_ops->ended(
            device, frame, &ending->verdict, bytes, frame->size, delivery->now_ns);
}

static void deliver(void *context, const uint16_t *parts, uint32_t count)
{
    const struct served *served = context;
    const struct medium *medium = served->delivery->medium;
    void *devices[ENGINE_PARTS_MAX];
    for (uint32_t i = 0; i < count; i++) {
        devices[i] = medium->device_contexts[served->parts.part[parts[i]].number];
    }
    for (uint32_t i = 0; i < count; i++) {
        uint32_t part = parts[i];
        if (medium->device_ops->prefetch != NULL) {
            medium->device_ops->prefetch(&devices[i], count - i, i == 0);
        }
        engine_part_begin(medium->engine, part);
        tell_ended(served, part, devices[i]);
        engine_part_end(medium->engine, part);
    }
}

/* The strongest links of a device: where rivals are looked for first. */
static void prefetch_links(const struct medium *medium, uint32_t device)
{
    uint32_t from = medium->links.from[device];
    for (uint32_t i = 0; i < PREFETCH_LINKS; i += LINKS_PER_LINE) {
        prefetch_read(&medium->links.gains_mdb[from + i]);
    }
    prefetch_read(&medium->links.gateways[from]);
    prefetch_read(&medium->links.gateways[from + 2 * LINKS_PER_LINE]);
}

/* Receivers that are judged soon, if there are so many. */
static void prefetch_judged(
        const struct medium *medium, const struct receiver *items, uint32_t count, uint32_t i)
{
    if (i + PREFETCH_AHEAD < count) {
        prefetch_read(&medium->links.from[items[i + PREFETCH_AHEAD].index]);
    }
    if (i + PREFETCH_REST_AHEAD < count) {
        prefetch_links(medium, items[i + PREFETCH_REST_AHEAD].index);
    }
}

static bool has_lock(const struct delivery *delivery, const struct receiver *receiver)
{
    return delivery->medium->listeners[receiver->index].locked == delivery->air->slot;
}

static void judge(void *context, uint32_t from, uint32_t to, unsigned thread)
{
    struct delivery *delivery = context;
    struct medium *medium = delivery->medium;
    for (uint32_t i = from; i < to; i++) {
        prefetch_judged(medium, delivery->items, delivery->judging.count, i);
        if (has_lock(delivery, &delivery->items[i])) {
            delivery->verdicts[i] = medium_judge_device(medium, &medium->scratch[thread],
                    delivery->judged, delivery->rivals, delivery->air, &delivery->items[i]);
        }
    }
}

/* Those who are judged let go of the frame, and will be served together. */
static void serve_next(const struct delivery *delivery, struct served *served)
{
    const struct medium *medium = delivery->medium;
    served->parts.count = 0;
    for (uint32_t i = 0; i < delivery->judging.count; i++) {
        if (i + PREFETCH_AHEAD < delivery->judging.count) {
            uint32_t soon = delivery->items[i + PREFETCH_AHEAD].index;
            engine_expect(medium->engine, medium->device_entities[soon], OBSERVE_FRAME_RECEIVED);
        }
        const struct receiver *receiver = &delivery->items[i];
        uint32_t device = receiver->index;
        struct listener *listener = &medium->listeners[device];
        if (!has_lock(delivery, receiver)) {
            continue;
        }
        listener->locked = NO_FRAME;
        /* Searches again from here, unless it was opened again at a later local time. */
        if (listener->since_ns < delivery->now_ns) {
            listener->since_ns = delivery->now_ns;
        }
        uint32_t part = served->parts.count++;
        served->parts.part[part] = (struct engine_part){ medium->device_entities[device], device };
        served->endings[part] = state_ending(delivery, device, &delivery->verdicts[i]);
    }
}

static void serve_all(struct delivery *delivery)
{
    struct engine *engine = delivery->medium->engine;
    uint32_t judged = 0, count = delivery->air->devices.count;
    struct served *served = &delivery->served[0], *next = &delivery->served[1];
    served->parts.count = 0;
    do {
        uint32_t left = count - judged;
        delivery->items = delivery->air->devices.items + judged;
        delivery->judging.count = left < ENGINE_PARTS_MAX ? left : ENGINE_PARTS_MAX;
        judged += delivery->judging.count;
        served->parts.then = &delivery->judging;
        engine_parts_start(engine, &served->parts);
        engine_work_finish(engine, &delivery->judging);
        serve_next(delivery, next);
        engine_parts_finish(engine, &served->parts);
        struct served *empty = served;
        served = next;
        next = empty;
    } while (judged < count);
    served->parts.then = NULL;
    engine_parts_start(engine, &served->parts);
    engine_parts_finish(engine, &served->parts);
}

void medium_devices_end(struct medium *medium, struct on_air *air, sim_ns now_ns)
{
    struct judge_frame judged;
    medium_judge_init(medium, &judged, RECEIVER_SX1276, &air->frame);
    uint32_t rivals = medium_find_rivals(medium, air, judged.interference.from_ns);
    medium_rivals_init(medium, &judged, rivals);
    struct delivery *delivery = medium->delivery;
    delivery->air = air;
    delivery->now_ns = now_ns;
    delivery->judged = &judged;
    delivery->rivals = rivals;
    serve_all(delivery);
}

bool medium_delivery_init(struct medium *medium)
{
    struct delivery *delivery = malloc(sizeof *delivery);
    medium->delivery = delivery;
    if (delivery == NULL) {
        return false;
    }
    delivery->medium = medium;
    delivery->judging.work = judge;
    delivery->judging.context = delivery;
    for (unsigned i = 0; i < 2; i++) {
        delivery->served[i].delivery = delivery;
        delivery->served[i].parts.play = deliver;
        delivery->served[i].parts.context = &delivery->served[i];
    }
    return true;
}

void medium_delivery_finish(struct medium *medium)
{
    free(medium->delivery);
}
