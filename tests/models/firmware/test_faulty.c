/* Faults inside a firmware that blocks: each is a hard fault of its node and of no other.
 * SPDX-License-Identifier: MIT
 *
 * Method: objects/faulty.c says at each boot whether this board will fault; about half do, each
 * time five seconds after its boot. The engine runs on the thread that created the fleet, or on
 * another one while that one waits.
 */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "board/node.h"
#include "firmware/firmware_object.h"
#include "observe.h"

#define NODES        20u
#define SEED         9u
#define TRACE_BOOTED 102

static struct {
    entity_id first;
    bool faults[NODES];
    uint32_t boots[NODES];
    struct engine *engine;
    struct node_fleet *fleet;
    struct firmware_object *object;
} bench;

static void follow(void *context, const struct observation *o)
{
    (void)context;
    uint32_t node = o->entity - bench.first;
    if (o->a == TRACE_BOOTED) {
        bench.faults[node] = o->b != 0;
        cr_assert_eq(o->c, bench.boots[node] == 0 ? HAL_RESET_POWER_ON : HAL_RESET_WATCHDOG);
        bench.boots[node]++;
    }
}

static void start(const char *fault, uint32_t nodes)
{
    char error[512], path[1024];
    snprintf(path, sizeof path, "%s/tests/models/firmware/firmware_faulty_%s.so",
            getenv("FLEETCAST_BUILD"), fault);
    bench.object = firmware_object_load(path, error, sizeof error);
    cr_assert_not_null(bench.object, "%s", error);
    const struct firmware_build *builds[] = { firmware_object_build(bench.object) };
    struct node_fleet_params params = {
        .board = &board_stm32l072_sx1276,
        .builds = builds,
        .build_count = 1,
    };
    bench.engine = engine_create(SEED);
    bench.first = engine_entity_add(bench.engine, nodes);
    engine_observer_add(bench.engine, OBSERVE_BIT(OBSERVE_FIRMWARE), follow, NULL);
    bench.fleet = node_fleet_create(bench.engine, &params, nodes, bench.first);
    for (uint32_t i = 0; i < nodes; i++) {
        struct node_params node = { .boot_at_ns = (sim_ns)(i % 17) * SIM_NS_PER_MS };
        device_identity_draw(&node.identity, SEED, i);
        cr_assert(node_fleet_configure(bench.fleet, i, &node));
    }
    node_fleet_start(bench.fleet, NULL);
}

static bool is_run; /* to the time asked for */

static void *run_until(void *time_ns)
{
    is_run = engine_run(bench.engine, *(const sim_ns *)time_ns);
    return NULL;
}

static bool run(sim_ns until_ns, bool elsewhere)
{
    pthread_t thread;
    if (!elsewhere) {
        run_until(&until_ns);
        return is_run;
    }
    cr_assert_eq(pthread_create(&thread, NULL, run_until, &until_ns), 0);
    cr_assert_eq(pthread_join(thread, NULL), 0);
    return is_run;
}

static void end(void)
{
    node_fleet_destroy(bench.fleet);
    engine_destroy(bench.engine);
    firmware_object_destroy(bench.object);
}

static void expect_faults_of_those_nodes_only(const char *fault, bool elsewhere)
{
    uint32_t faulty = 0;
    struct node_fleet_stats stats;
    start(fault, NODES);
    run(14 * SIM_NS_PER_S, elsewhere);
    for (uint32_t i = 0; i < NODES; i++) {
        cr_expect_eq(
                bench.boots[i], bench.faults[i] ? 3 : 1, "node %u: %u boots", i, bench.boots[i]);
        faulty += bench.faults[i] ? 1 : 0;
    }
    cr_assert(faulty > 0 && faulty < NODES, "%u of %u boards fault", faulty, NODES);
    node_fleet_stats(bench.fleet, &stats);
    cr_assert_eq(stats.hard_faults, 2 * faulty);
    cr_assert_not_null(strstr(stats.first_fault, "HARD FAULT memory access in firmware 'faulty'"),
            "%s", stats.first_fault);
    end();
}

Test(firmware_faulty, a_bad_access_on_a_fiber_resets_its_node_only)
{
    expect_faults_of_those_nodes_only("access", false);
}

Test(firmware_faulty, a_stack_that_overflows_is_a_hard_fault_of_its_node_only)
{
    expect_faults_of_those_nodes_only("stack", false);
}

Test(firmware_faulty, a_bad_access_on_another_thread_is_the_same)
{
    expect_faults_of_those_nodes_only("access", true);
}

Test(firmware_faulty, a_stack_that_overflows_on_another_thread_is_the_same)
{
    expect_faults_of_those_nodes_only("stack", true);
}

static void expect_an_end_of_the_loop(bool elsewhere)
{
    struct node_fleet_stats stats;
    start("spin", NODES);
    run(5 * SIM_NS_PER_S, elsewhere);
    node_fleet_stats(bench.fleet, &stats);
    cr_assert_eq(stats.hard_faults, 0);
    uint32_t first = 0;
    while (first < NODES && !bench.faults[first]) {
        first++;
    }
    cr_assert_not(run(6 * SIM_NS_PER_S, elsewhere), "the engine is stopped");
    node_fleet_stats(bench.fleet, &stats);
    char device[32];
    snprintf(device, sizeof device, "dev %u at", first);
    cr_assert_not_null(
            strstr(stats.first_fault, "HARD FAULT endless loop"), "%s", stats.first_fault);
    cr_assert_not_null(strstr(stats.first_fault, device), "%s in %s", device, stats.first_fault);
    end();
}

Test(firmware_faulty, a_loop_without_a_call_of_the_hal_ends_by_cpu_time, .timeout = 120)
{
    expect_an_end_of_the_loop(false);
}

Test(firmware_faulty, a_loop_on_another_thread_ends_by_its_cpu_time, .timeout = 120)
{
    expect_an_end_of_the_loop(true);
}
