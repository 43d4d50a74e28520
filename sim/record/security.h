/* What adversaries did, and how far it reached.
 * SPDX-License-Identifier: MIT
 *
 * A frame is forged when an adversary sent it. That the MAC of a device accepted one is seen from
 * the event that its firmware traces right after its radio received it: devices whose build traces
 * nothing count none.
 */
#ifndef RECORD_SECURITY_H
#define RECORD_SECURITY_H

#include "record/recorder_set.h"

/* Forged frames that the MAC of a device accepted. */
uint32_t security_accepted(const struct recorder_set *set, uint32_t device);
/* The lowest McFCnt that a device still takes of a session of a campaign after forged frames; 0: it
 * accepted none in this session. */
uint32_t security_least_fcnt(const struct recorder_set *set, uint32_t device,
        const struct campaign *campaign, uint32_t session);

#endif
