/* Memory of a run: always granted, and the run ends after the event for which there was none left.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "run_memory.h"

static struct run_memory memory;
static size_t largest; /* request that the system grants while the reserve is held */

static void *up_to_largest(void *block, size_t bytes)
{
    return memory.reserve != NULL && bytes > largest ? NULL : realloc(block, bytes);
}

Test(run_memory, grows_what_there_is)
{
    cr_assert(run_memory_init(&memory));
    char *block = run_memory_take_zeroed(&memory, 3);
    cr_expect_arr_eq(block, "\0\0\0", 3);
    memcpy(block, "abc", 3);
    block = run_memory_grow(&memory, block, 100000);
    cr_expect_arr_eq(block, "abc", 3);
    cr_expect_not(memory.exhausted);
    free(block);
    run_memory_finish(&memory);
}

Test(run_memory, grants_from_the_reserve_what_the_system_has_not)
{
    cr_assert(run_memory_init(&memory));
    memory.resize = up_to_largest;
    largest = 50;
    char *block = run_memory_grow(&memory, NULL, 50);
    cr_expect_not(memory.exhausted);
    memcpy(block, "abc", 3);
    block = run_memory_grow(&memory, block, 51);
    cr_expect(memory.exhausted);
    cr_expect_eq(memory.refused_bytes, 51);
    cr_expect_null(memory.reserve);
    cr_expect_arr_eq(block, "abc", 3);
    block = run_memory_grow(&memory, block, 52);
    cr_expect(memory.exhausted, "it stays");
    cr_expect_eq(memory.refused_bytes, 51);
    free(block);
    run_memory_finish(&memory);
}

static void *refuse(void *block, size_t bytes)
{
    (void)block;
    (void)bytes;
    return NULL;
}

static void end_by_bytes(size_t bytes)
{
    _Exit((int)bytes);
}

Test(run_memory, ends_the_process_where_even_the_reserve_is_too_small, .exit_code = 51)
{
    run_memory_on_end(end_by_bytes);
    cr_assert(run_memory_init(&memory));
    memory.resize = refuse;
    run_memory_grow(&memory, NULL, 51);
}

/* An array that doubles asks for twice its size the next time. */
Test(run_memory, keeps_a_reserve_of_twice_the_largest_block)
{
    cr_assert(run_memory_init(&memory));
    cr_expect_eq(memory.reserve_bytes, RUN_MEMORY_RESERVE_BYTES);
    void *block = run_memory_grow(&memory, NULL, RUN_MEMORY_RESERVE_BYTES / 2);
    cr_expect_eq(memory.reserve_bytes, RUN_MEMORY_RESERVE_BYTES);
    block = run_memory_grow(&memory, block, RUN_MEMORY_RESERVE_BYTES);
    cr_expect_eq(memory.reserve_bytes, 2 * RUN_MEMORY_RESERVE_BYTES);
    memory.resize = up_to_largest;
    largest = 2 * RUN_MEMORY_RESERVE_BYTES;
    block = run_memory_grow(&memory, block, largest);
    cr_expect(memory.exhausted, "granted, but the next one might not be");
    free(block);
    run_memory_finish(&memory);
}

/* --- the engine ------------------------------------------------------------------------------- */

static struct engine *engine;
static unsigned handled;

static void *never(void *block, size_t bytes)
{
    return engine_memory(engine)->reserve != NULL ? NULL : realloc(block, bytes);
}

static void grow_in_the_third(void *context, sim_ns now_ns, entity_id entity, uint64_t argument)
{
    if (++handled == 3) {
        engine_memory(engine)->resize = never;
        free(run_memory_grow(engine_memory(engine), NULL, 10));
    }
}

Test(run_memory, an_engine_stops_after_the_event_in_which_it_ends)
{
    engine = engine_create(1);
    entity_id entity = engine_entity_add(engine, 1);
    uint16_t handler = engine_handler_add(engine, grow_in_the_third, NULL);
    for (unsigned i = 1; i <= 5; i++) {
        engine_schedule(engine, i * 10, SIM_PHASE_NODE, entity, handler, 0);
    }
    cr_expect_not(engine_run(engine, 100));
    cr_expect_eq(handled, 3);
    cr_expect_eq(engine_now(engine), 30);
    cr_expect(engine_out_of_memory(engine));
    cr_expect_not(engine_run(engine, 100));
    cr_expect_eq(handled, 3, "nothing is dispatched any more");
    cr_expect_eq(engine_pending(engine), 2);
    engine_destroy(engine);
}
