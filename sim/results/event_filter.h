/* Which observations of a run are written as events.
 * SPDX-License-Identifier: MIT
 */
#ifndef RESULTS_EVENT_FILTER_H
#define RESULTS_EVENT_FILTER_H

#include <stdbool.h>
#include <stddef.h>

#include "observe.h"

#define EVENT_KIND_SIZE 24u

struct event_filter {
    uint64_t kinds;                     /* OBSERVE_BIT()s */
    uint32_t first_device, last_device; /* UINT32_MAX, the first: of any or of none */
    sim_ns from_ns, to_ns;              /* both are let through */
};

/* "frame_started" and so on: the name of a kind in events.jsonl. */
void event_kind_name(enum observation_kind kind, char name[EVENT_KIND_SIZE]);

/* All of them. */
void event_filter_init(struct event_filter *filter);
/* Words with blanks between them: device=N, device=N..M, kind=NAME,NAME, from=TIME, to=TIME; a time
 * has its unit, as in 90min. What is not named lets everything through. False: `error` says which
 * word is wrong and what would be right. */
bool event_filter_parse(
        const char *text, struct event_filter *filter, char *error, size_t error_size);

#endif
