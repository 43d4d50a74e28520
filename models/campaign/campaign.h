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
enum campaign_versions {
    VERSIONS_KNOWN, /* of packages: from a register of devices */
    VERSIONS_ASK    /* each device is asked once */
};
enum campaign_correction {
    CORRECTION_FIXED,          /* redundancy only */
    CORRECTION_UNTIL_REPORTED, /* coded fragments until every device reported, or time out */
    CORRECTION_ADAPTIVE,       /* batches sized by multicast status answers */
    CORRECTION_ROUNDS,         /* all uncoded fragments again, until enough members are whole */
    CORRECTION_COUNT
};

/* When the correction comes. */
enum campaign_correction_period {
    CORRECTION_PERIOD_SAME,  /* in the session of the fragments before */
    CORRECTION_PERIOD_SECOND /* it ends in a session of its own, after a pause */
};

/* How the block comes to the members. */
enum campaign_delivery {
    DELIVERY_MULTICAST, /* in sessions of class C, to all at one time */
    DELIVERY_UNICAST    /* each fetches its own copy in class A */
};

/* How the members are divided into transfers. */
enum campaign_sessions {
    SESSIONS_ONE,
    SESSIONS_PER_DATA_RATE, /* each member at the best data rate that its uplinks allow */
    SESSIONS_THRESHOLD      /* likewise; small groups join the next slower one */
};
enum campaign_session_order {
    SESSION_ORDER_IN_TURNS, /* fastest first; each begins when the one before is planned to end */
    SESSION_ORDER_AT_ONE_TIME
};

enum campaign_install {
    INSTALL_AT_ONCE,     /* as soon as a device has proved its block, by itself */
    INSTALL_COMMON_TIME, /* when the server says so (TS006) */
    INSTALL_AGREED_TIME  /* the same, told in the set-up: before the transfer */
};

/* What follows McGroupSetupAns in the set-up of a device. */
enum campaign_set_up_order {
    SET_UP_SESSION_FIRST,      /* TR002: the session, then the fragmentation session */
    SET_UP_FRAGMENTATION_FIRST /* SessionTime is told last */
};
/* McGroupID and FragIndex at a device. */
enum campaign_numbers {
    NUMBERS_FREE, /* that no other campaign needs */
    NUMBERS_ZERO  /* 0, whatever it was given for before */
};
enum campaign_session_cnt {
    SESSION_CNT_PER_SESSION, /* the same in each try of a set-up */
    SESSION_CNT_PER_COMMAND
};
enum campaign_time_out {
    TIME_OUT_PLANNED,    /* the session is as long as its plan */
    TIME_OUT_BY_INTERVAL /* one interval for each fragment, and one more */
};
/* FragDataBlockReceivedReq, which AckReception asks devices of version 2 for. */
enum campaign_receipts {
    RECEIPTS_ASKED,
    RECEIPTS_NONE
};
/* What the block MIC is computed over, besides block, FragIndex and SessionCnt. */
enum campaign_mic_descriptor {
    MIC_OF_DESCRIPTOR, /* of the set-up: TS004-2.0.0 section 3.3 */
    MIC_OF_ZERO        /* four zero bytes, which devices must refuse */
};

/* McGroupIDs of a device: those of all periods are set up before the first one. */
#define CAMPAIGN_PERIODS_MAX 4u
#define CAMPAIGN_RETRIES_MAX 6u
#define CAMPAIGN_ROUNDS_MAX  (CAMPAIGN_RETRIES_MAX + 2u) /* the first, and one after a pause */
/* Transfers of one campaign, over all rounds and waves. */
#define CAMPAIGN_TRANSFERS_MAX 250u

