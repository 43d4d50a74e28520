/* When a node's firmware runs: interrupts, slices and wakes.
 * SPDX-License-Identifier: MIT
 *
 * A node has one next wake: the chip's next edge, or what the MCU waits for (the end of a slice
 * with work left, else the first of alarm and flash end), but not before the MCU is free. The
 * engine's queue can't forget an event, so a wake is put into it only when it is earlier than those
 * of this node that are there already; an event that finds nothing to do has been overtaken and is
 * ignored.
 */
#include <assert.h>
#include <string.h>

#include "board/fiber.h"
#include "board/node_internal.h"
#include "observe.h"

/* --- the queue ------------------------------------------------------------------------------- */

static sim_ns earlier(sim_ns a_ns, sim_ns b_ns)
{
    return a_ns < b_ns ? a_ns : b_ns;
}

static sim_ns mcu_wake_ns(const struct node *node)
{
    if (node->stage != NODE_READY || node->more || node->irq_pending != 0) {
        return node->local_ns;
    }
    sim_ns next_ns = node->alarm_ns;
    if (node->nor_notify) {
        next_ns = earlier(next_ns, node->nor_done_ns);
    }
    if (node->task != NULL) {
        next_ns = earlier(next_ns, node->task->wait_until_ns);
    }
    return next_ns > node->local_ns ? next_ns : node->local_ns;
}

/* When this node needs the engine again, SIM_NS_NEVER if nothing of its own will happen. The
 * chip's edges are served in time even when the MCU is busy: they reach the air. */
static sim_ns wake_ns(const struct node *node)
{
    return earlier(mcu_wake_ns(node), node_chip_ns(node));
}

/* For so long a node stays in the cache: from an uplink to the end of its windows, of which there
 * are few nodes at a time. */
#define CACHED_FOR_NS (3 * SIM_NS_PER_S)

void node_schedule(struct node *node)
{
    sim_ns at_ns = wake_ns(node);
    if (at_ns >= node->scheduled_ns[0]) {
        return;
    }
    /* The latest that no longer fits is forgotten: its event will find nothing to do. */
    memmove(node->scheduled_ns + 1, node->scheduled_ns,
            (NODE_SCHEDULED - 1) * sizeof node->scheduled_ns[0]);
    node->scheduled_ns[0] = at_ns;
    struct node_fleet *fleet = node->fleet;
    bool soon = at_ns - engine_now(fleet->engine) < CACHED_FOR_NS;
    engine_schedule(fleet->engine, at_ns, SIM_PHASE_NODE, node_entity(node), fleet->wake_handler,
            node->more ? NODE_WAKE_WORK
            : soon     ? NODE_WAKE_SOON
                       : NODE_WAKE_REST);
}

static void scheduled_pop(struct node *node, sim_ns now_ns)
{
    while (node->scheduled_ns[0] <= now_ns) {
        memmove(node->scheduled_ns, node->scheduled_ns + 1,
                (NODE_SCHEDULED - 1) * sizeof node->scheduled_ns[0]);
        node->scheduled_ns[NODE_SCHEDULED - 1] = SIM_NS_NEVER;
    }
}

/* --- entering firmware ------------------------------------------------------------------------ */

/* Latches what the board's own timers brought up to `at_ns`. */
static void timers_latch(struct node *node, sim_ns at_ns)
{
    if (node->alarm_ns <= at_ns) {
        node_latch(node, FW_IRQ_ALARM, node->alarm_ns);
        node->alarm_ns = SIM_NS_NEVER;
    }
    if (node->nor_notify && node->nor_done_ns <= at_ns) {
        node_latch(node, FW_IRQ_FLASH_DONE, node->nor_done_ns);
        node->nor_notify = false;
    }
}

/* The pending interrupt whose edge came first; of equal edges the lower source. */
static unsigned first_irq(const struct node *node)
{
    assert(node->irq_pending != 0);
    unsigned first = (unsigned)__builtin_ctz(node->irq_pending);
    for (unsigned rest = node->irq_pending & (node->irq_pending - 1u); rest != 0;
            rest &= rest - 1u) {
        unsigned source = (unsigned)__builtin_ctz(rest);
        first = node->irq_edge_ns[source] < node->irq_edge_ns[first] ? source : first;
    }
    return first;
}

static void irqs_deliver(struct node *node)
{
    const struct fw_ops *application = node_application(node);
    while (node->irq_pending != 0) {
        unsigned first = first_irq(node);
        sim_ns first_ns = node->irq_edge_ns[first];
        node->irq_pending &= (uint8_t) ~(1u << first);
        crystal_follow(&node->crystal, first_ns);
        application->irq(
                node_ram(node), (enum fw_irq)first, crystal_ticks(&node->crystal, first_ns));
    }
}

/* Tells the firmware of every latched interrupt, in the order of their edges. One that gave way in
 * an interrupt is told of the next when it returns. */
