/* Ctrl-C, SIGTERM and SIGHUP: the first signal ends a command cleanly, the second the program.
 * SPDX-License-Identifier: MIT
 */
#ifndef CLI_INTERRUPT_H
#define CLI_INTERRUPT_H

#define INTERRUPT_PATHS_MAX 4u

/* Notes these signals from now on, but for those that the program was started to ignore. `paths`
 * are files that the second signal removes; NULL among them: none. */
void interrupt_catch(const char *const *paths, unsigned count);
/* The same, but further signals change nothing: mpirun, which is told to end, sends several. */
void interrupt_note(void);
/* The number of the first signal since then; 0: there was none. */
int interrupt_signal(void);

#endif
