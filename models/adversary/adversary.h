/* Adversaries: radios and hands that no server controls.
 * SPDX-License-Identifier: MIT
 *
 * Most are compromised members of a multicast group. Such a one knows what every member knows:
 * McAddr, McKey and with it both session keys, channel, FragIndex, and the whole block (from an
 * earlier device, or from the vendor). It does not know another device's own keys, and it knows
 * nothing else of devices and servers than what is on the air. It is a station of the medium after
 * the foreign devices, transmits with the polarity of downlinks, and hears all channels by a
 * wide-band receiver (air/medium.h).
 *
 * A frame of a group is forged when an honest one of it has just ended: it takes the next McFCnt,
 * so that members drop the honest frame that follows. An impostor (ADVERSARY_COLLIDE) also sends
 * the first frame of a session.
 *
 * assumed: an adversary answers 5 ms after the end of a frame, keeps no duty cycle, and hears
 * what arrives with -120 dBm. Its crystal is exact.
 */
#ifndef ADVERSARY_ADVERSARY_H
#define ADVERSARY_ADVERSARY_H

#include "air/medium.h"
#include "board/node.h"
#include "campaign/server.h"
#include "engine.h"
#include "region/region.h"

#define ADVERSARIES_MAX MEDIUM_EARS_MAX

/* Jammers of adversaries have the numbers from this one on (medium_jammer_start()). */
#define ADVERSARY_JAMMER_FIRST 0x1000000u

enum adversary_kind {
    ADVERSARY_INJECT,          /* fragments of random data with a valid MIC */
    ADVERSARY_COLLIDE,         /* another block: its digest fits, its CRC-64 is the genuine one's */
    ADVERSARY_COUNTER_JUMP,    /* a frame whose McFCnt is far ahead */
    ADVERSARY_STATUS_STORM,    /* FragSessionStatusReq to which all members answer */
    ADVERSARY_REPLAY_SET_UP,   /* downlinks on the ports of set-up again, into a later RX1 */
    ADVERSARY_REPLAY_UPLINKS,  /* uplinks again, later and elsewhere */
    ADVERSARY_REWRITE_NOR,     /* bytes of external flash, by hand */
    ADVERSARY_REACTIVE_JAMMER, /* jams each frame of a channel once it has seen its preamble */
    ADVERSARY_KIND_COUNT
};

struct adversary_range { /* devices from .. to - 1 */
    uint32_t from, to;
};
#define ADVERSARY_RANGES_MAX 16u

struct adversary_params {
    enum adversary_kind kind;
    sim_ns from_ns, until_ns; /* it acts from .. until; SIM_NS_NEVER: to the end */
    sim_ns every_ns;          /* least time between two of its actions; 0: at each occasion */
    double height_m;
    int32_t power_mdbm;    /* EIRP */
    uint32_t jump;         /* of a counter jump: McFCnts ahead of the frame heard */
    sim_ns delay_ns;       /* of replays: least time from a frame to its replay */
    uint32_t frequency_hz; /* of a reactive jammer, which jams 125 kHz */
    uint32_t hears_at;     /* device of the medium at whose place it listens */
    /* Devices whose flash is rewritten. */
    uint32_t range_count;
    struct adversary_range ranges[ADVERSARY_RANGES_MAX];
};

/* What an adversary can reach; everything outlives the fleet. */
struct adversary_surroundings {
    struct engine *engine;
    struct medium *medium;
    const struct server *server; /* what members are told, as const views of campaigns */
    struct node_fleet *nodes;
    const struct region *region;
};

struct adversary_stats {
    uint64_t forged;       /* frames sent, replays too */
    uint64_t jammed;       /* frames that a reactive jammer jammed */
    uint64_t rewritten;    /* bytes of flash */
    uint64_t without_room; /* replays that were given up: too many waited */
};

struct adversary_fleet;

/* Adversary i is entity first_entity + i and station first_station + i of the medium. Parameters
 * are copied. Before the run. NULL: out of memory. */
struct adversary_fleet *adversaries_create(const struct adversary_surroundings *surroundings,
        const struct adversary_params *params, uint32_t count, entity_id first_entity,
        uint32_t first_station);
/* NULL: there is none. */
void adversaries_destroy(struct adversary_fleet *fleet);
/* Of all of them together. */
void adversaries_stats(const struct adversary_fleet *fleet, struct adversary_stats *stats);

#endif
