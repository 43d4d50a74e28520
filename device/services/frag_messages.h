/* Inside TS004: what its downlinks and uplinks share.
 * SPDX-License-Identifier: MIT
 */
#ifndef DEVICE_SERVICES_FRAG_MESSAGES_H
#define DEVICE_SERVICES_FRAG_MESSAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "services/block_proof.h"

struct core;

enum frag_cid {
    CID_PACKAGE_VERSION = 0x00,
    CID_STATUS = 0x01,
    CID_SETUP = 0x02,
    CID_DELETE = 0x03,
    CID_BLOCK_RECEIVED = 0x04, /* 2.0.0 */
    CID_BLOCK_AUTH = BLOCK_PROOF_CID,
    CID_DATA_FRAGMENT = 0x08
};

/* frag_uplink.c, operations of the package (services/package.h). */
uint64_t frag_uplink_at(const void *state, bool held);
size_t frag_uplink_build(void *state, struct core *core, uint64_t now_ticks, bool held,
        uint8_t *out, size_t size_max);

#endif
