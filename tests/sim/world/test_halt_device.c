/* What a stop or a pause leaves in one device's firmware: groups, sessions, image, planned reboot.
 * SPDX-License-Identifier: MIT
 *
 * Goal: a device has before the stop what the campaign gave it, and after it nothing of that.
 * Oracle: the firmware's own RAM; TS004 section 3.5, TS005 section 3.3, TS006 (spec-protocol 6).
 */
#include <criterion/criterion.h>

#include "board/node_internal.h"
#include "firmware_look.h"
#include "support/trial.h"

static const char text[] =
        "name: halted-device\n"
        "duration: 2 d\n"
        "area: {radius: 300 m}\n"
        "propagation: {preset: none, model: log-distance}\n"
        "firmware: {image: generated, size: 8 KiB}\n"
        "gateways: {count: 1}\n"
        "devices: [{name: d, count: 1, state: commissioned, report: {period: 20 min}}]\n"
        "campaign: {start: 1 h, set_up: {window: 2 h}, correction: {timeout: 1 h}}\n";

/* At 13 h. */
#define COMMON  "campaign.install.policy=common-time", "campaign.install.after=12 h"
#define HOUR_NS (3600 * SIM_NS_PER_S)

static struct firmware_look look(const struct trial *trial)
{
    return firmware_look(node_ram(node_at(trial->world->nodes, 0)));
}

static void expect_empty(const struct trial *trial)
{
    struct firmware_look at = look(trial);
    cr_expect_eq(at.groups, 0);
    cr_expect_eq(at.sessions, 0);
    cr_expect_not(at.listens);
    cr_expect_not(at.fragments);
    cr_expect_not(at.reboot_by_order);
    cr_expect_not(at.candidate);
}

/* Set up for both periods, the session of each armed. */
Test(halt_device, a_stop_deletes_the_groups_of_both_periods)
{
    const char *const sets[] = { "campaign.correction.period=second", "campaign.stop_at=150 min" };
    struct trial *trial = trial_create(text, sets, 2);
    trial_go(trial, 5 * HOUR_NS / 2 - SIM_NS_PER_S);
    struct firmware_look before = look(trial);
    cr_assert_eq(before.groups, 0x03);
    cr_assert_eq(before.sessions, 2);
    cr_assert(before.fragments);
    trial_go(trial, 3 * HOUR_NS);
    expect_empty(trial);
    trial_destroy(trial);
}

/* In class C: it is asked, and told in the windows of its answer. */
Test(halt_device, a_stop_closes_the_session_that_is_open)
{
    const char *const sets[] = { "campaign.correction.period=second", "campaign.stop_at=181 min" };
    struct trial *trial = trial_create(text, sets, 2);
    trial_go(trial, 181 * 60 * SIM_NS_PER_S - SIM_NS_PER_S);
    cr_assert(look(trial).listens);
    trial_go(trial, 191 * 60 * SIM_NS_PER_S);
    expect_empty(trial);
    trial_destroy(trial);
}

static void expect_waits_for_its_reboot(const struct trial *trial)
{
    struct firmware_look at = look(trial);
    cr_assert(at.image_waits);
    cr_assert(at.reboot_by_order);
}

Test(halt_device, a_stop_cancels_the_reboot_and_deletes_the_image)
{
    const char *const sets[] = { COMMON, "campaign.stop_at=10 h" };
    struct trial *trial = trial_create(text, sets, 3);
    trial_go(trial, 10 * HOUR_NS - SIM_NS_PER_S);
    expect_waits_for_its_reboot(trial);
    trial_go(trial, 21 * HOUR_NS / 2);
    expect_empty(trial);
    trial_play(trial);
    cr_expect_eq(trial_value(trial, "devices.installed"), 0);
    cr_expect_eq(trial_value(trial, "devices.failed.stopped"), 1);
    trial_destroy(trial);
}

/* A pause over the time of the reboot: the image stays, and is installed when the pause is over. */
Test(halt_device, a_pause_puts_the_reboot_off)
{
    const char *const sets[] = { COMMON, "campaign.pause_at=10 h", "campaign.resume_at=20 h" };
    struct trial *trial = trial_create(text, sets, 4);
    trial_go(trial, 10 * HOUR_NS - SIM_NS_PER_S);
    expect_waits_for_its_reboot(trial);
    trial_go(trial, 21 * HOUR_NS / 2);
    cr_expect_not(look(trial).reboot_by_order);
    cr_expect(look(trial).image_waits);
    trial_go(trial, 20 * HOUR_NS - SIM_NS_PER_S);
    cr_expect(look(trial).image_waits);
    trial_play(trial);
    cr_expect_eq(trial_value(trial, "devices.confirmed"), 1);
    cr_expect_geq(trial_value(trial, "sim_time_s"), 20 * 3600);
    trial_destroy(trial);
}
