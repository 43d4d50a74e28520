/* Channels: what is or was lately on the air in each, and which frames are rivals.
 * SPDX-License-Identifier: MIT
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "air/medium_internal.h"

/* A synthesizer hits a channel to half a step (SX1276: 30.5 Hz), so radios meet on the nearest
 * kilohertz. */
#define CHANNEL_GRID_HZ 1000u
/* So many may come, and as many as were kept the last time, before all are looked at again. */
#define FEW_FRAMES 4u

uint64_t medium_channel_key(
        uint32_t frequency_hz, uint32_t bandwidth_hz, uint8_t spreading_factor, bool iq_inverted)
{
    assert(bandwidth_hz < (1u << 20) && spreading_factor < 16);
    uint64_t grid = (frequency_hz + CHANNEL_GRID_HZ / 2u) / CHANNEL_GRID_HZ;
    return grid << 32 | (uint64_t)bandwidth_hz << 8 | (uint64_t)spreading_factor << 1
           | (iq_inverted ? 1u : 0u);
}

/* Into the ring of those that differ in SF alone. */
static void channel_join_siblings(struct medium *medium, struct channel *channel)
{
    const uint64_t spreading_factor_bits = UINT64_C(0xf) << 1;
    channel->next_sibling = channel;
    if (!interference_across_sf(medium->params.reception.interference)) {
        return;
    }
    for (uint32_t i = 0; i < medium->channel_count; i++) {
        struct channel *other = medium->channels[i];
        if (((other->key ^ channel->key) & ~spreading_factor_bits) == 0) {
            channel->next_sibling = other->next_sibling;
            channel->heard = other->heard;
            other->next_sibling = channel;
            return;
        }
    }
}

static struct channel *channel_create(struct medium *medium, uint64_t key)
{
    assert(medium->channel_count < NO_CHANNEL);
    struct run_memory *memory = engine_memory(medium->engine);
    if (medium->channel_count == medium->channel_capacity) {
        medium->channel_capacity = medium->channel_capacity * 2 + 16;
        medium->channels = run_memory_grow(
                memory, medium->channels, medium->channel_capacity * sizeof(struct channel *));
    }
    struct channel *channel = run_memory_take_zeroed(memory, sizeof *channel);
    member_set_init(&channel->listeners, medium->device_count, memory);
    channel->key = key;
    channel->number = (uint16_t)medium->channel_count;
    channel_join_siblings(medium, channel);
    medium->channels[medium->channel_count++] = channel;
    return channel;
}

/* A band plan has some dozen channels: a walk is as good as a hash. */
struct channel *medium_channel(struct medium *medium, uint32_t frequency_hz, uint32_t bandwidth_hz,
        uint8_t spreading_factor, bool iq_inverted)
{
    uint64_t key = medium_channel_key(frequency_hz, bandwidth_hz, spreading_factor, iq_inverted);
    for (uint32_t i = 0; i < medium->channel_count; i++) {
        if (medium->channels[i]->key == key) {
            return medium->channels[i];
        }
    }
    return channel_create(medium, key);
}

/* Room for every frame that may be a rival of one on this channel. */
static void reserve_rivals(struct medium *medium, const struct channel *channel)
{
    uint32_t capacity = 0;
    const struct channel *sibling = channel;
    do {
        capacity += sibling->frame_capacity;
        sibling = sibling->next_sibling;
    } while (sibling != channel);
    if (capacity > medium->rival_capacity) {
        medium->rival_capacity = capacity;
        struct run_memory *memory = engine_memory(medium->engine);
        medium->rivals =
                run_memory_grow(memory, medium->rivals, capacity * sizeof(const struct on_air *));
        medium->heard_mdbm =
                run_memory_grow(memory, medium->heard_mdbm, capacity * sizeof *medium->heard_mdbm);
        medium->next_rival =
                run_memory_grow(memory, medium->next_rival, capacity * sizeof *medium->next_rival);
        medium->marked_gateways = run_memory_grow(
                memory, medium->marked_gateways, capacity * sizeof *medium->marked_gateways);
        medium->unlinked_rivals = run_memory_grow(
                memory, medium->unlinked_rivals, capacity * sizeof *medium->unlinked_rivals);
    }
}

void medium_channel_add(struct medium *medium, struct on_air *air)
{
    struct channel *channel = air->channel;
    if (channel->frame_count == channel->frame_capacity) {
        channel->frame_capacity = channel->frame_capacity * 2 + 8;
        channel->frames = run_memory_grow(engine_memory(medium->engine), channel->frames,
                channel->frame_capacity * sizeof *channel->frames);
        reserve_rivals(medium, channel);
    }
    sim_ns preamble_ns = air->frame.preamble_end_ns - air->frame.start_ns;
    if (preamble_ns > channel->longest_preamble_ns) {
        channel->longest_preamble_ns = preamble_ns;
    }
    assert(channel->frame_count == 0
            || channel->frames[channel->frame_count - 1].start_ns <= air->frame.start_ns);
    channel->frames[channel->frame_count++] =
            (struct kept_frame){ air, air->frame.start_ns, air->frame.end_ns };
    air->kept = true;
}

