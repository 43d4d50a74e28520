/* One run of a scenario, stepped from outside.
 * SPDX-License-Identifier: MIT
 */
#include "run/run.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run_memory.h"

/* The end of a campaign and a failure shall be seen soon, but not depend on how often a caller
 * stops: they are looked for at fixed instants of simulated time. */
#define LOOK_NS SIM_NS_PER_S
#define RULE_NS (60 * SIM_NS_PER_S)

#define OUT_OF_MEMORY "out of memory"

struct run {
    const struct scenario *scenario;
    struct world *world;
    struct recorder_set *recorders;
    sim_ns next_look_ns;
    sim_ns campaigns_end_ns; /* seen so; SIM_NS_NEVER: not yet */
    bool over;
    enum run_stop end;            /* RUN_END or RUN_BROKEN, once it is over */
    struct listed_faults *listed; /* those of the scenario */
    struct fault *injected;       /* in the order of run_fault() */
    uint32_t injected_count;
    uint16_t fault_handler;
    /* What the goal of this advance wants to see; kinds 0: nothing. */
    bool watching; /* an observer of the engine has been added */
    const struct run_goal *goal;
    bool seen; /* it was in the event that was done last */
};

static void fault_happens(void *context, sim_ns now_ns, entity_id entity, uint64_t argument)
{
    struct run *run = context;
    assert(argument < run->injected_count);
    fault_apply(run->world, &run->injected[argument], now_ns);
}

static struct recorder_set *create_recorders(const struct world *world)
{
    const struct recorder_view view = {
        .scenario = world->scenario,
        .engine = world->engine,
        .memory = engine_memory(world->engine),
        .nodes = world->nodes,
        .gateways = world->gateways,
        .network = world->network,
        .server = world->server,
        .adversaries = world->adversaries,
        .images = world->images,
        .image_count = world->scenario->campaign_count,
        .device_count = world->device_count,
        .gateway_count = world->gateway_count,
        .first_device = world->first_device,
        .first_adversary = world->first_adversary,
    };
    struct recorder_set *recorders = recorder_set_create(&view);
    if (recorders != NULL) {
        recorder_set_listen(recorders, world->engine, world->nodes);
    }
    return recorders;
}

static bool create_parts(
        struct run *run, const struct world_options *options, char *error, size_t error_size)
{
    run->world = world_create(run->scenario, options, error, error_size);
    if (run->world == NULL) {
        return false;
    }
    snprintf(error, error_size, OUT_OF_MEMORY);
    run->recorders = create_recorders(run->world);
    if (run->recorders == NULL) {
        return false;
    }
    run->next_look_ns = LOOK_NS;
    run->fault_handler = engine_handler_add(run->world->engine, fault_happens, run);
    run->listed = listed_faults_create(run->world);
    if (run->listed == NULL) {
        return false;
    }
    world_start(run->world);
    return !engine_out_of_memory(run->world->engine);
}

/* The need is a lower bound: a run can take more before it begins. */
static void explain_failure(
        const struct run *run, const struct memory_plan *plan, char *error, size_t error_size)
{
    if (strcmp(error, OUT_OF_MEMORY) == 0) {
        snprintf(error, error_size,
                OUT_OF_MEMORY ": %" PRIu32 " devices need more than the %" PRIu64
                              " MiB that were available",
                scenario_device_count(run->scenario), plan->available_bytes >> 20);
    }
}

struct run *run_create(const struct scenario *scenario, const struct run_settings *settings,
        char *error, size_t error_size)
{
    struct memory_plan plan;
    if (!memory_plan_make(scenario, settings->memory, 0, &plan, error, error_size)) {
        return NULL;
    }
    const struct world_options options = {
        .crypto_memo = settings->crypto_memo,
        .whole_drops = settings->whole_drops,
        .threads = settings->threads,
        .making = settings->making,
        .spare_memory = plan.layout == MEMORY_SPARE,
    };
    struct run *run = calloc(1, sizeof *run);
    if (run == NULL) {
        snprintf(error, error_size, OUT_OF_MEMORY);
        return NULL;
    }
    run->scenario = scenario;
    run->campaigns_end_ns = SIM_NS_NEVER;
    if (!create_parts(run, &options, error, error_size)) {
        explain_failure(run, &plan, error, error_size);
        run_destroy(run);
        return NULL;
    }
    return run;
}

void run_destroy(struct run *run)
{
    if (run != NULL) {
        world_destroy(run->world);
        recorder_set_destroy(run->recorders);
        listed_faults_destroy(run->listed);
        free(run->injected);
        free(run);
    }
}

/* --- steps ------------------------------------------------------------------------------------ */

static sim_ns earliest(sim_ns a, sim_ns b)
{
    return a < b ? a : b;
}

static bool device_failed(const struct run *run, char *text, size_t size)
{
    const char *failure = node_fleet_failure(run->world->nodes);
    if (failure != NULL) {
        snprintf(text, size, "%s", failure);
    }
    return failure != NULL;
}

/* All campaigns have ended, and so long ago as the scenario wants. */
static bool is_done(struct run *run, sim_ns now_ns)
{
    if (!server_done(run->world->server)) {
        return false;
    }
    run->campaigns_end_ns = earliest(run->campaigns_end_ns, now_ns);
    return now_ns - run->campaigns_end_ns >= run->scenario->run_on_ns;
}

