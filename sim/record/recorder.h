/* A recorder: what one group of results needs from a run, as a row of operations.
 * SPDX-License-Identifier: MIT
 *
 * A recorder listens to observations, and reads const views of the models; it changes nothing. A
 * new one is one file and one line in recorders.def. No recorder depends on the order in which
 * recorders hear an observation.
 */
#ifndef RECORD_RECORDER_H
#define RECORD_RECORDER_H

#include "adversary/adversary.h"
#include "board/node.h"
#include "campaign/image_builder.h"
#include "campaign/server.h"
#include "engine.h"
#include "gateway/gateway.h"
#include "network/network.h"
#include "observe.h"
#include "record/device_radio.h"
#include "scenario/scenario.h"
#include "trace.h"

/* What recorders see of a run; everything in it outlives them. */
struct recorder_view {
    const struct scenario *scenario;
    const struct engine *engine;
    struct run_memory *memory; /* what a recorder grows from while the run goes on */
    const struct node_fleet *nodes;
    const struct gateway_fleet *gateways;
    const struct network *network;
    const struct server *server; /* of updates; without a campaign if the scenario has none */
    const struct adversary_fleet *adversaries; /* NULL: none */
    const struct built_image *images;          /* that campaigns send */
    uint32_t image_count;
    uint32_t device_count, gateway_count;
    entity_id first_device;    /* devices are the entities from this one on */
    entity_id first_adversary; /* scenario->adversary_count of them */
};

struct recorder_set; /* record/recorder_set.h: all recorders of one run */
struct measure;      /* record/measure.h: the summary under construction */

#define RECORDER_TRACE(event) (UINT64_C(1) << (FW_TRACE_##event))

/* Of each device `count` lines of the cache, fetched before the device runs: those of device i
 * begin at `first` + i * `stride_bytes`. */
struct recorder_lines {
    const void *first;
    uint32_t stride_bytes;
    uint32_t count;
};

/* Every operation may be NULL. `state` is what create() returned. */
struct recorder_ops {
    const char *name;
    uint64_t kinds;      /* OBSERVE_BIT()s that it listens to; of FIRMWARE only: */
    uint64_t traces;     /* RECORDER_TRACE()s that it listens to */
    bool of_campaign;    /* takes no part in a run without a campaign */
    bool of_attack;      /* listens to nothing in a run without adversaries */
    bool of_common_time; /* listens to nothing unless campaigns install at a common time */
    bool by_campaign;    /* measure() is called for each campaign, too */
    bool by_group;       /* measure() is called for each group of devices, too */
    /* What device `device` does with its radio changes by a state of the radio. */
    void (*radio)(void *state, uint32_t device, sim_ns at_ns, enum device_activity was,
            enum device_activity is);
    /* NULL: out of memory. Without create() the state is NULL. */
    void *(*create)(const struct recorder_set *set);
    void (*destroy)(void *state);
    void (*observe)(void *state, const struct observation *observation);
    /* What it has of devices, that an uplink touches. */
    struct recorder_lines (*lines)(const void *state);
    struct recorder_lines (*received_lines)(const void *state); /* the same of a received frame */
    /* An application starts on device `device`, after the bootloader: its flash may be looked at.
     * `at_ns` is the device's local time. */
    void (*boot)(void *state, uint32_t device, sim_ns at_ns);
    /* The run stands at `now_ns`, a full second of simulated time. */
    void (*look)(void *state, const struct recorder_set *set, sim_ns now_ns);
    /* Has a rule been broken so far? Asked every simulated minute and at the end; cheap. True:
     * `text` says what, in one line. */
    bool (*broken)(const void *state, const struct recorder_set *set, char *text, size_t size);
    /* The same once, at the end of a run; may look at every device. */
    bool (*audit)(const void *state, const struct recorder_set *set, char *text, size_t size);
    /* Adds its keys to the summary, for the devices and with the prefix that `measure` says; keys
     * of a campaign or a group are those of expect_key_in_scope(). */
    void (*measure)(const void *state, struct measure *measure);
};

/* The campaign whose block a device has or gets: the one that began to set it up last. UINT32_MAX:
 * none so far. */
uint32_t recorder_campaign_of(const struct recorder_view *view, uint32_t device);

enum recorder {
#define RECORDER(name, row) RECORDER_##name,
#include "record/recorders.def"
#undef RECORDER
    RECORDER_COUNT
};

extern const struct recorder_ops *const recorder_rows[RECORDER_COUNT];

#endif
