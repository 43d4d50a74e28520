/* Wear of a flash region: how often each of its erase units was erased.
 * SPDX-License-Identifier: MIT
 */
#include "board/flash_wear.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "run_memory.h"

#define CAPACITY_MIN 4u

static uint32_t erases_before(const struct flash_wear *wear, uint32_t run)
{
    return run > 0 ? wear->runs[run - 1].erases : 0;
}

/* The run that begins at `unit`, parted from the one before if need be. */
static uint32_t split_at(struct flash_wear *wear, uint32_t unit)
{
    uint32_t run = 0;
    while (run < wear->count && wear->runs[run].first < unit) {
        run++;
    }
    if (run < wear->count && wear->runs[run].first == unit) {
        return run;
    }
    assert(wear->count < wear->capacity);
    memmove(wear->runs + run + 1, wear->runs + run, (wear->count - run) * sizeof wear->runs[0]);
    wear->runs[run] = (struct flash_wear_run){ unit, erases_before(wear, run) };
    wear->count++;
    return run;
}

/* Makes a run one with the one before if they are equal. */
static void merge(struct flash_wear *wear, uint32_t run)
{
    if (wear->runs[run].erases == erases_before(wear, run)) {
        wear->count--;
        memmove(wear->runs + run, wear->runs + run + 1, (wear->count - run) * sizeof wear->runs[0]);
    }
}

void flash_wear_erase(
        struct flash_wear *wear, struct run_memory *memory, uint32_t first, uint32_t units)
{
    assert(units > 0 && first + units > first);
    if (wear->count + 2 > wear->capacity) {
        wear->capacity = wear->capacity == 0 ? CAPACITY_MIN : 2 * wear->capacity;
        wear->runs = run_memory_grow(memory, wear->runs, wear->capacity * sizeof wear->runs[0]);
    }
    uint32_t begin = split_at(wear, first);
    uint32_t end = split_at(wear, first + units);
    for (uint32_t run = begin; run < end; run++) {
        wear->runs[run].erases++;
    }
    wear->total += units;
    merge(wear, end);
    merge(wear, begin);
    assert(wear->runs[wear->count - 1].erases == 0);
}

uint32_t flash_wear_most(const struct flash_wear *wear)
{
    uint32_t most = 0;
    for (uint32_t run = 0; run < wear->count; run++) {
        most = wear->runs[run].erases > most ? wear->runs[run].erases : most;
    }
    return most;
}

void flash_wear_finish(struct flash_wear *wear)
{
    free(wear->runs);
    *wear = (struct flash_wear){ 0 };
}
