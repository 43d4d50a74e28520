/* The reserve of a run, and what is taken from the system beside it.
 * SPDX-License-Identifier: MIT
 */
#include "run_memory.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

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

static void exhaust(struct run_memory *memory, size_t bytes)
{
    assert(bytes > 0);
    memory->refused_bytes = memory->exhausted ? memory->refused_bytes : bytes;
    memory->exhausted = true;
}

static void give_up_reserve(struct run_memory *memory, size_t bytes)
{
    free(memory->reserve);
    memory->reserve = NULL;
    exhaust(memory, bytes);
    assert(memory->exhausted && memory->refused_bytes > 0);
}

/* The next request may be twice as large as this one. */
static void keep_reserve(struct run_memory *memory, size_t bytes)
{
    assert(memory->exhausted || memory->reserve != NULL);
    if (memory->exhausted || bytes <= memory->reserve_bytes / 2) {
        return;
    }
    void *larger = bytes <= SIZE_MAX / 2 ? memory->resize(memory->reserve, 2 * bytes) : NULL;
    if (larger == NULL) {
        exhaust(memory, 2 * bytes); /* while there is some left to end the event with */
        return;
    }
    memory->reserve = larger;
    memory->reserve_bytes = 2 * bytes;
}

/* Of blocks from here on, some huge page is a small part. */
#define HUGE_PAGES_FROM_BYTES ((size_t)4 << 20)

/* Advice: what belongs to many nodes is otherwise bound by address translation. */
static void *on_huge_pages(void *block, size_t bytes)
{
    if (bytes >= HUGE_PAGES_FROM_BYTES) {
        uintptr_t page_bytes = (uintptr_t)sysconf(_SC_PAGESIZE);
        uintptr_t begin = ((uintptr_t)block + page_bytes - 1) / page_bytes * page_bytes;
        uintptr_t end = ((uintptr_t)block + bytes) / page_bytes * page_bytes;
        (void)madvise((void *)begin, end - begin, MADV_HUGEPAGE);
    }
    return block;
}

static run_memory_end_fn *end_without_memory;

void run_memory_on_end(run_memory_end_fn *end)
{
    assert(end != NULL);
    end_without_memory = end;
}

void *run_memory_grow(struct run_memory *memory, void *block, size_t bytes)
{
    assert(bytes > 0);
    if (memory == NULL) {
        void *alone = realloc(block, bytes);
        assert(alone != NULL);
        return on_huge_pages(alone, bytes);
    }
    (void)pthread_mutex_lock(&memory->mutex);
    void *larger = memory->resize(block, bytes);
    if (larger == NULL) {
        give_up_reserve(memory, bytes);
        larger = memory->resize(block, bytes);
    }
    if (larger == NULL && end_without_memory != NULL) {
        end_without_memory(bytes);
    }
    assert(larger != NULL && "a request beyond the reserve");
    keep_reserve(memory, bytes);
    (void)pthread_mutex_unlock(&memory->mutex);
    return on_huge_pages(larger, bytes);
}

void *run_memory_take_zeroed(struct run_memory *memory, size_t bytes)
{
    void *block = run_memory_grow(memory, NULL, bytes);
    return memset(block, 0, bytes);
}
