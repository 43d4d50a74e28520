/* Hard faults of the node that is inside: signals that its firmware raises, and endless loops.
 * SPDX-License-Identifier: MIT
 *
 * A handler belongs to the process, so fleets share it: it is installed with the first fleet and
 * goes with the last. It takes a signal only while firmware runs on this thread; any other keeps
 * the action that it had. Its stack and the timer belong to a thread: each thread that runs
 * firmware gets its own, and keeps them to its end or to that of the last fleet.
 */
#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "board/node_internal.h"

/* The member's name in glibc before 2.40. */
#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

static const int fault_signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL };

/* A slice is 1 ms of simulated time. One that takes this much CPU time of the host never ends. */
#define ENDLESS_CPU_S 5u
#define FAULT_SIGNALS (sizeof fault_signals / sizeof fault_signals[0])

static struct sigaction previous[FAULT_SIGNALS];
static unsigned users; /* fleets; under: */
static pthread_mutex_t users_mutex = PTHREAD_MUTEX_INITIALIZER;
static _Thread_local struct node_worker *worker_inside;
static _Thread_local volatile uint64_t entries; /* of firmware by this thread, whichever node's */

/* What a thread that runs firmware has. */
static _Thread_local struct {
    bool ready;
    bool stack_is_ours, has_timer;
    timer_t timer;
    unsigned char stack[64 * 1024]; /* for handlers: a firmware may have used up its own */
} this_thread;

/* --- endless loops -------------------------------------------------------------------------- */

/* Each second of CPU time of a thread. Once a loop was found the run is to end: the next are found
 * sooner. */
static void on_second(int signal)
{
    static _Thread_local uint64_t entries_seen;
    static _Thread_local unsigned seconds;
    struct node_worker *worker = worker_inside;
    if (worker == NULL || entries != entries_seen) {
        seconds = 0;
        entries_seen = entries;
        return;
    }
    if (++seconds >= (worker->fault_signal != SIGVTALRM ? ENDLESS_CPU_S : 1u)) {
        seconds = 0;
        worker->fault_signal = signal;
        siglongjmp(worker->escape, NODE_EXIT_FAULT);
    }
}

/* The action stays: a thread that outlives its fleets may still have its timer. */
static void timer_catch(void)
{
    /* SA_NODEFER as below; calls of the system that it interrupts go on. */
    struct sigaction action = { .sa_handler = on_second,
        .sa_flags = SA_ONSTACK | SA_NODEFER | SA_RESTART };
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGVTALRM, &action, NULL);
}

/* --- threads -------------------------------------------------------------------------------- */

static void thread_release(void)
{
    if (this_thread.has_timer) {
        (void)timer_delete(this_thread.timer);
    }
    if (this_thread.stack_is_ours) {
        stack_t none = { .ss_flags = SS_DISABLE };
        (void)sigaltstack(&none, NULL);
    }
    this_thread.ready = this_thread.stack_is_ours = this_thread.has_timer = false;
}

/* A timer outlives its thread: it is released when that ends. */
static pthread_key_t thread_end;
static pthread_once_t thread_end_once = PTHREAD_ONCE_INIT;

static void thread_ends(void *ready)
{
    thread_release();
}

static void thread_end_create(void)
{
    (void)pthread_key_create(&thread_end, thread_ends);
}

static void thread_get_ready(void)
{
    stack_t present, own = { .ss_sp = this_thread.stack, .ss_size = sizeof this_thread.stack };
    this_thread.stack_is_ours = sigaltstack(NULL, &present) == 0
                                && (present.ss_flags & SS_DISABLE) != 0
                                && sigaltstack(&own, NULL) == 0;
    const struct itimerspec each_second = { { 1, 0 }, { 1, 0 } };
    struct sigevent event = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGVTALRM };
    event.sigev_notify_thread_id = (pid_t)syscall(SYS_gettid);
    this_thread.has_timer = timer_create(CLOCK_THREAD_CPUTIME_ID, &event, &this_thread.timer) == 0
                            && timer_settime(this_thread.timer, 0, &each_second, NULL) == 0;
    (void)pthread_once(&thread_end_once, thread_end_create);
    (void)pthread_setspecific(thread_end, &this_thread);
    this_thread.ready = true;
}

void node_signals_inside(struct node_worker *worker)
{
    if (!this_thread.ready && worker != NULL) {
        thread_get_ready();
    }
    entries++;
    worker_inside = worker;
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

static void faults_catch(void)
{
    /* SA_NODEFER: the handler is left by a jump, after which the signal must not stay blocked. */
    struct sigaction action = { .sa_sigaction = on_fault,
        .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER };
    (void)sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < FAULT_SIGNALS; i++) {
        (void)sigaction(fault_signals[i], &action, &previous[i]);
    }
}

void node_signals_catch(void)
{
    (void)pthread_mutex_lock(&users_mutex);
    if (users++ == 0) {
        faults_catch();
        timer_catch();
    }
    (void)pthread_mutex_unlock(&users_mutex);
}

void node_signals_release(void)
{
    (void)pthread_mutex_lock(&users_mutex);
    assert(users > 0);
    if (--users == 0) {
        for (size_t i = 0; i < FAULT_SIGNALS; i++) {
            (void)sigaction(fault_signals[i], &previous[i], NULL);
        }
        thread_release();
    }
    (void)pthread_mutex_unlock(&users_mutex);
}
