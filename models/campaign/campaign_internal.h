/* What the parts of the update server share of a campaign. Not for others.
 * SPDX-License-Identifier: MIT
 *
 * campaign.c holds timers and phases, campaign_members.c the stages of members, campaign_views.c
 * what it tells of them; set_up.c and reception.c talk to one device at a time;
 * transfer_fragments.c sends the fragments, correction.c decides on further ones; split.c chooses
 * the transfer of a member.
 */
#ifndef CAMPAIGN_CAMPAIGN_INTERNAL_H
#define CAMPAIGN_CAMPAIGN_INTERNAL_H

#include <assert.h>

#include "campaign/campaign.h"
#include "campaign/member.h"
#include "campaign/packages.h"
#include "campaign/server_internal.h"
#include "campaign/transfer.h"

#define CLOCK_TOLERANCE_S 3
/* No more set-up commands this long before the session: time for answer and flash erase. Devices
 * fall silent some 15 s before it. */
#define SET_UP_CLOSE_NS (30 * SIM_NS_PER_S)
#define MEMBER_NONE     UINT32_MAX
/* Set-ups of one member after resets; a device that is reset more often is left alone. */
#define RESTARTS_MAX 5u
/* A session that a device joins late begins this much after the command: time for its answer, and
 * for the fragmentation session. One that ends sooner is not worth it. */
#define RESTART_LEAD_NS  (60 * SIM_NS_PER_S)
#define RESTART_LEAST_NS (120 * SIM_NS_PER_S)
/* Its own timers; those of transfers are theirs. */
enum campaign_timer {
    CAMPAIGN_TIMER_START,
    CAMPAIGN_TIMER_SET_UP_OVER,
    CAMPAIGN_TIMER_ROUND,
    CAMPAIGN_TIMER_STOP,
    CAMPAIGN_TIMER_LEFT, /* devices of a stopped campaign had their time */
    CAMPAIGN_TIMER_PAUSE,
    CAMPAIGN_TIMER_RESUME,
    CAMPAIGN_TIMER_REPORTS, /* after a pause, members that hold the block had their time */
    CAMPAIGN_TIMER_COUNT
};

struct campaign {
    struct server *server;
    uint32_t number;
    struct campaign_params params; /* `members` and `member_versions` are NULL */
    entity_id entity;
    uint16_t handler;
    enum campaign_phase phase;
    struct timer timers[CAMPAIGN_TIMER_COUNT];
    sim_ns session_ns; /* no session of the round begins before */
    uint32_t round;    /* from 0 on */
    uint32_t retries_left;
    bool paused, stopped;
    bool leaving;            /* stopped: devices are told */
    sim_ns reports_until_ns; /* the round at hand may be over before; 0: there was no pause */
    sim_ns round_start_ns[CAMPAIGN_ROUNDS_MAX], round_end_ns[CAMPAIGN_ROUNDS_MAX];

    struct member *members;
    uint32_t member_count;
    uint32_t *member_of_device;                  /* index, MEMBER_NONE; [device] */
    uint32_t stage_counts[CAMPAIGN_STAGE_COUNT]; /* members whose furthest stage it is */

    /* For each round, each wave, each kind of member (delta or whole image, version of TS004): all
     * data rates, fastest first. */
    struct transfer *transfers;
    uint32_t transfer_count;
    uint32_t rate_count; /* transfers of one kind */
    uint32_t wave_transfers, round_transfers;

    bool has_delta;
    uint8_t base_digest[8]; /* of the image that the delta changes */
    uint32_t version;
    bool has_digest;
    uint8_t digest[8];
    uint8_t descriptor[4];
};

/* Of a member that has one in this round. */
static inline struct transfer *member_transfer_of(
        const struct campaign *campaign, const struct member *member)
{
    assert(member->transfer < campaign->transfer_count);
    return &campaign->transfers[member->transfer];
}

static inline bool campaign_is_over(const struct campaign *campaign)
{
    return campaign->phase == CAMPAIGN_PHASE_DONE;
}

/* 1, 2, 4, 8, ...: what is repeated at these counts has pauses that grow, and no last time. */
static inline bool campaign_is_turn(uint32_t count)
{
    return count != 0 && (count & (count - 1u)) == 0;
}

