/* Which end-devices find the preamble of a frame, and lock on it.
 * SPDX-License-Identifier: MIT
 *
 * What each of many devices would find is worked out first, on all threads: it depends on nothing
 * that another device does. Then they lock, or have lost the frame, one after the other.
 */
#include <assert.h>

#include "air/medium_arrival.h"
#include "prefetch.h"

/* Links on which a frame can be heard that one item of work has. */
#define LINKS_OF_ITEM 8u

/* --- one device ------------------------------------------------------------------------------- */

/* Has it searched on this channel since the frame began, in a way that finds such a frame? */
static bool searches(const struct listener *listener, const struct frame *frame, sim_ns now_ns)
{
    return listener->until_ns > now_ns && listener->since_ns <= frame->start_ns
           && listener->sync_word == frame->modulation.sync_word && listener->locked == NO_FRAME;
}

/* Why the receiver does not find the preamble, other frames set aside. */
static enum loss_cause cause_of_missing(const struct medium *medium, struct judge_scratch *scratch,
        const struct judge_frame *judged, const struct on_air *air, uint32_t device,
        int32_t median_mdbm, int32_t fading_mdb)
{
    if (median_mdbm + fading_mdb >= judged->detect_mdbm && medium->detected_by_power) {
        return LOSS_NONE;
    }
    struct judge_link link =
            medium_device_link(medium, scratch, air, device, median_mdbm, fading_mdb);
    return judge_detects(judged, &link) ? LOSS_NONE : judge_link_reception(judged, &link).cause;
}

/* The frame at a receiver that is free. */
static struct finding find(const struct medium *medium, struct judge_scratch *scratch,
        const struct judge_frame *judged, uint32_t rivals, const struct on_air *air,
        uint32_t device, int32_t median_mdbm)
{
    struct finding finding = {
        .receiver = { device, median_mdbm, medium_device_fading_mdb(medium, air, device) },
        .power_mdbm = median_mdbm,
    };
    int32_t fading_mdb = finding.receiver.fading_mdb;
    if (medium->copy_count > 0) {
        finding.power_mdbm += medium_copies_mdb(medium, rivals, device, median_mdbm + fading_mdb);
    }
    finding.cause =
            cause_of_missing(medium, scratch, judged, air, device, finding.power_mdbm, fading_mdb);
    finding.power_mdbm += fading_mdb;
    if (finding.cause == LOSS_NONE && rivals > 0
            && medium_stronger_rival(medium, judged, device, finding.power_mdbm)) {
        finding.cause = LOSS_PREAMBLE_MISSED;
    }
    return finding;
}

/* A receiver that is free has heard enough symbols by `now_ns`. True: it locks on the frame. */
static bool lock(struct medium *medium, const struct judge_frame *judged, struct on_air *air,
        const struct finding *finding, sim_ns now_ns)
{
    uint32_t device = finding->receiver.index;
    struct listener *listener = &medium->listeners[device];
    enum loss_cause cause = finding->cause;
    assert(listener->locked == NO_FRAME && listener->channel == air->channel->number);
    if (cause == LOSS_NONE && listener->until_ns < air->frame.end_ns) {
        cause = LOSS_RADIO_BUSY; /* its local time is ahead: it has closed already */
    }
    if (cause != LOSS_NONE) {
        medium_observe_lost(medium, &air->frame, device, cause,
                finding->power_mdbm - judged->noise_mdbm, now_ns);
        return false;
    }
    listener->locked = air->slot;
    medium_add_receiver(medium, &air->devices, finding->receiver);
    return true;
}

/* A listener that hears the frame and has locked on another one. */
static void bear_lock(
        struct medium *medium, const struct on_air *air, uint32_t device, sim_ns now_ns)
{
    const struct listener *listener = &medium->listeners[device];
    assert(listener->locked != NO_FRAME && listener->locked != air->slot);
    if (listener->sync_word != air->frame.modulation.sync_word) {
        return; /* nothing that this receiver could take for a frame of its own */
    }
    const struct frame *other = &medium->slots[listener->locked]->frame;
    if (other->end_ns <= air->lock_by_ns) {
        medium_schedule_late(medium, air, device, other->end_ns);
    } else {
        medium_observe_lost(medium, &air->frame, device, LOSS_RECEIVER_LOCKED_ELSEWHERE, 0, now_ns);
    }
}

/* A listener that has been on the channel, at least until lately, hears the frame, and does not
 * search for it from its start to now. */
static void detect_otherwise(
        struct medium *medium, const struct on_air *air, uint32_t device, sim_ns now_ns)
{
    const struct listener *listener = &medium->listeners[device];
    if (listener->until_ns <= now_ns) {
        medium_leave_channel(medium, device);
    } else if (listener->since_ns <= air->frame.start_ns) {
        if (listener->locked != NO_FRAME) {
            bear_lock(medium, air, device, now_ns);
        }
    } else if (listener->since_ns <= air->lock_by_ns) {
        medium_schedule_late(medium, air, device, listener->since_ns);
    } else {
        medium_observe_lost(medium, &air->frame, device, LOSS_PREAMBLE_MISSED, 0, now_ns);
    }
}

