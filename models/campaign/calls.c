/* Calls: members that listen to a session and do not answer are told alone, in class C.
 * SPDX-License-Identifier: MIT
 *
 * A member in class C sends nothing by itself, so no window of class A comes for what it is to be
 * told, and a request to all is lost to some, or to all whose McFCnt was moved. It hears frames to
 * its own address, too: one after the other gets its command, as often as the group's share of the
 * airtime allows, and all of them again after pauses that double, until each has answered or the
 * session would be over. Its answer is an uplink; the rest follows in the windows of that.
 */
#include <assert.h>

#include "campaign/campaign_internal.h"

/* Between two passes. assumed: an answer is there within seconds, and a command that did not reach
 * the device is lost again with what made it so: fading, a full queue, a jammer. */
#define PASS_FIRST_NS (30 * SIM_NS_PER_S)
#define PASS_MAX_NS   (600 * SIM_NS_PER_S)

static bool is_due(const struct transfer *transfer, const struct member *member)
{
    assert(member->stage < MEMBER_STAGE_COUNT);
    bool leaves = member->stage == MEMBER_LEAVING && member->groups_left != 0;
    return member->listens && member->transfer == transfer->index
           && (leaves || member->stage == MEMBER_GROUP);
}

/* The next one of this pass; NULL: it is over. */
static struct member *next_due(struct transfer *transfer)
{
    const struct campaign *campaign = transfer->campaign;
    assert(transfer->call_next <= campaign->member_count);
    while (transfer->call_next < campaign->member_count) {
        struct member *member = &campaign->members[transfer->call_next++];
        if (is_due(transfer, member)) {
            return member;
        }
    }
    return NULL;
}

static bool any_due(const struct transfer *transfer)
{
    const struct campaign *campaign = transfer->campaign;
    bool due = false;
    for (uint32_t i = 0; i < campaign->member_count && !due; i++) {
        due = is_due(transfer, &campaign->members[i]);
    }
    return due;
}

/* Returns the bytes of the command. */
static size_t call(struct transfer *transfer, struct member *member, sim_ns now_ns)
{
    struct campaign *campaign = transfer->campaign;
    struct session *session = transfer_session_now(transfer);
    uint8_t command[CALL_SIZE_MAX];
    size_t size = member->stage == MEMBER_LEAVING
                          ? release_put_deletes(command, member->groups_left)
                          : set_up_put_call(campaign, member, command, now_ns);
    assert(size > 0 && size <= sizeof command);
    (void)session->ops->call(
            session, member->device, PACKAGE_FPORT_MULTICAST, command, (uint16_t)size);
    return size;
}

void calls_begin(struct transfer *transfer, sim_ns at_ns)
{
    assert(transfer->session_count > 0);
    transfer->call_next = 0;
    transfer->call_passes = 0;
    transfer_timer_set(transfer, TRANSFER_TIMER_CALL, at_ns);
}

static sim_ns pause_ns(uint32_t passes)
{
    sim_ns pause_ns = PASS_FIRST_NS;
    assert(passes > 0);
    while (--passes > 0 && pause_ns < PASS_MAX_NS) {
        pause_ns *= 2;
    }
    return pause_ns < PASS_MAX_NS ? pause_ns : PASS_MAX_NS;
}

void calls_on_timer(struct transfer *transfer, sim_ns now_ns)
{
    const struct session *session = transfer_session_now(transfer);
    bool over = campaign_is_over(transfer->campaign) || now_ns >= session->end_ns;
    if (over || !any_due(transfer)) {
        group_restart_on_calls_over(transfer, now_ns);
        return;
    }
    struct member *member = next_due(transfer);
    sim_ns wait_ns;
    if (member != NULL) {
        wait_ns = session->ops->interval_ns(session, (uint16_t)call(transfer, member, now_ns));
    } else {
        transfer->call_next = 0;
        wait_ns = pause_ns(++transfer->call_passes);
    }
    transfer_timer_set(transfer, TRANSFER_TIMER_CALL, now_ns + wait_ns);
}
