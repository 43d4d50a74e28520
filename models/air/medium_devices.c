/* Which end-devices listen, lock on and receive: frames of gateways and of other devices.
 * SPDX-License-Identifier: MIT
 */
#include <assert.h>
#include <math.h>

#include "air/medium_arrival.h"
#include "prefetch.h"

void medium_observe_lost(struct medium *medium, const struct frame *frame, uint32_t device,
        enum loss_cause cause, int32_t snr_mdb, sim_ns at_ns)
{
    engine_observe(medium->engine, at_ns, medium->device_entities[device], OBSERVE_FRAME_LOST,
            (int64_t)frame->id, cause, snr_mdb, frame);
}

static void leave_channel(struct medium *medium, uint32_t device)
{
    struct listener *listener = &medium->listeners[device];
    if (listener->channel != NO_CHANNEL) {
        struct channel *channel = medium->channels[listener->channel];
        member_set_remove(&channel->listeners, device);
        channel->listener_count--;
        listener->channel = NO_CHANNEL;
    }
}

/* --- detection -------------------------------------------------------------------------------- */

/* What equal copies add to the power of a frame. assumed: powers add up, phases do not matter. */
static int32_t copies_mdb(
        const struct medium *medium, uint32_t rivals, uint32_t device, int32_t power_mdbm)
{
    double ratio = 0; /* all copies over the frame */
    for (uint32_t i = rivals; i < rivals + medium->copy_count; i++) {
        const struct on_air *copy = medium->rivals[i];
        int32_t copy_mdbm = medium_at_device_mdbm(medium, copy, device)
                            + medium_device_fading_mdb(medium, copy, device);
        ratio += pow(10, (copy_mdbm - power_mdbm) / 10000.0);
    }
    return (int32_t)lround(10000 * log10(1 + ratio));
}

/* Why the receiver does not find the preamble, other frames set aside. */
static enum loss_cause cause_of_missing(struct medium *medium, const struct judge_frame *judged,
        const struct on_air *air, uint32_t device, int32_t median_mdbm, int32_t fading_mdb)
{
    if (median_mdbm + fading_mdb >= judged->detect_mdbm && medium->detected_by_power) {
        return LOSS_NONE;
    }
    struct judge_link link =
            medium_device_link(medium, &medium->scratch[0], air, device, median_mdbm, fading_mdb);
    return judge_detects(judged, &link) ? LOSS_NONE : judge_link_reception(judged, &link).cause;
}

/* False: the frame is too weak there, and its loss is not told. */
static bool hears(const struct medium *medium, const struct on_air *air, uint32_t device,
        int32_t *median_mdbm)
{
    if (medium_goes_by_links(medium, air)) {
        const int32_t *gain_mdb = medium_link(medium, air->transmitter, device);
        if (gain_mdb == NULL) {
            return false;
        }
        *median_mdbm = medium_through_link_mdbm(medium, air->frame.power_mdbm, device, *gain_mdb);
    } else {
        *median_mdbm = medium_at_device_mdbm(medium, air, device);
    }
    return *median_mdbm >= air->device_from_mdbm
           && !medium_device_misses(medium, air, device, *median_mdbm);
}

