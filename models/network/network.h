/* Network and join server: OTAA, de-duplication, MAC commands, downlink scheduling, multicast.
 * SPDX-License-Identifier: MIT
 *
 * LoRaWAN 1.0.4 written from the specification, with its own codecs (models/network/lorawan.h):
 * nothing is shared with device/. State per device is bounded.
 */
#ifndef NETWORK_NETWORK_H
#define NETWORK_NETWORK_H

#include "engine.h"
#include "gateway/gateway.h"
#include "identity/identity.h"
#include "region/channel_set.h"
#include "region/region.h"

#define NETWORK_DEVICE_QUEUE 4u /* application downlinks waiting per device */
#define NETWORK_PAYLOAD_MAX  242u
#define NETWORK_NO_DEVICE    UINT32_MAX
#define NETWORK_GATEWAYS_MAX 10000u
/* Usual window in which servers wait for copies of an uplink (spec-physics 6: 100 to 250 ms). */
#define NETWORK_DEDUPLICATION_NS (200 * SIM_NS_PER_MS)

struct network;

enum multicast_policy {     /* gateways of a multicast frame */
    MULTICAST_STAGGERED,    /* the same frame from each gateway in turn */
    MULTICAST_SIMULTANEOUS, /* all at one GPS time */
    MULTICAST_SINGLE,       /* the gateway with the most members */
    MULTICAST_DELAYED /* each in turn, network_group_params.interval_ns after the one before */
};
/* One gateway sends at a time. */
static inline bool multicast_in_turns(enum multicast_policy policy)
{
    return policy == MULTICAST_STAGGERED || policy == MULTICAST_DELAYED;
}

/* Server-side ADR (spec-protocol 1.11): data rate and power of devices that set the ADR bit. */
struct network_adr_params {
    bool on;
    int32_t margin_mdb;          /* over the SNR that a data rate needs; 10 dB in public networks */
    bool nb_trans;               /* commands NbTrans too, by the share of uplinks that were lost */
    struct channel_set channels; /* of LinkADRReq; empty: every channel of the network */
};

struct network_params {
    const struct region *region;
    uint32_t net_id;
    uint8_t rx1_delay_s; /* 1 */
    uint8_t rx1_data_rate_offset;
    uint8_t rx2_data_rate; /* after a join */
    uint32_t rx2_frequency_hz;
    sim_ns deduplication_ns; /* 200 ms */
    double duty_share;       /* share of a gateway's duty cycle that multicast may use, 0.8 */
    double listen_share;     /* share of the time that multicast leaves a gateway to listen where a
                              * sub-band has no duty cycle, 0 .. below 1; 0.5 */
    uint8_t extra_channel_count; /* CFList, 0..5 */
    uint32_t extra_channel_hz[REGION_EXTRA_MAX];
    struct network_adr_params adr;
    int32_t gateway_eirp_mdbm;   /* of gateways, where a sub-band allows it; 0 or less: its limit */
    sim_ns dev_status_period_ns; /* from a DevStatusAns to the next DevStatusReq; 0: asked once;
                                  * less: never */
    bool downlink_crc;           /* gateways add a payload CRC: frames last that much longer */
    bool no_device_time;         /* leaves DeviceTimeReq unanswered: a server before 1.0.3 */
};

/* Why an uplink was dropped: value of OBSERVE_NETWORK_DROP. */
enum network_drop_reason {
    NETWORK_DROP_MALFORMED,
    NETWORK_DROP_UNKNOWN_DEVICE,
    NETWORK_DROP_BAD_MIC,
    NETWORK_DROP_REPLAYED,
    NETWORK_DROP_DEV_NONCE, /* not greater than the last one */
    NETWORK_DROP_NO_ROOM,   /* more uplinks in de-duplication than the server holds */
    NETWORK_DROP_COPY,      /* the last uplink again (NbTrans), and nothing to answer */
    NETWORK_DROP_EXCESS,    /* the same more often than NbTrans, or much later: a replay */
    NETWORK_DROP_SESSION    /* its session ended while it was in de-duplication */
};

/* An uplink as the application server gets it. */
struct network_uplink {
    uint32_t device;
    uint8_t fport; /* 0: none (empty frame) */
    uint8_t data_rate;
    uint16_t size;
    uint8_t payload[NETWORK_PAYLOAD_MAX];
    uint32_t fcnt;
    int64_t gps_ns; /* GPS time of the end of the frame, ns since the GPS epoch */
    int32_t best_snr_mdb;
    uint32_t best_gateway;
    bool time_answered; /* it carried DeviceTimeReq, and the answer goes out with its downlink */
};

