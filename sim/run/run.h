/* One run of a scenario, stepped from outside: it goes on only while run_advance() is called.
 * SPDX-License-Identifier: MIT
 *
 * Progress, pause, cancellation and pace are the caller's loop. How a run is cut into steps changes
 * nothing in it: no result, no trace hash. Several runs can live in one process; they share
 * nothing, but only one thread may be in a given run.
 */
#ifndef RUN_RUN_H
#define RUN_RUN_H

#include "parts.h"
#include "record/recorder_set.h"
#include "results/expectation.h"
#include "run/fault.h"
#include "run/memory_need.h"
#include "world/world.h"

#define RUN_THREADS_MAX ENGINE_THREADS_MAX

struct run;

struct run_settings {
    bool crypto_memo; /* share crypto answers among devices: the same bytes, sooner */
    enum memory_layout memory;
    bool whole_drops; /* node_fleet_params.whole_drops */
    /* That play the receivers of a frame, at most RUN_THREADS_MAX: the same bytes, sooner. 0: one.
     */
    unsigned threads;
    struct making making; /* told while the run is created */
};

/* `scenario` must outlive the run. NULL: `error` says why in one line. */
struct run *run_create(const struct scenario *scenario, const struct run_settings *settings,
        char *error, size_t error_size);
void run_destroy(struct run *run);

/* Why run_advance() returned; always between two events. */
enum run_stop {
    RUN_TIME,   /* at until_ns, with all events up to it done */
    RUN_EVENTS, /* after so many events */
    RUN_WANTED, /* after the event of a wanted observation */
    RUN_END,    /* the scenario or all of its campaigns are over */
    RUN_BROKEN  /* an invariant broke, a device failed or memory ended: run_audit_fails() says it */
};

/* How far to go. Members that are 0 set no limit, but for the time. */
struct run_goal {
    sim_ns until_ns; /* at the latest; not before now */
    uint64_t events; /* at most so many */
    /* Stops after the event in which `wanted` returns true for an observation of `kinds`
     * (OBSERVE_BIT()s). */
    uint64_t kinds;
    bool (*wanted)(void *context, const struct observation *observation);
    void *context;
};

/* The ends of campaigns and failures are looked for at each full second of simulated time, broken
 * invariants at each full minute, whatever the goal. A run that is over stays over. */
enum run_stop run_advance(struct run *run, const struct run_goal *goal);
/* The same without limits but the time. */
enum run_stop run_advance_to(struct run *run, sim_ns until_ns);

/* True: it is over, and why: RUN_END or RUN_BROKEN. */
bool run_over(const struct run *run, enum run_stop *end);

/* Schedules `fault` now, after all that has happened at this instant; it acts in the next advance.
 * False: there is no such target, no memory, or the run is over. */
bool run_fault(struct run *run, const struct fault *fault);

/* True: something is broken, and `text` says what in one line. Looks at every device. */
bool run_audit_fails(const struct run *run, char *text, size_t size);

/* The numbers so far. `partial`: the run was cut short. NULL: out of memory. */
struct summary *run_summary(const struct run *run, bool partial);

/* Compares the scenario's expectations with a summary; `each` (may be NULL) is told of every one.
 * Returns how many were not met. */
typedef void run_expectation_fn(void *context, const struct scenario_expect *expect,
        const struct summary *summary, enum expectation_result result, double actual);
unsigned run_expectations(const struct run *run, const struct summary *summary,
        run_expectation_fn *each, void *context);

const struct scenario *run_scenario(const struct run *run);
struct engine *run_engine(struct run *run);
struct world *run_world(struct run *run);
const struct recorder_set *run_recorders(const struct run *run);

#endif
