/* A halt in each stage of a member: what its device has of the campaign is deleted.
 * SPDX-License-Identifier: MIT
 *
 * Goal: whatever stage a member is in when the campaign is stopped or pauses, and whichever round
 * it is, its device ends without group, session, image and planned reboot; a device that cannot be
 * told in time is asked as long as its reboot lies ahead, and then named.
 * Oracles: groups, sessions, images and reboots of the devices; the list of stages (member.h), each
 * of which the halts must have met.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "campaign/campaign_internal.h"
#include "models/campaign/fleet_suite.h"

TestSuite(clean_up, .fini = fleet_suite_end);

#define DEVICES   16u
#define TOLD      14u /* the first ones */
#define PERIOD_NS (300 * SIM_NS_PER_S)
#define SECOND_NS SIM_NS_PER_S

static struct campaign_params params_of(void)
{
    struct campaign_params params = fleet_default_params();
    params.set_up_window_ns = HOUR_NS;
    params.retries = 2;
    params.retry_pause_ns = HOUR_NS;
    params.group_delete = true;
    return params;
}

/* Each leads into other stages; all but the last two can be told at a halt. */
static void give_faults(void)
{
    struct fleet_device *d = fleet.devices;
    d[0].faults.reset_at_ns = 4100 * SECOND_NS; /* reported at 4204 s */
    d[1].faults.silent = true;
    d[2].faults.loss_percent = 90;
    d[3].faults.refuses_fragments = 0x02;
    d[4].faults.clock_error_s = 100;
    d[4].faults.ignores_clock = true;
    d[5].faults.never_gets_time = true;
    d[6].faults.no_fragmentation = true;
    d[7].faults.bad_mic = true;
    d[8].faults.lost_acks = 1000;
    d[9].faults.loses_delete_ans = true;
    d[10].faults.never_defines_group = true;
    d[11].faults.installs_nothing = true;
    d[12].faults.loses_frag_ans = true;
    d[13].faults.lost_downlinks = 4;
    d[14].faults.keeps_group_mute = true;
    d[15].faults.never_joins = true;
}

static const struct member *member_of(uint32_t device)
{
    return campaign_member(fleet.campaign, device);
}

static void note_stages(bool met[MEMBER_STAGE_COUNT])
{
    for (uint32_t i = 0; i < DEVICES; i++) {
        met[member_of(i)->stage] = true;
    }
}

/* One that runs the new image, and one whose block was acknowledged before, is done with. */
static bool installs(const struct fleet_device *device)
{
    return device->version >= FLEET_VERSION || (device->acknowledged && !device->holds_image);
}

static void expect_clean(sim_ns at_ns, const enum member_stage *stages)
{
    for (uint32_t i = 0; i < TOLD; i++) {
        const struct fleet_device *d = &fleet.devices[i];
        const char *stage = member_stage_name(stages[i]);
        for (uint32_t g = 0; g < FLEET_GROUPS; g++) {
            cr_expect_not(d->groups[g].defined, "device %u, group %u: %s at %.0f s", i, g, stage,
                    (double)at_ns / SIM_NS_PER_S);
        }
        cr_expect(installs(d) || !d->fragments_ready, "device %u: session, %s", i, stage);
        cr_expect_not(d->holds_image, "device %u: image, %s", i, stage);
        cr_expect_eq(d->reboot_ns, 0, "device %u: reboot, %s", i, stage);
    }
}

static void run_to_halt(const struct campaign_params *params, sim_ns halt_ns, bool goes_back)
{
    if (fleet.engine != NULL) {
        fleet_destroy(&fleet);
    }
    fleet_create(&fleet, DEVICES, PERIOD_NS, params);
    give_faults();
    if (goes_back) {
        fleet_run(&fleet, halt_ns - 2 * PERIOD_NS);
        fleet.devices[0].version = 0x01000000;
    }
    fleet_run(&fleet, halt_ns);
}

static void stop_at(
        struct campaign_params params, sim_ns stop_ns, bool goes_back, bool met[MEMBER_STAGE_COUNT])
{
    enum member_stage stages[DEVICES];
    params.stop_ns = stop_ns;
    run_to_halt(&params, stop_ns - 1, goes_back);
    note_stages(met);
    for (uint32_t i = 0; i < DEVICES; i++) {
        stages[i] = (enum member_stage)member_of(i)->stage;
    }
    fleet_run(&fleet, stop_ns + params.confirm_timeout_ns);
    cr_expect(server_done(fleet.server));
    expect_clean(stop_ns, stages);
}

