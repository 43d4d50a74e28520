/* Events per second: hold operations through the engine, beside a plain binary heap.
 * SPDX-License-Identifier: MIT
 *
 * The hold model (Jones, CACM 29(4), 1986): with n events pending, take the first and schedule
 * another; increments are exponential, or of a shape that is known to slow some queues. Each entity
 * has one event pending, as a node has one alarm. The floor takes and adds the same 32-byte records
 * in a binary heap, without engine, handler or entity.
 */
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"
#include "engine.h"
#include "random_stream.h"

enum {
    INCREMENT_COUNT = 4096,
    RUNS = 7
};

#define SEED UINT64_C(1986)

/* Increments are drawn beforehand: the queue is measured, not the logarithm. */
struct hold {
    const char *shape;
    size_t pending;
    uint64_t holds; /* in one run */
    sim_ns increments_ns[INCREMENT_COUNT];
    uint32_t next_increment;
    /* Ours */
    struct engine *engine;
    uint16_t handler;
    uint64_t left;
    /* The floor */
    struct record *records;
    size_t record_count;
};

typedef double shape_fn(struct random_stream *stream); /* increment, mean of about 1 s */

static sim_ns next_increment_ns(struct hold *hold)
{
    return hold->increments_ns[hold->next_increment++ % INCREMENT_COUNT];
}

static void on_event(void *context, sim_ns now_ns, entity_id entity, uint64_t argument)
{
    struct hold *hold = context;
    engine_schedule(hold->engine, now_ns + next_increment_ns(hold), SIM_PHASE_NODE, entity,
            hold->handler, argument);
    if (--hold->left == 0) {
        engine_stop(hold->engine);
    }
}

static void engine_start(struct hold *hold)
{
    hold->engine = engine_create(SEED);
    assert(hold->engine != NULL);
    hold->handler = engine_handler_add(hold->engine, on_event, hold);
    entity_id first = engine_entity_add(hold->engine, (uint32_t)hold->pending);
    for (size_t i = 0; i < hold->pending; i++) {
        engine_schedule(hold->engine, next_increment_ns(hold), SIM_PHASE_NODE, first + (entity_id)i,
                hold->handler, i);
    }
}

/* The state lives on from run to run: measured is the working queue, not its filling. */
static double engine_holds_per_s(void *context)
{
    struct hold *hold = context;
    hold->left = hold->holds;
    int64_t start_ns = bench_clock_ns();
    bool all = engine_run(hold->engine, SIM_NS_NEVER - 1);
    int64_t end_ns = bench_clock_ns();
    assert(!all && engine_pending(hold->engine) == hold->pending);
    return (double)hold->holds * 1e9 / (double)(end_ns - start_ns);
}

/* Same order as an event's: time, phase and entity, sequence and handler. */
struct record {
    int64_t at_ns;
    uint64_t order, tail, argument;
};

static bool record_before(const struct record *a, const struct record *b)
{
    if (a->at_ns != b->at_ns) {
        return a->at_ns < b->at_ns;
    }
    return a->order != b->order ? a->order < b->order : a->tail < b->tail;
}

static void heap_push(struct hold *hold, struct record record)
{
    size_t hole = hold->record_count++;
    while (hole > 0 && record_before(&record, &hold->records[(hole - 1) / 2])) {
        hold->records[hole] = hold->records[(hole - 1) / 2];
        hole = (hole - 1) / 2;
    }
    hold->records[hole] = record;
}

static struct record heap_pop(struct hold *hold)
{
    struct record first = hold->records[0];
    struct record last = hold->records[--hold->record_count];
    size_t hole = 0;
    for (size_t child = 1; child < hold->record_count; child = 2 * hole + 1) {
        size_t other = child + 1;
        if (other < hold->record_count
                && record_before(&hold->records[other], &hold->records[child])) {
            child = other;
        }
        if (!record_before(&hold->records[child], &last)) {
            break;
        }
        hold->records[hole] = hold->records[child];
        hole = child;
    }
    hold->records[hole] = last;
    return first;
}

