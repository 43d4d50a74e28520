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

/* Where the nodes of a run lie (board/node_memory.c): the same bytes of results from each. */
enum memory_layout {
    MEMORY_AUTO,  /* spared where a fleet would take a large part of what is available */
    MEMORY_SPARE, /* given as nodes use it: about a twentieth more time for a delivery */
    MEMORY_HUGE   /* on huge pages: about two thirds more of it */
};

/* Bytes that a run of so many devices takes at least by the middle of its first campaign. AUTO is
 * taken as SPARE. */
uint64_t memory_need_bytes(uint32_t devices, enum memory_layout layout);

/* Would a run that spares no memory take a larger part of `available_bytes` than its speed is
 * worth? */
bool memory_is_to_be_spared(const struct scenario *scenario, uint64_t available_bytes);

/* Bytes that the system has left. UINT64_MAX: it is not known. */
uint64_t memory_of_system_bytes(void);
/* Bytes that this process can still get: of those, and of its own limit of address space
 * (RLIMIT_AS), which children have for themselves. UINT64_MAX: neither is known. */
uint64_t memory_available_bytes(void);

/* False: the need is more than `available_bytes`, and `error` says in one line what would fit. */
bool memory_suffices(uint32_t devices, enum memory_layout layout, uint64_t available_bytes,
        char *error, size_t error_size);

struct memory_plan {
    enum memory_layout layout; /* not AUTO */
    uint64_t available_bytes;  /* for this run, when it was asked for */
};

/* `kept_bytes` of what is available are for other runs of this process. False: the run does not
 * fit, which `error` says. */
bool memory_plan_make(const struct scenario *scenario, enum memory_layout wanted,
        uint64_t kept_bytes, struct memory_plan *plan, char *error, size_t error_size);

#endif
