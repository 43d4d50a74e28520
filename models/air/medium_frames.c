/* Frames on the air: their slots and their events.
 * SPDX-License-Identifier: MIT
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "air/medium_internal.h"
#include "prefetch.h"

/* --- slots ------------------------------------------------------------------------------------ */

static void slots_grow(struct medium *medium)
{
    uint32_t capacity = medium->slot_capacity * 2 + 16;
    struct run_memory *memory = engine_memory(medium->engine);
    uint32_t *ended = run_memory_grow(memory, NULL, capacity * sizeof *ended);
    medium->slots = run_memory_grow(memory, medium->slots, capacity * sizeof(struct on_air *));
    medium->free_slots =
            run_memory_grow(memory, medium->free_slots, capacity * sizeof *medium->free_slots);
    for (uint32_t i = 0; i < medium->ended_count; i++) {
        ended[i] = medium->ended_slots[(medium->ended_head + i) % medium->slot_capacity];
    }
    free(medium->ended_slots);
    medium->ended_slots = ended;
    medium->ended_head = 0;
    medium->slot_capacity = capacity;
}

/* Ended frames are kept for one longest frame time, then their slots serve again. */
static void slots_reclaim(struct medium *medium)
{
    sim_ns now_ns = engine_now(medium->engine);
    while (medium->ended_count > 0) {
        uint32_t slot = medium->ended_slots[medium->ended_head];
        struct on_air *air = medium->slots[slot];
        if (air->frame.end_ns + medium->longest_ns >= now_ns) {
            break;
        }
        if (air->kept) { /* a frame that is ending now may still look for its rivals */
            medium_channel_forget(air->channel, now_ns - medium->longest_ns, now_ns);
        }
        assert(!air->kept);
        medium->ended_head = (medium->ended_head + 1) % medium->slot_capacity;
        medium->ended_count--;
        medium->free_slots[medium->free_count++] = slot;
    }
}

static struct on_air *slot_take(struct medium *medium)
{
    slots_reclaim(medium);
    if (medium->free_count > 0) {
        return medium->slots[medium->free_slots[--medium->free_count]];
    }
    if (medium->slot_count == medium->slot_capacity) {
        slots_grow(medium);
    }
    struct on_air *air = run_memory_take_zeroed(engine_memory(medium->engine), sizeof *air);
    air->slot = medium->slot_count;
    medium->slots[medium->slot_count++] = air;
    return air;
}

void medium_add_receiver(
        struct medium *medium, struct receiver_list *list, struct receiver receiver)
{
    if (list->capacity == 0 && medium->spare_count > 0) {
        *list = medium->spare[--medium->spare_count];
    }
    if (list->count == list->capacity) {
        list->capacity = list->capacity * 2 + 16;
        list->items = run_memory_grow(
                engine_memory(medium->engine), list->items, list->capacity * sizeof *list->items);
    }
    /* Late ones come out of turn; they are served in order all the same. */
    uint32_t position = list->count++;
    while (position > 0 && list->items[position - 1].index > receiver.index) {
        list->items[position] = list->items[position - 1];
        position--;
    }
    list->items[position] = receiver;
}

static void receivers_release(struct medium *medium, struct receiver_list *list)
{
    list->count = 0;
    if (list->capacity > 0) {
        if (medium->spare_count < sizeof medium->spare / sizeof medium->spare[0]) {
            medium->spare[medium->spare_count++] = *list;
        } else {
            free(list->items);
        }
    }
    *list = (struct receiver_list){ 0 };
}

void medium_frames_finish(struct medium *medium)
{
    for (uint32_t i = 0; i < medium->slot_count; i++) {
        free(medium->slots[i]->devices.items);
        free(medium->slots[i]->gateways.items);
        free(medium->slots[i]);
    }
    for (uint32_t i = 0; i < medium->spare_count; i++) {
        free(medium->spare[i].items);
    }
    free(medium->slots);
    free(medium->free_slots);
    free(medium->ended_slots);
}

/* --- transmissions ---------------------------------------------------------------------------- */

static void frame_times(struct frame *frame, const struct lora_modulation *m)
{
    uint64_t preamble_quarters = 4u * (uint64_t)m->preamble_symbols + LORA_SYNC_QUARTERS;
    sim_ns start_ns = frame->start_ns;
    frame->detect_ns = start_ns + lora_quarter_symbols_ns(m, 4 * LORA_LOCK_SYMBOLS);
    frame->preamble_end_ns = start_ns + lora_quarter_symbols_ns(m, preamble_quarters);
    frame->header_ns = start_ns + lora_quarter_symbols_ns(m, preamble_quarters + 4 * 8);
    frame->end_ns = start_ns + lora_time_on_air_ns(m, frame->size);
}

