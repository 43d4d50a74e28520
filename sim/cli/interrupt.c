/* Ctrl-C, SIGTERM and SIGHUP: the first signal ends a command cleanly, the second ends the program.
 * SPDX-License-Identifier: MIT
 */
#include "cli/interrupt.h"

#include <assert.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t noted; /* the signal's number */
static char *volatile unlink_when_killed[INTERRUPT_PATHS_MAX];

static void on_signal(int signal_number)
{
    if (noted) {
        for (unsigned i = 0; i < INTERRUPT_PATHS_MAX; i++) {
            if (unlink_when_killed[i] != NULL) {
                unlink(unlink_when_killed[i]);
            }
        }
        signal(signal_number, SIG_DFL);
        raise(signal_number);
    }
    noted = signal_number;
}

void interrupt_catch(const char *const *paths, unsigned count)
{
    assert(count <= INTERRUPT_PATHS_MAX);
    noted = 0;
    for (unsigned i = 0; i < INTERRUPT_PATHS_MAX; i++) {
        free(unlink_when_killed[i]);
        unlink_when_killed[i] = i < count && paths[i] != NULL ? strdup(paths[i]) : NULL;
    }
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

int interrupt_signal(void)
{
    return noted;
}
