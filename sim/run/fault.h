/* Faults that a caller injects into a run between two events, or that its scenario lists.
 * SPDX-License-Identifier: MIT
 *
 * A fault has no entity of its own: its event is one of its target, in the last phase of the
 * instant at which it was injected or for which it is listed. Nothing knows of it before. So the
 * same faults at the same times make the same run, whichever way they came. The target of a jammer
 * is the channel, that of a restart the one server of updates; their events are those of gateway 0.
 */
#ifndef RUN_FAULT_H
#define RUN_FAULT_H

#include <stdint.h>

#include "air/medium.h"
#include "board/node.h"
#include "gateway/gateway.h"
#include "world/world.h"

enum fault_kind {
    FAULT_DEVICE_RESET,     /* as by the reset pin: RAM is lost, flash and clock stay */
    FAULT_DEVICE_POWER_CUT, /* RAM and clock are lost, flash stays */
    FAULT_GATEWAY_OUTAGE_BEGIN,
    FAULT_GATEWAY_OUTAGE_END,
    FAULT_JAMMER_START,
    FAULT_JAMMER_STOP,
    FAULT_DEVICE_READ_ERRORS_BEGIN,
    FAULT_DEVICE_READ_ERRORS_END,
    FAULT_DEVICE_WEAK_BATTERY_BEGIN,
    FAULT_DEVICE_WEAK_BATTERY_END,
    FAULT_GATEWAY_LOSS_BEGIN,
    FAULT_GATEWAY_LOSS_END,
    FAULT_SERVER_STOP, /* of updates */
    FAULT_SERVER_START,
    FAULT_KIND_COUNT
};

struct fault {
    enum fault_kind kind;
    /* Index of the device or gateway. A jammer's number is the caller's choice, but for those of
     * jammers that the scenario lists: their places in `faults`. */
    uint32_t target;
    enum gateway_outage_kind outage; /* of a gateway's outage */
    double loss;                     /* of a gateway's messages, each way; equal at the end */
    /* Of a cut: operation 0 is now, others wait for the device's flash. */
    struct node_power_cut cut;
    struct medium_jammer jammer; /* of its start; the flags that it points to outlive the run */
    struct node_read_errors read_errors; /* equal at begin and end */
    double charge;                       /* of a battery at the begin, 0..1 */
};

/* The kinds with which a fault of a scenario begins and ends: FAULT_KIND_COUNT: it has no end. */
enum fault_kind fault_begin_of(enum scenario_fault_kind kind);
enum fault_kind fault_end_of(enum scenario_fault_kind kind);
/* The entity whose event a fault is. False: there is no such target. */
bool fault_entity(const struct world *world, const struct fault *fault, entity_id *entity);
/* From that event. */
void fault_apply(struct world *world, const struct fault *fault, sim_ns now_ns);

/* Those that the scenario lists: `faults` and `gateways.outages`. */
struct listed_faults;

/* Schedules the first event of each. NULL: out of memory. */
struct listed_faults *listed_faults_create(struct world *world);
void listed_faults_destroy(struct listed_faults *faults);

#endif
