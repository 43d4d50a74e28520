/* Plays a run with a progress line.
 * SPDX-License-Identifier: MIT
 */
#ifndef CLI_PLAY_H
#define CLI_PLAY_H

#include "run/run.h"

/* A run of `scenario`, with a progress line on stderr while it is made. NULL: it can't be; stderr
 * says why. */
struct run *play_create(
        const struct scenario *scenario, const struct run_settings *settings, bool quiet);
/* To its end, or until `stopped` (NULL: never) says so; the line is on stderr. */
void play(struct run *run, bool quiet, bool (*stopped)(void));

#endif