/* Start of the first that may not have ended yet. */
static sim_ns oldest_on_air_ns(const struct channel *channel, sim_ns now_ns)
{
    sim_ns oldest_ns = SIM_NS_NEVER;
    const struct channel *sibling = channel;
    do {
        uint32_t first = 0;
        while (first < sibling->frame_count && sibling->frames[first].end_ns < now_ns) {
            first++;
        }
        if (first < sibling->frame_count && sibling->frames[first].start_ns < oldest_ns) {
            oldest_ns = sibling->frames[first].start_ns;
        }
        sibling = sibling->next_sibling;
    } while (sibling != channel);
    return oldest_ns;
}

/* Those that ended by `from_ns`, which none that is on the air began before. */
static void forget_ended(struct channel *channel, sim_ns from_ns)
{
    struct kept_frame *frames = channel->frames;
    uint32_t kept = 0, i = 0;
    for (; i < channel->frame_count && frames[i].start_ns < from_ns; i++) {
        if (frames[i].end_ns > from_ns) {
            frames[kept++] = frames[i];
        } else {
            frames[i].air->kept = false;
        }
    }
    if (kept < i) { /* all others started later, and end later */
        memmove(&frames[kept], &frames[i], (channel->frame_count - i) * sizeof *frames);
        channel->frame_count -= i - kept;
    }
    channel->forget_from = 2 * channel->frame_count + FEW_FRAMES;
}

/* An ended frame matters while one that is still on the air began before its end. */
void medium_channel_forget(struct channel *channel, sim_ns until_ns, sim_ns now_ns)
{
    sim_ns oldest_ns = oldest_on_air_ns(channel, now_ns);
    sim_ns from_ns = oldest_ns < until_ns ? oldest_ns : until_ns;
    struct channel *sibling = channel;
    do {
        forget_ended(sibling, from_ns);
        sibling = sibling->next_sibling;
    } while (sibling != channel);
}

void medium_channel_tidy(struct channel *channel, sim_ns now_ns)
{
    if (channel->frame_count >= channel->forget_from) {
        medium_channel_forget(channel, SIM_NS_NEVER, now_ns);
    }
}

/* Do the two come as one signal? What they share with the channel is not compared. */
static bool is_equal_copy(const struct frame *frame, const struct frame *other)
{
    const struct lora_modulation *a = &frame->modulation, *b = &other->modulation;
    sim_ns apart_ns = llabs(frame->start_ns - other->start_ns);
    return !other->aborted && apart_ns <= lora_quarter_symbols_ns(a, 1)
           && frame->size == other->size && a->spreading_factor == b->spreading_factor
           && a->coding_rate == b->coding_rate && a->preamble_symbols == b->preamble_symbols
           && a->sync_word == b->sync_word
           && lora_is_decodable(a, b->low_data_rate, b->implicit_header)
           && a->payload_crc == b->payload_crc
           && memcmp(frame->bytes, other->bytes, frame->size) == 0;
}

/* Moves equal copies to the end of the rivals. Returns the number of the others. */
static uint32_t set_copies_apart(struct medium *medium, const struct on_air *air, uint32_t count)
{
    uint32_t rivals = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct on_air *other = medium->rivals[i];
        if (!is_equal_copy(&air->frame, &other->frame)) {
            medium->rivals[i] = medium->rivals[rivals];
            medium->rivals[rivals++] = other;
        }
    }
    medium->copy_count = count - rivals;
    return rivals;
}

uint32_t medium_find_rivals(struct medium *medium, const struct on_air *air, sim_ns from_ns)
{
    medium->copy_count = 0;
    if (medium->params.reception.interference == INTERFERENCE_NONE) {
        return 0;
    }
    const struct channel *channel = air->channel;
    uint32_t count = 0;
    do {
        for (uint32_t i = 0; i < channel->frame_count; i++) {
            const struct kept_frame *other = &channel->frames[i];
            if (other->end_ns > from_ns && other->start_ns < air->frame.end_ns && other->air != air
                    && other->air->silent_ns > from_ns) {
                medium->rivals[count++] = other->air;
            }
        }
        channel = channel->next_sibling;
    } while (channel != air->channel);
    bool combine = medium->params.reception.equal_copies == EQUAL_COPIES_COMBINE;
    return combine ? set_copies_apart(medium, air, count) : count;
}

void medium_channels_finish(struct medium *medium)
{
    for (uint32_t i = 0; i < medium->channel_count; i++) {
        member_set_finish(&medium->channels[i]->listeners);
        free(medium->channels[i]->frames);
        free(medium->channels[i]);
    }
    free(medium->channels);
    free(medium->next_rival);
    free(medium->marked_gateways);
    free(medium->unlinked_rivals);
    free(medium->rival_of_gateway);
    free(medium->heard_mdbm);
    free(medium->rivals);
}
