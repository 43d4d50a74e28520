/* All recorders of one run: created, fed and asked as one.
 * SPDX-License-Identifier: MIT
 */
#ifndef RECORD_RECORDER_SET_H
#define RECORD_RECORDER_SET_H

#include "record/recorder.h"
#include "record/summary.h"

/* Creates every recorder that takes part in a run, and lists for each kind of observation those
 * that listen to it, so that an observation costs only these. NULL: out of memory. */
struct recorder_set *recorder_set_create(const struct recorder_view *view);
void recorder_set_destroy(struct recorder_set *set);

/* From here on the recorders hear what happens. Once, before the run starts; `engine` and `nodes`
 * are those of the view. */
void recorder_set_listen(struct recorder_set *set, struct engine *engine, struct node_fleet *nodes);

const struct recorder_view *recorder_set_view(const struct recorder_set *set);
/* What a device does with its radio: after an observation, when recorders hear of it. */
enum device_activity recorder_set_activity(const struct recorder_set *set, uint32_t device);
/* It has sent, and none of its windows can be open yet at `at_ns`. */
bool recorder_set_before_windows(const struct recorder_set *set, uint32_t device, sim_ns at_ns);
/* FIRMWARE_SHOWS_ bits of a device's build: without FIRMWARE_SHOWS_TRACE its trace events reach no
 * recorder. */
uint8_t recorder_set_shows(const struct recorder_set *set, uint32_t device);
/* The state of one recorder, for the recorder's own functions. NULL: it takes no part. */
const void *recorder_set_state(const struct recorder_set *set, enum recorder recorder);

/* At each full second of simulated time, between two events. */
void recorder_set_look(struct recorder_set *set, sim_ns now_ns);

/* True: an invariant is broken, `text` says which in one line. The second costs a look at every
 * device. */
bool recorder_set_broken(const struct recorder_set *set, char *text, size_t size);
bool recorder_set_audit_fails(const struct recorder_set *set, char *text, size_t size);

/* The numbers of summary.json up to now. `partial`: the run was cut short, so no device is said to
 * have failed. NULL: out of memory. */
struct summary *recorder_set_summary(const struct recorder_set *set, bool partial);

#endif
