/* A member of a campaign: one explicit stage, moved by events through one table of transitions.
 * SPDX-License-Identifier: MIT
 *
 * docs/architecture.md draws the machine. Results see the coarser enum campaign_stage, in which a
 * member goes back only when its device does.
 */
#ifndef CAMPAIGN_MEMBER_H
#define CAMPAIGN_MEMBER_H

#include "campaign/campaign.h"

/* name, what results call it */
/* clang-format off */
#define MEMBER_STAGES(X)                                                                           \
    X(UNHEARD, WAITING)         /* no uplink yet */                                                \
    X(HEARD, WAITING)           /* heard, but not while the set-up was open */                     \
    X(CALLED, WAITING)          /* heard in the set-up; no command has been queued yet */          \
    X(VERSION, CONTACTED)       /* PackageVersionAns of TS004 is due, and then a transfer */         \
    X(GROUP, CONTACTED)         /* McGroupSetupAns is due; McClassCSessionAns may come with it */  \
    X(SESSION, CONTACTED)       /* McClassCSessionAns is due */                                    \
    X(CLOCK, CONTACTED)         /* its clock differs: it is told to synchronize */                 \
    X(TIME, CONTACTED)          /* it has no time yet: its DeviceTimeReq is due */                 \
    X(FRAGMENTATION, GROUP_SET_UP) /* FragSessionSetupAns is due */                                \
    X(READY, READY)             /* set up */                                                       \
    X(RECEIVING, READY)         /* its session has begun */                                        \
    X(WHOLE, COMPLETE)          /* reported the block whole */                                     \
    X(PROVED, AUTHENTICATED)    /* reported it with a good block MIC, and was acknowledged; or the \
                                 * server accepted each hash of it that is demanded */             \
    X(CONFIRMED, CONFIRMED)     /* reported the new version */                                     \
    X(GROUP_LISTED, CONFIRMED)  /* McGroupStatusAns lists our group: McGroupDeleteAns is due */    \
    X(RELEASED, CONFIRMED)      /* has our group no more */                                        \
    X(KEPT, CONFIRMED)          /* was asked in vain: its group stays */                       \
    X(REVERTED, AUTHENTICATED)  /* reported that it put the old image back */                      \
    X(LEAVING, WAITING)         /* halted: it is told to forget what it has of the campaign */     \
    X(LEFT, WAITING)            /* it has, or was asked in vain */                                 \
    X(ENDED, WAITING)           /* failed for good; the member's reason says why */

enum member_stage {
#define X(name, shown) MEMBER_##name,
    MEMBER_STAGES(X)
#undef X
    MEMBER_STAGE_COUNT
};

