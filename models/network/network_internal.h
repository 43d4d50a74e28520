/* What the network server's parts share. Not for others.
 * SPDX-License-Identifier: MIT
 *
 * uplink.c takes what gateways report, checks and de-duplicates it; join.c answers join requests;
 * downlink.c builds answers and finds a gateway and window for them, class_c.c needs no window;
 * questions.c adds what the
 * server asks; multicast.c schedules groups.
 */
#ifndef NETWORK_NETWORK_INTERNAL_H
#define NETWORK_NETWORK_INTERNAL_H

#include <assert.h>

#include "network/adr.h"
#include "network/air_plan.h"
#include "network/link_budget.h"
#include "network/lorawan.h"
#include "network/mac_commands.h"
#include "network/network.h"
#include "network/pool.h"
#include "network/rx2_plan.h"
#include "network/session_schedules.h"
#include "network/spent_airtime.h"

#define HEARD_MAX 4u /* gateways kept per uplink and per device */
/* Gateways that count for one uplink; LinkCheckAns has a byte for them. */
#define REPORTERS_MAX       64u
#define PENDING_MAX         65536u
#define DOWNLINKS_MAX       65536u
#define QUEUE_ITEMS_MAX     (1u << 20)
#define DOWNLINK_OPTIONS    (2u * HEARD_MAX)
#define GROUPS_MAX          4096u /* a token has 12 bits for a group */
#define GROUP_FRAMES_MAX    4096u
#define JOIN_ACCEPT_DELAY_S 5
#define COUNTER_NONE        UINT32_MAX /* of a last DevNonce or FCnt: none yet */

/* A request's token names the receiver of its report: kind, then what that kind needs. */
#define TOKEN_UNICAST     UINT64_C(1)
#define TOKEN_MULTICAST   UINT64_C(2)
#define TOKEN_KIND_SHIFT  60
#define TOKEN_KIND(token) ((token) >> TOKEN_KIND_SHIFT)

struct heard {
    uint32_t gateway;
    int32_t snr_mdb;
};

/* An uplink inside its de-duplication window. */
struct pending {
    uint32_t next_free;
    uint32_t device;
    uint32_t fcnt;       /* 32 bits; of a join request: DevNonce */
    uint32_t join_nonce; /* of the session that it was checked against */
    uint32_t frequency_hz;
    uint32_t bandwidth_hz;
    sim_ns end_ns;     /* concentrator time */
    sim_ns arrived_ns; /* first report */
    sim_ns stamped_ns; /* end by the clock of a gateway with GPS time, if `gps_time` */
    bool join;
    bool copy; /* of the last uplink: to be answered, not to be handed on */
    bool gps_time;
    uint8_t data_rate;
    uint8_t reporter_count;
    uint8_t heard_count;               /* entries in heard[] */
    uint16_t reporters[REPORTERS_MAX]; /* gateways that reported it */
    uint16_t size;
    struct heard heard[HEARD_MAX]; /* best first */
    uint8_t bytes[LORAWAN_FRAME_MAX];
};

struct queue_item {
    uint32_t next; /* in the device's queue, or free */
    uint8_t fport;
    uint16_t size;
    uint8_t payload[NETWORK_PAYLOAD_MAX];
};

enum downlink_window {
    WINDOW_RX1 = 1,
    WINDOW_RX2 = 2,
    WINDOW_CLASS_C = 3 /* at any time, with the frequency and data rate in the place of RX1's */
};

struct downlink_option {
    uint32_t gateway;
    enum downlink_window window;
};

/* A unicast downlink until a gateway has sent it or none can any more. */
struct downlink {
    uint32_t next_free;
    uint32_t generation; /* tells a late report from one for the next user of this item */
    uint32_t device;
    uint32_t item; /* queued payload it carries, back to the queue if refused; POOL_NONE */
    uint32_t fcnt;
    sim_ns rx_at_ns[2];              /* start of RX1, RX2 */
    sim_ns latency_ns;               /* one way to the gateways, as seen from the uplink */
    uint32_t rx1_frequency_hz;       /* or that of class C */
    uint8_t data_rate[2];            /* the same */
    bool ack, asks_adr, asks_status; /* what it holds */
    uint8_t option_count, option_next;
    struct downlink_option options[DOWNLINK_OPTIONS];
    uint16_t size;
    uint8_t bytes[LORAWAN_FRAME_MAX];
};

struct device_state {
    uint32_t fcnt_up;   /* COUNTER_NONE before the first */
    uint32_t fcnt_down; /* next */
    uint32_t dev_nonce; /* last, COUNTER_NONE */
    uint32_t join_nonce;
    uint32_t pending;                       /* newest uplink in its window, POOL_NONE */
    sim_ns uplink_end_ns;                   /* of the newest uplink, or copy of it */
    uint8_t transmissions;                  /* of it: 1 and copies */
    uint8_t tx_power_first, nb_trans_first; /* of a new session */
    uint32_t queue_head, queue_tail;
    uint8_t queue_length;
    bool joined;
    bool keep_open;
    bool status_offered; /* in an answer to the last uplink */
    bool status_asked;   /* and a gateway has sent it: an answer is due */
    uint8_t status_unanswered;
    bool status_known;
    sim_ns status_ns; /* of the last answer */
    uint8_t battery;
    int8_t radio_margin_db;
    uint8_t data_rate;          /* of the last uplink */
    uint8_t tx_power, nb_trans; /* as commanded and accepted */
    uint8_t heard_count;
    struct heard heard[HEARD_MAX]; /* smoothed over uplinks */
    struct session_keys keys;
};
_Static_assert(sizeof(struct device_state) <= 192, "state per device is bounded");

