/* Which thread plays the parts of an owner.
 * SPDX-License-Identifier: MIT
 */
#include <assert.h>

#include "parts.h"

/* Groups of owners that each thread but the run's own has; that one has OTHERS_SHARE less the
 * number of threads, as it also records, judges and empties outboxes: about a sixth of all that is
 * to be done. Groups are spread evenly over the numbers, as an event may have few parts. */
#define OTHERS_SHARE 7u

/* Owners with neighbouring numbers go to one thread: what is kept for them lies together. */
#define NUMBERS_TOGETHER 16u

unsigned engine_thread_of(const struct engine *engine, uint32_t number)
{
    unsigned threads = engine_threads(engine);
    assert(threads >= 1 && threads <= ENGINE_THREADS_MAX);
    if (threads == 1) {
        return 0;
    }
    unsigned own = threads < OTHERS_SHARE ? OTHERS_SHARE - threads : 0;
    unsigned groups = own + OTHERS_SHARE * (threads - 1);
    unsigned group = number / NUMBERS_TOGETHER % groups;
    if (group * own % groups < own) {
        return 0;
    }
    unsigned own_before = (group * own + groups - 1) / groups;
    return 1 + (group - own_before) % (threads - 1);
}