struct campaign_params {
    /* A delta image of the block, for members that run its base; NULL: all get the block itself.
     * Copied. */
    const uint8_t *delta;
    uint32_t delta_size;
    const uint32_t *members; /* devices, each once, in the order of their numbers; copied */
    uint32_t member_count;   /* 0: all devices of the server */
    sim_ns start_ns;
    enum campaign_delivery delivery;
    sim_ns delivery_timeout_ns; /* of unicast: how long members may fetch */
    enum campaign_set_up_policy set_up_policy;
    sim_ns set_up_window_ns;     /* from start to the common session time */
    uint8_t data_rate;           /* DR5; of split sessions the fastest one */
    uint32_t frequency_hz;       /* 869.525 MHz */
    uint8_t fragment_size_bytes; /* 0: the largest that fits the data rate */
    double redundancy;           /* 0.15: coded fragments of the first pass per uncoded one */
    enum campaign_correction correction;
    sim_ns correction_timeout_ns;
    enum campaign_correction_period correction_period;
    sim_ns correction_pause_ns; /* between the two periods, in which devices sleep */
    uint32_t unicast_below; /* so few members that are not whole are repaired by unicast; 0: none */
    uint8_t block_ack_delay; /* 0..7: answers spread over 2^(d+4) s; 255: by fleet size */
    enum campaign_versions versions;
    uint8_t fragmentation_version; /* of TS004, 1 or 2, of members whose version is not given */
    /* Versions of TS004, as `members`; NULL: fragmentation_version. Copied. VERSIONS_ASK needs
     * none. */
    const uint8_t *member_versions;
    enum multicast_policy gateways;
    bool block_mic; /* TS004 v2 MIC in the set-up */
    uint8_t proofs; /* bit i: devices ask about the hash of enum proof_kind i before they install */
    enum campaign_install install;
    sim_ns install_after_ns;   /* from the start of the campaign to the common time */
    sim_ns install_spread_ns;  /* over which members reboot, from then on */
    sim_ns confirm_timeout_ns; /* how long to wait for reports after the session */
    bool group_delete; /* a confirmed device is asked for its groups and told to forget ours */
    enum campaign_sessions sessions;
    uint32_t session_threshold; /* least members of a transfer, of SESSIONS_THRESHOLD */
    int32_t session_margin_mdb; /* of the link budget, over what a data rate needs */
    enum campaign_session_order session_order;
    uint8_t periods;       /* class C sessions of one transfer, 1..4; 0: as many as it needs */
    double duty_share;     /* of a gateway's duty cycle; 0: as the network has it */
    sim_ns interval_ns;    /* between two fragments of one gateway; 0: the network grants it */
    sim_ns granularity_ns; /* of sending times; 0: none */
    enum campaign_set_up_order set_up_order;
    uint8_t set_up_tries; /* of a command without an answer, 1..8; 0: until the window ends */
    uint8_t status_tries; /* requests to one device by unicast; 0: after more and more uplinks */
    enum campaign_numbers numbers; /* NUMBERS_ZERO: a transfer has one session */
    enum campaign_session_cnt session_cnt;
    enum campaign_time_out time_out;
    enum campaign_receipts receipts;
    enum campaign_mic_descriptor mic_descriptor;
    double rounds_threshold; /* share of members that ends CORRECTION_ROUNDS */
    /* How many times a signed table of the fragments' hashes is sent before them; 0: not. */
    uint8_t table_copies;
    uint8_t restart_group; /* rounds without an answer, after which groups get other keys; 0: never
                            */
    uint8_t table_key[32]; /* that signs it: the vendor's, which signs images */
    uint8_t retries;       /* further rounds for members that a round left, 0..6 */
    sim_ns retry_pause_ns; /* from the end of a round to the set-up of the next one */
    uint32_t wave_size;    /* most members of a transfer; 0: no limit */
    sim_ns stop_ns;        /* devices are told to forget it; 0: never */
    sim_ns pause_ns, resume_ns; /* no fragments and no set-up in between; 0: never */
};

/* Stages of one device, in order; results count the devices that reached each. */
/* clang-format off */
#define CAMPAIGN_STAGES(X)                                                                         \
    X(WAITING, "waiting")             /* no uplink since the campaign started */                   \
    X(CONTACTED, "contacted")         /* first command sent */                                     \
    X(GROUP_SET_UP, "group_set_up")   /* McGroupSetupAns and McClassCSessionAns positive */        \
    X(READY, "ready")                 /* FragSessionSetupAns positive */                           \
    X(COMPLETE, "complete")           /* reported the block whole */                               \
    X(AUTHENTICATED, "authenticated") /* proved it: by block MIC or by hash, as demanded */        \
    X(CONFIRMED, "confirmed")         /* its later uplink carries the new version */