/* campaign.c */
/* `image`: the whole block to send (header + code), its version as the devices will report it. */
struct campaign *campaign_create(struct server *server, uint32_t number,
        const struct campaign_params *params, const uint8_t *image, uint32_t image_size,
        uint32_t version);
void campaign_destroy(struct campaign *campaign);
/* Of all its transfers. */
uint8_t campaign_frag_index(const struct campaign *campaign);
/* The set-up begins; transfers open later. */
void campaign_begin(struct campaign *campaign, sim_ns now_ns);
/* The round is over, and with the last one the campaign. */
void campaign_end(struct campaign *campaign, sim_ns now_ns);
/* Another round will begin: it has no phase yet. */
void campaign_begin_again(struct campaign *campaign);
void campaign_phase_set(struct transfer *transfer, enum campaign_phase phase, sim_ns now_ns);
/* Sets a timer of an owner: 0: the campaign, else the transfer with this index plus one. Setting
 * it again makes the earlier one void, for events cannot be cancelled. */
void campaign_timer_set(struct campaign *campaign, struct timer *timer, uint32_t owner,
        uint32_t which, sim_ns at_ns);
void campaign_timer_start(struct campaign *campaign, enum campaign_timer timer, sim_ns at_ns);
void campaign_timer_stop(struct campaign *campaign, enum campaign_timer timer);
/* All timers that are set, once more: what the engine has of them is void. Those that are due by
 * now come at once. */
void campaign_timers_renew(struct campaign *campaign);

/* campaign_members.c */
/* NULL: the device is no member. */
struct member *campaign_member(const struct campaign *campaign, uint32_t device);
/* Moves a member by the table of transitions. True: the stage has such an event. */
bool campaign_member_event(
        struct campaign *campaign, struct member *member, enum member_event event, sim_ns now_ns);
/* The outcome of the member does not change any more. */
bool campaign_member_is_final(const struct campaign *campaign, const struct member *member);
/* Mean airtime of a status answer at the data rates that members were heard with. */
double campaign_answer_airtime_s(const struct campaign *campaign);

/* An uplink that is a message to this campaign is handled in three steps: campaign_on_heard(), then
 * on_message() or on_version() for each part of it, then campaign_on_uplink_end(). */
void campaign_on_heard(struct campaign *campaign, struct member *member, sim_ns now_ns);
void campaign_on_uplink_end(struct campaign *campaign, struct member *member,
        const struct uplink_course *course, sim_ns now_ns);

/* The device was reset: joined again, or its report counts one more. */
void campaign_on_reset(struct campaign *campaign, struct member *member, sim_ns now_ns);

/* set_up.c */
void set_up_step(struct campaign *campaign, struct member *member,
        const struct uplink_course *course, sim_ns now_ns);
void set_up_on_group_ans(struct campaign *campaign, struct member *member,
        const struct package_message *message, sim_ns now_ns);
void set_up_on_session_ans(struct campaign *campaign, struct member *member,
        const struct network_uplink *uplink, const struct package_message *message, sim_ns now_ns);
void set_up_on_frag_ans(struct campaign *campaign, struct member *member,
        const struct package_message *message, sim_ns now_ns);

/* Commands that no gateway would send so far have missed their session. */
void set_up_drop_unsent(struct campaign *campaign, struct member *member);
/* PackageVersionAns of TS005. */
void set_up_on_other_package(struct campaign *campaign, struct member *member, sim_ns now_ns);
/* PackageVersionAns of TS004. LoRaMac-node sends it unasked: it reads the last bytes of a set-up of
 * version 2 as PackageVersionReq (spec-protocol 9.5). */
void set_up_on_version(
        struct campaign *campaign, struct member *member, uint8_t version, sim_ns now_ns);
/* PackageVersionAns of TS004 names no version that we know. */
void set_up_on_no_package(struct campaign *campaign, struct member *member, sim_ns now_ns);
/* FragSessionStatusAns: the device has no such session. */
void set_up_on_no_frag_session(struct member *member);
/* A member that is READY while its session runs listens from now on. */
void set_up_resume(struct campaign *campaign, struct member *member, sim_ns now_ns);

/* McGroupID of a session of its transfer at a member: one bit of the mask for each session. */
uint8_t member_group_id(const struct member *member, uint32_t session);
/* Queues the announcement of a session, which begins later than for the others where its start has
 * passed. `prepared`: the member has its group. False: nothing was queued. */
