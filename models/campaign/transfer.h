/* A transfer: one fragmentation session. One block in fragments of one size, from N = 1 on.
 * SPDX-License-Identifier: MIT
 *
 * One or more sessions feed it, one after the other: N goes on, and each has a McGroupID of its
 * own. Where a session ended with fragments that no gateway had sent, the next one goes on after
 * the highest N that was on the air; coded fragments replace the gaps below. The last session may
 * be a second period, for correction: devices that are not whole sleep until it opens.
 */
#ifndef CAMPAIGN_TRANSFER_H
#define CAMPAIGN_TRANSFER_H

#include "campaign/campaign.h"
#include "campaign/correction.h"
#include "campaign/fragment_table.h"
#include "campaign/packages.h"
#include "campaign/schedule.h"
#include "campaign/session.h"

#define TRANSFER_NONE UINT8_MAX

enum transfer_timer {
    TRANSFER_TIMER_SET_UP_CLOSE,
    TRANSFER_TIMER_SESSION,
    TRANSFER_TIMER_ANSWERS,
    TRANSFER_TIMER_RESUME,
    TRANSFER_TIMER_DEADLINE,
    TRANSFER_TIMER_DONE,
    TRANSFER_TIMER_CALL,
    TRANSFER_TIMER_COUNT
};

/* How far its group is set up again (group_restart.c). */
enum transfer_renewal {
    RENEWAL_NONE,
    RENEWAL_CALLS,  /* members are called */
    RENEWAL_OPENING /* those that answered last open their session yet */
};

/* A timer of a campaign or a transfer. */
struct timer {
    sim_ns at_ns;        /* SIM_NS_NEVER: it is not set */
    uint32_t generation; /* of the event that counts */
};

struct transfer {
    struct campaign *campaign;
    uint8_t index; /* in its campaign */
    bool open;     /* has a time, so members may join it */
    enum campaign_phase phase;
    struct timer timers[TRANSFER_TIMER_COUNT];

    uint8_t *block; /* padded to whole fragments */
    uint16_t nb_frag;
    uint8_t fragment_size_bytes;
    uint8_t padding;
    uint8_t data_rate;
    uint8_t fragmentation_version; /* of TS004, 1 or 2; set before transfer_init() */
    bool delta;                    /* the block is the delta image; likewise */
    uint8_t frag_index;
    uint8_t hashed; /* bit i: hashes[i], of the block without padding, is known */
    uint8_t hashes[PROOF_KINDS][PROOF_HASH_SIZE];

    struct schedule schedule;
    struct session *sessions[CAMPAIGN_PERIODS_MAX];
    uint8_t session_count;
    uint8_t session_now; /* the one that runs, or comes next */
    uint8_t second;      /* the session of the second period; 0: there is none */
    bool paused;         /* between two sessions */
    sim_ns planned_end_ns;
    sim_ns delivery_start_ns, delivery_end_ns; /* of unicast, which has no session */

    uint32_t member_count;
    uint32_t counted_count, settled_count, final_count; /* settled, final: among the counted */
    uint8_t table_count;       /* hashes of a piece of the table; 0: there is no table */
    uint32_t table_sent;       /* pieces, each time counted */
    uint32_t table_repeats;    /* of the whole table, for members that have none of it */
    bool table_lacking;        /* such a member has reported since */
    uint32_t next_n, target_n; /* fragments to N <= target_n are wanted */
    uint32_t highest_sent_n;
    uint32_t repeat_n, repeat_left; /* uncoded, wanted again before the others, from repeat_n on */
    uint32_t replaced; /* of N below next_n that were not on the air: coded ones took their place */
    uint8_t sent[(PACKAGE_FRAGMENTS_MAX + 8u) / 8u]; /* bit for each N: it was on the air */
    uint32_t sent_uncoded, sent_coded;
    sim_ns resume_ns; /* when deferred members open their session again; 0: none was told */
    struct correction correction;
    uint32_t call_next, call_passes; /* calls.c: index of the next member, passes that are over */
    uint8_t group_restarts;
    uint8_t renewal; /* enum transfer_renewal */
};

/* Cuts the block and creates the first session. False: it does not fit the data rate or the numbers
 * of fragments, or out of memory. The transfer is zeroed; finish it in either case. */
bool transfer_init(struct transfer *transfer, struct campaign *campaign, uint8_t index,
        uint8_t data_rate, const uint8_t *image, uint32_t image_size);
void transfer_finish(struct transfer *transfer);

/* Bytes of the block without its padding. */
static inline uint32_t transfer_block_size(const struct transfer *transfer)
{
    return (uint32_t)transfer->nb_frag * transfer->fragment_size_bytes - transfer->padding;
}

/* Gives its sessions their times, the first from start_ns on, and opens it. `concurrent`: transfers
 * that share the airtime, this one included. */