static void floor_start(struct hold *hold)
{
    hold->records = malloc(hold->pending * sizeof *hold->records);
    assert(hold->records != NULL);
    hold->record_count = 0;
    for (size_t i = 0; i < hold->pending; i++) {
        heap_push(hold, (struct record){ next_increment_ns(hold), i, i, i });
    }
}

static double floor_holds_per_s(void *context)
{
    struct hold *hold = context;
    int64_t start_ns = bench_clock_ns();
    for (uint64_t i = 0; i < hold->holds; i++) {
        struct record record = heap_pop(hold);
        record.at_ns += next_increment_ns(hold);
        heap_push(hold, record);
    }
    int64_t end_ns = bench_clock_ns();
    assert(hold->record_count == hold->pending);
    return (double)hold->holds * 1e9 / (double)(end_ns - start_ns);
}

static double shape_exponential(struct random_stream *stream)
{
    return -log(random_stream_uniform_open(stream));
}

/* One in ten goes a hundred times as far as the others. */
static double shape_bimodal(struct random_stream *stream)
{
    double scale = random_stream_uniform(stream) < 0.9 ? 0.1 : 10.0;
    return 2 * scale * random_stream_uniform(stream);
}

/* Tails up to years, and most of the mass near now. */
static double shape_heavy_tailed(struct random_stream *stream)
{
    return 1e-3 * pow(random_stream_uniform_open(stream), -1.5);
}

/* A grid of 10 ms: many events of one instant. */
static double shape_gridded(struct random_stream *stream)
{
    return 0.01 * floor(200 * random_stream_uniform(stream));
}

/* Three of four events go on at the instant they come, as work that is done in slices does. */
static double shape_chained(struct random_stream *stream)
{
    return random_stream_uniform(stream) < 0.75 ? 0.0 : 4 * shape_exponential(stream);
}

/* All at the same instant, always: a class C session that begins. */
static double shape_in_step(struct random_stream *stream)
{
    (void)stream;
    return 1.0;
}

static void measure(struct hold *hold, shape_fn *shape, double *engine_per_s, double *floor_per_s)
{
    struct random_stream stream;
    random_stream_init(&stream, SEED, 0, RANDOM_TEST, 0);
    for (size_t i = 0; i < INCREMENT_COUNT; i++) {
        hold->increments_ns[i] = (sim_ns)(shape(&stream) * (double)SIM_NS_PER_S);
    }
    hold->next_increment = 0;
    engine_start(hold);
    *engine_per_s = bench_median(engine_holds_per_s, hold, RUNS);
    engine_destroy(hold->engine);
    hold->next_increment = 0;
    floor_start(hold);
    *floor_per_s = bench_median(floor_holds_per_s, hold, RUNS);
    free(hold->records);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        size_t pending;
    } sizes[] = { { "n1e4", 10000 }, { "n1e6", 1000000 } };
    static const struct {
        const char *name; /* NULL: the one that goes into the results */
        shape_fn *shape;
    } shapes[] = { { NULL, shape_exponential }, { "bimodal", shape_bimodal },
        { "heavy_tailed", shape_heavy_tailed }, { "gridded", shape_gridded },
        { "chained", shape_chained }, { "in_step", shape_in_step } };
    static struct hold hold;

    struct bench *bench = bench_open(argc, argv);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (size_t j = 0; j < sizeof shapes / sizeof shapes[0]; j++) {
            double engine_per_s, floor_per_s;
            char name[64];
            hold.pending = sizes[i].pending;
            hold.holds = 1000000;
            measure(&hold, shapes[j].shape, &engine_per_s, &floor_per_s);
            snprintf(name, sizeof name, "events_per_s.%s%s%s", sizes[i].name,
                    shapes[j].name == NULL ? "" : " ",
                    shapes[j].name == NULL ? "" : shapes[j].name);
            if (shapes[j].name == NULL) {
                bench_report(bench, name, "events/s", engine_per_s, floor_per_s);
            } else {
                bench_remark(name, "events/s", engine_per_s, floor_per_s);
            }
        }
    }
    return bench_close(bench);
}
