/* One campaign of the update server (campaign/server.h): what it is given, and what it reports.
 * SPDX-License-Identifier: MIT
 *
 * TS003, TS004 and TS005 from the specifications, with its own codecs and FEC encoder.
 */
#ifndef CAMPAIGN_CAMPAIGN_H
#define CAMPAIGN_CAMPAIGN_H

#include "engine.h"
#include "identity/identity.h"
#include "network/network.h"

enum campaign_set_up_policy {
    SET_UP_CHAINED,
    SET_UP_ONE_PER_UPLINK
};
enum campaign_correction {
    CORRECTION_FIXED,          /* redundancy only */
    CORRECTION_UNTIL_REPORTED, /* coded fragments until every device reported, or time out */
    CORRECTION_ADAPTIVE        /* batches sized by multicast status answers */
};

struct campaign_params {
    sim_ns start_ns;
    enum campaign_set_up_policy set_up_policy;
    sim_ns set_up_window_ns; /* from start to the common session time */
    uint8_t data_rate;       /* DR5 */
    uint32_t frequency_hz;   /* 869.525 MHz */
    uint8_t fragment_size_bytes;
    double redundancy; /* 0.15: coded fragments of the first pass per uncoded one */
    enum campaign_correction correction;
    sim_ns correction_timeout_ns;
    uint8_t block_ack_delay;       /* 0..7: answers spread over 2^(d+4) s; 255: by fleet size */
    uint8_t fragmentation_version; /* 1 or 2 */
    enum multicast_policy gateways;
    bool block_mic;            /* TS004 v2 MIC in the set-up */
    sim_ns confirm_timeout_ns; /* how long to wait for reports after the session */
    bool group_delete; /* a confirmed device is asked for its groups and told to forget ours */
};

/* Stages of one device, in order; results count the devices that reached each. */
/* clang-format off */
#define CAMPAIGN_STAGES(X)                                                                         \
    X(WAITING, "waiting")             /* no uplink since the campaign started */                   \
    X(CONTACTED, "contacted")         /* first command sent */                                     \
    X(GROUP_SET_UP, "group_set_up")   /* McGroupSetupAns and McClassCSessionAns positive */        \
    X(READY, "ready")                 /* FragSessionSetupAns positive */                           \
    X(COMPLETE, "complete")           /* reported the block whole */                               \
    X(AUTHENTICATED, "authenticated") /* reported it with a good block MIC, and we acknowledged */ \
    X(CONFIRMED, "confirmed")         /* its later uplink carries the new version */

enum campaign_stage {
#define X(name, text) CAMPAIGN_##name,
    CAMPAIGN_STAGES(X)
#undef X
    CAMPAIGN_STAGE_COUNT
};

/* Why a device is not confirmed when the campaign ends. */
#define CAMPAIGN_FAILURES(X)                                                                       \
    X(NONE, "none")                                                                                \
    X(NEVER_JOINED, "never_joined")                                                                \
    X(NO_UPLINK, "no_uplink")                     /* joined, not heard in the set-up window */     \
    X(SET_UP_UNANSWERED, "set_up_unanswered")                                                      \
    X(SET_UP_REFUSED, "set_up_refused")           /* a negative answer */                          \
    X(CLOCK, "clock")                             /* TimeToStart never agreed */                   \
    X(INCOMPLETE, "incomplete")                   /* fragments missing at the end */               \
    X(SILENT_AFTER_SESSION, "silent_after_session")                                                \
    X(BLOCK_MIC, "block_mic")                                                                      \
    X(DECODER_MEMORY, "decoder_memory")                                                            \
    X(NOT_INSTALLED, "not_installed")             /* acknowledged, old version reported since */   \
    X(NOT_CONFIRMED, "not_confirmed")             /* acknowledged, not heard since */

enum campaign_failure {
#define X(name, text) CAMPAIGN_FAILURE_##name,
    CAMPAIGN_FAILURES(X)
#undef X
    CAMPAIGN_FAILURE_COUNT
};

#define CAMPAIGN_PHASES(X)                                                                         \
    X(IDLE, "idle")                                                                                \
    X(SET_UP, "set-up")                                                                            \
    X(WAIT_SESSION, "wait")                                                                        \
    X(UNCODED, "bulk")                                                                             \
    X(CODED, "redundancy")                                                                         \
    X(CORRECTION, "correction")                                                                    \
    X(CONFIRMATION, "confirm")                                                                     \
    X(DONE, "done")

enum campaign_phase {
#define X(name, text) CAMPAIGN_PHASE_##name,
    CAMPAIGN_PHASES(X)
#undef X
};
/* clang-format on */

struct campaign;

struct campaign_device {
    enum campaign_stage stage;
    enum campaign_failure failure; /* if the campaign ended now */
    sim_ns first_command_ns;       /* SIM_NS_NEVER: not yet, as below */
    sim_ns group_set_up_ns;
    sim_ns ready_ns;
    sim_ns complete_ns; /* reception of the report */
    sim_ns confirmed_ns;
    uint16_t missing_reported;
    bool group_deleted; /* campaign_params.group_delete: it said that it has our group no more */
};

enum campaign_phase campaign_phase(const struct campaign *campaign);
const char *campaign_phase_name(enum campaign_phase phase);
const char *campaign_failure_name(enum campaign_failure failure);
void campaign_device_get(
        const struct campaign *campaign, uint32_t device, struct campaign_device *view);
uint32_t campaign_stage_count(const struct campaign *campaign, enum campaign_stage at_least);
uint32_t campaign_nb_frag(const struct campaign *campaign);
/* N of the fragment that went out under a McFCnt; 0: none (a status request, or not sent). */
uint32_t campaign_fragment_number(const struct campaign *campaign, uint32_t mc_fcnt);
uint32_t campaign_fragments_sent(const struct campaign *campaign, bool coded);
uint32_t campaign_correction_batches(const struct campaign *campaign);
uint32_t campaign_mc_addr(const struct campaign *campaign);
void campaign_mc_key(const struct campaign *campaign, uint8_t key[16]);

#endif
