/* The session keys of a run, in the form that Wireshark reads.
 * SPDX-License-Identifier: MIT
 */
#ifndef RESULTS_PCAP_KEYS_H
#define RESULTS_PCAP_KEYS_H

#include <stdio.h>

#include "world/world.h"

/* Writes a table `encryption_keys_lorawan`, a line for each joined device and for the multicast
 * group: copied into a Wireshark profile, or a line at a time as `-o uat:` of tshark, it checks
 * every MIC and decrypts payloads. A device that joined again has the keys of its last session. */
void pcap_keys_write(FILE *out, const struct world *world);

#endif
