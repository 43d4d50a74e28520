/* Images that fail on the devices: each ends with its named reason, and with devices that run their
 * old image and reach the server.
 * SPDX-License-Identifier: MIT
 *
 * Method: the image of the second campaign lies in the running slots of group `a`, and a build with
 * a fault belongs to it (firmware.builds). What devices run at first is the image of the first
 * campaign. Flash is read at the end; the server's view is that of the summary.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "firmware/firmware_build.h"
#include "support/trial.h"
#include "trace.h"
#include "update/trial.h"

#define DEVICES 3u

static const char text[] =
        "name: bad-images\n"
        "duration: 30 h\n"
        "run_on: 1 d\n"
        "on_guest_error: count\n"
        "gateways: {count: 1, radius: 0 m}\n"
        "area: {radius: 300 m}\n"
        "devices:\n"
        "- {name: a, count: 3, boot: {spread: 1 min}, report: {period: 20 min}, trial: 12 h}\n"
        "- {name: b, count: 1, boot: {spread: 1 min}, report: {period: 20 min}}\n"
        "firmware: {image: generated, size: 2 KiB, builds: [{size: 3 KiB, image: generated}]}\n"
        "campaigns:\n"
        "- {name: first, devices: b, start: 30 min, set_up: {window: 1 h}}\n"
        "- {name: second, devices: a, start: 3 h, set_up: {window: 1 h}, firmware: {size: 3 "
        "KiB}}\n"
        "faults: [{kind: read-errors, at: 15 h, duration: 2 h, flash: {bit_errors: 1e-12}}]\n";

struct seen {
    entity_id first;
    /* Of devices of group a. */
    unsigned given_up[8]; /* by enum trial_end */
    unsigned reverted, confirmed;
    unsigned reused; /* DevNonces, and counters of a session, that were not above the last one */
    int64_t nonce[DEVICES], counter[DEVICES];
    sim_ns reverted_ns[DEVICES], uplink_ns[DEVICES]; /* the last */
};

static void watch(void *context, const struct observation *o)
{
    struct seen *seen = context;
    uint32_t device = o->entity - seen->first;
    if (o->kind == OBSERVE_NETWORK_UPLINK) {
        if (o->a < DEVICES) {
            seen->uplink_ns[o->a] = o->at_ns;
        }
    } else if (device < DEVICES && o->a == FW_TRACE_JOIN_REQUESTED) {
        seen->reused += o->b <= seen->nonce[device] ? 1u : 0u;
        seen->nonce[device] = o->b;
    } else if (device < DEVICES && o->a == FW_TRACE_JOINED) {
        seen->counter[device] = -1;
    } else if (device < DEVICES && o->a == FW_TRACE_UPLINK) {
        seen->reused += o->b <= seen->counter[device] ? 1u : 0u;
        seen->counter[device] = o->b;
    } else if (device < DEVICES && o->a == FW_TRACE_IMAGE_GIVEN_UP) {
        seen->given_up[o->c]++;
    } else if (device < DEVICES && o->a == FW_TRACE_REVERTED) {
        seen->reverted++;
        seen->reverted_ns[device] = o->at_ns;
    } else if (device < DEVICES && o->a == FW_TRACE_IMAGE_CONFIRMED) {
        seen->confirmed++;
    }
}

static struct trial *play(const char *build, const char *set, struct seen *seen)
{
    char builds[300];
    const char *sets[] = { builds, set };
    const char *folder = getenv("FLEETCAST_BUILD");
    cr_assert_not_null(folder, "FLEETCAST_BUILD is not set: run by meson test");
    snprintf(builds, sizeof builds,
            "firmware.builds.0.build=%s/tests/models/firmware/firmware_%s.so", folder, build);
    struct trial *trial = trial_create(text, sets, set != NULL ? 2 : 1);
    *seen = (struct seen){ .first = trial->world->first_device, .nonce = { -1, -1, -1 } };
    engine_observer_add(trial->world->engine,
            OBSERVE_BIT(OBSERVE_FIRMWARE) | OBSERVE_BIT(OBSERVE_NETWORK_UPLINK), watch, seen);
    trial_play(trial);
    return trial;
}

static uint32_t running_version(const struct trial *trial, uint32_t device)
{
    struct firmware_image image = { 0 };
    cr_assert(node_image(trial->world->nodes, device, &image));
    return image.version;
}