enum campaign_stage {
#define X(name, text) CAMPAIGN_##name,
    CAMPAIGN_STAGES(X)
#undef X
    CAMPAIGN_STAGE_COUNT
};

/* Why a device is not confirmed when the campaign ends: name, what results call it, whether another
 * round can help, and what AWS IoT calls a device that ended so (spec-protocol 9.5), which says
 * nothing of the time after the transfer; "Initial" also where it has no word of its own. */
#define CAMPAIGN_REASONS(X)                                                                        \
    X(NEVER_HEARD, "never_heard", true, "Initial") /* no uplink at all */                          \
    X(NO_UPLINK, "no_uplink", true, "Initial") /* heard, but not in the set-up window */           \
    /* did not answer that it has TS004 */                                                         \
    X(NO_PACKAGE, "no_package", false, "Package_Not_Supported")                                    \
    X(SET_UP_UNANSWERED, "set_up_unanswered", true, "Initial")                                     \
    /* a negative answer on group or session */                                                    \
    X(SET_UP_REFUSED, "set_up_refused", false, "Initial")                                          \
    /* FragSessionSetupAns: FragAlgo, FragIndex, memory, Descriptor */                             \
    X(NO_ALGORITHM, "no_algorithm", false, "FragAlgo_unsupported")                                 \
    X(NO_INDEX, "no_index", true, "FragIndex_unsupported")                                         \
    X(NO_MEMORY, "no_memory", true, "Not_enough_memory")                                           \
    X(WRONG_DESCRIPTOR, "wrong_descriptor", false, "Wrong_descriptor")                             \
    /* McGroupUndefined after each McGroupSetupReq */                                              \
    X(GROUP_UNDEFINED, "group_undefined", true, "Initial")                                         \
    X(CLOCK, "clock", true, "Initial")               /* TimeToStart never agreed */                \
    X(START_MISSED, "start_missed", true, "Initial") /* StartMissed, of a session that lay ahead */\
    X(SESSION_CNT, "session_cnt", true, "SessionCnt_replay") /* each one refused as a replay */    \
    X(NOT_SENT, "not_sent", true, "Initial")           /* no gateway sent a fragment to it */      \
    /* it names another version of TS004 than the register of devices has */                       \
    X(OTHER_VERSION, "other_version", false, "Package_Not_Supported")                              \
    /* it said so, of a session that was sent */                                                   \
    X(NOTHING_RECEIVED, "nothing_received", true, "MissingFrag")                                   \
    X(INCOMPLETE, "incomplete", true, "MissingFrag")   /* fragments missing at the end */          \
    X(SILENT_AFTER_SESSION, "silent_after_session", true, "MissingFrag")                           \
    X(BLOCK_MIC, "block_mic", true, "MICError")                                                    \
    X(DECODER_MEMORY, "decoder_memory", true, "MemoryError")                                       \
    /* it reports that the image is for other hardware; is not newer; is not authentic */          \
    X(WRONG_HARDWARE, "wrong_hardware", false, "Successful")                                       \
    X(VERSION_REFUSED, "version_refused", false, "Successful")                                     \
    X(IMAGE_REFUSED, "image_refused", true, "Successful")                                          \
    /* acknowledged, old version reported since; acknowledged, not heard since */                  \
    X(NOT_INSTALLED, "not_installed", false, "Successful")                                         \
    X(NOT_CONFIRMED, "not_confirmed", false, "Successful")                                         \
    /* another campaign held it until too late */                                                  \
    X(BUSY, "busy", true, "Device_exist_in_conflict_fuota_task")                                   \
    /* the campaign was stopped, or waits, before it was confirmed */                              \
    X(STOPPED, "stopped", true, "Initial")                                                         \
    /* the same, and a reboot that it had been told was not cancelled before its time */            \
    X(REBOOT_KEPT, "reboot_kept", false, "Initial")                                                \
    /* the image failed on it: the old one is back */                                              \
    X(REVERTED, "reverted", false, "Successful")                                                   \
    /* the same, but all that it says of the image is that it heard no network */                  \
    X(REVERTED_UNHEARD, "reverted_unheard", true, "Successful")                                    \
    /* it reports that the delta is of another image: another round brings the whole one */        \
    X(WRONG_BASE, "wrong_base", true, "Successful")                                                \
    /* it had a block of another hash */                                                           \
    X(PROOF_REJECTED, "proof_rejected", true, "MICError")