bool set_up_announce(struct campaign *campaign, struct member *member, uint32_t session,
        bool prepared, sim_ns now_ns);
/* The announcement of a renewed group, with a session that begins later; for one frame of the
 * transfer's data rate, and of CALL_SIZE_MAX at most. Returns its size. */
size_t set_up_put_call(
        const struct campaign *campaign, struct member *member, uint8_t *out, sim_ns now_ns);
/* Tells a member that is set up another SessionTime of the session that runs. False: nothing was
 * queued. */
bool set_up_move_session(struct campaign *campaign, struct member *member, sim_ns start_ns);

/* second_period.c */
/* An uplink of a member that is set up, and may have to be told of the second period. */
void second_period_step(struct campaign *campaign, struct member *member,
        const struct uplink_course *course, sim_ns now_ns);
/* The last command of the set-up is not the last one of the exchange. */
bool second_period_follows(const struct campaign *campaign, const struct member *member);
/* True: it is about the group of the second period. */
bool second_period_on_group_ans(
        struct campaign *campaign, struct member *member, const struct package_message *message);
bool second_period_on_session_ans(struct campaign *campaign, struct member *member,
        const struct package_message *message, bool clock_agrees);
/* A reset may have cost the member its session. */
void second_period_on_reset(struct member *member);
/* A member answered a request to all: it listens to the session at hand. */
void second_period_on_answer(struct campaign *campaign, struct member *member);

/* deferral.c */
/* Members that need so many fragments should come back later. Not those of version 1: they do not
 * say when they are whole, so what is sent later may be for no member. */
bool deferral_pays(const struct transfer *transfer, uint32_t fragments, sim_ns now_ns);
/* A member that listens has said what it lacks: it is told to come back later where that is worth
 * it. */
void deferral_consider(struct campaign *campaign, struct member *member, sim_ns now_ns);
/* Its McClassCSessionAns. */
void deferral_on_session_ans(
        struct campaign *campaign, struct member *member, bool accepted, sim_ns now_ns);
/* Members that are deferred and not settled; `answered`: those that answered in this round, too. */
uint32_t deferral_count(const struct transfer *transfer, bool answered);
/* Deferred members listen again. */
void deferral_end(struct transfer *transfer, sim_ns now_ns);

/* member_tries.c */
/* A step is to be tried again: pauses the member, or causes the event with which the tries end. */
void member_try_failed(
        struct campaign *campaign, struct member *member, enum member_cause cause, sim_ns now_ns);
/* A command was queued; what follows without an answer has growing pauses. */
void member_command_sent(struct member *member, sim_ns now_ns);
/* The command of its step had as many tries as the campaign allows, and no answer. */
bool member_is_silent(const struct campaign *campaign, const struct member *member);
/* No gateway sent the last one: it does not count. */
void member_command_not_sent(struct member *member);
/* An answer came: the next command needs no pause. */
void member_answered(struct member *member);

/* reception.c */
void reception_on_block_received(struct campaign *campaign, struct member *member,
        const struct package_message *message, sim_ns now_ns);
/* The same once the campaign is over. */
void reception_on_late_block(const struct campaign *campaign, const struct member *member);
/* DataBlockAuthReq. */
void reception_on_block_auth(struct campaign *campaign, struct member *member,
        const struct package_message *message, sim_ns now_ns);
void reception_on_late_block_auth(const struct campaign *campaign, const struct member *member,
        const struct package_message *message);
void reception_on_status_ans(struct campaign *campaign, struct member *member,
        const struct package_message *message, sim_ns now_ns);
/* The periodic report of a device names the version that it runs. */
void reception_on_version(struct campaign *campaign, struct member *member,
        const struct network_uplink *uplink, sim_ns now_ns);
/* The same after the end of the campaign: the image may have been reverted since. */
void reception_on_late_version(struct campaign *campaign, struct member *member,
        const struct network_uplink *uplink, sim_ns now_ns);
void reception_ask_for_status(
        struct campaign *campaign, struct member *member, const struct uplink_course *course);

