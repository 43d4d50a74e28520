/* What the parts of the update server share. Not for others.
 * SPDX-License-Identifier: MIT
 *
 * campaign.c holds the state and hands uplinks on; conversation.c talks to one device at a time
 * (set-up, clock, reports); session.c sends the fragments and decides on correction.
 */
#ifndef CAMPAIGN_CAMPAIGN_INTERNAL_H
#define CAMPAIGN_CAMPAIGN_INTERNAL_H

#include "campaign/campaign.h"
#include "campaign/packages.h"
#include "campaign/schedule.h"

#define GROUP_ID            0u
#define FRAG_INDEX          0u
#define STATUS_REQUESTS_MAX 1024u
#define FCNT_MAX            (PACKAGE_FRAGMENTS_MAX + STATUS_REQUESTS_MAX)
#define CLOCK_TOLERANCE_S   3
#define REFUSALS_MAX        3u
/* McGroupStatusReq and McGroupDeleteReq to one device: two each are needed when one of each is
 * lost. */
#define GROUP_REQUESTS_MAX 8u
/* No more set-up commands this long before the session: time for answer and flash erase. Devices
 * fall silent some 15 s before it. */
#define SET_UP_CLOSE_NS (30 * SIM_NS_PER_S)

enum campaign_timer {
    TIMER_START,
    TIMER_SET_UP_CLOSE,
    TIMER_SESSION,
    TIMER_ANSWERS,
    TIMER_DEADLINE,
    TIMER_DONE,
    TIMER_COUNT
};

struct campaign_record {
    uint8_t stage; /* enum campaign_stage */
    uint8_t data_rate;
    uint8_t refusals;
    bool heard;
    bool heard_in_window;
    bool group_ok, session_ok, fragmentation_ok;
    bool clock_off;       /* it shall synchronize before it is asked again */
    bool clock_disagreed; /* its last TimeToStart did not fit */
    bool refused;
    bool member;  /* READY when the session started */
    bool settled; /* nothing more to send it: whole, or failed for good */
    bool final;   /* a member whose outcome stands */
    bool bad_mic, no_memory;
    bool status_known;
    bool reports_old_version; /* since it was acknowledged */
    bool group_seen;          /* its McGroupStatusAns lists our group */
    bool group_gone;
    uint8_t group_requests; /* McGroupStatusReq and McGroupDeleteReq sent */
    bool mic_known;
    uint8_t mic[4];
    uint16_t session_cnt;
    uint16_t missing;  /* last reported */
    uint16_t received; /* NbFragReceived last reported */
    uint16_t round;    /* of correction in which it last answered */
    sim_ns first_command_ns, group_set_up_ns, ready_ns, complete_ns, confirmed_ns;
};

struct campaign {
    struct engine *engine;
    struct network *network;
    struct campaign_params params;
    const struct device_identity *identities;
    struct campaign_record *records;
    uint32_t device_count;
    uint32_t stage_counts[CAMPAIGN_STAGE_COUNT]; /* devices that are there now */
    entity_id entity;
    uint16_t handler;
    uint32_t timer_generation[TIMER_COUNT]; /* of the one that counts */
    enum campaign_phase phase;

    uint8_t *block; /* padded to whole fragments */
    uint32_t block_size;
    uint16_t nb_frag;
    uint8_t padding;
    uint32_t version;
    bool has_digest;
    uint8_t digest[8];
    uint8_t descriptor[4];

    uint32_t group;
    uint32_t mc_addr;
    uint8_t mc_key[16];
    uint32_t session_gps_s;
    sim_ns session_ns;     /* SessionTime */
    sim_ns session_end_ns; /* when devices leave class C by themselves */
    struct schedule schedule;

    uint32_t member_count, settled_count; /* settled: among members */
    uint32_t final_count;
    uint32_t next_n, target_n;    /* fragments to N <= target_n are wanted */
    uint16_t n_of_fcnt[FCNT_MAX]; /* 0: a status request */
    uint8_t sent[(PACKAGE_FRAGMENTS_MAX + 8u) / 8u];
    uint32_t sent_uncoded, sent_coded;
    uint32_t batches;
    bool status_on_air; /* the request is queued; answers are awaited when it is out */
    bool awaiting_answers;
    uint16_t round;
    uint32_t round_answers;
    uint32_t silent_rounds;
    bool correction_started;
};

/* campaign.c */
/* `image`: the whole block to send (header + code), its version as the devices will report it. */
struct campaign *campaign_create(struct engine *engine, struct network *network,
        const struct campaign_params *params, const struct device_identity *devices,
        uint32_t device_count, const uint8_t *image, uint32_t image_size, uint32_t version);
void campaign_destroy(struct campaign *campaign);
void campaign_stage_set(
        struct campaign *campaign, uint32_t device, enum campaign_stage stage, sim_ns now_ns);
void campaign_phase_set(struct campaign *campaign, enum campaign_phase phase, sim_ns now_ns);
void campaign_timer_set(struct campaign *campaign, enum campaign_timer timer, sim_ns at_ns);
void campaign_timer_stop(struct campaign *campaign, enum campaign_timer timer);
/* A member needs nothing more. */
void campaign_settle(struct campaign *campaign, uint32_t device, sim_ns now_ns);
void campaign_mark_final(struct campaign *campaign, uint32_t device);
void campaign_finish(struct campaign *campaign, sim_ns now_ns);
void campaign_finish_if_all_final(struct campaign *campaign, sim_ns now_ns);

/* conversation.c */
void campaign_on_uplink(
        struct campaign *campaign, const struct network_uplink *uplink, sim_ns now_ns);
enum campaign_failure campaign_failure_of(const struct campaign *campaign, uint32_t device);

/* session.c */
void campaign_plan(struct campaign *campaign);
void campaign_session_start(struct campaign *campaign, sim_ns now_ns);
void campaign_session_end(struct campaign *campaign, sim_ns now_ns);
void campaign_session_on_settled(struct campaign *campaign, sim_ns now_ns);
void campaign_session_on_answer(struct campaign *campaign, uint32_t device, sim_ns now_ns);
void campaign_answers_over(struct campaign *campaign, sim_ns now_ns);
void campaign_on_multicast_report(struct campaign *campaign, uint32_t group, uint32_t fcnt,
        uint32_t gateway, enum gateway_tx_result result, sim_ns now_ns);
void campaign_on_multicast_idle(struct campaign *campaign, uint32_t group, sim_ns now_ns);

#endif
