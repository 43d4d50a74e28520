/* The faults that a scenario lists: each acts as one that is injected at the same instant.
 * SPDX-License-Identifier: MIT
 *
 * Each target of a fault has a chain of events of its own: a begin schedules its end and the next
 * begin. Times by chance are a Poisson process of each target; the gap before its n-th begin is
 * drawn by (seed, target, fault, n), and counts from the end of the one before.
 */
#include <math.h>
#include <stdlib.h>

#include "random_stream.h"
#include "run/fault.h"
#include "scenario/scenario_faults.h"

#define NS_PER_DAY (86400.0 * (double)SIM_NS_PER_S)
#define GAP_MAX_NS (3650.0 * NS_PER_DAY) /* the longest run */
/* An event's argument: the number of the fault in the low bits, that of the turn above them. */
#define ITEM_BITS 16

struct listed_faults {
    struct world *world;
    uint16_t begin_handler, end_handler;
    bool *reaches[SCENARIO_FAULTS_MAX]; /* of a jammer; NULL: all */
};

static uint32_t item_count(const struct scenario *scenario)
{
    return scenario->fault_count + scenario->outage_count;
}

/* The faults first, then the outages of the gateways' section. */
static const struct scenario_fault *item_at(const struct scenario *scenario, uint32_t i)
{
    return i < scenario->fault_count ? &scenario->faults[i]
                                     : &scenario->outages[i - scenario->fault_count];
}

/* How many operations further a device of the target is cut than its first. */
static uint32_t steps_of(
        const struct scenario *scenario, const struct scenario_fault *item, uint32_t device)
{
    struct scenario_range ranges[SCENARIO_SHARES_MAX];
    uint32_t count = scenario_fault_ranges(scenario, item, ranges), before = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (device >= ranges[i].from && device < ranges[i].to) {
            return (before + device - ranges[i].from) * item->flash.step;
        }
        before += ranges[i].to - ranges[i].from;
    }
    return 0;
}

static struct node_power_cut cut_of(
        const struct scenario *scenario, const struct scenario_fault *item, uint32_t device)
{
    uint32_t operation = item->flash.operation;
    return (struct node_power_cut){
        .operation = operation > 0 ? operation + steps_of(scenario, item, device) : 0,
        .torn = item->flash.torn,
        .duration_ns = item->duration_ns,
    };
}

/* As it begins; with another kind, as it ends. */
static struct fault fault_of(const struct listed_faults *faults, uint32_t i, entity_id entity)
{
    const struct world *world = faults->world;
    const struct scenario_fault *item = item_at(world->scenario, i);
    struct fault fault = {
        .kind = fault_begin_of((enum scenario_fault_kind)item->kind),
        .target = scenario_fault_of_devices(item)    ? entity - world->first_device
                  : scenario_fault_of_gateways(item) ? gateway_of_entity(
                            &world->gateway_entities, entity, world->gateway_count)
                                                     : i,
        .outage = item->part,
        .loss = item->loss,
        .read_errors = { (enum hal_flash_region)item->memory, item->bit_errors },
        .charge = item->charge,
    };
    if (fault.kind == FAULT_DEVICE_POWER_CUT) {
        fault.cut = cut_of(world->scenario, item, fault.target);
    } else if (fault.kind == FAULT_JAMMER_START) {
        fault.jammer = (struct medium_jammer){
            .emitter = item->jammer,
            .received = item->received,
            .received_mdbm = item->received_mdbm,
            .reaches = faults->reaches[i],
        };
    }
    return fault;
}

static bool has_end(const struct scenario_fault *item)
{
    return fault_end_of((enum scenario_fault_kind)item->kind) != FAULT_KIND_COUNT
           && item->duration_ns != SCENARIO_AUTO;
}

/* Time from the end of the turn before to the begin of a turn by chance; longer ones than any run
 * are cut, as 64 bits would not hold those of the lowest rates. */
static sim_ns gap_ns(
        const struct listed_faults *faults, uint32_t i, entity_id entity, uint64_t turn)
{
    uint32_t word[4];
    random_block(faults->world->scenario->seed, entity, RANDOM_FAULT, turn << ITEM_BITS | i, word);
    double mean_ns = NS_PER_DAY / item_at(faults->world->scenario, i)->rate_per_day;
    double gap = -log((word[0] + 0.5) / 4294967296.0) * mean_ns;
    return (sim_ns)fmin(gap, GAP_MAX_NS) + 1;
}

/* Beyond the end of the run nothing is scheduled. */
static void schedule(struct listed_faults *faults, sim_ns at_ns, entity_id entity, uint16_t handler,
        uint64_t argument)
{
    if (at_ns <= faults->world->scenario->duration_ns) {
        engine_schedule(faults->world->engine, at_ns, SIM_PHASE_WORLD, entity, handler, argument);
    }
}

static void schedule_begin(
        struct listed_faults *faults, sim_ns at_ns, entity_id entity, uint64_t turn, uint32_t i)
{
    if (at_ns < item_at(faults->world->scenario, i)->until_ns) {
        schedule(faults, at_ns, entity, faults->begin_handler, turn << ITEM_BITS | i);
    }
}

