/* The air of a run as a pcap file: LoRaTap headers, link type 270.
 * SPDX-License-Identifier: MIT
 *
 * An observer. Every frame is written once, at its start; RSSI and SNR are those of no receiver
 * and are left at their "unknown" values.
 */
#ifndef RESULTS_PCAP_H
#define RESULTS_PCAP_H

#include <stdbool.h>
#include <stddef.h>

#include "observe.h"

#define PCAP_LINKTYPE_LORATAP 270u

struct pcap;

/* Opens a temporary beside `path`. NULL: `error` says why. `start_unix_s`: time stamp of the
 * engine's time 0. */
struct pcap *pcap_open(const char *path, int64_t start_unix_s, char *error, size_t error_size);
/* Takes OBSERVE_FRAME_STARTED; context: the pcap. */
void pcap_observe(void *context, const struct observation *observation);
/* Renames the file into place and frees the pcap. False: `error` says why and nothing is left. */
bool pcap_close(struct pcap *pcap, char *error, size_t error_size);
/* Gives up; nothing is left. NULL is fine. */
void pcap_discard(struct pcap *pcap);
/* What to unlink when the program has to end at once; "" if nothing. */
const char *pcap_temporary(const struct pcap *pcap);

#endif
