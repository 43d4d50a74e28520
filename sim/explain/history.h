/* The last happenings of each entity of a run, to tell what led to an event.
 * SPDX-License-Identifier: MIT
 */
#ifndef EXPLAIN_HISTORY_H
#define EXPLAIN_HISTORY_H

#include "explain/happening.h"

#define HISTORY_EACH 6u  /* happenings of an entity */
#define HISTORY_LED  12u /* that are told */

struct history {
    struct happening *items; /* [entity][HISTORY_EACH], a ring */
    uint32_t *counts;        /* [entity]: so far */
    uint32_t entity_count;
    bool incomplete; /* there was no memory for an entity */
};

void history_add(struct history *history, const struct happening *happening);
/* What led to an event: the last happenings of its entity and of the device or the sender of the
 * frame that it is about; of others about these, and about frames that they dealt with. By time, at
 * most HISTORY_LED, added to `led`. `first_device` is the entity of device 0. */
void history_led_to(const struct history *history, const struct happening *event,
        entity_id first_device, struct happenings *led);
void history_free(struct history *history);

#endif