/* --- by listener ------------------------------------------------------------------------------ */

/* The first listener from `from` on that may have a link to the frame's gateway. MEMBER_NONE: there
 * is none. */
static uint32_t next_listener(const struct medium *medium, const struct on_air *air, uint32_t from)
{
    const struct member_set *listeners = &air->channel->listeners;
    uint32_t device = member_set_next(listeners, from);
    while (medium_goes_by_links(medium, air) && device != MEMBER_NONE) {
        uint32_t own = device / LINK_BLOCK_DEVICES;
        uint32_t block = member_set_next(&medium->links.blocks[air->transmitter], own);
        if (block == own || block == MEMBER_NONE) {
            return block == own ? device : MEMBER_NONE;
        }
        device = member_set_next(listeners, block * LINK_BLOCK_DEVICES);
    }
    return device;
}

/* Looks at each listener of the channel. */
static void detect_by_listener(struct medium *medium, const struct judge_frame *judged,
        uint32_t rivals, struct on_air *air, sim_ns now_ns)
{
    for (uint32_t device = next_listener(medium, air, 0); device != MEMBER_NONE;
            device = next_listener(medium, air, device + 1)) {
        int32_t median_mdbm;
        if (!medium_device_hears(medium, air, device, &median_mdbm)) {
            continue;
        }
        if (searches(&medium->listeners[device], &air->frame, now_ns)) {
            struct finding finding =
                    find(medium, &medium->scratch[0], judged, rivals, air, device, median_mdbm);
            lock(medium, judged, air, &finding, now_ns);
        } else {
            detect_otherwise(medium, air, device, now_ns);
        }
    }
}

/* --- by link ---------------------------------------------------------------------------------- */

/* Devices that hear a frame are looked for among `link_count` links, item by item. */
struct detection {
    struct medium *medium;
    const struct on_air *air;
    const struct judge_frame *judged;
    uint32_t rivals;
    sim_ns now_ns;
    const struct audible_link *links;
    uint32_t link_count;
};

static uint32_t first_link(const struct detection *detection, uint32_t item)
{
    uint32_t first = item * LINKS_OF_ITEM;
    return first < detection->link_count ? first : detection->link_count;
}

/* Those devices on the channel that hear the frame, from medium->findings[from] on. Returns how
 * many. */
static uint32_t find_hearing(const struct detection *detection, uint32_t from, uint32_t to)
{
    struct medium *medium = detection->medium;
    const struct on_air *air = detection->air;
    const struct audible_link *links = detection->links;
    struct finding *findings = &medium->findings[from];
    uint32_t count = 0;
    for (uint32_t i = from; i < to; i++) {
        if (i + PREFETCH_LISTENERS_AHEAD < detection->link_count) {
            prefetch_write(&medium->listeners[links[i + PREFETCH_LISTENERS_AHEAD].device]);
        }
        uint32_t device = links[i].device;
        if (medium->listeners[device].channel != air->channel->number) {
            continue;
        }
        int32_t median_mdbm =
                medium_through_link_mdbm(medium, air->frame.power_mdbm, device, links[i].gain_mdb);
        if (median_mdbm >= air->device_from_mdbm
                && !medium_device_misses(medium, air, device, median_mdbm)) {
            findings[count].receiver.index = device;
            findings[count].receiver.median_mdbm = median_mdbm;
            count++;
        }
    }
    return count;
}

/* Brings the links of those into the cache that are looked at next. */
static void prefetch_links(
        const struct detection *detection, const struct finding *soon, uint32_t count)
{
    const struct medium *medium = detection->medium;
    const struct link_table *links = &medium->links;
    if (PREFETCH_AHEAD < count) {
        uint32_t device = soon[PREFETCH_AHEAD].receiver.index;
        if (medium->listeners[device].locked == NO_FRAME) {
            prefetch_read(&links->from[device]);
        }
    }
    if (PREFETCH_REST_AHEAD < count) {
        uint32_t device = soon[PREFETCH_REST_AHEAD].receiver.index;
        if (medium->listeners[device].locked == NO_FRAME) {
            prefetch_read(&links->gains_mdb[links->from[device]]);
            prefetch_read(&links->gateways[links->from[device]]);
        }
    }
}

static void work_out(void *context, uint32_t from, uint32_t to, unsigned thread)
{
    const struct detection *detection = context;
    struct medium *medium = detection->medium;
    uint32_t first = first_link(detection, from);
    assert(from < to && first < detection->link_count);
    uint32_t count = find_hearing(detection, first, first_link(detection, to));
    medium->found[from] = (struct found){ .count = count, .next_item = to };
    for (uint32_t i = 0; i < count; i++) {
        struct finding *finding = &medium->findings[first + i];
        if (detection->rivals > 0) {
            prefetch_links(detection, finding, count - i);
        }
        uint32_t device = finding->receiver.index;
        if (searches(&medium->listeners[device], &detection->air->frame, detection->now_ns)) {
            *finding = find(medium, &medium->scratch[thread], detection->judged, detection->rivals,
                    detection->air, device, finding->receiver.median_mdbm);
        }
    }
}

