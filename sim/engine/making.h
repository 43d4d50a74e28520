/* How far the making of a run has come: parts that take long with many devices tell it.
 * SPDX-License-Identifier: MIT
 */
#ifndef ENGINE_MAKING_H
#define ENGINE_MAKING_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

/* `what` (a string literal) is made for `done` of `of` devices. It must change nothing of the run.
 */
typedef void making_fn(void *context, const char *what, uint32_t done, uint32_t of);

struct making {
    making_fn *tell; /* NULL: it is not told */
    void *context;
};

#define MAKING_DEVICES 64u /* between two calls */

static inline void making_tell(
        const struct making *making, const char *what, uint32_t done, uint32_t of)
{
    assert(done <= of);
    if (making->tell != NULL && done % MAKING_DEVICES == 0) {
        making->tell(making->context, what, done, of);
    }
}

#endif
