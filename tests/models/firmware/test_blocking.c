/* Firmware with variables that blocks: each node has its own, and none leads the engine.
 * SPDX-License-Identifier: MIT
 *
 * Method: a hundred nodes of objects/blocking.c trace a counter that is a variable of the object;
 * an observer follows it node by node, beside ten nodes of the built-in firmware.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "board/node.h"
#include "firmware/firmware_object.h"
#include "observe.h"

#define BLOCKING   100u
#define BUILTIN    10u
#define SEED       5u
#define TRACE_LOOP 100

struct course {
    entity_id first;
    uint32_t loops[BLOCKING + BUILTIN]; /* last one traced */
    uint32_t resets[BLOCKING + BUILTIN];
};

static void follow(void *context, const struct observation *o)
{
    struct course *course = context;
    uint32_t node = o->entity - course->first;
    if (o->kind == OBSERVE_NODE_RESET) {
        course->resets[node]++;
        course->loops[node] = 0;
    } else if (o->a == TRACE_LOOP) {
        cr_assert_eq(o->b, course->loops[node] + 1, "node %u", node);
        cr_assert_eq(o->c, 7, "node %u: its own history", node);
        course->loops[node]++;
    }
}

static struct firmware_object *load(void)
{
    char error[512], path[1024];
    snprintf(path, sizeof path, "%s/tests/models/firmware/firmware_blocking.so",
            getenv("FLEETCAST_BUILD"));
    struct firmware_object *object = firmware_object_load(path, error, sizeof error);
    cr_assert_not_null(object, "%s", error);
    return object;
}

static uint64_t play(struct course *course, struct node_fleet_stats *stats)
{
    struct firmware_object *object = load();
    const struct firmware_build *builds[] = { firmware_object_build(object), &firmware_builtin };
    struct engine *engine = engine_create(SEED);
    struct node_fleet_params params = {
        .board = &board_stm32l072_sx1276,
        .builds = builds,
        .build_count = 2,
    };
    memset(course, 0, sizeof *course);
    course->first = engine_entity_add(engine, BLOCKING + BUILTIN);
    engine_observer_add(engine, OBSERVE_BIT(OBSERVE_FIRMWARE) | OBSERVE_BIT(OBSERVE_NODE_RESET),
            follow, course);
    struct node_fleet *fleet =
            node_fleet_create(engine, &params, BLOCKING + BUILTIN, course->first);
    for (uint32_t i = 0; i < BLOCKING + BUILTIN; i++) {
        struct node_params node = { .build = builds[i < BLOCKING ? 0 : 1],
            .boot_at_ns = (sim_ns)(i % 17) * SIM_NS_PER_MS };
        device_identity_draw(&node.identity, SEED, i);
        cr_assert(node_fleet_configure(fleet, i, &node));
    }
    node_fleet_start(fleet, NULL);
    engine_run(engine, 120 * SIM_NS_PER_S);
    node_fleet_stats(fleet, stats);
    uint64_t hash = engine_trace_hash(engine);
    node_fleet_destroy(fleet);
    engine_destroy(engine);
    firmware_object_destroy(object);
    return hash;
}

Test(firmware_blocking, every_node_has_its_own_variables_and_none_leads_the_engine)
{
    struct course course;
    struct node_fleet_stats stats;
    uint64_t hash = play(&course, &stats);
    for (uint32_t i = 0; i < BLOCKING; i++) {
        cr_assert_eq(course.resets[i], 3, "power-on and two reboots, node %u", i);
        cr_assert_gt(course.loops[i], 0, "a reset discards the stack and starts again");
    }
    cr_assert_leq(stats.lead_max_ns, NODE_LEAD_MAX_NS);
    cr_assert_eq(stats.hard_faults, 0);
    cr_assert_eq(play(&course, &stats), hash, "the same scenario, the same hash");
}