static void expect_reverted_with(const char *build, enum trial_end end, const char *set)
{
    struct seen seen;
    struct trial *trial = play(build, set, &seen);
    cr_expect_eq(seen.given_up[end], DEVICES, "%s: %u", build, seen.given_up[end]);
    cr_expect_eq(seen.reverted, DEVICES, "%s", build);
    cr_expect_eq(seen.confirmed, 0, "%s", build);
    cr_expect_eq(trial_value(trial, "groups.a.devices.failed.reverted"), DEVICES, "%s", build);
    cr_expect_eq(trial_value(trial, "groups.a.devices.confirmed"), 0, "%s", build);
    cr_expect_eq(trial_value(trial, "groups.b.devices.confirmed"), 1, "%s", build);
    cr_expect_eq(trial_value(trial, "groups.a.slots.rejected"), DEVICES, "%s", build);
    cr_expect_eq(trial_value(trial, "groups.b.slots.confirmed"), 1, "%s", build);
    cr_expect_eq(seen.reused, 0, "%s: %u counters or nonces", build, seen.reused);
    for (uint32_t i = 0; i < DEVICES; i++) {
        cr_expect_eq(running_version(trial, i), 0x01000000u, "%s device %u", build, i);
        cr_expect_gt(seen.uplink_ns[i], seen.reverted_ns[i] + 4 * 3600 * SIM_NS_PER_S,
                "%s: device %u works", build, i);
    }
    trial_destroy(trial);
}

static void expect_reverted(const char *build, enum trial_end end)
{
    expect_reverted_with(build, end, NULL);
}

Test(bad_images, one_that_is_never_answered_is_reverted)
{
    expect_reverted("never_answered", TRIAL_UNANSWERED);
}

Test(bad_images, one_that_never_joins_is_reverted)
{
    expect_reverted("never_joins", TRIAL_UNANSWERED);
}

Test(bad_images, one_that_crashes_at_start_is_reverted)
{
    expect_reverted("crashes_at_start", TRIAL_CRASHED);
}

/* The saved image comes back out of internal flash (device/update/flash_map.h). */
Test(bad_images, one_is_reverted_with_all_slots_in_internal_flash)
{
    expect_reverted_with("crashes_at_start", TRIAL_CRASHED, "devices.a.board=stm32l476-sx1276");
}

/* It is answered long before it crashes. */
Test(bad_images, one_that_crashes_after_an_hour_is_reverted)
{
    expect_reverted("crashes_later", TRIAL_CRASHED);
}

/* The trial ends at 16 h 5 min, when the saved image does not read well. The image goes on, which
 * no watchdog resets; it restarts each eighth part of its trial time. */
Test(bad_images, one_is_reverted_once_the_saved_image_reads_well)
{
    expect_reverted_with("never_joins", TRIAL_UNANSWERED, "faults.0.flash.bit_errors=0.01");
}

Test(bad_images, one_for_other_hardware_is_refused_by_name)
{
    struct seen seen;
    struct trial *trial = play("crashes_at_start", "campaigns.second.firmware.hardware=7", &seen);
    cr_expect_eq(trial_value(trial, "groups.a.devices.failed.wrong_hardware"), DEVICES);
    cr_expect_eq(trial_value(trial, "groups.a.slots.rejected"), DEVICES);
    cr_expect_eq(trial_value(trial, "guest.panics"), 0, "it never ran");
    cr_expect_eq(seen.reverted, 0);
    for (uint32_t i = 0; i < DEVICES; i++) {
        cr_expect_eq(running_version(trial, i), 0x01000000u);
    }
    trial_destroy(trial);
}

/* The delta was made for other code than the devices run. The server takes a device for one with
 * the base until it reports what it runs, and these are set up before their first report. */
static const char other_base[] =
        "name: other-base\n"
        "duration: 2 d\n"
        "run_on: 12 h\n"
        "gateways: {count: 1, radius: 0 m}\n"
        "area: {radius: 300 m}\n"
        "devices: [{name: a, count: 3, boot: {spread: 1 min},"
        " report: {period: 6 h, phase: uniform}}]\n"
        "firmware: {image: generated, size: 3 KiB, delivery: delta, base: same}\n"
        "campaign: {start: 0 s, set_up: {window: 3 h}, firmware: {base: earlier}}\n";