static void stop_often(const struct campaign_params *params, uint32_t from_s, uint32_t to_s,
        uint32_t step_s, bool met[MEMBER_STAGE_COUNT])
{
    for (uint32_t at_s = from_s; at_s < to_s; at_s += step_s) {
        stop_at(*params, at_s * SECOND_NS, false, met);
    }
}

/* CALLED has a test of its own: a member is so only while another campaign holds its device. */
Test(clean_up, stop_in_each_stage_leaves_nothing)
{
    bool met[MEMBER_STAGE_COUNT] = { [MEMBER_CALLED] = true };
    struct campaign_params params = params_of();
    stop_often(&params, 1001, 1101, 7, met); /* set-up */
    stop_often(&params, 4203, 4209, 1, met);
    stop_often(&params, 4590, 5000, 60, met);    /* session and reports */
    stop_often(&params, 5000, 5400, 23, met);    /* the new version, deletes of groups */
    stop_often(&params, 8000, 20000, 2000, met); /* further rounds */
    stop_at(params, 8000 * SECOND_NS, true, met);
    params.proofs = 1u << PROOF_CRC64;
    stop_often(&params, 4700, 5400, 350, met);
    params = params_of();
    params.install = INSTALL_COMMON_TIME;
    params.install_after_ns = 6 * HOUR_NS;
    stop_often(&params, 8000, 20000, 6000, met);
    params.install = INSTALL_AGREED_TIME;
    stop_often(&params, 3000, 20000, 6000, met);
    params = params_of();
    params.versions = VERSIONS_ASK;
    stop_often(&params, 1101, 1701, 300, met);
    params.pause_ns = 4500 * SECOND_NS;
    params.resume_ns = 12000 * SECOND_NS;
    stop_often(&params, 4600, 16000, 3000, met);
    for (int stage = 0; stage < MEMBER_STAGE_COUNT; stage++) {
        cr_expect(met[stage], "no member was %s", member_stage_name((enum member_stage)stage));
    }
}

/* The groups of the campaign that holds the device stay. */
Test(clean_up, stop_leaves_the_groups_of_another_campaign_alone)
{
    struct campaign_params other = params_of(), params = params_of();
    params.start_ns += 2 * PERIOD_NS;
    params.set_up_window_ns = 3 * HOUR_NS;
    params.stop_ns = params.start_ns + HOUR_NS / 2;
    fleet_create(&fleet, DEVICES, PERIOD_NS, &params);
    struct campaign *holder =
            server_campaign_add(fleet.server, &other, fleet.image, fleet.image_size, FLEET_VERSION);
    cr_assert_not_null(holder);
    fleet_run(&fleet, params.stop_ns - 1);
    cr_assert_eq(member_of(0)->stage, MEMBER_CALLED, "%s",
            member_stage_name((enum member_stage)member_of(0)->stage));
    fleet_run(&fleet, params.stop_ns + HOUR_NS / 4);
    cr_expect_eq(campaign_phase(fleet.campaign), CAMPAIGN_PHASE_DONE);
    for (uint32_t i = 0; i < DEVICES; i++) {
        cr_expect(fleet.devices[i].groups[0].defined, "device %u", i);
        cr_expect_eq(fleet_view(&fleet, i).failure, CAMPAIGN_FAILURE_STOPPED);
        cr_expect_eq(fleet.devices[i].group_delete_requests, 0);
    }
}

/* The round has begun, and no device has been heard in it. */
Test(clean_up, stop_at_the_begin_of_a_further_round_leaves_nothing)
{
    bool met[MEMBER_STAGE_COUNT] = { false };
    struct campaign_params params = params_of();
    run_to_halt(&params, 20000 * SECOND_NS, false);
    cr_assert_geq(campaign_round_count(fleet.campaign), 2);
    stop_at(params, fleet.campaign->round_start_ns[1] + SECOND_NS, false, met);
    cr_expect(met[MEMBER_HEARD]);
}

/* --- a pause ---------------------------------------------------------------------------------- */

/* Members that hold the block keep it, and install it; nothing is left on the others. */
static void pause_at(struct campaign_params params, sim_ns pause_ns, bool met[MEMBER_STAGE_COUNT])
{
    params.pause_ns = pause_ns;
    params.resume_ns = pause_ns + 6 * HOUR_NS;
    run_to_halt(&params, pause_ns - 1, false);
    note_stages(met);
    fleet_run(&fleet, pause_ns + 3 * HOUR_NS);
    for (uint32_t i = 0; i < TOLD; i++) {
        const struct fleet_device *d = &fleet.devices[i];
        const struct member *member = member_of(i);
        bool kept = member->stage >= MEMBER_WHOLE && member->stage <= MEMBER_KEPT;
        for (uint32_t g = 0; g < FLEET_GROUPS && !kept; g++) {
            cr_expect_not(d->groups[g].defined, "device %u, group %u: %s now, at %.0f s", i, g,
                    member_stage_name((enum member_stage)member->stage),
                    (double)pause_ns / SIM_NS_PER_S);
        }
        cr_expect(kept || installs(d) || !d->fragments_ready, "device %u: session, %s", i,
                member_stage_name((enum member_stage)member->stage));
    }
}

