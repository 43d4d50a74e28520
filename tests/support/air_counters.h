/* Counters that a whole run shows on the air, and whether one comes twice.
 * SPDX-License-Identifier: MIT
 *
 * Rules: a DevNonce never comes twice from one device, and never falls (LoRaWAN 1.0.4 section
 * 6.2.4). Two frames of one session and direction, or of one multicast address, with the same FCnt
 * are the same bytes: a repetition; that of an uplink never falls in a session (section 4.3.1.5).
 * Two FragSessionSetupReqs to a device with one FragIndex and SessionCnt are the same
 * (TS004-2.0.0): a request again. A session begins with a join that the server accepts; from its
 * JoinAccept come the keys with which the requests are read here.
 */
#ifndef SUPPORT_AIR_COUNTERS_H
#define SUPPORT_AIR_COUNTERS_H

#include "world/world.h"

struct air_counters;

/* What the air showed of one device. */
struct air_sender {
    sim_ns last_ns;     /* its last frame; 0: none */
    uint32_t power_ons; /* starts with the cause power-on */
    uint32_t joins;     /* that the server accepted */
};

/* Listens to a world that has not run yet; fails the test without memory. */
struct air_counters *air_counters_create(const struct world *world);
void air_counters_destroy(struct air_counters *counters);
const struct air_sender *air_counters_sender(const struct air_counters *counters, uint32_t device);
/* NULL: no counter came twice or fell; else how many of which did, in one line. */
const char *air_counters_fault(const struct air_counters *counters);

#endif