struct group;

struct network {
    struct engine *engine;
    struct gateway_fleet *gateways;
    const struct device_identity *identities;
    struct device_state *devices;
    struct session_schedules *schedules;
    struct adr_state *adr; /* of each device; NULL: no ADR */
    uint32_t device_count, gateway_count;
    struct network_params params;
    int64_t gps_epoch_ns;
    struct network_application application;
    void *application_context;
    entity_id entity;
    uint16_t deduplication_handler, multicast_handler;
    uint32_t *eui_table; /* open addressing: device index, NETWORK_NO_DEVICE empty */
    uint32_t eui_table_mask;
    struct pool pendings, downlinks, queue_items;
    struct rx2_plan rx2_plan;
    struct network_stats stats;
    struct group **groups;
    uint32_t group_count, group_capacity;
    sim_ns *given_up_until_ns; /* [gateway]: another one stands in for multicast */
    struct air_plan multicast_plan;
    struct spent_airtime spent;
};

/* network.c */
uint32_t network_device_by_eui(const struct network *network, uint64_t dev_eui);
uint32_t network_device_by_address(const struct network *network, uint32_t dev_addr);
void network_drop(struct network *network, uint32_t device, enum network_drop_reason reason);
uint8_t network_rx1_delay_s(const struct network *network);
/* As gateways will send it: their payload CRC included. */
struct lora_modulation network_downlink_modulation(
        const struct network *network, uint8_t data_rate, uint32_t frequency_hz);

/* uplink.c */
void network_on_gateway_uplink(void *context, const struct gateway_uplink *uplink, sim_ns now_ns);
void network_on_deduplication_end(
        void *context, sim_ns now_ns, entity_id entity, uint64_t argument);
void network_prefetch(void *context, const struct gateway_uplink *uplink);
/* Enters an uplink into its de-duplication window; NULL: no room. */
struct pending *network_pending_open(struct network *network, uint32_t device,
        const struct gateway_uplink *uplink, uint8_t data_rate, sim_ns now_ns);

void network_pending_hear(struct pending *pending, const struct gateway_uplink *uplink);

/* join.c */
void network_on_join_request(struct network *network, const struct gateway_uplink *uplink,
        uint8_t data_rate, sim_ns now_ns);
void network_answer_join(struct network *network, const struct pending *pending, sim_ns now_ns);

/* downlink.c */
struct downlink_answer { /* what an uplink asks of its answer */
    bool ack, adr_ack_req;
    bool adr; /* LinkADRReq is wanted */
    struct mac_commands commands;
    int64_t gps_ns;
};
void network_answer_uplink(struct network *network, const struct pending *pending,
        const struct downlink_answer *answer, sim_ns now_ns);
/* Valid until the next call. */
static inline const struct session_schedule *network_schedule(
        const struct network *network, uint32_t device)
{
    assert(device < network->device_count);
    return session_schedules_get(network->schedules, device, &network->devices[device].keys);
}

/* Takes an empty downlink to a device, without windows and options. POOL_NONE: no room. */
uint32_t network_downlink_take(struct network *network, uint32_t device);
/* Writes the frame, secured by the session of its device. */
void network_downlink_build(const struct network *network, struct downlink *downlink,
        const struct lorawan_downlink *frame);
/* Takes a downlink with its windows and options set; the frame's bytes are filled by the caller
 * before network_downlink_submit(). POOL_NONE: no room. */
uint32_t network_downlink_open(
        struct network *network, const struct pending *pending, uint8_t first_delay_s);
void network_downlink_choose(struct network *network, struct downlink *downlink,
        const struct pending *pending, uint16_t application_size);
void network_downlink_submit(struct network *network, uint32_t index, sim_ns now_ns);
void network_downlink_report(
        struct network *network, const struct gateway_report *report, sim_ns now_ns);

/* questions.c */
/* Appends what the server asks, as far as it fits beside the payload in either window: an answer
 * or a command of the application never waits for it. `adr`: a LinkADRReq is wanted; `room`: bytes
 * for FOpts. Returns the new size. */
uint8_t network_put_questions(struct network *network, struct downlink *downlink, bool adr,
        uint32_t room, uint8_t fopts[LORAWAN_FOPTS_MAX], uint8_t size, sim_ns now_ns);
/* Only so often does a question of the server alone make a downlink; the first DevStatusReq waits
 * for one that leaves anyhow. */
bool network_question_makes_downlink(
        const struct network *network, const struct device_state *device, sim_ns now_ns);
/* A gateway has put the frame on the air. */
void network_questions_asked(struct network *network, const struct downlink *downlink);
/* Reads what a new uplink answers. True: a LinkADRReq is wanted. */
bool network_take_answers(struct network *network, const struct pending *pending,
        const struct lorawan_uplink *frame, const struct mac_commands *commands, sim_ns now_ns);

/* multicast.c */
void network_groups_finish(struct network *network);
void network_on_multicast_slot(void *context, sim_ns now_ns, entity_id entity, uint64_t argument);
void network_multicast_report(
        struct network *network, const struct gateway_report *report, sim_ns now_ns);

#endif
