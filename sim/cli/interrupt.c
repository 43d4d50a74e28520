/* Ctrl-C, SIGTERM and SIGHUP: the first signal ends a command cleanly, the second the program.
 * SPDX-License-Identifier: MIT
 */
#include "cli/interrupt.h"

#include <assert.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t noted; /* the signal's number */
static volatile sig_atomic_t second_ends;
static char *volatile unlink_when_killed[INTERRUPT_PATHS_MAX];

static void unlink_temporaries(void)
{
    for (unsigned i = 0; i < INTERRUPT_PATHS_MAX; i++) {
        if (unlink_when_killed[i] != NULL) {
            unlink(unlink_when_killed[i]);
        }
    }
}

static void on_signal(int signal_number)
{
    if (noted && second_ends) {
        unlink_temporaries();
        signal(signal_number, SIG_DFL);
        raise(signal_number);
    }
    noted = noted ? noted : signal_number;
}

static void set_handlers(void)
{
    noted = 0;
    struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
    static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        struct sigaction before;
        sigaction(signals[i], NULL, &before);
        if (before.sa_handler != SIG_IGN) { /* nohup, background jobs */
            sigaction(signals[i], &action, NULL);
        }
    }
}

void interrupt_catch(const char *const *paths, unsigned count)
{
    assert(count <= INTERRUPT_PATHS_MAX);
    for (unsigned i = 0; i < INTERRUPT_PATHS_MAX; i++) {
        free(unlink_when_killed[i]);
        unlink_when_killed[i] = i < count && paths[i] != NULL ? strdup(paths[i]) : NULL;
    }
    if (!second_ends) {
        (void)at_quick_exit(unlink_temporaries); /* memory ends in the middle of an event */
    }
    second_ends = true;
    set_handlers();
}

void interrupt_note(void)
{
    second_ends = false;
    set_handlers();
}

int interrupt_signal(void)
{
    return noted;
}