void node_irqs_deliver(struct node *node)
{
    struct node_task *task = node->task;
    if (task != NULL) {
        if (task->in_irq) {
            return;
        }
        task->in_irq = true;
    }
    irqs_deliver(node);
    if (task != NULL) {
        task->in_irq = false;
    }
}

/* A bootloader that found nothing to start waits and resets the board, as a read of the flash may
 * have failed (device/port/main_bootloader.c). */
#define BOOT_RETRY_NS (10 * SIM_NS_PER_S)

/* What runs is looked up here: the bootloader of the node's build, then the application that was
 * chosen last, or the one that belongs to the image in the slot. */
static void start(struct node *node)
{
    struct node_fleet *fleet = node->fleet;
    const struct fw_boot_ops *bootloader = node->board->build->boot;
    node->application = node->application_next;
    node_ram_forget(node);
    node->stage = NODE_READY;
    node->more = true;
    engine_observe(fleet->engine, node->local_ns, node_entity(node), OBSERVE_NODE_RESET,
            node->boot_cause, 0, 0, NULL);
    struct hal hal = { .board = node, .ops = &node_hal_ops };
    enum hal_reset_cause cause = (enum hal_reset_cause)node->boot_cause;
    if (bootloader != NULL && !bootloader->run(node_ram(node), &hal, cause)) {
        node->stage = NODE_HALTED;
        node->more = false;
        node->local_ns += BOOT_RETRY_NS;
        return;
    }
    if (fleet->on_boot != NULL) {
        fleet->on_boot(fleet->on_boot_context, node->index, node->local_ns);
    }
    node->application = node_application_choose(node);
    node_application(node)->boot(node_ram(node), &hal, cause);
}

/* After each run of the firmware. */
static void run_ended(struct node *node, sim_ns until_ns)
{
    node_worker(node)->counts.firmware_runs++;
    timers_latch(node, node->local_ns);
    sim_ns settled_ns = earlier(node->local_ns, until_ns);
    if (node_chip_ns(node) <= settled_ns) {
        sx1276_advance(&node->chip, settled_ns); /* saves a wake for it */
    }
}

static bool has_work(const struct node *node)
{
    return node->more || node->irq_pending != 0;
}

void node_slice(struct node *node, sim_ns until_ns)
{
    if (node->stage == NODE_BOOT) {
        start(node);
        timers_latch(node, node->local_ns);
    }
    const struct fw_ops *application = node_application(node);
    while (node->stage == NODE_READY && node->local_ns < until_ns && has_work(node)) {
        node_irqs_deliver(node);
        node_spend_call(node);
        node->more = application->run(node_ram(node));
        run_ended(node, until_ns);
    }
}

_Noreturn void node_escape(struct node *node, enum node_exit how)
{
    assert(node_worker(node)->inside == node);
    assert(how != NODE_EXIT_RETURN);
    if (node->task != NULL && node->task->fiber != NULL) {
        node_task_escape(node, how);
    }
    siglongjmp(node_worker(node)->escape, (int)how);
}

void node_wait_for_turn(struct node *node)
{
    struct node_worker *worker = node_worker(node);
    bool inside = worker->inside != NULL;
    if (inside) {
        node_signals_inside(NULL); /* the time of a wait is not the firmware's */
    }
    engine_take_turn(node->fleet->engine);
    if (inside) {
        node_signals_inside(worker);
    }
}

/* The single place that enters firmware. Nothing of a firmware's C stack outlives it. */
static enum node_exit node_enter(struct node *node, sim_ns until_ns)
{
    struct node_worker *const worker = node_worker(node);
    assert(worker->inside == NULL);
    worker->inside = node;
    node->runs = true;
    worker->until_ns = until_ns;
    worker->yield_ns = SIM_NS_NEVER;
    worker->exit = NODE_EXIT_RETURN;
    node_signals_inside(worker);
    volatile int how = sigsetjmp(worker->escape, 0);
    if (how == NODE_EXIT_FAULT && node->task != NULL && node->task->fiber != NULL) {
        fiber_abandoned(node->task->fiber);
    }
    if (how == 0) {
        if (node->task == NULL || !node_task_enter(node)) {
            node_slice(node, until_ns);
        }
        how = (int)worker->exit;
    }
    node_signals_inside(NULL);
    worker->inside = NULL;
    node->runs = false;
    return (enum node_exit)how;
}

/* Without a C stack, where that is all that the firmware would do. */
static enum node_exit node_play(struct node *node, sim_ns until_ns)
{
    if (node_drop_frame(node)) {
        run_ended(node, until_ns);
        if (!has_work(node)) {
            return NODE_EXIT_RETURN;
        }
    }
    return node_enter(node, until_ns);
}

/* The MCU starts again after `delay_ns`. The radio and the NOR do not notice; the RTC counts on. */
static void reset(struct node *node, enum hal_reset_cause cause, sim_ns delay_ns)
{
    node_take_turn(node);
    if (node->spi_selected) { /* the pin floats, its pull-up wins */
        sx1276_deselect(&node->chip, node_access_ns(node));
        node->spi_selected = false;
    }
    if (node->task != NULL) {
        node_task_reset(node);
    }
    node->stage = NODE_BOOT;
    node->boot_cause = (uint8_t)cause;
    node->more = false;
    node->irq_pending = 0;
    node->alarm_ns = SIM_NS_NEVER;
    node->nor_notify = false;
    node->antenna = HAL_ANTENNA_OFF;
    node_keys_forget(node);
    node->local_ns += delay_ns;
}

