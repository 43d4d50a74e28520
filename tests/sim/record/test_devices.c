/* Which devices joined, and why the others are not confirmed.
 * SPDX-License-Identifier: MIT
 *
 * A device has joined when its radio received the JoinAccept that the join server made for it; the
 * server never hears one that has not. Both are audited at the end of each run.
 *
 * Method: a device that never joins (an object that does nothing) and one whose gateway fails right
 * after its join; a recorder of its own that does not hear of receptions, so that its audit must
 * fail.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record/devices.h"
#include "support/trial.h"
#include "trace.h"

extern const struct recorder_ops devices_recorder;

static const char text[] = "name: joins\n"
                           "duration: 6 h\n"
                           "area: {radius: 1 km}\n"
                           "gateways: {count: 1}\n"
                           "devices:\n"
                           "  - {name: mute, count: 2, boot: {spread: 5 min}}\n"
                           "  - {name: alone, count: 1, boot: {spread: 5 min}, "
                           "report: {period: 10 min}}\n"
                           "firmware: {image: generated, size: 4 KiB}\n"
                           "campaign: {start: 20 min, set_up: {window: 40 min}, "
                           "correction: {timeout: 30 min}, confirm_timeout: 1 h}\n";

static struct trial *create(void)
{
    char set[1100];
    const char *const sets[] = { set };
    const char *folder = getenv("FLEETCAST_BUILD");
    cr_assert_not_null(folder, "FLEETCAST_BUILD is not set: run by meson test");
    snprintf(set, sizeof set, "devices.0.firmware=%s/tests/models/firmware/firmware_none.so",
            folder);
    return trial_create(text, sets, 1);
}

static bool always(void *context, const struct observation *o)
{
    (void)context;
    (void)o;
    return true;
}

Test(devices, one_that_never_joined_is_told_from_one_that_was_never_heard)
{
    struct trial *trial = create();
    const struct run_goal accepted = { .until_ns = 600 * SIM_NS_PER_S,
        .kinds = OBSERVE_BIT(OBSERVE_FRAME_RECEIVED),
        .wanted = always };
    cr_assert_eq(run_advance(trial->run, &accepted), RUN_WANTED);
    const struct fault outage = { .kind = FAULT_GATEWAY_OUTAGE_BEGIN,
        .outage = GATEWAY_OUTAGE_POWER };
    cr_assert(run_fault(trial->run, &outage));
    trial_play(trial);
    struct network_stats network;
    network_stats(trial->world->network, &network);
    cr_assert_eq(network.joins, 1);
    cr_assert_eq(network.uplinks, 0);
    cr_expect_eq(trial_value(trial, "devices.joined"), 1);
    cr_expect_eq(trial_value(trial, "devices.failed.never_joined"), 2);
    cr_expect_eq(trial_value(trial, "devices.failed.never_heard"), 1);
    cr_expect_eq(trial_value(trial, "groups.mute.devices.failed.never_joined"), 2);
    cr_expect_eq(trial_value(trial, "groups.alone.devices.failed.never_heard"), 1);
    trial_destroy(trial);
}

struct partial {
    void *state;
    uint64_t withheld; /* OBSERVE_BIT()s that the recorder does not hear of */
};

static void pass_on(void *context, const struct observation *o)
{
    const struct partial *partial = context;
    bool wanted = o->kind != OBSERVE_FIRMWARE || o->a == FW_TRACE_JOINED;
    if (wanted && (partial->withheld & OBSERVE_BIT(o->kind)) == 0) {
        devices_recorder.observe(partial->state, o);
    }
}

/* What a recorder says at the end of a run that it did not wholly hear; "" if nothing is wrong. */
static void audit_without(uint64_t withheld, char *said, size_t size)
{
    struct trial *trial = create();
    struct recorder_set *set = recorder_set_create(recorder_set_view(trial->recorders));
    struct partial partial = { (void *)(uintptr_t)recorder_set_state(set, RECORDER_DEVICES),
        withheld };
    engine_observer_add(trial->world->engine,
            devices_recorder.kinds | OBSERVE_BIT(OBSERVE_FIRMWARE), pass_on, &partial);
    trial_play(trial);
    cr_expect_eq(trial_value(trial, "devices.confirmed"), 1);
    said[0] = '\0';
    bool fails = devices_recorder.audit(partial.state, set, said, size);
    cr_expect_eq(fails, said[0] != '\0');
    recorder_set_destroy(set);
    trial_destroy(trial);
}

Test(devices, the_audit_of_joins_fails_when_a_join_was_not_seen)
{
    char said[192];
    audit_without(0, said, sizeof said);
    cr_expect_str_eq(said, "");
    audit_without(OBSERVE_BIT(OBSERVE_FRAME_RECEIVED), said, sizeof said);
    cr_expect_str_eq(said, "INVARIANT 1 joins of the firmware were not seen on the air");
    audit_without(
            OBSERVE_BIT(OBSERVE_FRAME_RECEIVED) | OBSERVE_BIT(OBSERVE_FIRMWARE), said, sizeof said);
    cr_expect_str_eq(said, "INVARIANT the server heard device 2, which never joined");
    audit_without(
            OBSERVE_BIT(OBSERVE_NETWORK_JOIN) | OBSERVE_BIT(OBSERVE_FIRMWARE), said, sizeof said);
    cr_expect_str_eq(said, "INVARIANT the server heard device 2, which never joined");
}
