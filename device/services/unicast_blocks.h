/* Simple block protocol: FPort 204. The device fetches the block of its fragmentation session by
 * itself, in the receive windows of its own uplinks.
 * SPDX-License-Identifier: MIT
 *
 * It is this project's own (docs/block-protocol.md), and stands on TS004: FragSessionSetupReq
 * (FPort 201) gives NbFrag, FragSize, descriptor and MIC as for multicast, with McGroupBitMask 0;
 * block, journal, receipt and install are those of the session. Messages, little-endian:
 *
 *     00  PackageVersionReq        down  -
 *         PackageVersionAns        up    identifier(1) = 204, version(1) = 1
 *     01  BlockFetchReq            down  FragIndex(1: bits 1..0)
 *         BlockFetchAns            up    Status(1: bits 1..0 FragIndex, bit 2 no such session)
 *     02  BlockDataReq             up    Index&N(2: bits 15..14 FragIndex, 13..0 N), Count(1)
 *         BlockDataAns             down  Index&N(2), data of 1 to Count fragments from N on; alone
 *     03  BlockFetchStop           down  FragIndex(1)
 *
 * After BlockFetchReq the device asks for the first Count uncoded fragments that it lacks in a row,
 * N of the first; the answer brings as many of them as the window carries. It asks again at once,
 * as its duty cycle allows; without an answer, after pauses that double from 10 s to an hour. After
 * 24 requests without an answer in a row it gives up until the next BlockFetchReq. It goes on after
 * a reset (NVM_UNICAST), and with what it has where the block is set up once more. Where a power
 * cut left data that no fragment can overwrite, it erases the block and fetches all of it again.
 */
#ifndef DEVICE_SERVICES_UNICAST_BLOCKS_H
#define DEVICE_SERVICES_UNICAST_BLOCKS_H

#include <stdbool.h>
#include <stdint.h>

#include "services/answers.h"

#define UNICAST_BLOCKS_FPORT 204u

/* Part of struct fragmentation, whose session it fills. */
struct unicast_blocks {
    uint64_t ask_at_ticks; /* of the next request */
    uint32_t tag;          /* of the session that is fetched (struct frag_params) */
    bool on;
    uint8_t unanswered; /* requests since the last answer */
    uint8_t useless;    /* answers in a row that brought nothing new */
    struct answers answers;
};

#endif