/* A reset outside a slice, which books its own time. */
static void reset_booked(struct node *node, enum hal_reset_cause cause)
{
    reset(node, cause, node->board->type->reset_ns);
    node->energy.mcu_run_ns += node->board->type->reset_ns;
}

static void chip_advance(struct node *node, sim_ns now_ns)
{
    if (node->chip.now_ns < now_ns) {
        sx1276_advance(&node->chip, now_ns);
    }
}

void node_advance(struct node *node, sim_ns now_ns)
{
    chip_advance(node, now_ns);
    timers_latch(node, now_ns);
}

/* A node that computes ahead of the engine is reset where its local time is. */
void node_fleet_reset(struct node_fleet *fleet, uint32_t index, sim_ns now_ns)
{
    struct node *node = node_at(fleet, index);
    if (node->stage == NODE_OFF || node->stage == NODE_CUT) {
        return;
    }
    node_advance(node, now_ns);
    if (node->local_ns < now_ns) {
        node->local_ns = now_ns;
    }
    reset_booked(node, HAL_RESET_PIN);
    node_schedule(node);
}

/* --- serving ------------------------------------------------------------------------------------
 */

/* Brings the MCU's clock to where it can run. Returns from when on it counts as running. */
static sim_ns mcu_resume(struct node *node, sim_ns now_ns)
{
    sim_ns from_ns = node->local_ns;
    /* It had gone to sleep. No interrupt: a wait is over. */
    if (node->stage == NODE_READY && !node->more && node->irq_pending != 0) {
        sim_ns edge_ns = node->irq_edge_ns[first_irq(node)];
        if (edge_ns >= node->local_ns) {
            from_ns = edge_ns > now_ns ? edge_ns : now_ns;
            node->local_ns = from_ns + node->board->type->irq_wakeup_ns;
        }
    }
    if (node->local_ns < now_ns) {
        node->local_ns = now_ns;
        from_ns = now_ns;
    }
    return from_ns;
}

void node_serve(struct node *node, sim_ns now_ns)
{
    timers_latch(node, now_ns);
    if (node->stage == NODE_HALTED && node->local_ns <= now_ns) {
        reset_booked(node, HAL_RESET_SOFTWARE);
    }
    bool work = node->stage == NODE_BOOT || (node->stage == NODE_READY && has_work(node))
                || (node->task != NULL && node->task->wait_until_ns <= now_ns);
    if (work && node->local_ns <= now_ns) {
        struct node_worker *worker = node_worker(node);
        worker->slice_ns = now_ns;
        sim_ns from_ns = mcu_resume(node, now_ns);
        worker->running_since_ns = from_ns;
        switch (node_play(node, now_ns + NODE_SLICE_NS)) {
        case NODE_EXIT_RETURN:
            break;
        case NODE_EXIT_REBOOT:
            reset(node, HAL_RESET_SOFTWARE, node->board->type->reset_ns);
            break;
        case NODE_EXIT_FAULT:
            node_hard_fault(node, worker->fault_signal);
            reset(node, HAL_RESET_WATCHDOG, node->board->type->watchdog_ns);
            break;
        case NODE_EXIT_PANIC:
            reset(node, HAL_RESET_WATCHDOG, node->board->type->watchdog_ns);
            break;
        case NODE_EXIT_POWER_CUT:
            node->energy.mcu_run_ns += node->local_ns - from_ns;
            node_power_cut(node, node->cut_duration_ns, (enum hal_reset_cause)node->boot_cause);
            node_schedule(node);
            return;
        }
        node->energy.mcu_run_ns += node->local_ns - from_ns;
    }
    if (node->faults == NULL || !node_battery_cut(node)) {
        node_schedule(node);
    }
}

void node_wake(void *context, sim_ns now_ns, entity_id entity, uint64_t argument)
{
    struct node_fleet *fleet = context;
    struct node *node = node_at(fleet, entity - fleet->first_entity);
    if (argument == NODE_WAKE_REST && now_ns - node->local_ns > CACHED_FOR_NS) {
        if (!engine_has_prepared(fleet->engine, entity)) {
            node_wake_prefetch(fleet, entity, argument);
        }
        key_store_prefetch(fleet->keys, node->key_used);
    }
    scheduled_pop(node, now_ns);
    if (node->stage == NODE_OFF) {
        node_power_on(node, now_ns);
        return;
    }
    if (node->stage == NODE_CUT && node->local_ns <= now_ns) {
        node_power_on_again(node, now_ns);
        return;
    }
    if (wake_ns(node) > now_ns) {
        node_schedule(node);
        return;
    }
    chip_advance(node, now_ns);
    node_serve(node, now_ns);
}
