/* Faults that the operator gives by hand, and the scenario that repeats them.
 * SPDX-License-Identifier: MIT
 *
 * They are the kinds of the scenario's list `faults:`, with their exact times: a scenario written
 * with them plays headless to the same trace hash.
 */
#ifndef WATCH_INTERVENTIONS_H
#define WATCH_INTERVENTIONS_H

#include <stdio.h>

#include "run/run.h"

#define INTERVENTIONS_MAX 256u

struct intervention {
    enum scenario_fault_kind kind;
    uint32_t target;    /* device or gateway; unused by a jammer */
    sim_ns at_ns;       /* set when it is given */
    sim_ns duration_ns; /* of a power cut, an outage, a jammer; SCENARIO_AUTO: to the end */
    enum gateway_outage_kind part; /* of an outage */
    uint32_t frequency_hz; /* of a jammer; it has the usual power and width and reaches all */
};

struct interventions; /* those of one run */

struct interventions *interventions_create(void); /* NULL: out of memory */
void interventions_destroy(struct interventions *list);

/* Gives it to the run now, and schedules its end. False: `error` says why in one line. */
bool intervene(struct interventions *list, struct run *run, struct intervention intervention,
        char *error, size_t error_size);
/* The end of those that last is a fault too: before each advance up to a time, the earliest end
 * that is due is asked for, and given when the run stands there. SIM_NS_NEVER: none. */
sim_ns interventions_next_end_ns(const struct interventions *list);
void interventions_end_due(struct interventions *list, struct run *run);

uint32_t interventions_count(const struct interventions *list);
const struct intervention *interventions_at(const struct interventions *list, uint32_t index);

/* The text of the run's scenario with the interventions in its list `faults:`, and with each
 * "key.path=value" of `sets` in its place. Files that it names keep their meaning only in the same
 * folder. False: `error` says why in one line. */
bool interventions_write(const struct interventions *list, const char *text, size_t text_size,
        const char *const *sets, size_t set_count, FILE *out, char *error, size_t error_size);

#endif
