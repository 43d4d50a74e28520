/* What happens in a run, as lines of JSON.
 * SPDX-License-Identifier: MIT
 *
 * An observer: an object for each observation that a filter lets through, written at once. Its
 * members are time_s, kind, the stations that it concerns, and fields that depend on the kind.
 */
#ifndef RESULTS_EVENTS_H
#define RESULTS_EVENTS_H

#include "results/column.h"
#include "results/event_filter.h"
#include "world/world.h"

struct events;

/* Opens a temporary beside `path` ("-": standard output). NULL: `error` says why. */
struct events *events_open(const char *path, const struct event_filter *filter,
        const struct world *world, char *error, size_t error_size);
/* OBSERVE_BIT()s of what events_observe() takes. */
uint64_t events_kinds(const struct events *events);
/* context: the events. */
void events_observe(void *context, const struct observation *observation);
/* As those of a capture (results/pcap.h). */
bool events_reader_gone(const struct events *events);
bool events_close(struct events *events, char *error, size_t error_size);
void events_discard(struct events *events);
const char *events_temporary(const struct events *events);

/* Members that an event may have, but for "time_s" and "kind"; of no struct. */
extern const struct column_table event_members;
/* Those that every event of a kind has: "`frame`, `cause`, `snr_db`". */
void event_kind_members(enum observation_kind kind, char *text, size_t size);

#endif
