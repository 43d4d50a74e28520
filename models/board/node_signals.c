/* Signals that a firmware's own faults raise: hard faults of the node that is inside.
 * SPDX-License-Identifier: MIT
 *
 * A handler belongs to the process, so fleets share it: it is installed with the first fleet and
 * goes with the last. It takes a signal only while firmware runs on this thread; any other keeps
 * the action that it had.
 */
#include <assert.h>
#include <signal.h>
#include <stddef.h>

#include "board/node_internal.h"

static const int fault_signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL };
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
    if (handler_stack_is_ours) {
        stack_t none = { .ss_flags = SS_DISABLE };
        (void)sigaltstack(&none, NULL);
    }
}
