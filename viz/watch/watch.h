/* Watches a run for the view, through observers and const views; it changes nothing in the run.
 * SPDX-License-Identifier: MIT
 */
#ifndef WATCH_WATCH_H
#define WATCH_WATCH_H

#include "run/run.h"
#include "watch/scene.h"

struct watch;

/* Before the run's first advance. A run has one watch, and is advanced no more once that is
 * destroyed. `generation` is another one for each run: a scene of another run is filled from its
 * beginning. NULL: out of memory. */
struct watch *watch_create(struct run *run, uint64_t generation);
void watch_destroy(struct watch *watch);

/* Between two events: */

/* From now on `device` has a lane, until it is unpinned. False: SCENE_PINNED_MAX have one, it has
 * one, or there is no such device. */
bool watch_pin(struct watch *watch, uint32_t device);
void watch_unpin(struct watch *watch, uint32_t device);
/* Its detail is filled; SCENE_NONE: none. */
void watch_select(struct watch *watch, uint32_t device);
/* The operator gave a device a fault, now. */
void watch_fault(struct watch *watch, uint32_t device);

/* When the next sample of the timeline is due, SIM_NS_NEVER after the last one. The caller stops
 * the run there, and calls watch_sample(), which samples if one is due. */
sim_ns watch_next_sample_ns(const struct watch *watch);
void watch_sample(struct watch *watch);

/* Brings a scene up to date; of what only grows, what is new is added. The end of a run is sampled
 * too. Energies and clocks of all devices cost more than all else: they are looked at with
 * `energies`, at the first fill of a scene and at each WATCH_ENERGY_FILLS-th after the last look;
 * else they stay as they were, but for the clock of the selected device. False: out of memory; the
 * scene may be filled again. */
#define WATCH_ENERGY_FILLS 32u
bool watch_fill(struct watch *watch, bool energies, struct scene *scene);

#endif