Test(clean_up, pause_in_each_stage_leaves_nothing_of_the_round)
{
    bool met[MEMBER_STAGE_COUNT] = { [MEMBER_CALLED] = true,
        [MEMBER_LEAVING] = true,
        [MEMBER_LEFT] = true,
        [MEMBER_REVERTED] = true };
    struct campaign_params params = params_of();
    for (uint32_t at_s = 1001; at_s < 1101; at_s += 20) {
        pause_at(params, at_s * SECOND_NS, met);
    }
    for (uint32_t at_s = 4203; at_s < 4209; at_s++) {
        pause_at(params, at_s * SECOND_NS, met);
    }
    for (uint32_t at_s = 4590; at_s < 5300; at_s += 15) {
        pause_at(params, at_s * SECOND_NS, met);
    }
    pause_at(params, 9000 * SECOND_NS, met);
    pause_at(params, 14000 * SECOND_NS, met);
    params.proofs = 1u << PROOF_CRC64;
    pause_at(params, 5000 * SECOND_NS, met);
    params = params_of();
    params.versions = VERSIONS_ASK;
    pause_at(params, 1401 * SECOND_NS, met);
    for (int stage = 0; stage < MEMBER_STAGE_COUNT; stage++) {
        cr_expect(met[stage], "no member was %s", member_stage_name((enum member_stage)stage));
    }
}

/* --- the reboot of a device that is not heard ----------------------------------------------------
 */

#define INSTALL_NS                                                                                 \
    (24 * HOUR_NS) /* after the start; the time to tell devices ends hours before                  \
                    */

/* All devices plan their reboot; number 0 hears nothing for a while from the stop on. */
static struct campaign_params stop_before_the_reboot(void)
{
    struct campaign_params params = params_of();
    params.install = INSTALL_COMMON_TIME;
    params.install_after_ns = INSTALL_NS;
    params.stop_ns = params.start_ns + 8 * HOUR_NS;
    fleet_create(&fleet, 4, PERIOD_NS, &params);
    fleet_run(&fleet, params.stop_ns);
    cr_assert_gt(fleet.devices[0].reboot_ns, params.stop_ns + 2 * params.confirm_timeout_ns);
    fleet.devices[0].faults.lost_downlinks = 1000000;
    fleet_run(&fleet, params.stop_ns + 2 * params.confirm_timeout_ns);
    cr_expect_gt(fleet.devices[0].reboot_ns, 0);
    cr_expect_eq(fleet.devices[1].reboot_ns, 0);
    return params;
}

Test(clean_up, stop_goes_on_to_cancel_a_reboot_that_lies_ahead)
{
    struct campaign_params params = stop_before_the_reboot();
    cr_expect_not(server_done(fleet.server), "it still can");
    fleet.devices[0].faults.lost_downlinks = 0;
    fleet_run(&fleet, params.start_ns + INSTALL_NS - HOUR_NS);
    cr_expect_eq(fleet.devices[0].reboot_ns, 0);
    cr_expect_not(fleet.devices[0].holds_image);
    cr_expect(server_done(fleet.server));
    fleet_run(&fleet, params.start_ns + INSTALL_NS + HOUR_NS);
    cr_expect_eq(fleet.devices[0].version, 0x01000000);
    cr_expect_eq(fleet_view(&fleet, 0).failure, CAMPAIGN_FAILURE_STOPPED);
}

Test(clean_up, stop_names_a_device_whose_reboot_it_could_not_cancel)
{
    struct campaign_params params = stop_before_the_reboot();
    fleet.devices[0].faults.silent = true;
    fleet_run(&fleet, params.start_ns + INSTALL_NS + HOUR_NS);
    cr_expect(server_done(fleet.server), "the end is bounded");
    cr_expect_eq(fleet.devices[0].version, FLEET_VERSION, "it has rebooted");
    cr_expect_eq(fleet_view(&fleet, 0).failure, CAMPAIGN_FAILURE_REBOOT_KEPT, "%s",
            campaign_failure_name(fleet_view(&fleet, 0).failure));
    cr_expect_eq(fleet_view(&fleet, 1).failure, CAMPAIGN_FAILURE_STOPPED);
}
