/* Correction: which coded fragments follow the first pass.
 * SPDX-License-Identifier: MIT
 *
 * Uplinks cost a device fragments, for its receiver is elsewhere during the whole exchange. So
 * answers are asked for in pauses of the transmission only.
 */
#ifndef CAMPAIGN_CORRECTION_H
#define CAMPAIGN_CORRECTION_H

#include "campaign/campaign.h"

struct member;
struct transfer;

/* State of the correction of one transfer; survives the end of a session. */
struct correction {
    uint32_t batches;
    bool status_on_air; /* the request is queued; answers are awaited once it is out */
    bool request_sent;  /* and a gateway said that it is */
    bool awaiting_answers;
    bool resting; /* nothing is sent until a time */
    bool started;
    sim_ns deadline_ns; /* once started */
    uint16_t round;     /* of requests that were on the air, and the one at hand */
    uint32_t round_answers;
    uint32_t silent_rounds;  /* in a row, without any answer */
    bool stuck;              /* a member lacks as much as before the last batch */
    uint32_t repeats;        /* passes of all uncoded fragments after the first */
    uint32_t instead_rounds; /* in a row, of questions instead of a batch that waits for airtime */
    uint32_t unsent_rounds;  /* in a row, whose request or fragments were not on the air */
};

struct correction_ops {
    const char *name;
    /* Everything that was wanted is out. */
    void (*next_move)(struct transfer *transfer, sim_ns now_ns);
    /* The time for answers is over and some members lack fragments. */
    void (*answers_over)(struct transfer *transfer, sim_ns now_ns);
    /* A rest is over and some members lack fragments. */
    void (*rested)(struct transfer *transfer, sim_ns now_ns);
    /* A session begins that is not the first one, and nothing of the last one is left to send. */
    void (*session_begun)(struct transfer *transfer, sim_ns now_ns);
    bool hurries; /* its last period, which has airtime of its own */
    bool asks;    /* it ends a pause for answers early when all members are known */
};
extern const struct correction_ops *const correction_policies[CORRECTION_COUNT];
extern const struct correction_ops correction_rounds; /* correction_rounds.c */

/* What policies do: the time of the correction begins; members are asked what they lack. */
void correction_start(struct transfer *transfer, sim_ns now_ns);
void correction_ask(struct transfer *transfer, sim_ns now_ns);

/* No member needs more fragments, as far as is known, and none is asked whether it does. */
bool correction_is_over(const struct transfer *transfer);
/* A gateway sent the request at hand. */
void correction_on_request_sent(struct transfer *transfer);
/* The session has nothing left to send. */
void correction_on_idle(struct transfer *transfer, sim_ns now_ns);
/* The time for answers, or a rest, is over. */
void correction_on_timer(struct transfer *transfer, sim_ns now_ns);
/* A member that lacks fragments said so; `missing_was`: how many it lacked when it last did. */
void correction_on_answer(
        struct transfer *transfer, struct member *member, uint16_t missing_was, sim_ns now_ns);
/* Members that lack more than their decoder holds can still be helped. */
bool correction_may_repeat(const struct transfer *transfer);
/* A member needs no more; some others do. */
void correction_on_settled(struct transfer *transfer, sim_ns now_ns);
/* A member has closed its session for a while. */
void correction_on_deferred(struct transfer *transfer);
/* Deferred members listen again. */
void correction_on_resume(struct transfer *transfer, sim_ns now_ns);
/* A session begins that is not the first one. */
void correction_on_session(struct transfer *transfer, sim_ns now_ns);
/* A session ends: no answer to its requests is awaited any more. */
void correction_pause(struct transfer *transfer);

#endif
