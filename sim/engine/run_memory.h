/* Memory that models take while a run goes on.
 * SPDX-License-Identifier: MIT
 *
 * In the middle of an event there is no way back: a frame is on the air, a flash page half written.
 * So what grows then is always granted. Each engine sets a reserve aside, untouched; where the
 * system has no more memory, the reserve is given up for it, and the run ends after this event with
 * an error (engine_out_of_memory()). All state stays whole, so the numbers so far can be read.
 *
 * What is taken before a run begins, and what can be refused, returns its error instead.
 */
#ifndef ENGINE_RUN_MEMORY_H
#define ENGINE_RUN_MEMORY_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#define RUN_MEMORY_RESERVE_BYTES                                                                   \
    ((size_t)8 << 20) /* what is not touched costs address space only */

struct run_memory {
    void *(*resize)(void *block, size_t bytes); /* realloc(), unless a test says otherwise */
    void *reserve;
    size_t reserve_bytes;  /* at least twice the largest block so far: arrays double */
    bool exhausted;        /* stays */
    size_t refused_bytes;  /* the first request that the system did not grant; 0: none */
    pthread_mutex_t mutex; /* parts of an event (parts.h) grow at one time */
};

/* False: there is not even the reserve. */
bool run_memory_init(struct run_memory *memory);
void run_memory_finish(struct run_memory *memory);

/* A request of so many bytes was beyond the reserve and the system had no more: an event is half
 * done, so nothing can be written of the run. Ends the process. */
typedef void run_memory_end_fn(size_t bytes);
/* For all engines of the process, before the first; without it an assertion fails. */
void run_memory_on_end(run_memory_end_fn *end);

/* As realloc() of `block` (NULL: a new one), never NULL. `memory` NULL: no reserve, for what stands
 * alone in a test. */
void *run_memory_grow(struct run_memory *memory, void *block, size_t bytes);
void *run_memory_take_zeroed(struct run_memory *memory, size_t bytes);

#endif