/* A listening device has heard enough symbols by `now_ns`. True: it locks on the frame. */
static bool lock_device(struct medium *medium, const struct judge_frame *judged, uint32_t rivals,
        struct on_air *air, uint32_t device, int32_t median_mdbm, sim_ns now_ns)
{
    const struct frame *frame = &air->frame;
    struct listener *listener = &medium->listeners[device];
    int32_t alone_mdbm = median_mdbm;
    if (listener->sync_word != frame->modulation.sync_word) {
        return false; /* nothing that this receiver could take for a frame of its own */
    }
    if (listener->locked != NO_FRAME) {
        const struct frame *other = &medium->slots[listener->locked]->frame;
        if (other->end_ns <= air->lock_by_ns) {
            medium_schedule_late(medium, air, device, other->end_ns);
        } else {
            medium_observe_lost(medium, frame, device, LOSS_RECEIVER_LOCKED_ELSEWHERE, 0, now_ns);
        }
        return false;
    }
    int32_t fading_mdb = medium_device_fading_mdb(medium, air, device);
    if (medium->copy_count > 0) {
        median_mdbm += copies_mdb(medium, rivals, device, median_mdbm + fading_mdb);
    }
    int32_t power_mdbm = median_mdbm + fading_mdb;
    enum loss_cause cause = cause_of_missing(medium, judged, air, device, median_mdbm, fading_mdb);
    if (cause == LOSS_NONE && rivals > 0
            && medium_stronger_rival(medium, judged, device, power_mdbm)) {
        cause = LOSS_PREAMBLE_MISSED;
    } else if (cause == LOSS_NONE && listener->until_ns < frame->end_ns) {
        cause = LOSS_RADIO_BUSY; /* its local time is ahead: it has closed already */
    }
    if (cause != LOSS_NONE) {
        medium_observe_lost(medium, frame, device, cause, power_mdbm - judged->noise_mdbm, now_ns);
        return false;
    }
    listener->locked = air->slot;
    medium_add_receiver(medium, &air->devices, (struct receiver){ device, alone_mdbm, fading_mdb });
    return true;
}

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

/* A listener that has been on the channel, at least until lately, and hears the frame. */
static void detect(struct medium *medium, const struct judge_frame *judged, uint32_t rivals,
        struct on_air *air, uint32_t device, int32_t median_mdbm, sim_ns now_ns)
{
    const struct listener *listener = &medium->listeners[device];
    if (listener->until_ns <= now_ns) {
        leave_channel(medium, device);
    } else if (listener->since_ns <= air->frame.start_ns) {
        lock_device(medium, judged, rivals, air, device, median_mdbm, now_ns);
    } else if (listener->since_ns <= air->lock_by_ns) {
        medium_schedule_late(medium, air, device, listener->since_ns);
    } else {
        medium_observe_lost(medium, &air->frame, device, LOSS_PREAMBLE_MISSED, 0, now_ns);
    }
}

/* Looks at each listener of the channel. */
static void detect_by_listener(struct medium *medium, const struct judge_frame *judged,
        uint32_t rivals, struct on_air *air, sim_ns now_ns)
{
    const struct member_set *listeners = &air->channel->listeners;
    for (uint32_t device = member_set_next(listeners, 0); device != MEMBER_NONE;
            device = member_set_next(listeners, device + 1)) {
        int32_t median_mdbm;
        if (hears(medium, air, device, &median_mdbm)) {
            detect(medium, judged, rivals, air, device, median_mdbm, now_ns);
        }
    }
}

/* Those devices on the channel that hear the frame, into medium->candidates. Returns how many. */
static uint32_t find_candidates(
        struct medium *medium, const struct on_air *air, const struct audible *audible)
{
    const struct audible_link *links = &audible->links[audible->from[air->transmitter]];
    uint32_t link_count = audible->from[air->transmitter + 1] - audible->from[air->transmitter];
    uint32_t count = 0;
    if (link_count > medium->candidate_capacity) {
        medium->candidate_capacity = link_count;
        medium->candidates = run_memory_grow(engine_memory(medium->engine), medium->candidates,
                link_count * sizeof *medium->candidates);
    }
    for (uint32_t i = 0; i < link_count; i++) {
        if (i + PREFETCH_LISTENERS_AHEAD < link_count) {
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
            medium->candidates[count++] = (struct candidate){ device, median_mdbm };
        }
    }
    return count;
}

/* Brings what the next candidates touch into the cache. One that has locked on another frame hears
 * that it lost this one, and no link of it is looked at. */
