/* A member of a campaign: the table of its transitions.
 * SPDX-License-Identifier: MIT
 */
#include "campaign/member.h"

#include <assert.h>
#include <string.h>

#include "campaign/transfer.h"

/* clang-format off */
#define T(from, event, to, reason, action) \
    { MEMBER_##from, MEMBER_EVENT_##event, MEMBER_##to, CAMPAIGN_FAILURE_##reason, action }
#define NONE     MEMBER_NO_ACTION
#define MISSING  MEMBER_ACTION_NOTHING_MISSING
#define RELEASE  MEMBER_ACTION_RELEASE_DEVICE
#define CAMPAIGN_FAILURE_STAYS MEMBER_REASON_STAYS

const struct member_transition member_transitions[] = {
    /* contact */
    T(UNHEARD,       UPLINK,                 HEARD,         NO_UPLINK,            NONE),
    T(UNHEARD,       UPLINK_IN_SET_UP,       CALLED,        SET_UP_UNANSWERED,    NONE),
    T(HEARD,         UPLINK_IN_SET_UP,       CALLED,        SET_UP_UNANSWERED,    NONE),
    T(CALLED,        DEVICE_HELD,            CALLED,        BUSY,                 NONE),
    T(CALLED,        COMMAND_QUEUED,         GROUP,         SET_UP_UNANSWERED,    NONE),
    T(CALLED,        VERSION_ASKED,          VERSION,       SET_UP_UNANSWERED,    NONE),
    T(CALLED,        NO_PACKAGE,             ENDED,         NO_PACKAGE,           NONE),
    T(VERSION,       OTHER_PACKAGE,          VERSION,       NO_PACKAGE,           NONE),
    T(VERSION,       NO_PACKAGE,             ENDED,         NO_PACKAGE,           NONE),
    T(VERSION,       DEVICE_HELD,            VERSION,       BUSY,                 NONE),
    T(VERSION,       COMMAND_QUEUED,         GROUP,         SET_UP_UNANSWERED,    NONE),
    /* set-up */
    T(GROUP,         GROUP_ACCEPTED,         SESSION,       SET_UP_UNANSWERED,    NONE),
    T(GROUP,   GROUP_ACCEPTED_FRAGMENTATION, FRAGMENTATION, SET_UP_UNANSWERED,    NONE),
    T(GROUP,         GROUP_UNDEFINED,        GROUP,         GROUP_UNDEFINED,      NONE),
    T(GROUP,         CLOCK_DIFFERS,          CLOCK,         CLOCK,                NONE),
    T(GROUP,         NO_TIME,                TIME,          CLOCK,                NONE),
    T(GROUP,         REFUSED,                GROUP,         SET_UP_REFUSED,       NONE),
    T(SESSION,       SESSION_ACCEPTED,       FRAGMENTATION, SET_UP_UNANSWERED,    NONE),
    T(SESSION,       SESSION_ACCEPTED_MORE,  GROUP,         SET_UP_UNANSWERED,    NONE),
    T(SESSION,       SESSION_ACCEPTED_DONE,  READY,         SILENT_AFTER_SESSION, NONE),
    T(SESSION,       GROUP_UNDEFINED,        GROUP,         GROUP_UNDEFINED,      NONE),
    T(SESSION,       CLOCK_DIFFERS,          CLOCK,         CLOCK,                NONE),
    T(SESSION,       NO_TIME,                TIME,          CLOCK,                NONE),
    T(SESSION,       REFUSED,                SESSION,       SET_UP_REFUSED,       NONE),
    T(CLOCK,         CLOCK_ASKED,            SESSION,       CLOCK,                NONE),
    T(CLOCK,         TIME_ANSWERED,          SESSION,       CLOCK,                NONE),
    T(CLOCK,         SESSION_ACCEPTED,       FRAGMENTATION, SET_UP_UNANSWERED,    NONE),
    T(CLOCK,         SESSION_ACCEPTED_MORE,  GROUP,         SET_UP_UNANSWERED,    NONE),
    T(CLOCK,         SESSION_ACCEPTED_DONE,  READY,         SILENT_AFTER_SESSION, NONE),
    T(CLOCK,         GROUP_UNDEFINED,        GROUP,         GROUP_UNDEFINED,      NONE),
    T(CLOCK,         REFUSED,                CLOCK,         SET_UP_REFUSED,       NONE),
    T(TIME,          CLOCK_ASKED,            SESSION,       CLOCK,                NONE),
    T(TIME,          TIME_ANSWERED,          SESSION,       CLOCK,                NONE),
    T(TIME,          SESSION_ACCEPTED,       FRAGMENTATION, SET_UP_UNANSWERED,    NONE),
    T(TIME,          SESSION_ACCEPTED_MORE,  GROUP,         SET_UP_UNANSWERED,    NONE),
    T(TIME,          SESSION_ACCEPTED_DONE,  READY,         SILENT_AFTER_SESSION, NONE),
    T(TIME,          GROUP_UNDEFINED,        GROUP,         GROUP_UNDEFINED,      NONE),
    T(TIME,          CLOCK_DIFFERS,          CLOCK,         CLOCK,                NONE),
    T(TIME,          REFUSED,                TIME,          SET_UP_REFUSED,       NONE),
    T(FRAGMENTATION, FRAGMENTATION_ACCEPTED, READY,         SILENT_AFTER_SESSION, NONE),
    T(FRAGMENTATION, FRAGMENTATION_ACCEPTED_SESSION, SESSION, SET_UP_UNANSWERED,  NONE),
    T(FRAGMENTATION, GROUP_UNDEFINED,        GROUP,         GROUP_UNDEFINED,      NONE),
    T(FRAGMENTATION, CLOCK_DIFFERS,          CLOCK,         CLOCK,                NONE),
    T(FRAGMENTATION, NO_TIME,                TIME,          CLOCK,                NONE),
    T(FRAGMENTATION, MEMORY_REFUSED,         FRAGMENTATION, NO_MEMORY,            NONE),
    T(FRAGMENTATION, SESSION_CNT_OLD,        FRAGMENTATION, SESSION_CNT,          NONE),
    T(FRAGMENTATION, ALGORITHM_REFUSED,      FRAGMENTATION, NO_ALGORITHM,         NONE),
    T(FRAGMENTATION, INDEX_REFUSED,          FRAGMENTATION, NO_INDEX,             NONE),
    T(FRAGMENTATION, DESCRIPTOR_REFUSED,     FRAGMENTATION, WRONG_DESCRIPTOR,     NONE),
    T(FRAGMENTATION, REFUSED,                FRAGMENTATION, SET_UP_REFUSED,       NONE),
    T(GROUP,         NO_GROUP,               FRAGMENTATION, SET_UP_UNANSWERED,    NONE),
    /* Too often: the set-up ends with the reason. */
    T(VERSION,       SET_UP_SILENT,          ENDED,         SET_UP_UNANSWERED,    NONE),
    T(GROUP,         SET_UP_SILENT,          ENDED,         SET_UP_UNANSWERED,    RELEASE),
    T(SESSION,       SET_UP_SILENT,          ENDED,         SET_UP_UNANSWERED,    RELEASE),
    T(CLOCK,         SET_UP_SILENT,          ENDED,         SET_UP_UNANSWERED,    RELEASE),
    T(TIME,          SET_UP_SILENT,          ENDED,         SET_UP_UNANSWERED,    RELEASE),
    T(FRAGMENTATION, SET_UP_SILENT,          ENDED,         SET_UP_UNANSWERED,    RELEASE),
    T(GROUP,         GROUP_NEVER_DEFINED,    ENDED,         GROUP_UNDEFINED,      RELEASE),
    T(GROUP,         CLOCK_NEVER_AGREES,     ENDED,         CLOCK,                RELEASE),
    T(GROUP,         START_ALWAYS_MISSED,    ENDED,         START_MISSED,         RELEASE),
    T(GROUP,         SET_UP_REFUSED,         ENDED,         SET_UP_REFUSED,       RELEASE),
    T(SESSION,       GROUP_NEVER_DEFINED,    ENDED,         GROUP_UNDEFINED,      RELEASE),
    T(SESSION,       CLOCK_NEVER_AGREES,     ENDED,         CLOCK,                RELEASE),
    T(SESSION,       START_ALWAYS_MISSED,    ENDED,         START_MISSED,         RELEASE),
    T(SESSION,       SET_UP_REFUSED,         ENDED,         SET_UP_REFUSED,       RELEASE),
    T(CLOCK,         GROUP_NEVER_DEFINED,    ENDED,         GROUP_UNDEFINED,      RELEASE),
    T(CLOCK,         SET_UP_REFUSED,         ENDED,         SET_UP_REFUSED,       RELEASE),
    T(TIME,          GROUP_NEVER_DEFINED,    ENDED,         GROUP_UNDEFINED,      RELEASE),
    T(TIME,          CLOCK_NEVER_AGREES,     ENDED,         CLOCK,                RELEASE),
    T(TIME,          START_ALWAYS_MISSED,    ENDED,         START_MISSED,         RELEASE),
    T(TIME,          SET_UP_REFUSED,         ENDED,         SET_UP_REFUSED,       RELEASE),
    T(FRAGMENTATION, GROUP_NEVER_DEFINED,    ENDED,         GROUP_UNDEFINED,      RELEASE),
    T(FRAGMENTATION, CLOCK_NEVER_AGREES,     ENDED,         CLOCK,                RELEASE),
    T(FRAGMENTATION, START_ALWAYS_MISSED,    ENDED,         START_MISSED,         RELEASE),
    T(FRAGMENTATION, SET_UP_REFUSED,         ENDED,         SET_UP_REFUSED,       RELEASE),
    T(FRAGMENTATION, SET_UP_NO_MEMORY,       ENDED,         NO_MEMORY,            RELEASE),
    T(FRAGMENTATION, SET_UP_NO_ALGORITHM,    ENDED,         NO_ALGORITHM,         RELEASE),
    T(FRAGMENTATION, SET_UP_NO_INDEX,        ENDED,         NO_INDEX,             RELEASE),
    T(FRAGMENTATION, SET_UP_DESCRIPTOR,      ENDED,         WRONG_DESCRIPTOR,     RELEASE),
    T(FRAGMENTATION, SESSION_CNT_ALWAYS_OLD, ENDED,         SESSION_CNT,          RELEASE),
    /* The register of devices was wrong: the transfer's fragments are of no use to it. */
    T(GROUP,         VERSION_DIFFERS,        ENDED,         OTHER_VERSION,        RELEASE),
    T(SESSION,       VERSION_DIFFERS,        ENDED,         OTHER_VERSION,        RELEASE),
    T(CLOCK,         VERSION_DIFFERS,        ENDED,         OTHER_VERSION,        RELEASE),
    T(TIME,          VERSION_DIFFERS,        ENDED,         OTHER_VERSION,        RELEASE),
    T(FRAGMENTATION, VERSION_DIFFERS,        ENDED,         OTHER_VERSION,        RELEASE),
    T(READY,         VERSION_DIFFERS,        ENDED,         OTHER_VERSION,        RELEASE),
    /* An answer was lost: a report about the block shows the set-up, whichever step was due. */
    T(GROUP,         SESSION_SHOWN,          READY,         SILENT_AFTER_SESSION, NONE),
    T(SESSION,       SESSION_SHOWN,          READY,         SILENT_AFTER_SESSION, NONE),
    T(CLOCK,         SESSION_SHOWN,          READY,         SILENT_AFTER_SESSION, NONE),
    T(TIME,          SESSION_SHOWN,          READY,         SILENT_AFTER_SESSION, NONE),
    T(FRAGMENTATION, SESSION_SHOWN,          READY,         SILENT_AFTER_SESSION, NONE),
    /* reception */
    T(SESSION,       RESET_REPORTED,         SESSION,       SET_UP_UNANSWERED,    NONE),
    T(CLOCK,         RESET_REPORTED,         SESSION,       SET_UP_UNANSWERED,    NONE),
    T(TIME,          RESET_REPORTED,         SESSION,       SET_UP_UNANSWERED,    NONE),
    T(FRAGMENTATION, RESET_REPORTED,         SESSION,       SET_UP_UNANSWERED,    NONE),
    T(READY,         RESET_REPORTED,         SESSION,       SET_UP_UNANSWERED,    NONE),
    T(RECEIVING,     RESET_REPORTED,         SESSION,       SET_UP_UNANSWERED,    NONE),
    T(SESSION,       GROUP_RENEWED,          GROUP,         SET_UP_UNANSWERED,    NONE),
    T(CLOCK,         GROUP_RENEWED,          GROUP,         SET_UP_UNANSWERED,    NONE),
    T(TIME,          GROUP_RENEWED,          GROUP,         SET_UP_UNANSWERED,    NONE),
    T(FRAGMENTATION, GROUP_RENEWED,          GROUP,         SET_UP_UNANSWERED,    NONE),
    T(READY,         GROUP_RENEWED,          GROUP,         SET_UP_UNANSWERED,    NONE),
    T(RECEIVING,     GROUP_RENEWED,          GROUP,         SET_UP_UNANSWERED,    NONE),
    T(READY,         SESSION_BEGUN,          RECEIVING,     SILENT_AFTER_SESSION, NONE),
    T(READY,         BLOCK_UNHEARD,          READY,         NOTHING_RECEIVED,     NONE),
    T(READY,         BLOCK_LACKING,          READY,         INCOMPLETE,           NONE),
    T(READY,         BLOCK_LACKING_MUCH,     READY,         DECODER_MEMORY,       NONE),
    T(READY,         BLOCK_WHOLE,            WHOLE,         NOT_CONFIRMED,        MISSING),
    T(READY,         BLOCK_BAD_MIC,          ENDED,         BLOCK_MIC,            MISSING),
    T(READY,         BLOCK_NO_MEMORY,        ENDED,         DECODER_MEMORY,       NONE),
    T(READY,         NOTHING_SENT,           ENDED,         NOT_SENT,             RELEASE),
    T(READY,         NEW_VERSION,            CONFIRMED,     NONE,                 RELEASE),
    T(RECEIVING,     BLOCK_UNHEARD,          RECEIVING,     NOTHING_RECEIVED,     NONE),
    T(RECEIVING,     BLOCK_LACKING,          RECEIVING,     INCOMPLETE,           NONE),
    T(RECEIVING,     BLOCK_LACKING_MUCH,     RECEIVING,     DECODER_MEMORY,       NONE),
    T(RECEIVING,     BLOCK_WHOLE,            WHOLE,         NOT_CONFIRMED,        MISSING),
    T(RECEIVING,     BLOCK_BAD_MIC,          ENDED,         BLOCK_MIC,            MISSING),
    T(RECEIVING,     BLOCK_NO_MEMORY,        ENDED,         DECODER_MEMORY,       NONE),
    T(RECEIVING,     NOTHING_SENT,           ENDED,         NOT_SENT,             RELEASE),
    T(RECEIVING,     SESSION_ALWAYS_LOST,    ENDED,         SET_UP_REFUSED,       RELEASE),
    T(RECEIVING,     SESSION_LOST,           FRAGMENTATION, SET_UP_UNANSWERED,    NONE),
    T(RECEIVING,     REPAIR_FAILED,          ENDED,         INCOMPLETE,           RELEASE),
    T(RECEIVING,     NEW_VERSION,            CONFIRMED,     NONE,                 RELEASE),
    /* after the block */
    T(WHOLE,         BLOCK_BAD_MIC,          ENDED,         BLOCK_MIC,            NONE),
    T(WHOLE,         ACKNOWLEDGED,           PROVED,        NOT_CONFIRMED,        NONE),
    T(WHOLE,         PROOF_ACCEPTED,         PROVED,        NOT_CONFIRMED,        NONE),
    T(WHOLE,         PROOF_REJECTED,         ENDED,         PROOF_REJECTED,       NONE),
    T(WHOLE,         OLD_VERSION,            WHOLE,         NOT_INSTALLED,        NONE),
    T(WHOLE,         HARDWARE_DIFFERS,       WHOLE,         WRONG_HARDWARE,       NONE),
    T(WHOLE,         VERSION_NOT_NEWER,      WHOLE,         VERSION_REFUSED,      NONE),
    T(WHOLE,         IMAGE_NOT_AUTHENTIC,    WHOLE,         IMAGE_REFUSED,        NONE),
    T(WHOLE,         WENT_BACK,              REVERTED,      REVERTED,             RELEASE),
    T(WHOLE,         WENT_BACK_UNHEARD,      REVERTED,      REVERTED_UNHEARD,     RELEASE),
    T(WHOLE,         OTHER_BASE,             WHOLE,         WRONG_BASE,           NONE),
    T(WHOLE,         NEW_VERSION,            CONFIRMED,     NONE,                 RELEASE),
    T(PROVED,        BLOCK_BAD_MIC,          ENDED,         BLOCK_MIC,            NONE),
    T(PROVED,        PROOF_REJECTED,         ENDED,         PROOF_REJECTED,       NONE),
    T(PROVED,        OLD_VERSION,            PROVED,        NOT_INSTALLED,        NONE),
    T(PROVED,        HARDWARE_DIFFERS,       PROVED,        WRONG_HARDWARE,       NONE),
    T(PROVED,        VERSION_NOT_NEWER,      PROVED,        VERSION_REFUSED,      NONE),
    T(PROVED,        IMAGE_NOT_AUTHENTIC,    PROVED,        IMAGE_REFUSED,        NONE),
    T(PROVED,        WENT_BACK,              REVERTED,      REVERTED,             RELEASE),
    T(PROVED,        WENT_BACK_UNHEARD,      REVERTED,      REVERTED_UNHEARD,     RELEASE),
    T(PROVED,        OTHER_BASE,             PROVED,        WRONG_BASE,           NONE),
    T(PROVED,        NEW_VERSION,            CONFIRMED,     NONE,                 RELEASE),
    T(CONFIRMED,     WENT_BACK,              REVERTED,      REVERTED,             NONE),
    T(CONFIRMED,     WENT_BACK_UNHEARD,      REVERTED,      REVERTED_UNHEARD,     NONE),
    T(GROUP_LISTED,  WENT_BACK,              REVERTED,      REVERTED,             NONE),
    T(GROUP_LISTED,  WENT_BACK_UNHEARD,      REVERTED,      REVERTED_UNHEARD,     NONE),
    T(RELEASED,      WENT_BACK,              REVERTED,      REVERTED,             NONE),
    T(RELEASED,      WENT_BACK_UNHEARD,      REVERTED,      REVERTED_UNHEARD,     NONE),
    T(KEPT,          WENT_BACK,              REVERTED,      REVERTED,             NONE),
    T(KEPT,          WENT_BACK_UNHEARD,      REVERTED,      REVERTED_UNHEARD,     NONE),
    /* The set-up after a reset came too late: the device had its block. */
    T(GROUP,         NEW_VERSION,            CONFIRMED,     NONE,                 RELEASE),
    T(SESSION,       NEW_VERSION,            CONFIRMED,     NONE,                 RELEASE),
    T(CLOCK,         NEW_VERSION,            CONFIRMED,     NONE,                 RELEASE),
    T(TIME,          NEW_VERSION,            CONFIRMED,     NONE,                 RELEASE),
    T(FRAGMENTATION, NEW_VERSION,            CONFIRMED,     NONE,                 RELEASE),
    /* An end that the device itself contradicts. */
    T(ENDED,         BLOCK_WHOLE,            WHOLE,         NOT_CONFIRMED,        MISSING),
    T(ENDED,         NEW_VERSION,            CONFIRMED,     NONE,                 RELEASE),
    T(REVERTED,      NEW_VERSION,            CONFIRMED,     NONE,                 NONE),
    /* a further round; what the device says of an earlier one counts all the same */
    T(HEARD,         ROUND_BEGUN,            HEARD,         NO_UPLINK,            RELEASE),
    T(CALLED,        ROUND_BEGUN,            HEARD,         NO_UPLINK,            RELEASE),
    T(VERSION,       ROUND_BEGUN,            HEARD,         NO_UPLINK,            RELEASE),
    T(GROUP,         ROUND_BEGUN,            HEARD,         NO_UPLINK,            RELEASE),
    T(SESSION,       ROUND_BEGUN,            HEARD,         NO_UPLINK,            RELEASE),
    T(CLOCK,         ROUND_BEGUN,            HEARD,         NO_UPLINK,            RELEASE),
    T(TIME,          ROUND_BEGUN,            HEARD,         NO_UPLINK,            RELEASE),
    T(FRAGMENTATION, ROUND_BEGUN,            HEARD,         NO_UPLINK,            RELEASE),
    T(READY,         ROUND_BEGUN,            HEARD,         NO_UPLINK,            RELEASE),
    T(RECEIVING,     ROUND_BEGUN,            HEARD,         NO_UPLINK,            RELEASE),
    T(WHOLE,         ROUND_BEGUN,            HEARD,         NO_UPLINK,            RELEASE),
    T(PROVED,        ROUND_BEGUN,            HEARD,         NO_UPLINK,            RELEASE),
    T(ENDED,         ROUND_BEGUN,            HEARD,         NO_UPLINK,            RELEASE),
    T(REVERTED,      ROUND_BEGUN,            HEARD,         NO_UPLINK,            RELEASE),
    T(HEARD,         EARLIER_BLOCK,          WHOLE,         NOT_CONFIRMED,        MISSING),
    T(CALLED,        EARLIER_BLOCK,          WHOLE,         NOT_CONFIRMED,        MISSING),
    T(VERSION,       EARLIER_BLOCK,          WHOLE,         NOT_CONFIRMED,        MISSING),
    T(GROUP,         EARLIER_BLOCK,          WHOLE,         NOT_CONFIRMED,        MISSING),
    T(SESSION,       EARLIER_BLOCK,          WHOLE,         NOT_CONFIRMED,        MISSING),
    T(CLOCK,         EARLIER_BLOCK,          WHOLE,         NOT_CONFIRMED,        MISSING),
    T(TIME,          EARLIER_BLOCK,          WHOLE,         NOT_CONFIRMED,        MISSING),
    T(FRAGMENTATION, EARLIER_BLOCK,          WHOLE,         NOT_CONFIRMED,        MISSING),
    T(HEARD,         NEW_VERSION,            CONFIRMED,     NONE,                 RELEASE),
    T(CALLED,        NEW_VERSION,            CONFIRMED,     NONE,                 RELEASE),
    T(VERSION,       NEW_VERSION,            CONFIRMED,     NONE,                 RELEASE),
    /* stopped, or paused */
    T(CALLED,          HALTED,                 ENDED,         STOPPED,              NONE),
    T(VERSION,         HALTED,                 ENDED,         STOPPED,              NONE),
    T(GROUP,           HALTED,                 LEFT,          STOPPED,              RELEASE),
    T(SESSION,         HALTED,                 LEFT,          STOPPED,              RELEASE),
    T(CLOCK,           HALTED,                 LEFT,          STOPPED,              RELEASE),
    T(TIME,            HALTED,                 LEFT,          STOPPED,              RELEASE),
    T(FRAGMENTATION,   HALTED,                 LEFT,          STOPPED,              RELEASE),
    T(READY,           HALTED,                 LEFT,          STOPPED,              RELEASE),
    T(RECEIVING,       HALTED,                 LEFT,          STOPPED,              RELEASE),
    T(WHOLE,           HALTED,                 LEFT,          STOPPED,              RELEASE),
    T(PROVED,          HALTED,                 LEFT,          STOPPED,              RELEASE),
    T(HEARD,           HALTED_IN_PART,         LEAVING,       STOPPED,              NONE),
    T(CALLED,          HALTED_IN_PART,         LEAVING,       STOPPED,              NONE),
    T(VERSION,         HALTED_IN_PART,         LEAVING,       STOPPED,              NONE),
    T(GROUP,           HALTED_IN_PART,         LEAVING,       STOPPED,              NONE),
    T(SESSION,         HALTED_IN_PART,         LEAVING,       STOPPED,              NONE),
    T(CLOCK,           HALTED_IN_PART,         LEAVING,       STOPPED,              NONE),
    T(TIME,            HALTED_IN_PART,         LEAVING,       STOPPED,              NONE),
    T(FRAGMENTATION,   HALTED_IN_PART,         LEAVING,       STOPPED,              NONE),
    T(READY,           HALTED_IN_PART,         LEAVING,       STOPPED,              NONE),
    T(RECEIVING,       HALTED_IN_PART,         LEAVING,       STOPPED,              NONE),
    T(WHOLE,           HALTED_IN_PART,         LEAVING,       STOPPED,              NONE),
    T(PROVED,          HALTED_IN_PART,         LEAVING,       STOPPED,              NONE),
    T(ENDED,           HALTED_IN_PART,         LEAVING,       STAYS,                NONE),
    T(REVERTED,        HALTED_IN_PART,         LEAVING,       STAYS,                NONE),
    T(LEFT,            HALTED_IN_PART,         LEAVING,       STAYS,                NONE),
    T(LEAVING,         GROUP_SILENT,           LEAVING,       STAYS,                NONE),
    T(LEAVING,         GROUP_GONE,             LEFT,          STAYS,                RELEASE),
    T(LEAVING,         GROUP_UNANSWERED,       LEFT,          STAYS,                RELEASE),
    T(LEAVING,         REBOOT_PAST,            LEFT,          REBOOT_KEPT,          RELEASE),
    T(LEFT,            REBOOT_PAST,            LEFT,          REBOOT_KEPT,          NONE),
    T(LEAVING,       ROUND_BEGUN,            HEARD,         NO_UPLINK,            RELEASE),
    T(LEAVING,       NEW_VERSION,            CONFIRMED,     NONE,                 RELEASE),
    T(LEFT,          ROUND_BEGUN,            HEARD,         NO_UPLINK,            RELEASE),
    T(LEFT,          NEW_VERSION,            CONFIRMED,     NONE,                 RELEASE),
    /* clearing up */
    T(CONFIRMED,     GROUP_SEEN,             GROUP_LISTED,  NONE,                 NONE),
    T(CONFIRMED,     GROUP_GONE,             RELEASED,      NONE,                 NONE),
    T(CONFIRMED,     GROUP_SILENT,           CONFIRMED,     NONE,                 NONE),
    T(CONFIRMED,     GROUP_UNANSWERED,       KEPT,          NONE,                 NONE),
    T(GROUP_LISTED,  GROUP_GONE,             RELEASED,      NONE,                 NONE),
    T(GROUP_LISTED,  GROUP_SILENT,           GROUP_LISTED,  NONE,                 NONE),
    T(GROUP_LISTED,  GROUP_UNANSWERED,       KEPT,          NONE,                 NONE),
    T(KEPT,          GROUP_GONE,             RELEASED,      NONE,                 NONE),
};
#undef T
#undef NONE
#undef MISSING
#undef RELEASE
#undef CAMPAIGN_FAILURE_STAYS
/* clang-format on */

const uint32_t member_transition_count = sizeof member_transitions / sizeof member_transitions[0];

void member_init(struct member *member, uint32_t device)
{
    memset(member, 0, sizeof *member);
    member->device = device;
    member->stage = MEMBER_UNHEARD;
    member->reason = CAMPAIGN_FAILURE_NEVER_HEARD;
    member->shown = CAMPAIGN_WAITING;
    member->reached = CAMPAIGN_WAITING;
    member->rounds = 1;
    member->transfer = TRANSFER_NONE;
    member->fetch_ns = SIM_NS_NEVER;
    member->claimed_ns = SIM_NS_NEVER;
    member->first_command_ns = SIM_NS_NEVER;
    member->group_set_up_ns = SIM_NS_NEVER;
    member->ready_ns = SIM_NS_NEVER;
    member->complete_ns = SIM_NS_NEVER;
    member->authenticated_ns = SIM_NS_NEVER;
    member->confirmed_ns = SIM_NS_NEVER;
}

/* A question that was never on the air has no answer to miss. */
enum campaign_failure member_failure(const struct member *member)
{
    assert(member->reason < CAMPAIGN_FAILURE_COUNT);
    return member->unsent && member->reason == CAMPAIGN_FAILURE_SET_UP_UNANSWERED
                   ? CAMPAIGN_FAILURE_NOT_SENT
                   : (enum campaign_failure)member->reason;
}

void member_next_round(
        struct member *member, uint32_t round, enum campaign_failure left, bool had_block)
{
    const struct member before = *member;
    assert(before.rounds > 0 && before.rounds <= round && round < CAMPAIGN_ROUNDS_MAX);
    member_init(member, before.device);
    member->stage = before.stage;
    member->reason = before.reason;
    member->shown = before.shown;
    memcpy(member->left, before.left, sizeof member->left);
    for (uint32_t r = before.rounds - 1u; r < round; r++) {
        member->left[r] = (uint8_t)left;
    }
    member->rounds = (uint8_t)(round + 1u);
    member->had_block = had_block;
    member->reboot_ns = before.reboot_ns;
    member->claimed_ns = before.claimed_ns;
    member->first_command_ns = before.first_command_ns;
    member->group_set_up_ns = before.group_set_up_ns;
    member->ready_ns = before.ready_ns;
    member->complete_ns = before.complete_ns;
    member->authenticated_ns = before.authenticated_ns;
    member->confirmed_ns = before.confirmed_ns;
}

const struct member_transition *member_transition(enum member_stage from, enum member_event event)
{
    assert(from < MEMBER_STAGE_COUNT);
    assert(event < MEMBER_EVENT_COUNT);
    for (uint32_t i = 0; i < member_transition_count; i++) {
        if (member_transitions[i].from == from && member_transitions[i].event == event) {
            return &member_transitions[i];
        }
    }
    return NULL;
}

const char *member_stage_name(enum member_stage stage)
{
    static const char *const names[MEMBER_STAGE_COUNT] = {
#define X(name, shown) #name,
        MEMBER_STAGES(X)
#undef X
    };
    assert(stage < MEMBER_STAGE_COUNT);
    return names[stage];
}

enum campaign_stage member_stage_shown(enum member_stage stage)
{
    static const uint8_t shown[MEMBER_STAGE_COUNT] = {
#define X(name, shown) CAMPAIGN_##shown,
        MEMBER_STAGES(X)
#undef X
    };
    assert(stage < MEMBER_STAGE_COUNT);
    return (enum campaign_stage)shown[stage];
}

bool member_is_settled(const struct member *member)
{
    assert(member->stage < MEMBER_STAGE_COUNT);
    return member->stage >= MEMBER_WHOLE;
}