static void begins(void *context, sim_ns now_ns, entity_id entity, uint64_t argument)
{
    struct listed_faults *faults = context;
    uint32_t i = argument & ((1u << ITEM_BITS) - 1);
    uint64_t turn = (argument >> ITEM_BITS) + 1;
    const struct scenario_fault *item = item_at(faults->world->scenario, i);
    struct fault fault = fault_of(faults, i, entity);
    fault_apply(faults->world, &fault, now_ns);
    sim_ns end_ns = now_ns;
    if (has_end(item)) {
        end_ns += item->duration_ns;
        schedule(faults, end_ns, entity, faults->end_handler, argument);
    }
    if (item->every_ns > 0) {
        schedule_begin(faults, now_ns + item->every_ns, entity, turn, i);
    } else if (item->rate_per_day > 0) {
        schedule_begin(faults, end_ns + gap_ns(faults, i, entity, turn), entity, turn, i);
    }
}

static void ends(void *context, sim_ns now_ns, entity_id entity, uint64_t argument)
{
    struct listed_faults *faults = context;
    uint32_t i = argument & ((1u << ITEM_BITS) - 1);
    struct fault fault = fault_of(faults, i, entity);
    fault.kind = fault_end_of((enum scenario_fault_kind)item_at(faults->world->scenario, i)->kind);
    fault_apply(faults->world, &fault, now_ns);
}

/* --- the first of each ------------------------------------------------------------------------ */

static void first_of(struct listed_faults *faults, uint32_t i, entity_id entity)
{
    const struct scenario_fault *item = item_at(faults->world->scenario, i);
    sim_ns gap = item->rate_per_day > 0 ? gap_ns(faults, i, entity, 0) : 0;
    schedule_begin(faults, item->at_ns + gap, entity, 0, i);
}

static void first_of_devices(struct listed_faults *faults, uint32_t i)
{
    struct scenario_range ranges[SCENARIO_SHARES_MAX];
    const struct world *world = faults->world;
    uint32_t count = scenario_fault_ranges(world->scenario, item_at(world->scenario, i), ranges);
    for (uint32_t r = 0; r < count; r++) {
        for (uint32_t device = ranges[r].from; device < ranges[r].to; device++) {
            first_of(faults, i, world->first_device + device);
        }
    }
}

static void first_of_gateways(struct listed_faults *faults, uint32_t i)
{
    const struct world *world = faults->world;
    uint32_t gateway = item_at(world->scenario, i)->gateway;
    bool all = gateway == GATEWAY_ALL;
    for (uint32_t g = all ? 0 : gateway; g < (all ? world->gateway_count : gateway + 1); g++) {
        first_of(faults, i, gateway_entity(&world->gateway_entities, g));
    }
}

/* A jammer reaches the devices and gateways that it names, or all if it names none. */
static bool mark_reached(struct listed_faults *faults, uint32_t i)
{
    const struct world *world = faults->world;
    const struct scenario_fault *item = item_at(world->scenario, i);
    if (!item->for_devices && !item->for_gateways) {
        return true;
    }
    bool *reaches = calloc((size_t)world->device_count + world->gateway_count, sizeof *reaches);
    faults->reaches[i] = reaches;
    if (reaches == NULL) {
        return false;
    }
    struct scenario_range ranges[SCENARIO_SHARES_MAX];
    uint32_t count = item->for_devices ? scenario_fault_ranges(world->scenario, item, ranges) : 0;
    for (uint32_t r = 0; r < count; r++) {
        for (uint32_t device = ranges[r].from; device < ranges[r].to; device++) {
            reaches[device] = true;
        }
    }
    for (uint32_t g = 0; item->for_gateways && g < world->gateway_count; g++) {
        reaches[world->device_count + g] = item->gateway == GATEWAY_ALL || item->gateway == g;
    }
    return true;
}

struct listed_faults *listed_faults_create(struct world *world)
{
    struct listed_faults *faults = calloc(1, sizeof *faults);
    if (faults == NULL) {
        return NULL;
    }
    faults->world = world;
    faults->begin_handler = engine_handler_add(world->engine, begins, faults);
    faults->end_handler = engine_handler_add(world->engine, ends, faults);
    for (uint32_t i = 0; i < item_count(world->scenario); i++) {
        const struct scenario_fault *item = item_at(world->scenario, i);
        if (scenario_fault_of_devices(item)) {
            first_of_devices(faults, i);
        } else if (scenario_fault_of_gateways(item)) {
            first_of_gateways(faults, i);
        } else if (mark_reached(faults, i)) {
            first_of(faults, i, world->gateway_entities.first);
        } else {
            listed_faults_destroy(faults);
            return NULL;
        }
    }
    return faults;
}

void listed_faults_destroy(struct listed_faults *faults)
{
    for (uint32_t i = 0; faults != NULL && i < SCENARIO_FAULTS_MAX; i++) {
        free(faults->reaches[i]);
    }
    free(faults);
}