#define MEMBER_EVENTS(X)                                                                           \
    X(UPLINK)                /* any uplink */                                                      \
    X(UPLINK_IN_SET_UP)      /* any uplink while the set-up is open */                             \
    X(VERSION_ASKED)         /* PackageVersionReq was queued */                                    \
    X(OTHER_PACKAGE)         /* it answers on the port of TS005, and was silent on that of TS004 */ \
    X(NO_PACKAGE)            /* PackageVersionAns names no version that we know */                 \
    X(VERSION_DIFFERS)       /* PackageVersionAns names another one than that of its transfer */   \
    X(COMMAND_QUEUED)        /* the first command of the set-up */                                 \
    X(GROUP_ACCEPTED)        /* McGroupSetupAns, positive */                                       \
    X(GROUP_ACCEPTED_FRAGMENTATION) /* the same; the fragmentation session comes next */           \
    X(GROUP_UNDEFINED)       /* McClassCSessionAns: the device has no such group */                \
    X(SESSION_ACCEPTED)      /* McClassCSessionAns with a TimeToStart that fits; the last one */   \
    X(SESSION_ACCEPTED_MORE) /* the same; the transfer has further sessions */                     \
    X(SESSION_ACCEPTED_DONE) /* the same, after the fragmentation session */                       \
    X(GROUP_NEVER_DEFINED)   /* the same, too often */                                             \
    X(CLOCK_DIFFERS)         /* McClassCSessionAns with another TimeToStart, or start missed */    \
    X(NO_TIME)               /* McClassCSessionAns with the TimeToStart of a device without time */ \
    X(CLOCK_NEVER_AGREES)    /* the one or the other, too often */                                 \
    X(START_ALWAYS_MISSED)   /* McClassCSessionAns: start missed, too often */                     \
    X(CLOCK_ASKED)           /* AppTimeReq: it synchronizes */                                     \
    X(TIME_ANSWERED)         /* DeviceTimeReq: its answer goes out with this downlink */           \
    X(FRAGMENTATION_ACCEPTED) /* FragSessionSetupAns, positive */                                  \
    X(FRAGMENTATION_ACCEPTED_SESSION) /* the same; the session comes next */                       \
    X(MEMORY_REFUSED)        /* FragSessionSetupAns: no memory; it is asked again */               \
    X(SESSION_CNT_OLD)       /* FragSessionSetupAns: replay; the next SessionCnt is higher */      \
    X(SESSION_CNT_ALWAYS_OLD) /* the same, too often */                                            \
    X(ALGORITHM_REFUSED)     /* FragSessionSetupAns: FragAlgo; it is asked again */                \
    X(INDEX_REFUSED)         /* the same of FragIndex */                                           \
    X(DESCRIPTOR_REFUSED)    /* the same of Descriptor */                                          \
    X(REFUSED)               /* any other negative answer; it is asked again */                    \
    X(SET_UP_REFUSED)        /* too many negative answers */                                       \
    X(SET_UP_SILENT)         /* no answer to a command, too often */                               \
    X(SET_UP_NO_MEMORY)      /* the same, the last for want of memory */                           \
    X(SET_UP_NO_ALGORITHM)   /* the same, the last for FragAlgo */                                 \
    X(SET_UP_NO_INDEX)       /* the same, the last for FragIndex */                                \
    X(SET_UP_DESCRIPTOR)     /* the same, the last for Descriptor */                               \
    X(DEVICE_HELD)           /* another campaign holds the device */                               \
    X(RESET_REPORTED)        /* it was reset, and its session is not over */                       \
    X(GROUP_RENEWED)         /* its group has another address and key */                           \
    X(SESSION_BEGUN)         /* the time of its first session has come */                          \
    X(SESSION_SHOWN)         /* a report about the block: it had been set up */                    \
    X(BLOCK_UNHEARD)         /* reported by unicast that it received none at all */                \
    X(BLOCK_LACKING)         /* reported missing fragments */                                      \
    X(BLOCK_LACKING_MUCH)    /* more than its decoder holds; they are sent again */                \
    X(BLOCK_NO_MEMORY)       /* reported that the decoder has no memory */                         \
    X(BLOCK_WHOLE)           /* reported the block whole */                                        \
    X(BLOCK_BAD_MIC)         /* the same, with a wrong block MIC */                                \
    X(ACKNOWLEDGED)          /* the acknowledgement of a block with a good MIC was queued */       \
    X(EARLIER_BLOCK)         /* reported the block of an earlier round whole */                    \
    X(PROOF_ACCEPTED)        /* DataBlockAuthReq: it has our block; the last one was queued */     \
    X(PROOF_REJECTED)        /* the same: it has another block */                                  \
    X(OLD_VERSION)           /* its periodic report names another version */                       \
    X(HARDWARE_DIFFERS)      /* the same; it says that the image is for other hardware */          \
    X(VERSION_NOT_NEWER)     /* the same; it says that the image is not newer */                   \
    X(IMAGE_NOT_AUTHENTIC)   /* the same; it says that the image is not authentic */               \
    X(WENT_BACK)             /* the same; it had the version of the block, or says so */           \
    X(WENT_BACK_UNHEARD)     /* the same, and says that the image heard no network in its trial */ \
    X(OTHER_BASE)            /* the same; it says that the delta is of another image */            \
    X(NEW_VERSION)           /* its periodic report names the version of the block */              \
    X(GROUP_SEEN)            /* McGroupStatusAns lists our group */                                \
    X(GROUP_GONE)            /* McGroupStatusAns without it, or McGroupDeleteAns */                \
    X(GROUP_SILENT)          /* no answer to a request about its group */                          \
    X(GROUP_UNANSWERED)      /* the same, too often */                                             \
    X(NOTHING_SENT)          /* its transfer ended, and no gateway had sent a fragment */          \
    X(REPAIR_FAILED)         /* its repair brought it no further, too often */                     \
    X(HALTED)                /* the campaign is stopped, or waits; its device has nothing of it */ \
    X(HALTED_IN_PART)        /* the same; its device may have groups, session, image or reboot */  \
    X(REBOOT_PAST)           /* stopped: the reboot that it was told was not cancelled in time */  \
    X(ROUND_BEGUN)           /* a further round is to help it */                                                       \
    X(NO_GROUP)              /* unicast: the fragmentation session comes first */                 \
    X(SESSION_LOST)          /* unicast: it has no fragmentation session any more */              \
    X(SESSION_ALWAYS_LOST)   /* the same, too often */

