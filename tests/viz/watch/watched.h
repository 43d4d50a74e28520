/* A run with a watch and a scene of it, played as the player does.
 * SPDX-License-Identifier: MIT
 */
#ifndef TESTS_VIZ_WATCHED_H
#define TESTS_VIZ_WATCHED_H

#include "support/trial.h"
#include "watch/watch.h"

struct watched {
    struct trial *trial;
    struct watch *watch;
    struct scene *scene;
};

/* Eight devices, two gateways and fading: some fragments are lost to each cause of the radio. The
 * first gateway is without power from 20 to 25 min; device 1 is reset, device 2 has no power for a
 * minute. */
extern const char watched_small[];

struct watched watched_create(const char *text, const char *const *sets, size_t set_count);
/* Stops for each sample. False: the run is over. */
bool watched_go(struct watched *watched, sim_ns until_ns);
/* To the end, with a fill at each `step_ns`. */
void watched_play(struct watched *watched, sim_ns step_ns);
void watched_fill(struct watched *watched);
void watched_destroy(struct watched *watched);

#endif