/* repair.c */
/* So few members are left that each is served alone. */
bool repair_pays(const struct transfer *transfer);
/* A member has said that it lacks fragments. True: it gets them by unicast. */
bool repair_on_lacking(struct campaign *campaign, struct member *member, sim_ns now_ns);
void repair_on_group_delete(struct member *member, const struct package_message *message);
/* Members that have left class C to be repaired and are not settled; `answered`: those that
 * answered in this round of correction, too. */
uint32_t repair_count(const struct transfer *transfer, bool answered);
/* After an uplink. True: the member is being repaired. */
bool repair_step(struct campaign *campaign, struct member *member,
        const struct uplink_course *course, sim_ns now_ns);

/* unicast_delivery.c */
struct unicast_message;
bool unicast_delivery(const struct campaign *campaign);
/* A member that is called goes on to its fragmentation session. */
void unicast_delivery_skip_group(struct campaign *campaign, struct member *member, sim_ns now_ns);
/* After an uplink: a member that is set up is told to fetch. */
void unicast_delivery_step(struct campaign *campaign, struct member *member,
        const struct uplink_course *course, sim_ns now_ns);
/* A message on FPort 204. False: no transfer of the campaign answers, the device may stop. */
bool unicast_delivery_on_message(struct campaign *campaign, struct member *member,
        const struct unicast_message *message, struct uplink_course *course, sim_ns now_ns);
void unicast_delivery_end_if_done(struct campaign *campaign, sim_ns now_ns);

/* proof.c */
/* Compares a hash with that of the block and answers. */
void proof_on_request(struct campaign *campaign, struct member *member,
        const struct package_message *message, sim_ns now_ns);
/* The same once the campaign is over. */
void proof_on_late_request(const struct campaign *campaign, const struct member *member,
        const struct package_message *message);

/* install.c */
/* When the last member was to reboot; 0: members do not wait for a common time. */
sim_ns install_end_ns(const struct campaign *campaign);
/* After each uplink of a member whose block is proved. */
void install_step(struct campaign *campaign, struct member *member,
        const struct uplink_course *course, sim_ns now_ns);
/* DevUpgradeImageAns, DevRebootTimeAns, DevRebootCountdownAns, DevVersionAns. */
void install_on_answer(struct campaign *campaign, struct member *member,
        const struct package_message *message, sim_ns now_ns);
/* The member is halted: notes what it is to forget of image and reboot. */
void install_on_halt(const struct campaign *campaign, struct member *member);
/* Until then a member whose reboot is to be cancelled may not have rebooted; 0: none is. */
sim_ns install_cancel_until_ns(const struct campaign *campaign, const struct member *member);
/* It holds the block in a pause: a reboot that would come before the end of it is cancelled, and
 * ordered again afterwards. */
void install_on_pause(const struct campaign *campaign, struct member *member, sim_ns now_ns);

/* calls.c */
/* From a time on, members of the transfer that listen and have not answered are told one by one, in
 * class C: those that are LEAVING to delete their groups, those whose group was renewed of the new
 * one. */
void calls_begin(struct transfer *transfer, sim_ns at_ns);
void calls_on_timer(struct transfer *transfer, sim_ns now_ns);
#define CALL_SIZE_MAX (2u * PACKAGE_MESSAGE_MAX) /* of a command */

/* group_restart.c */
/* No member has answered for so many rounds that McFCnt may have been moved. */
bool group_restart_is_due(const struct transfer *transfer, sim_ns now_ns);
/* False: out of memory, nothing has changed. */
bool group_restart(struct transfer *transfer, sim_ns now_ns);
/* All members that were called have answered, or their time is over. */
void group_restart_on_calls_over(struct transfer *transfer, sim_ns now_ns);

/* management.c */
void management_on_version(struct server_device *device, const struct package_message *message);
/* The device answered that it has no TS006 that we know. */
bool management_is_absent(const struct campaign *campaign, const struct member *member);
/* True: the version is asked for, and nothing else before its answer; *sent: it was queued. */
bool management_asks_version(
        const struct campaign *campaign, const struct member *member, bool *sent);
/* False: nothing was queued. */
bool management_send(const struct campaign *campaign, const struct member *member,
        const uint8_t *command, size_t size);
/* The member has a reboot or an image to forget, and the package for it. */
bool management_is_left(const struct campaign *campaign, const struct member *member);
/* The reboot. */
bool management_reboot_is_left(const struct campaign *campaign, const struct member *member);
/* DevRebootTimeReq that cancels, DevDeleteImageReq. False: nothing was queued. */
bool management_send_clean_up(const struct campaign *campaign, const struct member *member);
/* True: the message answers what was left. */
bool management_on_clean_up(struct member *member, const struct package_message *message);