enum member_event {
#define X(name) MEMBER_EVENT_##name,
    MEMBER_EVENTS(X)
#undef X
    MEMBER_EVENT_COUNT
};
/* clang-format on */

/* Why a step is tried again: answers of the set-up, and silence after it; member_tries.c limits
 * each. */
enum member_cause {
    MEMBER_CAUSE_GROUP,        /* McGroupUndefined */
    MEMBER_CAUSE_START,        /* StartMissed, of a session that lies ahead */
    MEMBER_CAUSE_CLOCK,        /* TimeToStart that does not fit */
    MEMBER_CAUSE_NO_TIME,      /* TimeToStart of a device without time */
    MEMBER_CAUSE_SESSION_CNT,  /* SessionCntReplay */
    MEMBER_CAUSE_REFUSED,      /* any other negative answer */
    MEMBER_CAUSE_MEMORY,       /* NotEnoughMemory */
    MEMBER_CAUSE_ALGORITHM,    /* Encoding unsupported */
    MEMBER_CAUSE_INDEX,        /* FragIndex unsupported */
    MEMBER_CAUSE_DESCRIPTOR,   /* WrongDescriptor */
    MEMBER_CAUSE_GROUP_SILENT, /* no McGroupStatusAns, or no McGroupDeleteAns */
    MEMBER_CAUSE_REPAIR,       /* fragments by unicast, and as many missing as before */
    MEMBER_CAUSE_SESSION_LOST, /* BlockFetchAns: no such session, after it was set up */
    MEMBER_CAUSE_COUNT
};

/* When a member gets its fragmentation session. */
enum member_fragmentation {
    MEMBER_FRAGMENTATION_LAST,  /* after the session */
    MEMBER_FRAGMENTATION_FIRST, /* before it */
    MEMBER_FRAGMENTATION_DONE   /* it has it, and the session is due */
};

/* How far a member is told of the session of a second period. */
enum member_second {
    MEMBER_SECOND_UNTOLD,
    MEMBER_SECOND_GROUP, /* it has the group */
    MEMBER_SECOND_TOLD   /* it opens the session if it is not whole */
};

/* How far the installation at a common time is. */
enum member_install {
    MEMBER_INSTALL_UNKNOWN,
    MEMBER_INSTALL_IMAGE, /* DevUpgradeImageAns: any reboot installs our version */
    MEMBER_INSTALL_TOLD   /* it plans its reboot */
};

/* What a transition does besides. */
enum member_action {
    MEMBER_NO_ACTION,
    MEMBER_ACTION_NOTHING_MISSING,
    MEMBER_ACTION_RELEASE_DEVICE /* other campaigns may have it */
};

#define MEMBER_REASON_STAYS CAMPAIGN_FAILURE_COUNT

/* `reason`: why the member would not be confirmed if the campaign ended in the stage `to`;
 * MEMBER_REASON_STAYS: as before. */
struct member_transition {
    uint8_t from, event, to, reason, action;
};

