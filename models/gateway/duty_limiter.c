/* Duty cycle by prefix sums over the frames of a sub-band.
 * SPDX-License-Identifier: MIT
 */
#include "gateway/duty_limiter.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "run_memory.h"

void duty_limiter_init(
        struct duty_limiter *limiter, double duty_cycle, double window_s, struct run_memory *memory)
{
    assert(duty_cycle > 0 && duty_cycle <= 1 && window_s > 0);
    *limiter = (struct duty_limiter){ .duty_cycle = duty_cycle, .memory = memory };
    limiter->window_ns = (sim_ns)llround(window_s * 1e9);
    limiter->budget_ns = (sim_ns)llround(window_s * duty_cycle * 1e9);
}

void duty_limiter_init_pauses(
        struct duty_limiter *limiter, double duty_cycle, bool from_start, struct run_memory *memory)
{
    assert(duty_cycle > 0 && duty_cycle <= 1);
    *limiter = (struct duty_limiter){
        .duty_cycle = duty_cycle,
        .pauses_from_start = from_start,
        .memory = memory,
    };
}

void duty_limiter_finish(struct duty_limiter *limiter)
{
    free(limiter->entries);
}

static const struct duty_entry *entry_at(const struct duty_limiter *limiter, uint32_t index)
{
    return &limiter->entries[limiter->head + index];
}

/* How many entries end at or before `at_ns`. */
static uint32_t ended_by(const struct duty_limiter *limiter, sim_ns at_ns)
{
    uint32_t low = 0, high = limiter->count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (entry_at(limiter, middle)->end_ns <= at_ns) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Airtime of the first `count` entries and all forgotten ones. */
static sim_ns sum_of(const struct duty_limiter *limiter, uint32_t count)
{
    return count == 0 ? limiter->forgotten_ns : entry_at(limiter, count - 1)->sum_ns;
}

static sim_ns used_ns(const struct duty_limiter *limiter, sim_ns at_ns)
{
    return sum_of(limiter, ended_by(limiter, at_ns))
           - sum_of(limiter, ended_by(limiter, at_ns - limiter->window_ns));
}

/* From the end of a frame to the earliest start of the next one. */
static sim_ns pause_ns(const struct duty_limiter *limiter, sim_ns airtime_ns)
{
    sim_ns pause_ns = (sim_ns)ceil((double)airtime_ns / limiter->duty_cycle) - airtime_ns;
    if (limiter->pauses_from_start) {
        pause_ns = pause_ns > airtime_ns ? pause_ns - airtime_ns : 0;
    }
    return pause_ns;
}

static bool pauses_allow(const struct duty_limiter *limiter, sim_ns start_ns, sim_ns airtime_ns)
{
    sim_ns end_ns = start_ns + airtime_ns;
    uint32_t before = ended_by(limiter, end_ns);
    if (before > 0) {
        const struct duty_entry *previous = entry_at(limiter, before - 1);
        if (start_ns < previous->end_ns + pause_ns(limiter, previous->airtime_ns)) {
            return false;
        }
    }
    if (before < limiter->count) {
        const struct duty_entry *next = entry_at(limiter, before);
        return next->end_ns - next->airtime_ns >= end_ns + pause_ns(limiter, airtime_ns);
    }
    return true;
}

bool duty_limiter_allows(const struct duty_limiter *limiter, sim_ns start_ns, sim_ns airtime_ns)
{
    if (limiter->duty_cycle >= 1.0) {
        return true; /* no limit, even for a frame that began before its hour */
    }
    if (limiter->window_ns == 0) {
        return pauses_allow(limiter, start_ns, airtime_ns);
    }
    sim_ns end_ns = start_ns + airtime_ns;
    sim_ns room_ns = limiter->budget_ns - airtime_ns;
    if (used_ns(limiter, end_ns) > room_ns) {
        return false;
    }
    /* Frames that are reserved for later keep their right. */
    for (uint32_t i = ended_by(limiter, end_ns); i < limiter->count; i++) {
        sim_ns later_ns = entry_at(limiter, i)->end_ns;
        if (later_ns - limiter->window_ns < end_ns && used_ns(limiter, later_ns) > room_ns) {
            return false;
        }
    }
    return true;
}

sim_ns duty_limiter_earliest(const struct duty_limiter *limiter, sim_ns from_ns, sim_ns airtime_ns)
{
    if (duty_limiter_allows(limiter, from_ns, airtime_ns)) {
        return from_ns;
    }
    assert(limiter->count > 0 || limiter->window_ns > 0);
    if (limiter->window_ns == 0) {
        const struct duty_entry *last = entry_at(limiter, limiter->count - 1);
        sim_ns at_ns = last->end_ns + pause_ns(limiter, last->airtime_ns);
        return at_ns > from_ns ? at_ns : from_ns;
    }
    sim_ns room_ns = limiter->budget_ns - airtime_ns;
    if (room_ns < 0) {
        return SIM_NS_NEVER;
    }
    /* After all that is reserved, as soon as enough has left the window. */
    uint32_t leaves = 0;
    sim_ns total_ns = sum_of(limiter, limiter->count);
    while (total_ns - sum_of(limiter, leaves) > room_ns) {
        leaves++;
    }
    sim_ns at_ns = entry_at(limiter, limiter->count - 1)->end_ns;
    if (leaves > 0) {
        sim_ns free_ns = entry_at(limiter, leaves - 1)->end_ns + limiter->window_ns - airtime_ns;
        at_ns = free_ns > at_ns ? free_ns : at_ns;
    }
    return at_ns > from_ns ? at_ns : from_ns;
}

static void forget(struct duty_limiter *limiter, sim_ns now_ns)
{
    /* The last one stays: the off-time form needs it. */
    while (limiter->count > 1 && entry_at(limiter, 0)->end_ns + limiter->window_ns < now_ns) {
        limiter->forgotten_ns = entry_at(limiter, 0)->sum_ns;
        limiter->head++;
        limiter->count--;
    }
    if (limiter->head > limiter->count) {
        memmove(limiter->entries, limiter->entries + limiter->head,
                limiter->count * sizeof *limiter->entries);
        limiter->head = 0;
    }
}

void duty_limiter_reserve(
        struct duty_limiter *limiter, sim_ns now_ns, sim_ns start_ns, sim_ns airtime_ns)
{
    assert(start_ns >= now_ns && airtime_ns > 0);
    forget(limiter, now_ns);
    if (limiter->head + limiter->count == limiter->capacity) {
        limiter->capacity = limiter->capacity * 2 + 64;
        limiter->entries = run_memory_grow(
                limiter->memory, limiter->entries, limiter->capacity * sizeof *limiter->entries);
    }
    struct duty_entry entry = { .end_ns = start_ns + airtime_ns, .airtime_ns = airtime_ns };
    struct duty_entry *entries = limiter->entries + limiter->head;
    uint32_t position = limiter->count++;
    while (position > 0 && entries[position - 1].end_ns > entry.end_ns) {
        entries[position] = entries[position - 1];
        entries[position].sum_ns += airtime_ns;
        position--;
    }
    entry.sum_ns =
            (position == 0 ? limiter->forgotten_ns : entries[position - 1].sum_ns) + airtime_ns;
    entries[position] = entry;
}
