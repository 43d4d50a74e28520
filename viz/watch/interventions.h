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

/* What a jammer by hand puts on the antenna of each device and gateway, 125 kHz wide: enough to end
 * all reception on its channel. */
#define INTERVENTION_JAMMER_MDBM         (-60000)
#define INTERVENTION_JAMMER_BANDWIDTH_HZ 125000u

struct intervention {
    enum scenario_fault_kind kind;
    uint32_t target;               /* device or gateway; unused by a jammer */
    sim_ns at_ns;                  /* set when it is given */
    sim_ns duration_ns;            /* of what lasts; SCENARIO_AUTO: to the end, a power cut 1 s */
    enum gateway_outage_kind part; /* of an outage */
    uint32_t frequency_hz;         /* of a jammer, which reaches all */
    double loss;                   /* of a backhaul that loses messages: share, each way */
    enum hal_flash_region memory;  /* of read errors */
    double bit_errors;             /* of read errors: probability per bit */
    double charge;                 /* of a brown-out: what the battery has left, 0..1 */
};

struct interventions; /* those of one run */

struct interventions *interventions_create(void); /* NULL: out of memory */
void interventions_destroy(struct interventions *list);

/* Gives it to the run, one nanosecond after the instant at which the run stands: so that it comes
 * after all that this instant holds, and no two come at once, as their order would not show in a
 * scenario. The run is advanced to there, and `given` says what was given. False: `error` says why
 * not in one line. */
bool intervene(struct interventions *list, struct run *run, const struct intervention *wanted,
        struct intervention *given, char *error, size_t error_size);
/* The end of those that last is a fault too: before each advance up to a time, the earliest end
 * that is due is asked for, and given when the run stands there. SIM_NS_NEVER: none. */
sim_ns interventions_next_end_ns(const struct interventions *list);
void interventions_end_due(struct interventions *list, struct run *run);

uint32_t interventions_count(const struct interventions *list);
const struct intervention *interventions_at(const struct interventions *list, uint32_t index);

/* The text of `scenario` with the interventions in its list `faults:`, as scenario_rewrite() writes
 * it. False: `error` says why in one line. */
bool interventions_write(const struct interventions *list, const struct scenario *scenario,
        const char *text, size_t text_size, const char *const *sets, size_t set_count, FILE *out,
        char *error, size_t error_size);

#endif