static void look(struct run *run)
{
    char text[192];
    sim_ns now_ns = engine_now(run->world->engine);
    recorder_set_look(run->recorders, now_ns);
    if (is_done(run, now_ns)) {
        run->over = true;
        run->end = RUN_END;
    } else if (device_failed(run, text, sizeof text)
               || (now_ns % RULE_NS == 0
                       && recorder_set_broken(run->recorders, text, sizeof text))) {
        run->over = true;
        run->end = RUN_BROKEN;
    } else if (now_ns >= run->scenario->duration_ns) {
        run->over = true;
        run->end = RUN_END;
    }
}

static void watch(void *context, const struct observation *o)
{
    struct run *run = context;
    const struct run_goal *goal = run->goal;
    if (goal == NULL || (goal->kinds & OBSERVE_BIT(o->kind)) == 0 || run->seen) {
        return;
    }
    if (goal->wanted(goal->context, o)) {
        run->seen = true;
        engine_stop(run->world->engine);
    }
}

static void watch_for(struct run *run, const struct run_goal *goal)
{
    bool wants = goal->kinds != 0;
    assert(!wants || goal->wanted != NULL);
    run->goal = wants ? goal : NULL;
    run->seen = false;
    if (wants && !run->watching) { /* once: only runs that want to see something pay for it */
        engine_observer_add(run->world->engine, OBSERVE_ALL, watch, run);
        run->watching = true;
    }
}

/* To the next look or stop. True: the goal is not reached yet. */
static bool step(
        struct run *run, const struct run_goal *goal, uint64_t last_event, enum run_stop *stop)
{
    struct engine *engine = run->world->engine;
    sim_ns end_ns = earliest(run->next_look_ns, run->scenario->duration_ns);
    sim_ns to_ns = earliest(end_ns, goal->until_ns);
    bool reached = engine_run_events(engine, to_ns, last_event - engine_event_count(engine));
    if (engine_out_of_memory(engine)) {
        run->over = true;
        run->end = RUN_BROKEN;
        *stop = RUN_BROKEN;
        return false;
    }
    if (run->seen) {
        *stop = RUN_WANTED;
        return false;
    }
    if (!reached) { /* so many events, or a model stopped the engine: the next look sees why */
        *stop = RUN_EVENTS;
        return engine_event_count(engine) < last_event;
    }
    if (to_ns == end_ns) {
        look(run);
        run->next_look_ns = to_ns / LOOK_NS * LOOK_NS + LOOK_NS;
    }
    if (run->over) {
        *stop = run->end;
        return false;
    }
    *stop = RUN_TIME;
    return to_ns < goal->until_ns;
}

enum run_stop run_advance(struct run *run, const struct run_goal *goal)
{
    struct engine *engine = run->world->engine;
    assert(goal->until_ns >= engine_now(engine));
    uint64_t before = engine_event_count(engine);
    uint64_t last_event = goal->events == 0 ? UINT64_MAX : before + goal->events;
    enum run_stop stop = run->end;
    if (!run->over) {
        watch_for(run, goal);
        while (step(run, goal, last_event, &stop)) {
        }
        run->goal = NULL;
    }
    return stop;
}

enum run_stop run_advance_to(struct run *run, sim_ns until_ns)
{
    const struct run_goal goal = { .until_ns = until_ns };
    return run_advance(run, &goal);
}

bool run_over(const struct run *run, enum run_stop *end)
{
    if (run->over) {
        *end = run->end;
    }
    return run->over;
}

bool run_fault(struct run *run, const struct fault *fault)
{
    entity_id target;
    if (run->over || !fault_entity(run->world, fault, &target)) {
        return false;
    }
    size_t size_bytes = (run->injected_count + 1) * sizeof *run->injected;
    struct fault *injected = realloc(run->injected, size_bytes);
    if (injected == NULL) {
        return false;
    }
    run->injected = injected;
    injected[run->injected_count] = *fault;
    engine_schedule(run->world->engine, engine_now(run->world->engine), SIM_PHASE_WORLD, target,
            run->fault_handler, run->injected_count++);
    return true;
}

/* --- results ---------------------------------------------------------------------------------- */

bool run_audit_fails(const struct run *run, char *text, size_t size)
{
    if (engine_out_of_memory(run->world->engine)) {
        double now_s = (double)engine_now(run->world->engine) / (double)SIM_NS_PER_S;
        const struct run_memory *memory = engine_memory(run->world->engine);
        snprintf(text, size,
                "out of memory at %.3f s of simulated time: the system refused a block of %zu "
                "bytes",
                now_s, memory->refused_bytes);
        return true;
    }
    return device_failed(run, text, size) || recorder_set_broken(run->recorders, text, size)
           || recorder_set_audit_fails(run->recorders, text, size);
}

struct summary *run_summary(const struct run *run, bool partial)
{
    return recorder_set_summary(run->recorders, partial);
}

unsigned run_expectations(const struct run *run, const struct summary *summary,
        run_expectation_fn *each, void *context)
{
    unsigned failed = 0;
    for (uint32_t i = 0; i < run->scenario->expect_count; i++) {
        const struct scenario_expect *expect = &run->scenario->expect[i];
        double actual = 0.0;
        enum expectation_result result = expectation_check(expect, summary, &actual);
        failed += result == EXPECTATION_MET ? 0u : 1u;
        if (each != NULL) {
            each(context, expect, summary, result, actual);
        }
    }
    return failed;
}

const struct scenario *run_scenario(const struct run *run)
{
    return run->scenario;
}

struct engine *run_engine(struct run *run)
{
    return run->world->engine;
}

struct world *run_world(struct run *run)
{
    return run->world;
}

const struct recorder_set *run_recorders(const struct run *run)
{
    return run->recorders;
}