Test(bad_images, one_with_the_wrong_base_is_refused_by_name)
{
    struct trial *trial = trial_create(other_base, NULL, 0);
    struct seen seen = { .first = trial->world->first_device };
    engine_observer_add(trial->world->engine,
            OBSERVE_BIT(OBSERVE_FIRMWARE) | OBSERVE_BIT(OBSERVE_NETWORK_UPLINK), watch, &seen);
    trial_play(trial);
    cr_expect_eq(trial_value(trial, "devices.failed.wrong_base"), DEVICES);
    cr_expect_eq(trial_value(trial, "slots.rejected"), DEVICES);
    cr_expect_eq(trial_value(trial, "devices.confirmed"), 0);
    for (uint32_t i = 0; i < DEVICES; i++) {
        cr_expect_eq(running_version(trial, i), 0x01000000u);
        cr_expect_gt(seen.uplink_ns[i], engine_now(trial->world->engine) - 7 * 3600 * SIM_NS_PER_S,
                "device %u works", i);
    }
    trial_destroy(trial);
}

/* The server knows by then what they run. */
Test(bad_images, one_with_the_wrong_base_is_followed_by_the_whole_image)
{
    static const char *const again[] = { "campaign.retries=1", "campaign.set_up.window=8 h" };
    struct trial *trial = trial_create(other_base, again, 2);
    trial_play(trial);
    cr_expect_eq(trial_value(trial, "devices.confirmed"), DEVICES);
    cr_expect_eq(trial_value(trial, "rounds.recovered"), DEVICES);
    trial_destroy(trial);
}

/* The image has no fault; the gateway is off while it runs for its trial. Reports come again after
 * that, with the reason, and the next round installs the same version. */
static const char no_coverage[] =
        "name: no-coverage\n"
        "duration: 3 d\n"
        "run_on: 12 h\n"
        "gateways: {count: 1, radius: 0 m}\n"
        "area: {radius: 300 m}\n"
        "devices: [{name: a, count: 3, boot: {spread: 1 min}, report: {period: 20 min},"
        " trial: 6 h}]\n"
        "firmware: {image: generated, size: 3 KiB}\n"
        "campaign: {start: 30 min, set_up: {window: 1 h}, confirm_timeout: 18 h,"
        " install: {policy: common-time, after: 4 h}}\n"
        "faults: [{kind: outage, gateway: 0, part: power, at: 4.4 h, duration: 8 h}]\n";

Test(bad_images, a_good_one_without_coverage_is_told_apart)
{
    struct trial *trial = trial_create(no_coverage, NULL, 0);
    struct seen seen = { .first = trial->world->first_device };
    engine_observer_add(trial->world->engine,
            OBSERVE_BIT(OBSERVE_FIRMWARE) | OBSERVE_BIT(OBSERVE_NETWORK_UPLINK), watch, &seen);
    trial_play(trial);
    cr_expect_eq(seen.given_up[TRIAL_UNHEARD], DEVICES, "%u", seen.given_up[TRIAL_UNHEARD]);
    cr_expect_eq(seen.reverted, DEVICES);
    cr_expect_eq(trial_value(trial, "devices.failed.reverted_unheard"), DEVICES);
    cr_expect_eq(trial_value(trial, "devices.failed.reverted"), 0);
    trial_destroy(trial);
}

Test(bad_images, a_good_one_without_coverage_is_installed_by_the_next_round)
{
    static const char *const again[] = { "campaign.retries=1" };
    struct trial *trial = trial_create(no_coverage, again, 1);
    trial_play(trial);
    cr_expect_eq(trial_value(trial, "devices.confirmed"), DEVICES);
    cr_expect_eq(trial_value(trial, "rounds.recovered"), DEVICES);
    trial_destroy(trial);
}

/* The same scenario with an image that has no fault. */
Test(bad_images, a_good_one_is_confirmed)
{
    struct seen seen;
    struct trial *trial = play("never_joins", "firmware.builds.0.build=built-in", &seen);
    cr_expect_eq(trial_value(trial, "groups.a.devices.confirmed"), DEVICES);
    cr_expect_eq(seen.confirmed, DEVICES);
    cr_expect_eq(seen.reverted, 0);
    trial_destroy(trial);
}