struct network_application {
    void (*joined)(void *context, uint32_t device, sim_ns now_ns);
    /* Called before the answer to this uplink is built: what is queued here goes out in its
     * receive windows. */
    void (*uplink)(void *context, const struct network_uplink *uplink, sim_ns now_ns);
    /* A multicast frame was sent or refused by a gateway. `fcnt` identifies it. */
    void (*multicast_report)(void *context, uint32_t group, uint32_t fcnt, uint32_t gateway,
            enum gateway_tx_result result, sim_ns at_ns, sim_ns now_ns);
    /* Every gateway has sent or refused every queued frame of the group. */
    void (*multicast_idle)(void *context, uint32_t group, sim_ns now_ns);
};

/* Devices 0..device_count-1 with their keys; up to NETWORK_GATEWAYS_MAX gateways. GPS time of
 * engine time 0 is `gps_epoch_ns`. */
struct network *network_create(struct engine *engine, const struct network_params *params,
        struct gateway_fleet *gateways, uint32_t gateway_count,
        const struct device_identity *devices, uint32_t device_count, int64_t gps_epoch_ns);
/* Of its observations. */
entity_id network_entity(const struct network *network);
void network_destroy(struct network *network);
void network_set_application(
        struct network *network, const struct network_application *application, void *context);
extern const struct gateway_sink network_gateway_sink; /* context: the network */

const struct region *network_region(const struct network *network);
int64_t network_gps_ns(const struct network *network, sim_ns at_ns);

/* Queues an application downlink for the next receive window of a device. Several waiting ones
 * set FPending. False: the queue is full, or `size` does not fit any data rate. */
bool network_enqueue(struct network *network, uint32_t device, uint8_t fport,
        const uint8_t *payload, uint16_t size);
/* Sets FPending in the answer to the uplink at hand even if nothing waits yet: the exchange goes
 * on (design section 4, chained). */
void network_keep_open(struct network *network, uint32_t device);
uint32_t network_queue_length(const struct network *network, uint32_t device);
/* Drops what waits for a device. What a gateway has taken already still goes out. */
void network_queue_clear(struct network *network, uint32_t device);
/* Sends an application downlink now, to a device that listens to a multicast group: at its
 * frequency and data rate, by the gateways that heard the device best. False: `size` does not fit
 * that data rate, no gateway has heard it, or no room. It is sent once: no answer of the device,
 * and it may be sent again. */
bool network_send_class_c(struct network *network, uint32_t device, uint32_t group, uint8_t fport,
        const uint8_t *payload, uint16_t size);
/* Application bytes the device's next downlink can carry. */
uint16_t network_downlink_max(const struct network *network, uint32_t device);

/* Application bytes that the longer of the two windows of its last uplink carries, without commands
 * of the MAC. */
uint16_t network_answer_max(const struct network *network, uint32_t device);
/* The same of the shorter one: such an answer may go out in either. */
uint16_t network_answer_least(const struct network *network, uint32_t device);

/* Joins a device that joined before the run: the join server gets the bytes of its JoinRequest
 * with `dev_nonce` and writes the JoinAccept as it would go on air. Returns its size, 0: refused
 * (the DevNonce is not greater than the last one). */
size_t network_commission(
        struct network *network, uint32_t device, uint16_t dev_nonce, uint8_t accept[33]);

/* EIRP of gateways on a frequency: that of the parameters, at most what the sub-band allows. */
int32_t network_eirp_mdbm(const struct network *network, uint32_t frequency_hz);

/* What the device is set up with, from its next session on; 0 and 1 by default. ADR lowers its
 * power from `tx_power`, up to the region's highest index; the server drops copies above
 * `nb_trans`, 1..15, or what ADR has commanded since. */
void network_set_link(struct network *network, uint32_t device, uint8_t tx_power, uint8_t nb_trans);

uint32_t network_dev_addr(const struct network *network, uint32_t device);
/* Session keys, for pcap key files and tests. False: not joined. */
bool network_session_keys(const struct network *network, uint32_t device, uint8_t nwk_s_key[16],
        uint8_t app_s_key[16]);
/* Gateway that heard the device best lately, UINT32_MAX none. */
uint32_t network_best_gateway(const struct network *network, uint32_t device);

