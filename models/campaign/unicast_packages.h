/* Messages of the simple block protocol (FPort 204) between update server and device.
 * SPDX-License-Identifier: MIT
 *
 * docs/block-protocol.md describes them. Each writer returns the size of one message.
 */
#ifndef CAMPAIGN_UNICAST_PACKAGES_H
#define CAMPAIGN_UNICAST_PACKAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UNICAST_FPORT       204u
#define UNICAST_DATA_HEADER 3u /* of BlockDataAns over its data */
/* Members that fetch through one gateway at one time.
 * assumed: an answer at DR5 takes 0.4 s of a sub-band of 1 %, one in 40 s; a device asks every 5 s
 * at most. Four keep the windows of both sub-bands and RX2 busy, and none waits for long. */
#define UNICAST_FETCHES_PER_GATEWAY 4u

enum unicast_message_kind {
    UNICAST_OTHER,
    UNICAST_FETCH_ANS,
    UNICAST_DATA_REQ
};

struct unicast_message {
    enum unicast_message_kind kind;
    uint8_t index;   /* FragIndex */
    bool no_session; /* BlockFetchAns: the device has no such session */
    uint16_t n;      /* BlockDataReq: first fragment, from 1 on; may be 0: the device is wrong */
    uint8_t count;   /* fragments in a row; may be 0 */
};

size_t unicast_fetch_req(uint8_t *out, uint8_t frag_index);
size_t unicast_fetch_stop(uint8_t *out, uint8_t frag_index);
/* The header of BlockDataAns; the data of its fragments follow. */
size_t unicast_data_header(uint8_t *out, uint8_t frag_index, uint16_t n);
/* Any bytes. Returns how many the first message takes; 0: it is none, and what follows is
 * unknown. */
size_t unicast_message_parse(const uint8_t *data, size_t size, struct unicast_message *message);

#endif
