/* Server-side ADR: data rate, power and repetitions of a device from what gateways heard of it.
 * SPDX-License-Identifier: MIT
 *
 * spec-protocol 1.11: the best SNR of the last 20 uplinks, less what the data rate needs and a
 * margin; each 3 dB is a step, spent on data rate first, then on power. The server never lowers a
 * data rate: the device does so by itself when it gets no answer.
 */
#ifndef NETWORK_ADR_H
#define NETWORK_ADR_H

#include <stdbool.h>
#include <stdint.h>

#include "network/mac_commands.h"
#include "network/network.h"

#define ADR_HISTORY 20u

struct adr_link { /* what LinkADRReq sets */
    uint8_t data_rate, tx_power, nb_trans;
};

/* What is known of one device since its last change. */
struct adr_state {
    int32_t snr_mdb[ADR_HISTORY]; /* best gateway of each of the last uplinks */
    uint32_t fcnt[ADR_HISTORY];
    uint8_t count, next;
    uint8_t refusals;   /* since it joined */
    uint8_t unanswered; /* LinkADRReq in a row */
    bool asking;        /* `wanted` is to be asked for */
    bool is_offered;    /* a LinkADRReq for `offered` is in an answer to the last uplink */
    bool sent;          /* and a gateway has put it on the air: an answer is due */
    bool ack_requested; /* its uplinks have set ADRACKReq since `ack_requested_from` */
    uint32_t ack_requested_from;
    uint8_t data_rate; /* of its last uplink */
    struct adr_link wanted, offered;
};

struct adr_uplink { /* a new uplink of a device with the ADR bit */
    uint32_t fcnt;
    uint8_t data_rate;
    int32_t best_snr_mdb;
    bool ack_req;
    const struct mac_commands *commands;
};

/* At the start of a session. */
void adr_init(struct adr_state *state);
/* What the history asks for. It is full. */
struct adr_link adr_decide(const struct adr_state *state, const struct region *region,
        const struct network_adr_params *params, const struct adr_link *now);
/* Takes note of an uplink; `link` holds the power and NbTrans that the device uses, and is changed
 * when it says that it has changed them. True: `state->wanted` is to be sent. */
bool adr_uplink(struct adr_state *state, const struct region *region,
        const struct network_adr_params *params, const struct adr_uplink *uplink,
        struct adr_link *link, struct network_stats *stats);
/* A LinkADRReq for `state->wanted` goes into a frame: it becomes `state->offered`. */
void adr_offer(struct adr_state *state);
/* A gateway has put that frame on the air. */
void adr_sent(struct adr_state *state);

#endif
