/* Which end-devices listen, lock on and receive: frames of gateways and of other devices.
 * SPDX-License-Identifier: MIT
 */
#include <assert.h>
#include <math.h>

#include "air/medium_arrival.h"

void medium_observe_lost(struct medium *medium, const struct frame *frame, uint32_t device,
        enum loss_cause cause, int32_t snr_mdb, sim_ns at_ns)
{
    engine_observe(medium->engine, at_ns, medium->device_entities[device], OBSERVE_FRAME_LOST,
            (int64_t)frame->id, cause, snr_mdb, frame);
}

void medium_leave_channel(struct medium *medium, uint32_t device)
{
    struct listener *listener = &medium->listeners[device];
    if (listener->channel != NO_CHANNEL) {
        struct channel *channel = medium->channels[listener->channel];
        member_set_remove(&channel->listeners, device);
        channel->listener_count--;
        listener->channel = NO_CHANNEL;
    }
}

/* assumed: powers add up, phases do not matter. */
int32_t medium_copies_mdb(
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

bool medium_device_hears(const struct medium *medium, const struct on_air *air, uint32_t device,
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

/* --- end -------------------------------------------------------------------------------------- */

struct verdict medium_judge_device(const struct medium *medium, struct judge_scratch *scratch,
        const struct judge_frame *judged, uint32_t rivals, const struct on_air *air,
        const struct receiver *receiver)
{
    const struct frame *frame = &air->frame;
    uint32_t device = receiver->index;
    int32_t median_mdbm = receiver->median_mdbm;
    if (medium->copy_count > 0) {
        median_mdbm +=
                medium_copies_mdb(medium, rivals, device, median_mdbm + receiver->fading_mdb);
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

/* The first of the frames whose preamble may last beyond this. */
static uint32_t first_late_frame(const struct channel *channel, sim_ns at_ns)
{
    uint32_t first = channel->frame_count;
    while (first > 0
            && channel->frames[first - 1].start_ns + channel->longest_preamble_ns > at_ns) {
        first--;
    }
    return first;
}

/* Frames whose detect event has passed know nothing of later listeners. Those that are still to be
 * detected find this listener by themselves. */
static void look_for_late_frames(
        struct medium *medium, uint32_t device, const struct channel *channel, sim_ns at_ns)
{
    for (uint32_t i = first_late_frame(channel, at_ns); i < channel->frame_count; i++) {
        const struct on_air *air = channel->frames[i].air;
        int32_t median_mdbm;
        if (air->ended || !air->detect_done || at_ns >= air->frame.preamble_end_ns
                || !medium_device_hears(medium, air, device, &median_mdbm)) {
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
        medium_leave_channel(medium, device);
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
        medium_leave_channel(medium, device);
    } else {
        medium->listeners[device].until_ns = at_ns;
    }
}

void medium_tell_detection(struct medium *medium, uint32_t device)
{
    assert(device < medium->device_count);
    medium->listeners[device].silent_detect = false;
}
