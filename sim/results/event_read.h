/* Reads events.jsonl back, line by line.
 * SPDX-License-Identifier: MIT
 *
 * A line names stations, not entities: of fragments the campaign's own entity stands for those of
 * its further sessions, of gateways and devices their numbers tell. What a line has no member for
 * (the bytes of a frame) is not there.
 */
#ifndef RESULTS_EVENT_READ_H
#define RESULTS_EVENT_READ_H

#include "results/events.h"

struct event_reader;

enum event_read {
    EVENT_READ,
    EVENT_END,
    EVENT_FAULT
};

/* `world`: of the scenario that the events are of. NULL: `error` says why. */
struct event_reader *event_reader_open(
        const char *path, const struct world *world, char *error, size_t error_size);
/* The next event. EVENT_FAULT: `error` says what is wrong, with its place. */
enum event_read event_reader_next(
        struct event_reader *reader, struct observation *o, char *error, size_t error_size);
void event_reader_close(struct event_reader *reader);

#endif