/* What was worked out comes about. */
static void apply(const struct detection *detection, struct on_air *air,
        const struct finding *findings, uint32_t count)
{
    struct medium *medium = detection->medium;
    for (uint32_t i = 0; i < count; i++) {
        if (i + PREFETCH_AHEAD < count) {
            uint32_t soon = findings[i + PREFETCH_AHEAD].receiver.index;
            engine_expect(medium->engine, medium->device_entities[soon], OBSERVE_FRAME_LOST);
        }
        uint32_t device = findings[i].receiver.index;
        if (searches(&medium->listeners[device], &air->frame, detection->now_ns)) {
            lock(medium, detection->judged, air, &findings[i], detection->now_ns);
        } else {
            detect_otherwise(medium, air, device, detection->now_ns);
        }
    }
}

static void reserve_findings(struct medium *medium, uint32_t link_count, uint32_t item_count)
{
    if (link_count > medium->findings_capacity) {
        struct run_memory *memory = engine_memory(medium->engine);
        medium->findings_capacity = link_count;
        medium->findings =
                run_memory_grow(memory, medium->findings, link_count * sizeof *medium->findings);
        medium->found = run_memory_grow(memory, medium->found, item_count * sizeof *medium->found);
    }
}

/* Looks at each link on which the frame can be heard. */
static void detect_by_link(struct medium *medium, const struct judge_frame *judged, uint32_t rivals,
        struct on_air *air, const struct audible *audible, sim_ns now_ns)
{
    uint32_t from = audible->from[air->transmitter];
    struct detection detection = {
        .medium = medium,
        .air = air,
        .judged = judged,
        .rivals = rivals,
        .now_ns = now_ns,
        .links = &audible->links[from],
        .link_count = audible->from[air->transmitter + 1] - from,
    };
    if (detection.link_count == 0) {
        return;
    }
    struct engine_work work = {
        .count = (detection.link_count + LINKS_OF_ITEM - 1) / LINKS_OF_ITEM,
        .work = work_out,
        .context = &detection,
    };
    reserve_findings(medium, detection.link_count, work.count);
    engine_work_do(medium->engine, &work);
    for (uint32_t item = 0; item < work.count; item = medium->found[item].next_item) {
        apply(&detection, air, &medium->findings[first_link(&detection, item)],
                medium->found[item].count);
    }
}

/* --- all devices ------------------------------------------------------------------------------ */

/* Callbacks come after all locks: whatever they change cannot disturb the walk. */
static void tell_detected(struct medium *medium, const struct on_air *air, sim_ns now_ns)
{
    const struct medium_device_ops *ops = medium->device_ops;
    const struct receiver *items = air->devices.items;
    for (uint32_t i = 0; i < air->devices.count; i++) {
        uint32_t device = items[i].index;
        const struct listener *listener = &medium->listeners[device];
        if (!listener->silent_detect && listener->locked == air->slot) {
            ops->detected(medium->device_contexts[device], &air->frame, now_ns);
        }
    }
}

void medium_devices_detect(struct medium *medium, struct on_air *air, sim_ns now_ns)
{
    struct judge_frame judged;
    medium_judge_init(medium, &judged, RECEIVER_SX1276, &air->frame);
    uint32_t rivals = medium_find_rivals(medium, air, now_ns);
    medium_rivals_init(medium, &judged, rivals);
    /* Both ways find the same devices. */
    const struct audible *audible = medium_audible(medium, air);
    if (audible != NULL) {
        detect_by_link(medium, &judged, rivals, air, audible, now_ns);
    } else {
        detect_by_listener(medium, &judged, rivals, air, now_ns);
    }
    tell_detected(medium, air, now_ns);
}

void medium_device_late(struct medium *medium, struct on_air *air, uint32_t device, sim_ns now_ns)
{
    const struct listener *listener = &medium->listeners[device];
    if (listener->channel != air->channel->number || listener->locked == air->slot
            || listener->since_ns + air->search_ns != now_ns || listener->until_ns <= now_ns) {
        return; /* closed, or opened again, meanwhile */
    }
    int32_t median_mdbm;
    if (!medium_device_hears(medium, air, device, &median_mdbm)) {
        return;
    }
    if (listener->locked != NO_FRAME) {
        bear_lock(medium, air, device, now_ns);
        return;
    }
    if (listener->sync_word != air->frame.modulation.sync_word) {
        return;
    }
    struct judge_frame judged;
    medium_judge_init(medium, &judged, RECEIVER_SX1276, &air->frame);
    uint32_t rivals = medium_find_rivals(medium, air, now_ns);
    medium_rivals_init(medium, &judged, rivals);
    struct finding finding =
            find(medium, &medium->scratch[0], &judged, rivals, air, device, median_mdbm);
    if (lock(medium, &judged, air, &finding, now_ns) && !listener->silent_detect) {
        medium->device_ops->detected(medium->device_contexts[device], &air->frame, now_ns);
    }
}
