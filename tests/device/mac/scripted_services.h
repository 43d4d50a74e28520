/* Doubles of services and update for the main loop: a test writes their script.
 * SPDX-License-Identifier: MIT
 */
#ifndef TESTS_DEVICE_MAC_SCRIPTED_SERVICES_H
#define TESTS_DEVICE_MAC_SCRIPTED_SERVICES_H

#include "fw_state.h"
#include "mac/mac.h"

struct script {
    struct factory factory;
    uint64_t uplink_at;
    uint8_t uplink_size;
    unsigned builds;
    unsigned downlinks;
    uint8_t downlink_fport;
    bool session;
    bool awaits_block;
    bool block_ready;
    bool block_used;
    unsigned verify_steps_left;
    uint32_t stall_ticks; /* of the last of them: a check of signatures */
    uint64_t step_at;     /* of the services: a session opens */
    uint64_t late_ticks;  /* so much after it their step came */
    enum update_status verdict;
    unsigned commits;
    bool proof_demanded;
    uint64_t ordered_at;    /* a reboot by TS006 */
    struct boot_state boot; /* as it is on record */
    bool flash_busy;
    unsigned flash_notes;
};
extern struct script script;

#endif
