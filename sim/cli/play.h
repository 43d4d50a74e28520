/* Plays a run with a progress line.
 * SPDX-License-Identifier: MIT
 */
#ifndef CLI_PLAY_H
#define CLI_PLAY_H

#include "run/run.h"

/* Chooses where the nodes lie, unless the settings say it already, and says on stderr where memory
 * is spared; `kept_bytes` are for other runs of this process. False: it does not fit; stderr says
 * what would. */
bool play_plan(const struct scenario *scenario, uint64_t kept_bytes, bool quiet,
        struct run_settings *settings);
/* A run of `scenario`, with a progress line on stderr while it is made. NULL: it can't be; stderr
 * says why. */
struct run *play_create(
        const struct scenario *scenario, const struct run_settings *settings, bool quiet);
/* Of `wanted` runs of at most so many devices, each a process of its own, as many as memory holds
 * at one time; stderr says so where they are fewer. 0: not even one, of what `name` says; stderr
 * says what would fit. */
unsigned play_workers(const char *name, uint32_t devices, unsigned wanted, bool quiet);
/* To its end, or until `stopped` (NULL: never) says so; the line is on stderr. */
void play(struct run *run, bool quiet, bool (*stopped)(void));

#endif