static const struct frame *transmit(struct medium *medium, uint64_t id, bool downlink,
        uint32_t transmitter, struct radio_clock clock, sim_ns at_ns,
        const struct lora_modulation *m, int32_t power_mdbm, const uint8_t *bytes, uint16_t size)
{
    assert(at_ns >= engine_now(medium->engine));
    assert(size <= LORA_FRAME_SIZE_MAX);
    struct on_air *air = slot_take(medium);
    struct frame *frame = &air->frame;
    frame->id = id;
    frame->sender = (entity_id)(id >> 32);
    frame->downlink = downlink;
    frame->aborted = false;
    frame->size = size;
    frame->power_mdbm = power_mdbm;
    frame->clock_error_ppb = clock.error_ppb;
    frame->clock_drift_ppb_per_s = clock.drift_ppb_per_s;
    frame->modulation = *m;
    frame->start_ns = at_ns;
    frame_times(frame, m);
    memcpy(frame->bytes, bytes, size);

    air->transmitter = transmitter;
    air->channel = medium_channel(
            medium, m->frequency_hz, m->bandwidth_hz, m->spreading_factor, m->iq_inverted);
    air->search_ns = frame->detect_ns - at_ns;
    uint64_t spare_symbols =
            m->preamble_symbols > LORA_LOCK_SYMBOLS ? m->preamble_symbols - LORA_LOCK_SYMBOLS : 0;
    air->lock_by_ns = at_ns + lora_quarter_symbols_ns(m, 4 * spare_symbols);
    air->silent_ns = frame->end_ns;
    air->device_detect_mdbm = judge_detect_mdbm(medium->tables, RECEIVER_SX1276, m);
    air->gateway_detect_mdbm = judge_detect_mdbm(medium->tables, RECEIVER_SX1301, m);
    air->device_from_mdbm =
            medium_heard_from_mdbm(medium, RECEIVER_SX1276, air->device_detect_mdbm);
    air->gateway_from_mdbm =
            medium_heard_from_mdbm(medium, RECEIVER_SX1301, air->gateway_detect_mdbm);
    air->started = air->detect_done = air->ended = false;
    if (frame->end_ns - at_ns > medium->longest_ns) {
        medium->longest_ns = frame->end_ns - at_ns;
    }

    struct engine *engine = medium->engine;
    if (at_ns == engine_now(engine)) {
        medium_on_start(medium, at_ns, frame->sender, air->slot);
    } else {
        engine_schedule(engine, at_ns, SIM_PHASE_AIR_START, frame->sender, medium->start_handler,
                air->slot);
    }
    engine_schedule(engine, frame->detect_ns, SIM_PHASE_AIR_DETECT, frame->sender,
            medium->detect_handler, air->slot);
    engine_schedule(engine, frame->end_ns, SIM_PHASE_AIR_END, frame->sender, medium->end_handler,
            air->slot);
    return frame;
}

const struct frame *medium_transmit_device(struct medium *medium, uint32_t device, sim_ns at_ns,
        const struct lora_modulation *modulation, int32_t power_mdbm, const uint8_t *bytes,
        uint16_t size)
{
    assert(device < medium->device_count);
    /* What the frame's gateways and the receive windows after it will need. */
    prefetch_write(&medium->listeners[device]);
    prefetch_read(&medium->device_contexts[device]);
    prefetch_read(&medium->links.from[device]);
    uint64_t id = (uint64_t)medium->device_entities[device] << 32 | medium->device_sent[device]++;
    struct radio_clock clock = { 0 };
    if (medium->device_clocks != NULL) {
        clock = medium->device_clocks[device];
    }
    return transmit(medium, id, false, device, clock, at_ns, modulation, power_mdbm, bytes, size);
}

const struct frame *medium_transmit_gateway(struct medium *medium, uint32_t gateway, sim_ns at_ns,
        const struct lora_modulation *modulation, int32_t power_mdbm, const uint8_t *bytes,
        uint16_t size)
{
    assert(gateway < medium->gateway_count);
    uint64_t id =
            (uint64_t)medium->gateways[gateway].entity << 32 | medium->gateway_sent[gateway]++;
    return transmit(medium, id, true, gateway, medium->gateways[gateway].clock, at_ns, modulation,
            power_mdbm, bytes, size);
}

