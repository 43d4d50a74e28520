/* The reserve of a run, and what is taken from the system beside it.
 * SPDX-License-Identifier: MIT
 */
#include "run_memory.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

bool run_memory_init(struct run_memory *memory)
{
    *memory = (struct run_memory){
        .resize = realloc,
        .reserve = malloc(RUN_MEMORY_RESERVE_BYTES),
        .reserve_bytes = RUN_MEMORY_RESERVE_BYTES,
        .mutex = PTHREAD_MUTEX_INITIALIZER,
    };
    return memory->reserve != NULL;
}

void run_memory_finish(struct run_memory *memory)
{
    (void)pthread_mutex_destroy(&memory->mutex);
    free(memory->reserve);
}

static void give_up_reserve(struct run_memory *memory)
{
    free(memory->reserve);
    memory->reserve = NULL;
    memory->exhausted = true;
}

/* The next request may be twice as large as this one. */
static void keep_reserve(struct run_memory *memory, size_t bytes)
{
    if (memory->exhausted || bytes <= memory->reserve_bytes / 2) {
        return;
    }
    void *larger = bytes <= SIZE_MAX / 2 ? memory->resize(memory->reserve, 2 * bytes) : NULL;
    if (larger == NULL) {
        memory->exhausted = true; /* while there is some left to end the event with */
        return;
    }
    memory->reserve = larger;
    memory->reserve_bytes = 2 * bytes;
}

void *run_memory_grow(struct run_memory *memory, void *block, size_t bytes)
{
    assert(bytes > 0);
    if (memory == NULL) {
        void *alone = realloc(block, bytes);
        assert(alone != NULL);
        return alone;
    }
    (void)pthread_mutex_lock(&memory->mutex);
    void *larger = memory->resize(block, bytes);
    if (larger == NULL) {
        give_up_reserve(memory);
        larger = memory->resize(block, bytes);
    }
    assert(larger != NULL && "a request beyond the reserve");
    keep_reserve(memory, bytes);
    (void)pthread_mutex_unlock(&memory->mutex);
    return larger;
}

void *run_memory_take_zeroed(struct run_memory *memory, size_t bytes)
{
    void *block = run_memory_grow(memory, NULL, bytes);
    return memset(block, 0, bytes);
}
