/* The end of a frame: its receivers are judged, and get what they have received.
 * SPDX-License-Identifier: MIT
 *
 * As many receivers as several threads play at one time (parts.h) are served together: first all
 * are judged, in order, then all run; meanwhile the next ones are judged. What a receiver does at
 * the end of a frame changes no other one's verdict.
 */
#include <stdlib.h>

#include "air/medium_internal.h"
#include "parts.h"
#include "prefetch.h"

/* How many of a device's links are brought into the cache ahead, and how many a line of it holds.
 */
#define PREFETCH_LINKS 64u
#define LINKS_PER_LINE 16u

/* What a receiver gets. */
struct ending {
    struct verdict verdict;
    const uint8_t *bytes; /* NULL: none */
};

/* Receivers of a frame that are served together: part i is a device, and gets ending i. */
struct delivery {
    struct medium *medium;
    const struct frame *frame;
    sim_ns now_ns;
    struct engine_parts parts;
    struct ending endings[ENGINE_PARTS_MAX];
};

/* What a receiver gets of the frame is judged, and stated. */
static struct ending judge_ending(struct medium *medium, const struct judge_frame *judged,
        uint32_t rivals, struct on_air *air, const struct receiver *receiver, sim_ns now_ns)
{
    const struct frame *frame = &air->frame;
    uint32_t device = receiver->index;
    entity_id entity = medium->device_entities[device];
    struct ending ending = { medium_judge_device(medium, judged, rivals, air, receiver), NULL };
    struct verdict *verdict = &ending.verdict;
    if (frame->aborted) {
        verdict->cause = LOSS_POWERED_DOWN;
        verdict->header_ok = false;
    }
    if (verdict->cause == LOSS_NONE) {
        ending.bytes = frame->bytes;
        engine_observe(medium->engine, now_ns, entity, OBSERVE_FRAME_RECEIVED, (int64_t)frame->id,
                verdict->rssi_mdbm, verdict->snr_mdb, frame);
    } else {
        if (verdict->header_ok) {
            ending.bytes = medium_corrupted_copy(medium, air, entity);
        }
        medium_observe_lost(medium, frame, device, verdict->cause, verdict->snr_mdb, now_ns);
    }
    medium->deliveries += ending.bytes != NULL;
    return ending;
}

/* A receiver that is served soon, if there is one. */
static void prefetch_receiver(const struct delivery *delivery, const uint16_t *parts,
        uint32_t count, uint32_t i, bool rest)
{
    const struct medium *medium = delivery->medium;
    void (*prefetch)(void *device, bool rest) = medium->device_ops->prefetch;
    if (prefetch != NULL && i < count) {
        prefetch(medium->device_contexts[delivery->parts.part[parts[i]].number], rest);
    }
}

static void deliver(void *context, const uint16_t *parts, uint32_t count)
{
    const struct delivery *delivery = context;
    const struct medium *medium = delivery->medium;
    const struct frame *frame = delivery->frame;
    for (uint32_t i = 0; i < PREFETCH_AHEAD; i++) {
        prefetch_receiver(delivery, parts, count, i, false);
    }
    for (uint32_t i = 0; i < PREFETCH_REST_AHEAD; i++) {
        prefetch_receiver(delivery, parts, count, i, true);
    }
    for (uint32_t i = 0; i < count; i++) {
        uint32_t part = parts[i];
        const struct ending *ending = &delivery->endings[part];
        prefetch_receiver(delivery, parts, count, i + PREFETCH_REST_AHEAD, true);
        engine_part_begin(medium->engine, part);
        medium->device_ops->ended(medium->device_contexts[delivery->parts.part[part].number], frame,
                &ending->verdict, ending->bytes, frame->size, delivery->now_ns);
        engine_part_end(medium->engine, part);
        prefetch_receiver(delivery, parts, count, i + PREFETCH_AHEAD, false);
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
        uint32_t device = items[i + PREFETCH_AHEAD].index;
        prefetch_read(&medium->links.from[device]);
        engine_expect(medium->engine, medium->device_entities[device]);
    }
    if (i + PREFETCH_REST_AHEAD < count) {
        prefetch_links(medium, items[i + PREFETCH_REST_AHEAD].index);
    }
}

/* As many receivers from `first` on as are served together. */
static void judge_devices(struct medium *medium, const struct judge_frame *judged, uint32_t rivals,
        struct on_air *air, uint32_t first, struct delivery *delivery, sim_ns now_ns)
{
    uint32_t left = air->devices.count - first;
    uint32_t count = left < ENGINE_PARTS_MAX ? left : ENGINE_PARTS_MAX;
    const struct receiver *items = air->devices.items + first;
    delivery->frame = &air->frame;
    delivery->now_ns = now_ns;
    delivery->parts.count = 0;
    for (uint32_t i = 0; i < count; i++) {
        prefetch_judged(medium, items, count, i);
        uint32_t device = items[i].index;
        struct listener *listener = &medium->listeners[device];
        if (listener->locked != air->slot) {
            continue;
        }
        listener->locked = NO_FRAME;
        /* Searches again from here, unless it was opened again at a later local time. */
        if (listener->since_ns < now_ns) {
            listener->since_ns = now_ns;
        }
        uint32_t part = delivery->parts.count++;
        delivery->parts.part[part] =
                (struct engine_part){ medium->device_entities[device], device };
        delivery->endings[part] = judge_ending(medium, judged, rivals, air, &items[i], now_ns);
    }
}

void medium_devices_end(struct medium *medium, struct on_air *air, sim_ns now_ns)
{
    struct judge_frame judged;
    medium_judge_init(medium, &judged, RECEIVER_SX1276, &air->frame);
    uint32_t rivals = medium_find_rivals(medium, air, RECEIVER_SX1276, judged.interference.from_ns);
    medium_rivals_init(medium, &judged, RECEIVER_SX1276, rivals);
    struct delivery *delivery = &medium->delivery[0], *next = &medium->delivery[1];
    judge_devices(medium, &judged, rivals, air, 0, delivery, now_ns);
    for (uint32_t first = ENGINE_PARTS_MAX;; first += ENGINE_PARTS_MAX) {
        bool more = first < air->devices.count;
        engine_parts_start(medium->engine, &delivery->parts);
        if (more) {
            judge_devices(medium, &judged, rivals, air, first, next, now_ns);
        }
        engine_parts_finish(medium->engine, &delivery->parts);
        if (!more) {
            return;
        }
        struct delivery *served = delivery;
        delivery = next;
        next = served;
    }
}

bool medium_delivery_init(struct medium *medium)
{
    medium->delivery = malloc(2 * sizeof *medium->delivery);
    for (unsigned i = 0; medium->delivery != NULL && i < 2; i++) {
        medium->delivery[i].medium = medium;
        medium->delivery[i].parts.play = deliver;
        medium->delivery[i].parts.context = &medium->delivery[i];
    }
    return medium->delivery != NULL;
}

void medium_delivery_finish(struct medium *medium)
{
    free(medium->delivery);
}