struct member {
    uint32_t device;
    uint8_t stage;                     /* enum member_stage */
    uint8_t reason;                    /* enum campaign_failure */
    uint8_t shown;                     /* enum campaign_stage: the furthest */
    uint8_t reached;                   /* the same of this round */
    uint8_t rounds;                    /* that it took part in */
    uint8_t left[CAMPAIGN_ROUNDS_MAX]; /* why each but the last one left it: campaign_failure */
    bool had_block;     /* an earlier round sent it fragments: a report may be about its block */
    uint8_t transfer;   /* index, TRANSFER_NONE before it is chosen */
    bool claimed;       /* it has its numbers at the server */
    uint8_t group_mask; /* McGroupIDs of the sessions of its transfer, in order of the bits */
    uint8_t session;    /* the one that is being set up */
    uint8_t tries[MEMBER_CAUSE_COUNT]; /* that failed, of each cause */
    uint8_t unanswered;                /* commands on the air since the last answer, 0..16 */
    bool unsent;                       /* there is none: no gateway sent the last command */
    uint8_t groups_left;               /* McGroupIDs that are still to be deleted */
    bool session_left;                 /* the same of the fragmentation session */
    bool reboot_left, image_left;      /* of the reboot that it was told, of the image */
    bool listens;       /* in class C, when it was last to be called there (calls.c) */
    bool groups_asked;  /* McGroupStatusReq was queued: an answer counts */
    bool counted;       /* was READY when its first session began: the transfer waits for it */
    uint8_t restarts;   /* set-ups after a reset */
    bool session_asked; /* restarted: FragSessionStatusReq tells whether it still has the block */
    uint8_t second;     /* enum member_second */
    uint8_t fragmentation; /* enum member_fragmentation */
    sim_ns told_ns;        /* SessionTime that it was told last */
    bool asked_alone;      /* for its status, by unicast: no answer yet */
    bool deferred;         /* it has closed its session until its transfer's resume_ns */
    bool moved;            /* it was told so once: what it has missed since is no loss */
    uint8_t proofs;        /* bit i: the hash of enum proof_kind i was accepted */
    uint8_t install;       /* enum member_install */
    bool no_time;          /* DevRebootTimeAns 0: it is told a countdown */
    sim_ns reboot_ns;      /* that it was told last, in any round; 0: none, or cancelled */
    bool mic_known;
    bool ran_before; /* reported the version of the block before the first fragment */
    uint8_t mic[4];
    uint16_t old_reports;  /* of the old version, since the block is whole */
    uint16_t status_turns; /* uplinks after which its status might have been asked for */
    uint16_t round;        /* of correction in which it last answered */
    uint16_t missing;      /* last reported */
    bool over_memory;      /* more than its decoder holds */
    uint16_t received;     /* NbFragReceived last reported before it was told to come back later */
    uint16_t sent;         /* fragments that had been sent by then */
    sim_ns fetch_ns;       /* unicast: it last asked, or was last told to; SIM_NS_NEVER: neither */
    bool fetch_told;       /* it has answered that it fetches */
    uint8_t fetch_short;   /* answers that are to fit both windows */
    bool repairing;        /* it gets what it lacks by unicast */
    bool repair_queued;    /* the last downlink to it holds a fragment */
    bool repair_asked;     /* what was to be sent is out: its status is due */
    uint8_t repair_groups; /* McGroupIDs that it is told to delete first */
    uint16_t repair_left;  /* fragments until it is asked for its status again */
    uint16_t repair_missing; /* as its last status said */
    sim_ns pause_until_ns;   /* no command of the set-up, and of its end, before */
    sim_ns claimed_ns;       /* it last got its numbers, in any round; SIM_NS_NEVER: not yet */
    sim_ns first_command_ns, group_set_up_ns, ready_ns, complete_ns, authenticated_ns, confirmed_ns;
};

extern const struct member_transition member_transitions[];
extern const uint32_t member_transition_count;

void member_init(struct member *member, uint32_t device);
/* Why the member is not confirmed if the campaign ends now. */
enum campaign_failure member_failure(const struct member *member);
/* Round number `round`, counted from 0, begins for a member that an earlier one left for a reason.
 * What results show of it stays. Rounds in between, which did not set it up since it seemed done,
 * count as its own that left it for the same reason. `had_block`: its block of an earlier round is
 * as good as that of this one. */
void member_next_round(
        struct member *member, uint32_t round, enum campaign_failure left, bool had_block);
/* NULL: the event changes nothing in this stage. */
const struct member_transition *member_transition(enum member_stage from, enum member_event event);
const char *member_stage_name(enum member_stage stage);
/* What results call a stage. MEMBER_ENDED shows the furthest stage before it. */
enum campaign_stage member_stage_shown(enum member_stage stage);
/* Nothing more is to be sent to a member in this stage for its block. */
bool member_is_settled(const struct member *member);

#endif