#define CAMPAIGN_FAILURES(X) X(NONE, "none", false, "Successful") CAMPAIGN_REASONS(X)

enum campaign_failure {
#define X(name, text, again, aws) CAMPAIGN_FAILURE_##name,
    CAMPAIGN_FAILURES(X)
#undef X
    CAMPAIGN_FAILURE_COUNT
};

/* What became of the hashes that a device asks about before it installs (campaign_params.proofs). */
#define CAMPAIGN_PROOFS(X)                                                                         \
    X(NONE, NULL)           /* none is demanded */                                                 \
    X(DUE, "due")           /* it has not asked about each of them */                              \
    X(ACCEPTED, "accepted") /* the server accepted each */                                         \
    X(REJECTED, "rejected") /* it had a block of another hash */

enum campaign_proof {
#define X(name, text) CAMPAIGN_PROOF_##name,
    CAMPAIGN_PROOFS(X)
#undef X
    CAMPAIGN_PROOF_COUNT
};

/* How far a device is told when to reboot (TS006; not with INSTALL_AT_ONCE). */
#define CAMPAIGN_REBOOTS(X)                                                                        \
    X(NONE, NULL)         /* it installs by itself */                                              \
    X(UNKNOWN, "unknown") /* the server does not know what a reboot would install */               \
    X(IMAGE, "image")     /* our image, it said */                                                 \
    X(TOLD, "told")       /* it said when it will reboot, or was told to do so at once */

enum campaign_reboot {
#define X(name, text) CAMPAIGN_REBOOT_##name,
    CAMPAIGN_REBOOTS(X)
#undef X
    CAMPAIGN_REBOOT_COUNT
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
    bool member;      /* false: the rest says nothing */
    uint8_t transfer; /* that it belongs to; UINT8_MAX: not decided */
    enum campaign_stage stage;
    enum campaign_failure failure; /* if the campaign ended now */
    sim_ns claimed_ns; /* its last set-up, of any round, began; SIM_NS_NEVER: not yet, as below */
    sim_ns first_command_ns;
    sim_ns group_set_up_ns;
    sim_ns ready_ns;
    sim_ns complete_ns; /* reception of the report */
    sim_ns authenticated_ns;
    sim_ns confirmed_ns;
    uint16_t missing_reported;
    uint8_t rounds; /* that it took part in, from the first one on (member_next_round()) */
    /* Why each of them but the last one left it: enum campaign_failure. */
    uint8_t left[CAMPAIGN_ROUNDS_MAX];
    bool group_deleted; /* campaign_params.group_delete: it said that it has our group no more */
    enum campaign_proof proof;
    enum campaign_reboot reboot;
    sim_ns reboot_ns; /* that it was told; SIM_NS_NEVER: none */
};

/* A transfer: the members that get the block at one data rate in one version of TS004. Its
 * fragments count once, whichever of its sessions sent them. */
struct campaign_transfer {
    bool open; /* false: no member needed it (so far) */
    uint8_t data_rate;
    uint8_t fragmentation_version; /* of its members: versions code fragments differently */
    uint8_t fragment_size_bytes;
    uint8_t frag_index;
    bool delta; /* its block is the delta image */
    uint32_t nb_frag;
    uint32_t members;
    uint32_t sent_uncoded, sent_coded; /* different N that a gateway sent */
    uint32_t correction_batches;
    uint32_t session_count;
    uint32_t round, wave;
    bool is_unicast; /* its members fetch the block, each for itself */
};

/* A round: all members, and then those that the round before has left. */
struct campaign_round {
    sim_ns start_ns, end_ns; /* of the set-up; of its last transfer, SIM_NS_NEVER: it goes on */
    uint32_t members;
    uint32_t failed[CAMPAIGN_FAILURE_COUNT]; /* of these: why they left it; NONE: confirmed */
    uint32_t sent_uncoded, sent_coded;       /* different N of each of its transfers */
    uint32_t first_transfer, end_transfer;   /* the last not included */
};