struct network_group_params {
    uint32_t mc_addr;
    uint8_t mc_key[16]; /* McAppSKey and McNwkSKey are derived */
    uint32_t frequency_hz;
    uint8_t data_rate;
    int32_t power_mdbm; /* EIRP, 0: highest allowed there */
    enum multicast_policy policy;
    double duty_share; /* as network_params.duty_share, for this group; 0: the network's */
    /* Between two frames from one gateway; 0: as network_multicast_interval_ns() grants. It may be
     * shorter than the duty cycle allows: gateways refuse what exceeds their hour. */
    sim_ns interval_ns;
    /* Frames start at whole multiples of this in GPS time, the first at or after the plan, as from
     * a server that schedules in whole seconds; the plan itself is not rounded. 0: exact. */
    sim_ns granularity_ns;
};
/* Creates a group; its number. UINT32_MAX: out of memory, or 4096 exist. */
uint32_t network_group_create(struct network *network, const struct network_group_params *params);
/* False: out of memory, the device is no member. */
bool network_group_add(struct network *network, uint32_t group, uint32_t device);
/* Groups that were created so far: their numbers are below. */
uint32_t network_group_count(const struct network *network);
/* Returns the address of a group, its key in `mc_key`. */
uint32_t network_group_mc_addr(const struct network *network, uint32_t group, uint8_t mc_key[16]);
/* Encrypts under the next McFCnt and schedules on the gateways the members need, from
 * `not_before_ns` on, within duty_share. Returns the McFCnt. At most 4096 frames may wait (false:
 * UINT32_MAX). */
uint32_t network_group_enqueue(struct network *network, uint32_t group, uint8_t fport,
        const uint8_t *payload, uint16_t size, sim_ns not_before_ns);
uint32_t network_group_waiting(const struct network *network, uint32_t group);
/* Frames follow each other, one gateway at a time, while its gateways have spent less than the
 * share of multicast in the last hour, unicast included; then as granted, and so once a gateway
 * refuses a frame for its duty cycle. Without effect where the sub-band has no duty cycle, other
 * groups are on the air or the interval is given. */
void network_group_hurry(struct network *network, uint32_t group);
/* From when on its gateways have airtime for `count` frames of `size` application bytes in haste;
 * SIM_NS_NEVER: not for so many in any hour. Now where network_group_hurry() has no effect. */
sim_ns network_group_hurry_from_ns(
        const struct network *network, uint32_t group, uint16_t size, uint32_t count);
/* Drops what waits, and gives the group's share of the airtime back to the groups on the air. */
void network_group_flush(struct network *network, uint32_t group);
/* Time between two frames of `size` application bytes from one gateway, as it is granted now:
 * groups on the air (from their first frame to the flush) in one sub-band at one gateway share it
 * evenly. */
sim_ns network_group_interval_ns(const struct network *network, uint32_t group, uint16_t size);

#define NETWORK_TURN_GUARD_NS (20 * SIM_NS_PER_MS) /* end of a frame to the next preamble */

/* What the interval between two frames of one gateway follows from. */
struct network_airtime {
    sim_ns frame_ns;
    double duty_cycle;      /* of the sub-band; 1: it has none */
    double duty_share;      /* with a duty cycle: share of it for multicast */
    double listen_share;    /* without one: share of the time without multicast */
    uint32_t gateway_count; /* that send a frame in turn; 1 when they send at once */
    uint32_t sharers;       /* groups on the air, 1 or more */
};
/* With a duty cycle: time on air over the group's share of it. Without one: the gateways in turn,
 * each time on air and guard, or as long as lets every gateway listen for its share. */
sim_ns network_multicast_interval_ns(const struct network_airtime *airtime);

struct network_stats {
    uint64_t uplinks, duplicates, bad_mic, replayed, unknown_device;
    uint64_t joins, join_rejects;
    uint64_t downlinks_rx1, downlinks_rx2, downlinks_class_c, downlinks_refused;
    uint64_t commissioned;     /* counted in joins, too */
    uint64_t copies;           /* of the last uplink, later than its de-duplication (NbTrans) */
    uint64_t excess_copies;    /* more than NbTrans of them: not processed, not in `copies` */
    uint64_t confirmed, acks;  /* confirmed uplinks, copies included; answers with ACK */
    uint64_t without_gps_time; /* uplinks stamped by their arrival */
    uint64_t adr_requests;     /* LinkADRReq */
    uint64_t adr_accepted, adr_refused;       /* LinkADRAns */
    uint64_t status_requests, status_answers; /* DevStatus */
};
void network_stats(const struct network *network, struct network_stats *stats);

/* What the network server has last learnt of a device and commanded. */
struct network_device_view {
    bool joined;
    uint8_t data_rate; /* of the last uplink */
    uint8_t tx_power;  /* index; 0: highest */
    uint8_t nb_trans;
    bool status_known;      /* a DevStatusAns came: */
    uint8_t battery;        /* 0 external, 1..254 empty to full, 255 cannot tell */
    int8_t radio_margin_db; /* SNR of the DevStatusReq at the device */
};
void network_device_get(
        const struct network *network, uint32_t device, struct network_device_view *view);

/* The n-th address of this network that no device has, for a multicast group. */
uint32_t network_mc_addr(const struct network *network, uint32_t n);
/* Uplink channels that devices use: the default three and those of the CFList. */
uint32_t network_channel_count(const struct network *network);

#endif
