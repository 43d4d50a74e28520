/* What the parts of the update server share of the server. Not for others.
 * SPDX-License-Identifier: MIT
 */
#ifndef CAMPAIGN_SERVER_INTERNAL_H
#define CAMPAIGN_SERVER_INTERNAL_H

#include "campaign/packages.h"
#include "campaign/server.h"
#include "campaign/session.h"

#define SERVER_GROUP_IDS     4u /* of one device: TS005 */
#define SERVER_FRAG_INDEXES  4u /* of one device: TS004 */
#define SERVER_CAMPAIGNS_MAX 250u
#define SERVER_NO_CAMPAIGN   UINT8_MAX

/* What the server knows of a device, over all campaigns. */
struct server_device {
    bool heard;
    uint8_t data_rate;             /* of the last uplink */
    uint8_t fragmentation_version; /* of TS004, given or answered; 0: not known */
    uint8_t multicast_version;     /* of TS005, answered; 0: not known */
    bool no_fragmentation;         /* it answered that it has no version of TS004 that we know */
    uint8_t management_version;    /* of TS006, answered; 0: not known */
    bool no_management;            /* it answered that it has no version of TS006 that we know */
    uint8_t held_by;               /* campaign whose transfer it is in, SERVER_NO_CAMPAIGN */
    bool resets_known;             /* resets: last reported */
    uint16_t resets;
    bool image_known;        /* the next two: as reported last */
    uint8_t image_digest[8]; /* first bytes of the SHA-256 of the code that runs */
    uint32_t image_version;
    int32_t snr_mdb;                           /* best gateway, smoothed over uplinks */
    uint8_t group_owner[SERVER_GROUP_IDS];     /* campaign, SERVER_NO_CAMPAIGN: free */
    uint8_t index_owner[SERVER_FRAG_INDEXES];  /* the same of FragIndex */
    uint16_t session_cnt[SERVER_FRAG_INDEXES]; /* SessionCnt of the next set-up */
    sim_ns listens_from_ns, listens_to_ns;     /* class C windows that it was promised */
};

struct server {
    struct engine *engine;
    struct network *network;
    const struct device_identity *identities;
    struct server_device *devices;
    uint32_t device_count;
    struct campaign **campaigns;
    uint32_t campaign_count;
    uint32_t mc_addr_count;    /* given out */
    struct session **sessions; /* by group of the network */
    uint32_t session_capacity;
    bool down; /* between server_stop() and server_start() */
};

/* What the messages of one uplink were. */
struct uplink_course {
    bool answered;        /* an answer to a command of the set-up */
    bool status_answered; /* FragSessionStatusAns */
    bool fetched;         /* BlockDataReq: its answer goes out with this downlink */
    bool time_answered;   /* DeviceTimeReq: its answer goes out with this downlink */
    bool unsent;          /* a command was still waiting: no gateway had sent it */
};

/* A multicast address that no device and no other group has or will have. */
uint32_t server_mc_addr(struct server *server);
/* Reports about a group of the network go to this session. False: out of memory. */
bool server_group_bind(struct server *server, uint32_t group, struct session *session);

/* Takes a device for one campaign: a FragIndex, `groups` McGroupIDs (their bits in *group_mask; the
 * lowest ones if `from_zero`, else those that no campaign needs) and the time from..to, in which it
 * listens in class C. A device is in one transfer at a time, and windows of two transfers must not
 * meet. False: another campaign holds the device, or it listens elsewhere then; nothing has
 * changed. */
bool server_claim(struct server *server, uint32_t device, uint32_t campaign, uint8_t frag_index,
        uint32_t groups, bool from_zero, sim_ns from_ns, sim_ns to_ns, uint8_t *group_mask);
/* The campaign needs the device no more: its SessionCnt is used up. `deaf`: it does not listen any
 * more either, for it has the block. */
void server_release(
        struct server *server, uint32_t device, uint32_t campaign, uint8_t frag_index, bool deaf);
/* McGroupIDs that the device may have of the campaign, of any of its rounds. */
uint8_t server_groups_of(const struct server *server, uint32_t device, uint32_t campaign);
/* The same of a FragIndex. */
bool server_index_is_of(
        const struct server *server, uint32_t device, uint32_t campaign, uint8_t frag_index);
/* The device has answered to their owner that it has them no more. */
void server_group_gone(struct server *server, uint32_t device, uint8_t group_id);
void server_index_gone(struct server *server, uint32_t device, uint8_t frag_index);
/* SessionCnt for a set-up of this FragIndex. */
uint16_t server_session_cnt(const struct server *server, uint32_t device, uint8_t frag_index);
/* A device refused the count as a replay: goes on `step` later. */
void server_session_cnt_skip(
        struct server *server, uint32_t device, uint8_t frag_index, uint32_t step);

/* Queues a command to a device. False: no room, nothing is sent. */
bool server_send(
        struct server *server, uint32_t device, uint8_t fport, const uint8_t *payload, size_t size);

/* server_messages.c */
/* All messages of an uplink on the port of a package. */
void server_on_messages(struct server *server, const struct network_uplink *uplink,
        struct uplink_course *course, sim_ns now_ns);
/* The same on the port of unicast. */
void server_on_unicast_messages(struct server *server, const struct network_uplink *uplink,
        struct uplink_course *course, sim_ns now_ns);

#endif
