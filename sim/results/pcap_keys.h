/* The keys of a run, in the tables that Wireshark reads.
 * SPDX-License-Identifier: MIT
 *
 * The files are named as Wireshark names them in its settings: a folder that holds them is one that
 * WIRESHARK_CONFIG_DIR may name, and each line is one that `-o uat:FILE:LINE` takes. Wireshark up
 * to 4.0 reads the first, which knows the key of a join by its JoinEUI alone (so that of one device
 * at a time); later ones read the other two.
 */
#ifndef RESULTS_PCAP_KEYS_H
#define RESULTS_PCAP_KEYS_H

#include <stdio.h>

#include "world/world.h"

enum pcap_key_file {
    PCAP_KEYS_ENCRYPTION, /* "encryption_keys_lorawan": DevAddr as on air, NwkSKey, AppSKey, 0 */
    PCAP_KEYS_SESSION,    /* "session_keys_lorawan": DevAddr, NwkSKey, AppSKey */
    PCAP_KEYS_ROOT,       /* "root_keys_lorawan": DevEUI, AppKey */
    PCAP_KEY_FILES
};
extern const char *const pcap_key_file_names[PCAP_KEY_FILES];

/* A line for each device, of session keys for each that joined and each multicast group, those that
 * were given up as well: with them every MIC can be checked and every payload decrypted. A device
 * that joined again has the keys of its last session, for its address is the same. */
void pcap_keys_write(FILE *out, enum pcap_key_file file, const struct world *world);

#endif
