/* Faults that a caller injects into a run between two events.
 * SPDX-License-Identifier: MIT
 *
 * A fault has no entity of its own: its event is one of its target, in the last phase of the
 * instant at which it was injected. So the same faults at the same times make the same run.
 */
#ifndef RUN_FAULT_H
#define RUN_FAULT_H

#include <stdint.h>

#include "gateway/gateway.h"

enum fault_kind {
    FAULT_DEVICE_RESET,         /* as by the reset pin: RAM is lost, flash and clock stay */
    FAULT_GATEWAY_OUTAGE_BEGIN, /* what is on the air or on its way already is not cut off */
    FAULT_GATEWAY_OUTAGE_END,
    FAULT_KIND_COUNT
};

struct fault {
    enum fault_kind kind;
    uint32_t target;                 /* index of the device or gateway */
    enum gateway_outage_kind outage; /* of a gateway's fault */
};

#endif
