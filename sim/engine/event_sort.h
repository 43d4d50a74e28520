/* Sorts many events at once.
 * SPDX-License-Identifier: MIT
 */
#ifndef ENGINE_EVENT_SORT_H
#define ENGINE_EVENT_SORT_H

#include <stddef.h>

#include "event_queue.h"

/* The first event comes last. `scratch` has room for `count` more. Fast when already sorted. */
void event_sort_first_last(struct event *events, struct event *scratch, size_t count);

#endif