/* One session of a transfer; SessionTime and end once the transfer is open. */
struct campaign_session {
    uint32_t transfer;
    uint32_t mc_addr;
    uint8_t mc_key[16];
    entity_id entity; /* of OBSERVE_CAMPAIGN_FRAGMENT */
    uint8_t data_rate;
    uint32_t frequency_hz;
    sim_ns start_ns, end_ns;
};

/* The phase of the least advanced transfer of its round. It goes back where a further round begins;
 * between two rounds it is that of the confirmation. */
enum campaign_phase campaign_phase(const struct campaign *campaign);
const char *campaign_phase_name(enum campaign_phase phase);
const char *campaign_stage_name(enum campaign_stage stage);
const char *campaign_failure_name(enum campaign_failure failure);
/* The final state that AWS IoT would give a device that ended so. */
const char *campaign_failure_aws_name(enum campaign_failure failure);
/* NULL: of NONE. */
const char *campaign_proof_name(enum campaign_proof proof);
const char *campaign_reboot_name(enum campaign_reboot reboot);
/* The device holds the block, and reports an older version since. */
bool campaign_failure_is_old_version(enum campaign_failure failure);
/* May the device be confirmed after another round? */
bool campaign_failure_may_pass(enum campaign_failure failure);
void campaign_device_get(
        const struct campaign *campaign, uint32_t device, struct campaign_device *view);
uint32_t campaign_stage_count(const struct campaign *campaign, enum campaign_stage at_least);
uint32_t campaign_number(const struct campaign *campaign);
/* Of its stages and phases, as observed; of its first session, too. */
entity_id campaign_entity(const struct campaign *campaign);
uint32_t campaign_member_count(const struct campaign *campaign);
sim_ns campaign_start_ns(const struct campaign *campaign);
uint32_t campaign_transfer_count(const struct campaign *campaign);
void campaign_transfer_get(
        const struct campaign *campaign, uint32_t transfer, struct campaign_transfer *view);
/* How often groups were set up again, with another address and key. */
uint32_t campaign_group_restarts(const struct campaign *campaign);
/* "multicast" or "unicast"; "full" or "delta". */
const char *campaign_transfer_delivery(const struct campaign_transfer *transfer);
const char *campaign_transfer_form(const struct campaign_transfer *transfer);
/* Its block, padded to whole fragments: what each device has when it is whole. */
const uint8_t *campaign_transfer_block(const struct campaign *campaign, uint32_t transfer);
/* Rounds that have begun; the last one goes on, or its members wait for the next one. */
uint32_t campaign_round_count(const struct campaign *campaign);
void campaign_round_get(
        const struct campaign *campaign, uint32_t round, struct campaign_round *view);
/* Sessions of all transfers, numbered in order of transfer and time. More may come when the
 * campaign starts. */
uint32_t campaign_session_count(const struct campaign *campaign);
void campaign_session_get(
        const struct campaign *campaign, uint32_t session, struct campaign_session *view);
/* Index of the session that sends to a multicast address; UINT32_MAX: none of this campaign. */
uint32_t campaign_session_of(const struct campaign *campaign, uint32_t mc_addr);
/* Is the device in the transfer whose session sends to a multicast address, and has not reported a
 * whole block? */
bool campaign_serves(const struct campaign *campaign, uint32_t device, uint32_t mc_addr);
/* N of the fragment that went out under a McFCnt of a session; 0: none. */
uint32_t campaign_session_fragment(
        const struct campaign *campaign, uint32_t session, uint32_t mc_fcnt);

/* Of the first transfer and its first session. */
uint32_t campaign_nb_frag(const struct campaign *campaign);
/* N of the fragment that went out under a McFCnt; 0: none (a status request, or not sent). */
uint32_t campaign_fragment_number(const struct campaign *campaign, uint32_t mc_fcnt);
uint32_t campaign_mc_addr(const struct campaign *campaign);
void campaign_mc_key(const struct campaign *campaign, uint8_t key[16]);
/* Over all transfers. */
uint32_t campaign_fragments_sent(const struct campaign *campaign, bool coded);
uint32_t campaign_correction_batches(const struct campaign *campaign);

#endif