/* release.c */
void release_on_group_status(struct campaign *campaign, struct member *member,
        const struct package_message *message, sim_ns now_ns);
void release_on_group_delete(struct campaign *campaign, struct member *member,
        const struct package_message *message, sim_ns now_ns);
/* McGroupDeleteReq for each group of a mask; returns their size, at most CALL_SIZE_MAX. */
size_t release_put_deletes(uint8_t *out, uint8_t groups);
/* Queues them. False: nothing was queued. */
bool release_send_deletes(
        const struct campaign *campaign, const struct member *member, uint8_t groups);
void release_step(struct campaign *campaign, struct member *member,
        const struct uplink_course *course, sim_ns now_ns);

/* rounds.c */
/* The first round begins. */
void rounds_start(struct campaign *campaign, sim_ns now_ns);
/* After a pause members that hold the block have their time, whatever becomes of the others. */
void rounds_await_reports(struct campaign *campaign, sim_ns now_ns);
/* An uplink of a member is over: it may be the last one whose time it was. */
void rounds_end_if_all_reported(struct campaign *campaign, sim_ns now_ns);
/* The transfers of a round are over. True: there will be another one, or reports are awaited. */
bool rounds_end(struct campaign *campaign, sim_ns now_ns);
/* Members that a further round may help. */
bool rounds_any_left(const struct campaign *campaign);
/* Its time has come. */
void rounds_begin(struct campaign *campaign, sim_ns now_ns);

/* halt.c */
void halt_stop(struct campaign *campaign, sim_ns now_ns);
void halt_pause(struct campaign *campaign, sim_ns now_ns);
void halt_resume(struct campaign *campaign, sim_ns now_ns);
/* A stopped campaign is over when all devices have answered, */
void halt_end_if_all_left(struct campaign *campaign, sim_ns now_ns);
/* or their time is. */
void halt_on_time_over(struct campaign *campaign, sim_ns now_ns);

/* clean_up.c */
/* The campaign is halted: a member whose device may have something of it is LEAVING from now on.
 * `listens`: the device does, in class C. */
void clean_up_begin(struct campaign *campaign, struct member *member, bool listens, sim_ns now_ns);
/* A stopped campaign is over: a member that kept its reboot says so. */
void clean_up_end(struct campaign *campaign, struct member *member, sim_ns now_ns);
/* An uplink of a member that has something to delete. */
void clean_up_step(struct campaign *campaign, struct member *member,
        const struct uplink_course *course, sim_ns now_ns);
void clean_up_on_group_delete(struct campaign *campaign, struct member *member,
        const struct package_message *message, sim_ns now_ns);
void clean_up_on_session_delete(struct campaign *campaign, struct member *member, sim_ns now_ns);
/* A message of TS006. */
void clean_up_on_management(struct campaign *campaign, struct member *member,
        const struct package_message *message, sim_ns now_ns);
/* False: nothing was queued. */
bool clean_up_send_session_delete(const struct campaign *campaign, const struct member *member);

/* split.c */
/* Creates the transfers that a campaign may need. False: one does not fit its data rate or the
 * numbers of fragments, the region has none, or out of memory. */
bool split_create(struct campaign *campaign, const struct campaign_params *params,
        const uint8_t *image, uint32_t image_size);
/* The transfers of the round at hand: from split_first() on, split_end() not included. */
uint32_t split_first(const struct campaign *campaign);
uint32_t split_end(const struct campaign *campaign);
uint32_t split_round_of(const struct campaign *campaign, uint32_t transfer);
uint32_t split_wave_of(const struct campaign *campaign, uint32_t transfer);
/* Most members that a transfer of the round can have. */
uint32_t split_members_most(const struct campaign *campaign);
/* A round starts, for those of its members that are not settled: opens the transfers that are known
 * to be needed. */
void split_start(struct campaign *campaign, sim_ns now_ns);
/* Chooses the transfer of a member that is to be set up, opens it where it is the first one. False:
 * too late for another transfer. */
bool split_assign(struct campaign *campaign, struct member *member, sim_ns now_ns);

#endif
