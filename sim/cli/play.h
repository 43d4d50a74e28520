/* Plays a run with a progress line.
 * SPDX-License-Identifier: MIT
 */
#ifndef CLI_PLAY_H
#define CLI_PLAY_H

#include "run/run.h"

/* To its end, or until `stopped` (NULL: never) says so; the line is on stderr. */
void play(struct run *run, bool quiet, bool (*stopped)(void));

#endif
