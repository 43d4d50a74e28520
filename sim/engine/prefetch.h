/* Loads into the cache what will soon be touched.
 * SPDX-License-Identifier: MIT
 *
 * GCC takes a function that only prefetches for one without effect, and drops its calls. An
 * instruction that it cannot see into, empty here, keeps them.
 */
#ifndef ENGINE_PREFETCH_H
#define ENGINE_PREFETCH_H

static inline void prefetch_read(const void *at)
{
    __builtin_prefetch(at);
    __asm__ volatile("");
}

static inline void prefetch_write(const void *at)
{
    __builtin_prefetch(at, 1);
    __asm__ volatile("");
}

#endif
