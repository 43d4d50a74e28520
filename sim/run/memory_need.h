/* Will a run find the memory that it needs? Asked before it is made.
 * SPDX-License-Identifier: MIT
 *
 * The system grants more memory than it has, and ends the process that uses it: a fleet that does
 * not fit is better refused. The need is a lower bound, so nothing is refused that could run; what
 * a run takes beyond it ends the run with an error (run_memory.h).
 */
#ifndef RUN_MEMORY_NEED_H
#define RUN_MEMORY_NEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scenario/scenario.h"

/* Bytes that a run of `scenario` takes at least by the middle of its first campaign. */
uint64_t memory_need_bytes(const struct scenario *scenario);

/* Would a run that spares no memory take a larger part of `available_bytes` than its speed is
 * worth? */
bool memory_is_to_be_spared(const struct scenario *scenario, uint64_t available_bytes);

/* Bytes that this process can still get: of what the system has left, and of its own limit of
 * address space (RLIMIT_AS). UINT64_MAX: neither is known. */
uint64_t memory_available_bytes(void);

/* False: the need is more than `available_bytes`, and `error` says in one line what would fit. */
bool memory_suffices(
        const struct scenario *scenario, uint64_t available_bytes, char *error, size_t error_size);

#endif