void medium_abort(struct medium *medium, const struct frame *frame, sim_ns at_ns)
{
    struct on_air *air = (struct on_air *)(uintptr_t)frame;
    assert(at_ns >= engine_now(medium->engine));
    if (air->ended || frame->aborted || at_ns >= frame->end_ns) {
        return;
    }
    air->frame.aborted = true;
    air->silent_ns = at_ns;
    if (frame->downlink && air->started) {
        medium->gateways[air->transmitter].tx_end_ns = at_ns;
    }
}

/* --- events ----------------------------------------------------------------------------------- */

/* Polarity separates uplinks from downlinks: gateways detect the former only, a device those of the
 * polarity that it listens to. */
static bool reaches_gateways(const struct frame *frame)
{
    return !frame->downlink && !frame->modulation.iq_inverted;
}

void medium_on_start(void *context, sim_ns now_ns, entity_id entity, uint64_t argument)
{
    struct medium *medium = context;
    struct on_air *air = medium->slots[argument];
    const struct frame *frame = &air->frame;
    if (frame->aborted && air->silent_ns <= now_ns) {
        return; /* left TX before the first symbol */
    }
    air->started = true;
    medium_channel_add(medium, air);
    if (!frame->downlink) {
        medium_heard_add(medium, air);
    } else {
        struct gateway_state *gateway = &medium->gateways[air->transmitter];
        gateway->tx_start_ns = frame->start_ns;
        gateway->tx_end_ns = air->silent_ns;
    }
    engine_observe(medium->engine, now_ns, entity, OBSERVE_FRAME_STARTED, (int64_t)frame->id,
            (int64_t)((uint64_t)frame->size << 32 | frame->modulation.frequency_hz),
            frame->power_mdbm, frame);
    if (reaches_gateways(frame) && medium_gateway_search_ns(medium, air) == 0) {
        medium_gateways_detect(medium, air, now_ns);
    }
}

void medium_on_detect(void *context, sim_ns now_ns, entity_id entity, uint64_t argument)
{
    struct medium *medium = context;
    struct on_air *air = medium->slots[argument];
    if (!air->started || air->silent_ns <= now_ns) {
        return;
    }
    air->detect_done = true;
    if (reaches_gateways(&air->frame) && medium_gateway_search_ns(medium, air) > 0) {
        medium_gateways_detect(medium, air, now_ns);
    }
    if (air->channel->listener_count > 0) {
        medium_devices_detect(medium, air, now_ns);
    }
    medium_ears_detect(medium, air, now_ns);
}

void medium_on_end(void *context, sim_ns now_ns, entity_id entity, uint64_t argument)
{
    struct medium *medium = context;
    struct on_air *air = medium->slots[argument];
    if (air->started) {
        air->ended = true;
        if (air->gateways.count > 0) {
            medium_gateways_end(medium, air, now_ns);
        }
        if (air->devices.count > 0) {
            medium_devices_end(medium, air, now_ns);
        }
        receivers_release(medium, &air->gateways);
        receivers_release(medium, &air->devices);
        medium_channel_tidy(air->channel, now_ns);
        engine_observe(medium->engine, now_ns, entity, OBSERVE_FRAME_ENDED, (int64_t)air->frame.id,
                0, 0, &air->frame);
        medium_ears_end(medium, air, now_ns);
    }
    air->ended = true;
    uint32_t tail = (medium->ended_head + medium->ended_count++) % medium->slot_capacity;
    medium->ended_slots[tail] = air->slot;
}

void medium_schedule_late(
        struct medium *medium, const struct on_air *air, uint32_t receiver, sim_ns since_ns)
{
    bool gateway = (receiver & LATE_GATEWAY) != 0;
    uint32_t index = receiver & ~LATE_GATEWAY;
    entity_id entity = gateway ? medium->gateways[index].entity : medium->device_entities[index];
    sim_ns search_ns = gateway ? medium_gateway_search_ns(medium, air) : air->search_ns;
    engine_schedule(medium->engine, since_ns + search_ns, SIM_PHASE_AIR_DETECT, entity,
            medium->late_handler, (uint64_t)air->slot << 32 | receiver);
}

void medium_on_late(void *context, sim_ns now_ns, entity_id entity, uint64_t argument)
{
    struct medium *medium = context;
    struct on_air *air = medium->slots[argument >> 32];
    uint32_t receiver = (uint32_t)argument;
    if (air->ended || air->silent_ns <= now_ns) {
        return;
    }
    if ((receiver & LATE_GATEWAY) != 0) {
        medium_gateway_late(medium, air, receiver & ~LATE_GATEWAY, now_ns);
    } else {
        medium_device_late(medium, air, receiver, now_ns);
    }
}