static void prefetch_candidates(
        const struct medium *medium, const struct candidate *soon, uint32_t count, bool rivals)
{
    const struct link_table *links = &medium->links;
    if (PREFETCH_AHEAD < count) {
        uint32_t device = soon[PREFETCH_AHEAD].device;
        engine_expect(medium->engine, medium->device_entities[device], OBSERVE_FRAME_LOST);
        if (rivals && medium->listeners[device].locked == NO_FRAME) {
            prefetch_read(&links->from[device]);
        }
    }
    if (PREFETCH_REST_AHEAD < count) {
        uint32_t device = soon[PREFETCH_REST_AHEAD].device;
        if (rivals && medium->listeners[device].locked == NO_FRAME) {
            prefetch_read(&links->gains_mdb[links->from[device]]);
            prefetch_read(&links->gateways[links->from[device]]);
        }
    }
}

/* Looks at each link on which the frame can be heard: at all of them first, so that what the second
 * walk looks at can be brought into the cache ahead. */
static void detect_by_link(struct medium *medium, const struct judge_frame *judged, uint32_t rivals,
        struct on_air *air, const struct audible *audible, sim_ns now_ns)
{
    uint32_t count = find_candidates(medium, air, audible);
    const struct candidate *candidates = medium->candidates;
    for (uint32_t i = 0; i < count; i++) {
        prefetch_candidates(medium, &candidates[i], count - i, rivals > 0);
        detect(medium, judged, rivals, air, candidates[i].device, candidates[i].median_mdbm,
                now_ns);
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
    struct judge_frame judged;
    medium_judge_init(medium, &judged, RECEIVER_SX1276, &air->frame);
    uint32_t rivals = medium_find_rivals(medium, air, now_ns);
    medium_rivals_init(medium, &judged, rivals);
    int32_t median_mdbm;
    if (hears(medium, air, device, &median_mdbm)
            && lock_device(medium, &judged, rivals, air, device, median_mdbm, now_ns)
            && !listener->silent_detect) {
        medium->device_ops->detected(medium->device_contexts[device], &air->frame, now_ns);
    }
}

/* --- end -------------------------------------------------------------------------------------- */

struct verdict medium_judge_device(const struct medium *medium, struct judge_scratch *scratch,
        const struct judge_frame *judged, uint32_t rivals, const struct on_air *air,
        const struct receiver *receiver)
{
    const struct frame *frame = &air->frame;
    uint32_t device = receiver->index;
    int32_t median_mdbm = receiver->median_mdbm;
    if (medium->copy_count > 0) {
        median_mdbm += copies_mdb(medium, rivals, device, median_mdbm + receiver->fading_mdb);
    }
    struct judge_link link =
            medium_device_link(medium, scratch, air, device, median_mdbm, receiver->fading_mdb);
    if (frame->downlink) {
        medium_link_fades(medium, scratch, frame, device, air->transmitter, &link);
    }
    link.overlap_count = medium_overlaps_at(
            medium, scratch, judged, RECEIVER_SX1276, device, median_mdbm + receiver->fading_mdb);
    link.overlaps = scratch->overlaps;
    struct verdict verdict = judge_link_reception(judged, &link);
    const struct listener *listener = &medium->listeners[device];
    if (!lora_is_decodable(
                &frame->modulation, listener->low_data_rate, listener->implicit_header)) {
        medium_mismatch(&verdict);
    }
    return verdict;
}

/* --- in between ------------------------------------------------------------------------------- */

/* False: the header of the frame that the device has locked on has not ended. What is on the air by
 * its end decides whether it is read, so this agrees with the verdict at the frame's end: whatever
 * comes later harms the payload. */
static bool judge_header(
        struct medium *medium, const struct on_air *air, uint32_t device, struct verdict *verdict)
{
    const struct frame *frame = &air->frame;
    if (frame->header_ns > engine_now(medium->engine)) {
        return false;
    }
    struct judge_frame judged;
    medium_judge_init(medium, &judged, RECEIVER_SX1276, frame);
    uint32_t rivals = medium_find_rivals(medium, air, judged.interference.from_ns);
    medium_rivals_init(medium, &judged, rivals);
    struct receiver receiver = { device, medium_at_device_mdbm(medium, air, device),
        medium_device_fading_mdb(medium, air, device) };
    *verdict = medium_judge_device(medium, &medium->scratch[0], &judged, rivals, air, &receiver);
    if (frame->header_ns > air->silent_ns) {
        verdict->cause = LOSS_POWERED_DOWN;
        verdict->header_ok = false;
    }
    return true;
}

struct medium_reception medium_reception(struct medium *medium, uint32_t device)
{
    assert(device < medium->device_count);
    struct medium_reception reception = { 0 };
    uint32_t slot = medium->listeners[device].locked;
    if (slot == NO_FRAME) {
        return reception;
    }
    const struct on_air *air = medium->slots[slot];
    struct verdict verdict;
    reception.frame = &air->frame;
    reception.header_ok = judge_header(medium, air, device, &verdict) && verdict.header_ok;
    return reception;
}

/* --- listening -------------------------------------------------------------------------------- */

/* The receiver closes at `at_ns`: what ends later is lost, unless its header was already. */
static void break_lock(struct medium *medium, uint32_t device, sim_ns at_ns)
{
    struct listener *listener = &medium->listeners[device];
    if (listener->locked == NO_FRAME) {
        return;
    }
    const struct on_air *air = medium->slots[listener->locked];
    if (air->frame.end_ns <= at_ns) {
        return;
    }
    struct verdict verdict;
    if (!judge_header(medium, air, device, &verdict) || verdict.header_ok) {
        verdict = (struct verdict){ .cause = LOSS_RADIO_BUSY };
    }
    listener->locked = NO_FRAME;
    medium_observe_lost(medium, &air->frame, device, verdict.cause, verdict.snr_mdb, at_ns);
}

/* Frames whose detect event has passed know nothing of later listeners. Those that are still to be
 * detected find this listener by themselves. */
static void look_for_late_frames(
        struct medium *medium, uint32_t device, const struct channel *channel, sim_ns at_ns)
{
    for (uint32_t i = 0; i < channel->frame_count; i++) {
        const struct on_air *air = channel->frames[i];
        int32_t median_mdbm;
        if (air->ended || !air->detect_done || at_ns >= air->frame.preamble_end_ns
                || !hears(medium, air, device, &median_mdbm)) {
            continue;
        }
        if (at_ns <= air->lock_by_ns) {
            medium_schedule_late(medium, air, device, at_ns);
        } else {
            medium_observe_lost(medium, &air->frame, device, LOSS_PREAMBLE_MISSED, 0, at_ns);
        }
    }
}

void medium_listen(struct medium *medium, uint32_t device, sim_ns at_ns,
        const struct medium_listening *listening)
{
    assert(device < medium->device_count);
    assert(at_ns >= engine_now(medium->engine));
    struct listener *listener = &medium->listeners[device];
    break_lock(medium, device, at_ns);
    struct channel *channel = medium_channel(medium, listening->frequency_hz,
            listening->bandwidth_hz, listening->spreading_factor, listening->iq_inverted);
    if (listener->channel != channel->number) {
        leave_channel(medium, device);
        member_set_add(&channel->listeners, device);
        channel->listener_count++;
        listener->channel = channel->number;
    }
    listener->since_ns = at_ns;
    listener->until_ns = SIM_NS_NEVER;
    listener->sync_word = listening->sync_word;
    listener->silent_detect = listening->silent_detect;
    listener->low_data_rate = listening->low_data_rate;
    listener->implicit_header = listening->implicit_header;
    look_for_late_frames(medium, device, channel, at_ns);
}

void medium_unlisten(struct medium *medium, uint32_t device, sim_ns at_ns)
{
    assert(device < medium->device_count);
    sim_ns now_ns = engine_now(medium->engine);
    assert(at_ns >= now_ns);
    break_lock(medium, device, at_ns);
    if (at_ns == now_ns) {
        leave_channel(medium, device);
    } else {
        medium->listeners[device].until_ns = at_ns;
    }
}

void medium_tell_detection(struct medium *medium, uint32_t device)
{
    assert(device < medium->device_count);
    medium->listeners[device].silent_detect = false;
}
