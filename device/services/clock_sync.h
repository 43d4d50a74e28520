/* TS003, application-layer clock synchronization: FPort 202, package 1.
 * SPDX-License-Identifier: MIT
 *
 * Its row is clock_sync_package (services/package.h).
 */
#ifndef DEVICE_SERVICES_CLOCK_SYNC_H
#define DEVICE_SERVICES_CLOCK_SYNC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "services/answers.h"

#define CLOCK_SYNC_FPORT    202u
#define CLOCK_SYNC_PERIOD_S (36u * 3600u) /* until the server sets another one */

struct clock_sync {
    uint64_t next_at_ticks;        /* of the next AppTimeReq */
    uint64_t request_set_at_ticks; /* when the clock had been set as the request was built */
    int64_t request_offset_ticks;  /* the clock's offset as the request was built */
    uint64_t coarse_set_at_ticks;  /* time of the last correction by AppTimeAns */
    uint32_t period_s;
    uint8_t version;
    uint8_t token;
    uint8_t sends_left; /* transmissions left in the running exchange, 0: none runs */
    bool answer_required;
    bool forced;        /* the running exchange comes from ForceDeviceResync */
    bool request_out;   /* a request with `token` is unanswered */
    uint16_t held_back; /* requests that a session postponed, in all */
    struct answers answers;
};

#endif
