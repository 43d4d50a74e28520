/* Firmware that blocks or has variables: a fiber and a copy of its writable segment for each node.
 * SPDX-License-Identifier: MIT
 *
 * The segment holds the variables of the node that ran last; they are copied only when another
 * node of the same object runs. A node gives way at the first HAL call after the end of its slice,
 * and in hal_wait(); interrupts are delivered when it goes on.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "board/fiber.h"
#include "board/node_internal.h"

#define STACK_BYTES_DEFAULT (64u * 1024u)

bool node_task_create(struct node *node, const struct firmware_build *build)
{
    struct node_task *task = calloc(1, sizeof *task);
    if (task == NULL) {
        return false;
    }
    node->task = task;
    task->wait_until_ns = SIM_NS_NEVER;
    task->segment = (build->flags & FIRMWARE_GLOBALS) != 0 ? build->segment : NULL;
    if (task->segment != NULL) {
        task->saved = malloc(task->segment->size);
        if (task->saved == NULL) {
            return false;
        }
        memcpy(task->saved, task->segment->initial, task->segment->size);
    }
    if ((build->flags & FIRMWARE_BLOCKS) != 0) {
        size_t bytes = build->stack_size_bytes;
        task->fiber = fiber_create(bytes != 0 ? bytes : STACK_BYTES_DEFAULT);
        return task->fiber != NULL;
    }
    return true;
}

void node_task_destroy(struct node *node)
{
    struct node_task *task = node->task;
    if (task != NULL) {
        if (task->segment != NULL && task->segment->resident == task) {
            task->segment->resident = NULL;
        }
        fiber_destroy(task->fiber);
        free(task->saved);
        free(task);
        node->task = NULL;
    }
}

static void segment_enter(struct node_task *task, struct node_worker *worker)
{
    struct firmware_segment *segment = task->segment;
    if (segment == NULL || segment->resident == task) {
        return;
    }
    struct node_task *before = segment->resident;
    if (before != NULL) {
        memcpy(before->saved, segment->begin, segment->size);
    }
    memcpy(segment->begin, task->saved, segment->size);
    segment->resident = task;
    worker->counts.segment_swaps++;
}

static void fiber_main(void *argument)
{
    struct node *node = argument;
    for (;;) {
        node_slice(node, node_worker(node)->until_ns);
        fiber_leave(node->task->fiber);
    }
}

/* Called by node_enter(). False: the caller runs the slice itself. */
bool node_task_enter(struct node *node)
{
    struct node_task *task = node->task;
    struct node_worker *worker = node_worker(node);
    segment_enter(task, worker);
    if (task->fiber == NULL) {
        return false;
    }
    if (!task->fiber_runs) {
        task->fiber_runs = true;
        fiber_start(task->fiber, fiber_main, node);
    }
    worker->yield_ns = worker->until_ns;
    worker->counts.fiber_switches++;
    fiber_enter(task->fiber);
    return true;
}

void node_task_reset(struct node *node)
{
    struct node_task *task = node->task;
    struct firmware_segment *segment = task->segment;
    task->fiber_runs = false;
    task->in_irq = false;
    task->wait_until_ns = SIM_NS_NEVER;
    if (segment != NULL) {
        memcpy(segment->resident == task ? segment->begin : task->saved, segment->initial,
                segment->size);
    }
}

static void leave(struct node *node)
{
    fiber_leave(node->task->fiber);
    node_irqs_deliver(node);
}

void node_give_way(struct node *node)
{
    node->more = true;
    leave(node);
}

void node_task_wait(struct node *node, sim_ns until_ns)
{
    while (node->local_ns < until_ns) {
        node->task->wait_until_ns = until_ns;
        node->more = false;
        leave(node);
    }
    node->task->wait_until_ns = SIM_NS_NEVER;
}

_Noreturn void node_task_escape(struct node *node, enum node_exit how)
{
    node_worker(node)->exit = how;
    fiber_leave(node->task->fiber);
    __builtin_trap(); /* a fiber that was left for good is never entered again */
}
