/* Loads into the cache what will soon be touched.
 * SPDX-License-Identifier: MIT
 *
 * Into the second cache: the first one waits for no more than a few lines at one time, and what is
 * fetched for several receivers ahead would not stay there. GCC takes a function that only
 * prefetches for one without effect, and drops its calls. An instruction that it cannot see into,
 * empty here, keeps them.
 */
#ifndef ENGINE_PREFETCH_H
#define ENGINE_PREFETCH_H

#define PREFETCH_LOCALITY 2 /* of 0..3: the second cache */

static inline void prefetch_read(const void *at)
{
    __builtin_prefetch(at, 0, PREFETCH_LOCALITY);
    __asm__ volatile("");
}

static inline void prefetch_write(const void *at)
{
    __builtin_prefetch(at, 1, PREFETCH_LOCALITY);
    __asm__ volatile("");
}

#endif
