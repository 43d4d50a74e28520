/* Faults that the operator gives by hand, and the scenario that repeats them.
 * SPDX-License-Identifier: MIT
 */
#include "watch/interventions.h"

#include <stdlib.h>

#include "scenario/scenario_rewrite.h"

#define POWER_CUT_USUAL_NS SIM_NS_PER_S

/* As many as one scenario can list. */
struct interventions {
    uint32_t count;
    struct intervention items[SCENARIO_FAULTS_MAX];
    bool ended[SCENARIO_FAULTS_MAX];
};

struct interventions *interventions_create(void)
{
    return calloc(1, sizeof(struct interventions));
}

void interventions_destroy(struct interventions *list)
{
    free(list);
}

uint32_t interventions_count(const struct interventions *list)
{
    return list->count;
}

const struct intervention *interventions_at(const struct interventions *list, uint32_t index)
{
    return &list->items[index];
}

/* --- giving ----------------------------------------------------------------------------------- */

/* The fault that begins item `i`; or ends it, when it has an end. The number of a jammer is the
 * place that it gets in the scenario's list. */
static struct fault fault_of(
        const struct interventions *list, const struct scenario *scenario, uint32_t i, bool end)
{
    const struct intervention *item = &list->items[i];
    struct fault fault = {
        .kind = end ? fault_end_of(item->kind) : fault_begin_of(item->kind),
        .target = item->target,
        .outage = item->part,
        .loss = item->loss,
        .read_errors = { item->memory, item->bit_errors },
        .charge = item->charge,
        .cut.duration_ns = item->duration_ns,
    };
    if (item->kind == SCENARIO_FAULT_JAMMER) {
        fault.target = scenario->fault_count + i;
        fault.jammer.emitter.frequency_hz = item->frequency_hz;
        fault.jammer.emitter.bandwidth_hz = INTERVENTION_JAMMER_BANDWIDTH_HZ;
        fault.jammer.received = true;
        fault.jammer.received_mdbm = INTERVENTION_JAMMER_MDBM;
    }
    return fault;
}

/* SIM_NS_NEVER: what has no end, or has had it. */
static sim_ns end_ns(const struct interventions *list, uint32_t i)
{
    const struct intervention *item = &list->items[i];
    bool lasts = fault_end_of(item->kind) != FAULT_KIND_COUNT;
    return lasts && !list->ended[i] && item->duration_ns != SCENARIO_AUTO
                   ? item->at_ns + item->duration_ns
                   : SIM_NS_NEVER;
}

sim_ns interventions_next_end_ns(const struct interventions *list)
{
    sim_ns next_ns = SIM_NS_NEVER;
    for (uint32_t i = 0; i < list->count; i++) {
        sim_ns at_ns = end_ns(list, i);
        next_ns = at_ns < next_ns ? at_ns : next_ns;
    }
    return next_ns;
}

void interventions_end_due(struct interventions *list, struct run *run)
{
    for (uint32_t i = 0; i < list->count; i++) {
        if (end_ns(list, i) <= engine_now(run_engine(run))) {
            struct fault fault = fault_of(list, run_scenario(run), i, true);
            run_fault(run, &fault); /* a run that is over needs no end */
            list->ended[i] = true;
        }
    }
}

/* Advances the run to the next instant at which nothing given by hand ends. False: there is none
 * before its end. */
static bool stand_apart(struct interventions *list, struct run *run)
{
    bool on_an_end = true;
    while (on_an_end) {
        sim_ns at_ns = engine_now(run_engine(run)) + 1;
        on_an_end = interventions_next_end_ns(list) == at_ns;
        if (at_ns >= run_scenario(run)->duration_ns || run_advance_to(run, at_ns) != RUN_TIME) {
            return false;
        }
        interventions_end_due(list, run);
    }
    return true;
}

bool intervene(struct interventions *list, struct run *run, const struct intervention *wanted,
        struct intervention *given, char *error, size_t error_size)
{
    const struct scenario *scenario = run_scenario(run);
    if (scenario->fault_count + list->count >= SCENARIO_FAULTS_MAX) {
        snprintf(error, error_size, "a scenario holds at most %u faults", SCENARIO_FAULTS_MAX);
        return false;
    }
    list->items[list->count] = *wanted;
    struct intervention *item = &list->items[list->count];
    if (item->kind == SCENARIO_FAULT_POWER_CUT && item->duration_ns == SCENARIO_AUTO) {
        item->duration_ns = POWER_CUT_USUAL_NS;
    }
    entity_id entity;
    struct fault fault = fault_of(list, scenario, list->count, false);
    if (!fault_entity(run_world(run), &fault, &entity)) {
        snprintf(error, error_size, "there is no such device or gateway: %u", item->target);
        return false;
    }
    if (!stand_apart(list, run)) {
        snprintf(error, error_size, "the run is over");
        return false;
    }
    if (!run_fault(run, &fault)) {
        snprintf(error, error_size, "out of memory");
        return false;
    }
    item->at_ns = engine_now(run_engine(run));
    list->ended[list->count] = false;
    *given = list->items[list->count++];
    return true;
}

/* --- writing ---------------------------------------------------------------------------------- */

static struct scenario_fault listed(const struct intervention *item)
{
    struct scenario_fault fault = {
        .kind = (int)item->kind,
        .device = item->target,
        .gateway = item->target,
        .at_ns = item->at_ns,
        .duration_ns = item->duration_ns,
        .part = item->part,
        .loss = item->loss,
        .memory = item->memory,
        .bit_errors = item->bit_errors,
        .charge = item->charge,
        .received = true,
        .received_mdbm = INTERVENTION_JAMMER_MDBM,
    };
    fault.jammer.frequency_hz = item->frequency_hz;
    fault.jammer.bandwidth_hz = INTERVENTION_JAMMER_BANDWIDTH_HZ;
    return fault;
}

bool interventions_write(const struct interventions *list, const struct scenario *scenario,
        const char *text, size_t text_size, const char *const *sets, size_t set_count, FILE *out,
        char *error, size_t error_size)
{
    struct scenario_fault *faults = calloc(SCENARIO_FAULTS_MAX, sizeof *faults);
    if (faults == NULL) {
        snprintf(error, error_size, "out of memory");
        return false;
    }
    for (uint32_t i = 0; i < list->count; i++) {
        faults[i] = listed(&list->items[i]);
    }
    const struct scenario_changes changes = { sets, set_count, faults, list->count };
    bool ok = scenario_rewrite(scenario, text, text_size, &changes, out, error, error_size);
    free(faults);
    return ok;
}