void transfer_open(struct transfer *transfer, sim_ns start_ns, uint32_t concurrent);
/* Opens a transfer of unicast, whose members may fetch from now on. */
void transfer_open_unicast(struct transfer *transfer, sim_ns now_ns);
/* When the next one may begin if they take turns: its whole plan is over, correction included. */
sim_ns transfer_planned_end_ns(const struct transfer *transfer);
/* Start of its first session. */
sim_ns transfer_start_ns(const struct transfer *transfer);
/* End of its last session. */
sim_ns transfer_end_ns(const struct transfer *transfer);
/* Fragments are sent, or pauses for answers are between them. */
bool transfer_runs(const struct transfer *transfer);
/* The session that runs, or comes next. */
struct session *transfer_session_now(const struct transfer *transfer);
/* No period follows that of this session. */
bool transfer_is_last_period(const struct transfer *transfer);
/* When a correction that begins now is over: its time counts in the last period. */
sim_ns transfer_correction_end_ns(const struct transfer *transfer, sim_ns now_ns);
/* Appends a session. False: out of memory, or the network has no room for it. */
bool transfer_session_add(struct transfer *transfer);

/* The transfer waits for this member before it ends. */
void transfer_count_member(struct transfer *transfer, struct member *member);
/* A member that is READY listens from now on, to all sessions of the transfer. */
void transfer_join(struct transfer *transfer, struct member *member, sim_ns now_ns);

void transfer_timer_set(struct transfer *transfer, enum transfer_timer timer, sim_ns at_ns);
void transfer_timer_stop(struct transfer *transfer, enum transfer_timer timer);
void transfer_on_timer(struct transfer *transfer, enum transfer_timer timer, sim_ns now_ns);

/* A gateway sent fragment n. */
void transfer_on_sent(
        struct session *session, uint32_t n, uint32_t handle, uint32_t gateway, sim_ns now_ns);
/* A gateway sent a request. */
void transfer_on_request_sent(struct transfer *transfer);
/* A message is done with at one gateway: there may be room for others. */
void transfer_on_report(struct transfer *transfer);
/* A session of it has nothing left to send. */
void transfer_on_idle(struct transfer *transfer, sim_ns now_ns);
/* The server may have missed what its session reported. */
void transfer_resume(struct transfer *transfer, sim_ns now_ns);
/* Hands fragments to the running session, as many as it takes. */
void transfer_feed(struct transfer *transfer);
/* A member reported what it lacks. One that lacks all may have no hash, and takes no coded fragment
 * then: the table goes out again before the next ones. */
void transfer_note_missing(struct transfer *transfer, uint32_t missing);
bool transfer_has_room(const struct transfer *transfer); /* for a higher N */
/* Wants `count` uncoded fragments from n on again, before those that are wanted next. Members that
 * insist on a growing N drop them. */
void transfer_repeat(struct transfer *transfer, uint32_t n, uint32_t count);
/* Wants `count` more coded fragments. False: N has no more room. */
bool transfer_extend(struct transfer *transfer, uint32_t count);
/* The next N for a message outside of the session; 0: N has no more room. */
uint32_t transfer_take_number(struct transfer *transfer);
/* DataFragment n; returns its size. */
size_t transfer_put_fragment(const struct transfer *transfer, uint32_t n,
        uint8_t out[PACKAGE_FRAGMENT_OVERHEAD + UINT8_MAX]);
/* The transfer is over a confirm_timeout after the end of its sessions, or after now. */
void transfer_await_reports(struct transfer *transfer, sim_ns now_ns);
/* A request to every member, `copies` times. False: the session takes no more. */
bool transfer_ask(struct transfer *transfer, const uint8_t *request, size_t size, uint32_t copies);
/* Wants no fragment that the session does not have yet. */
void transfer_curtail(struct transfer *transfer);
/* Fragments that would wait longer for airtime in haste than a member should listen for, those
 * apart that go out without haste in that time. */
bool transfer_waits_long_for(const struct transfer *transfer, uint32_t fragments, sim_ns now_ns);
/* How many of so many fragments there is airtime for in haste, now. */
uint32_t transfer_in_haste(const struct transfer *transfer, uint32_t fragments, sim_ns now_ns);
/* What follows is sent as fast as the airtime that is left allows. */
void transfer_hurry(struct transfer *transfer);
/* Pieces of the table of hashes that go out before the first fragment. */
uint32_t transfer_table_messages(const struct transfer *transfer);
/* Sets the time at which the session at hand, or its correction, is over. */
void transfer_arm_deadline(struct transfer *transfer);
/* No more fragments. */
void transfer_end(struct transfer *transfer, sim_ns now_ns);
/* A counted member needs no more, or its outcome stands. */
void transfer_on_settled(struct transfer *transfer, sim_ns now_ns);
void transfer_end_if_all_final(struct transfer *transfer, sim_ns now_ns);

#endif
