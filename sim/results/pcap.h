/* The air of a run as a capture: LoRaTap headers, link type 270.
 * SPDX-License-Identifier: MIT
 *
 * An observer. Two forms: what is on the air, seen by no receiver, or what each gateway heard and
 * sent. Both have LoRaTap headers of version 0, which every Wireshark dissects: one before 4.2
 * takes the additional fields of version 1 for the frame.
 */
#ifndef RESULTS_PCAP_H
#define RESULTS_PCAP_H

#include <stdbool.h>
#include <stddef.h>

#include "gateway/gateway.h"
#include "observe.h"

#define PCAP_LINKTYPE_LORATAP 270u

enum pcap_form {
    /* pcap: each frame once, at its start; RSSI and SNR are at their "unknown" values. */
    PCAP_FORM_AIR,
    /* pcapng with an interface for each gateway: frames that it received, with RSSI and SNR, and
     * frames that it sent, all at their end. A frame that two gateways received is there twice. */
    PCAP_FORM_GATEWAYS,
    PCAP_FORM_COUNT
};
extern const char *const pcap_form_names[PCAP_FORM_COUNT]; /* "air", "gateways" */

struct pcap_params {
    const char *path; /* "-": standard output */
    enum pcap_form form;
    int64_t start_unix_s; /* time stamp of the engine's time 0 */
    struct gateway_entities gateways;
    uint32_t gateway_count;
};

struct pcap;

/* Opens a temporary beside the path. A target that is no file gets each packet at once. NULL:
 * `error` says why. */
struct pcap *pcap_open(const struct pcap_params *params, char *error, size_t error_size);
/* OBSERVE_BIT()s of what pcap_observe() takes. */
uint64_t pcap_kinds(const struct pcap *pcap);
/* context: the pcap. */
void pcap_observe(void *context, const struct observation *observation);
/* The target is no file, and its reader has closed it: nothing more is written. SIGPIPE has to be
 * ignored for this. */
bool pcap_reader_gone(const struct pcap *pcap);
/* Renames the file into place and frees the pcap. False: `error` says why and nothing is left. A
 * reader that has gone is no failure. */
bool pcap_close(struct pcap *pcap, char *error, size_t error_size);
/* Gives up; nothing is left. NULL is fine. */
void pcap_discard(struct pcap *pcap);
/* What to unlink when the program has to end at once; "": the target is no file. */
const char *pcap_temporary(const struct pcap *pcap);

#endif
