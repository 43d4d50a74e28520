/* Hard faults of the node that is inside: signals that its firmware raises, and endless loops.
 * SPDX-License-Identifier: MIT
 *
 * A handler belongs to the process, so fleets share it: it is installed with the first fleet and
 * goes with the last. It takes a signal only while firmware runs on this thread; any other keeps
 * the action that it had.
 */
#include <assert.h>
#include <signal.h>
#include <stddef.h>
#include <sys/time.h>

#include "board/node_internal.h"

static const int fault_signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL };

/* A slice is 1 ms of simulated time. One that takes this much CPU time of the host never ends. */
#define ENDLESS_CPU_S 5u
#define FAULT_SIGNALS (sizeof fault_signals / sizeof fault_signals[0])

static struct sigaction previous[FAULT_SIGNALS];
static unsigned users;
/* A firmware may have used up its stack: the handler has one of its own. */
static unsigned char handler_stack[64 * 1024];
static bool handler_stack_is_ours;
static _Thread_local struct node_worker *worker_inside;

void node_signals_inside(struct node_worker *worker)
{
    worker_inside = worker;
}

/* --- endless loops -------------------------------------------------------------------------- */

static struct sigaction previous_timer_action;

/* Each second of CPU time. Once a loop was found the run is to end: the next are found sooner. */
static void on_second(int signal)
{
    static _Thread_local uint64_t entries_seen;
    static _Thread_local unsigned seconds;
    struct node_worker *worker = worker_inside;
    if (worker == NULL || worker->entries != entries_seen) {
        seconds = 0;
        entries_seen = worker != NULL ? worker->entries : 0;
        return;
    }
    if (++seconds >= (worker->stats.first_fault[0] == '\0' ? ENDLESS_CPU_S : 1u)) {
        seconds = 0;
        worker->fault_signal = signal;
        siglongjmp(worker->escape, NODE_EXIT_FAULT);
    }
}

static void timer_catch(void)
{
    const struct itimerval each_second = { { 1, 0 }, { 1, 0 } };
    /* SA_NODEFER as below; calls of the system that it interrupts go on. */
    struct sigaction action = { .sa_handler = on_second,
        .sa_flags = SA_ONSTACK | SA_NODEFER | SA_RESTART };
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGVTALRM, &action, &previous_timer_action);
    (void)setitimer(ITIMER_VIRTUAL, &each_second, NULL);
}

static void timer_release(void)
{
    const struct itimerval none = { { 0, 0 }, { 0, 0 } };
    (void)setitimer(ITIMER_VIRTUAL, &none, NULL);
    (void)sigaction(SIGVTALRM, &previous_timer_action, NULL);
}

/* --- faults --------------------------------------------------------------------------------- */

static void previous_restore(int signal)
{
    for (size_t i = 0; i < FAULT_SIGNALS; i++) {
        if (fault_signals[i] == signal) {
            (void)sigaction(signal, &previous[i], NULL);
        }
    }
}

static void on_fault(int signal, siginfo_t *info, void *context)
{
    struct node_worker *worker = worker_inside;
    if (worker != NULL) {
        worker->fault_signal = signal;
        siglongjmp(worker->escape, NODE_EXIT_FAULT);
    }
    previous_restore(signal); /* the instruction runs again, and meets that action */
    if (info->si_code <= 0) {
        (void)raise(signal); /* sent, not caused: nothing would raise it again */
    }
}

void node_signals_catch(void)
{
    if (users++ > 0) {
        return;
    }
    stack_t present, own = { .ss_sp = handler_stack, .ss_size = sizeof handler_stack };
    handler_stack_is_ours = sigaltstack(NULL, &present) == 0 && (present.ss_flags & SS_DISABLE) != 0
                            && sigaltstack(&own, NULL) == 0;
    /* SA_NODEFER: the handler is left by a jump, after which the signal must not stay blocked. */
    struct sigaction action = { .sa_sigaction = on_fault,
        .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER };
    (void)sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < FAULT_SIGNALS; i++) {
        (void)sigaction(fault_signals[i], &action, &previous[i]);
    }
    timer_catch();
}

void node_signals_release(void)
{
    assert(users > 0);
    if (--users > 0) {
        return;
    }
    for (size_t i = 0; i < FAULT_SIGNALS; i++) {
        (void)sigaction(fault_signals[i], &previous[i], NULL);
    }
    timer_release();
    if (handler_stack_is_ours) {
        stack_t none = { .ss_flags = SS_DISABLE };
        (void)sigaltstack(&none, NULL);
    }
}
