/* Results of a fleet of two firmwares: the built-in one, and one without trace events.
 * SPDX-License-Identifier: MIT
 *
 * What is seen from outside (air, servers, radio, flash) holds for both; the trace of the other
 * firmware, whose numbers mean other things, moves nothing.
 *
 * Method: a mixed fleet with tests/models/firmware/objects/joining.c, and the same fleet without
 * it; frames on the air are counted again from observations.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "air/frame.h"
#include "record/energy_phases.h"
#include "record/installs.h"
#include "support/data_frame.h"
#include "support/trial.h"
#include "trace.h"

#define VENDOR 6u
#define OWN    8u

static const char fleet[] = "name: mixed\n"
                            "duration: 5 h\n"
                            "area: {radius: 800 m}\n"
                            "gateways: {count: 2, radius: 400 m}\n"
                            "devices:\n"
                            "  - {name: vendor, count: 6, boot: {spread: 5 min}, "
                            "report: {period: 10 s}}\n"
                            "  - {name: own, count: 8, boot: {spread: 5 min}, "
                            "report: {period: 10 min}}\n"
                            "firmware: {image: generated, size: 9 KiB}\n"
                            "campaign: {start: 20 min, set_up: {window: 40 min}, devices: own, "
                            "correction: {timeout: 30 min}, confirm_timeout: 1 h}\n";

/* A fleet whose first group runs an object of tests/models/firmware/objects. */
static struct trial *create_with(const char *text, const char *object)
{
    char set[1100];
    const char *const sets[] = { set };
    const char *folder = getenv("FLEETCAST_BUILD");
    cr_assert_not_null(folder, "FLEETCAST_BUILD is not set: run by meson test");
    snprintf(set, sizeof set, "devices.0.firmware=%s/tests/models/firmware/firmware_%s.so", folder,
            object);
    return trial_create(text, sets, 1);
}

static struct trial *create(void)
{
    return create_with(fleet, "joining");
}

/* --- the air ---------------------------------------------------------------------------------- */

struct air {
    entity_id first;
    uint64_t frames;                     /* data frames of all devices */
    uint64_t by_vendor;                  /* of them, of the group vendor */
    uint64_t traced;                     /* messages in the trace of the built-in firmware */
    uint64_t answers[VENDOR + OWN];      /* on ports 200 and 201, and without port */
    uint64_t last_counter[VENDOR + OWN]; /* + 1 */
    uint64_t messages;                   /* different counters */
};

static void on_frame(struct air *air, const struct frame *frame)
{
    uint32_t device = frame->sender - air->first;
    if (device >= VENDOR + OWN || !data_frame_is(frame)) {
        return;
    }
    air->frames++;
    air->by_vendor += device < VENDOR ? 1u : 0u;
    uint64_t counter = 1u + data_frame_fcnt(frame);
    if (counter == air->last_counter[device]) {
        return;
    }
    air->last_counter[device] = counter;
    air->messages++;
    int port = data_frame_fport(frame);
    air->answers[device] += port <= 0 || port == 200 || port == 201 ? 1u : 0u;
}

static void watch(void *context, const struct observation *o)
{
    struct air *air = context;
    if (o->kind == OBSERVE_FRAME_ENDED) {
        on_frame(air, o->data);
    } else if (o->entity - air->first >= VENDOR) {
        air->traced += o->a == FW_TRACE_UPLINK ? 1u : 0u;
    }
}

Test(foreign_firmware, uplinks_are_those_on_the_air)
{
    struct trial *trial = create();
    struct air air = { .first = trial->world->first_device };
    engine_observer_add(trial->world->engine,
            OBSERVE_BIT(OBSERVE_FRAME_ENDED) | OBSERVE_BIT(OBSERVE_FIRMWARE), watch, &air);
    trial_play(trial);
    struct network_stats network;
    network_stats(trial->world->network, &network);
    cr_expect_gt(air.by_vendor, 1000);
    cr_expect_eq(trial_value(trial, "uplinks.sent"), (double)air.frames);
    cr_expect_eq(air.messages, air.by_vendor + air.traced, "without NbTrans each is one frame");
    cr_expect_float_eq(trial_value(trial, "airtime.uplink_pdr"),
            (double)network.uplinks / (double)air.messages, 1e-9);
    cr_expect_gt(trial_value(trial, "airtime.uplink_pdr"), 0.5, "the server takes its frames");
    uint64_t answers = 0;
    for (uint32_t i = VENDOR; i < VENDOR + OWN; i++) {
        answers += air.answers[i];
    }
    cr_assert_eq(trial_value(trial, "devices.ready"), OWN);
    cr_expect_float_eq(
            trial_value(trial, "estimate.uplinks.simulated"), (double)answers / OWN, 1e-9);
    trial_destroy(trial);
}

Test(foreign_firmware, it_joins_and_its_broken_duty_cycle_is_a_result)
{
    struct trial *trial = create();
    trial_play(trial); /* no invariant is broken by it */
    struct summary *summary = run_summary(trial->run, false);
    double value = 0.0;
    cr_expect_eq(trial_value(trial, "groups.vendor.devices.joined"), VENDOR);
    cr_expect_eq(trial_value(trial, "groups.own.devices.confirmed"), OWN);
    cr_expect_gt(trial_value(trial, "groups.vendor.uplinks.duty_violations"), 1000);
    cr_expect_eq(trial_value(trial, "groups.own.uplinks.duty_violations"), 0);
    /* 197 bytes at SF7 are 305.25 symbols of 1.024 ms (SX1276 datasheet 4.1.1.7): 0.3126 s in each
     * 10.31 s is 3.03 of 1 %; the auditor sees 55 to 60 minutes of each hour. */
    double worst_hour = trial_value(trial, "groups.vendor.uplinks.duty_worst_hour");
    cr_expect(worst_hour > 2.75 && worst_hour < 3.05, "%g", worst_hour);
    /* Its phases come from its radio and the air: it joins, sleeps and reports. */
    double sum_j = 0.0;
    for (int phase = 0; phase < ENERGY_PHASE_COUNT; phase++) {
        char key[80];
        snprintf(key, sizeof key, "groups.vendor.energy_j.by_phase.%s",
                energy_phase_name((enum energy_phase)phase));
        cr_assert(summary_value(summary, key, &value), "%s", key);
        bool has = phase <= ENERGY_PHASE_REPORT;
        cr_expect(has ? value > 0.0 : value == 0.0, "%s: %g J", key, value);
        sum_j += value;
    }
    double mean_j = trial_value(trial, "groups.vendor.energy_j.mean");
    cr_expect_float_eq(sum_j, mean_j, 1e-9 * mean_j);
    summary_destroy(summary);
    trial_destroy(trial);
}

/* --- flash ------------------------------------------------------------------------------------ */

static const char two_versions[] =
        "name: silent\n"
        "duration: 3 d\n"
        "firmware: {image: generated, size: 4096 B}\n"
        "devices: [{name: silent, count: 5}, {name: own, count: 5}]\n"
        "campaigns:\n"
        "  - {name: a, start: 2 h, firmware: {version: 1.1.0}}\n"
        "  - {name: b, start: 1 d, devices: silent, firmware: {version: 1.2.0}}\n";

/* What is seen from outside is equal, whether the trace of a firmware is known or not. */
Test(foreign_firmware, installs_are_seen_in_flash)
{
    static const struct {
        const char *key;
        double value;
    } rows[] = {
        { "groups.silent.devices.joined", 5 },
        { "groups.silent.devices.ready", 5 },
        { "groups.silent.devices.complete", 5 },
        { "groups.silent.devices.installed", 5 },
        { "groups.silent.devices.confirmed", 5 },
        { "groups.own.devices.installed", 5 },
        { "campaigns.a.devices.installed", 10 },
        { "campaigns.b.devices.installed", 5 },
        { "devices.installed", 10 },
        { "security.bad_installs", 0 },
    };
    struct trial *trial = create_with(two_versions, "silent");
    trial_play(trial);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_expect_eq(trial_value(trial, rows[i].key), rows[i].value, "%s is %g", rows[i].key,
                trial_value(trial, rows[i].key));
    }
    trial_destroy(trial);
}

extern const struct recorder_ops installs_recorder;

/* The recorder is shown the flash before and after an update, and other bytes as those sent. */
static uint64_t wrong_installs(struct trial *trial, uint32_t flipped_at)
{
    static uint8_t bytes[SCENARIO_CODE_SIZE_MAX];
    struct recorder_view view = *recorder_set_view(trial->recorders);
    struct built_image image = { bytes, view.images[0].size_bytes };
    memcpy(bytes, view.images[0].bytes, image.size_bytes);
    if (flipped_at < image.size_bytes) {
        bytes[flipped_at] ^= 1u;
    }
    view.images = &image;
    struct recorder_set *set = recorder_set_create(&view);
    void *state = (void *)(uintptr_t)recorder_set_state(set, RECORDER_INSTALLS);
    for (uint32_t i = 0; i < view.device_count; i++) {
        installs_recorder.boot(state, i, 0);
    }
    cr_expect_eq(installs_of(set)->wrong, 0, "the factory's image");
    trial_play(trial);
    for (uint32_t again = 0; again < 2; again++) { /* counted once */
        for (uint32_t i = 0; i < view.device_count; i++) {
            installs_recorder.boot(state, i, engine_now(view.engine));
        }
    }
    uint64_t wrong = installs_of(set)->wrong;
    char text[192];
    cr_expect_eq(installs_recorder.broken(state, set, text, sizeof text), wrong > 0);
    cr_expect_eq(installs_recorder.audit(state, set, text, sizeof text), wrong > 0,
            "confirmed, so installed");
    recorder_set_destroy(set);
    return wrong;
}

Test(foreign_firmware, an_installed_image_that_was_not_sent_is_an_invariant)
{
    static const struct {
        uint32_t flipped_at, wrong;
    } rows[] = { { UINT32_MAX, 0 }, { 300, OWN }, { 9000, OWN } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct trial *trial = create();
        cr_expect_eq(wrong_installs(trial, rows[i].flipped_at), rows[i].wrong, "row %zu", i);
        trial_destroy(trial);
    }
}

/* --- faults ----------------------------------------------------------------------------------- */

static const char faulty_group[] = "name: faults\n"
                                   "duration: 2 min\n"
                                   "on_guest_error: count\n"
                                   "devices:\n"
                                   "  - {name: faulty, count: 12, boot: {spread: 30 s}}\n"
                                   "  - {name: own, count: 4, boot: {spread: 30 s}}\n";

struct faults {
    uint64_t guest_errors, panics, hard_faults;
};

static void count_faults(void *context, const struct observation *o)
{
    struct faults *faults = context;
    faults->guest_errors += o->kind == OBSERVE_GUEST_ERROR && o->a == SX1276_GUEST_ERROR ? 1u : 0u;
    faults->panics += o->kind == OBSERVE_FIRMWARE_PANIC ? 1u : 0u;
    faults->hard_faults += o->kind == OBSERVE_FIRMWARE_FAULT ? 1u : 0u;
}

static void expect_faults_of_group(const char *object, bool breaks_rules)
{
    struct trial *trial = create_with(faulty_group, object);
    struct faults faults = { 0 };
    engine_observer_add(trial->world->engine,
            OBSERVE_BIT(OBSERVE_GUEST_ERROR) | OBSERVE_BIT(OBSERVE_FIRMWARE_PANIC)
                    | OBSERVE_BIT(OBSERVE_FIRMWARE_FAULT),
            count_faults, &faults);
    trial_play(trial);
    cr_expect_gt(faults.panics + faults.hard_faults, 12, "%s", object);
    cr_expect_eq(faults.guest_errors > 12, breaks_rules, "%s", object);
    cr_expect_eq(trial_value(trial, "groups.faulty.guest.errors"), faults.guest_errors);
    cr_expect_eq(trial_value(trial, "groups.faulty.guest.panics"), faults.panics);
    cr_expect_eq(trial_value(trial, "groups.faulty.guest.hard_faults"), faults.hard_faults);
    cr_expect_eq(trial_value(trial, "groups.own.guest.errors"), 0);
    cr_expect_eq(trial_value(trial, "groups.own.guest.panics"), 0);
    cr_expect_eq(trial_value(trial, "groups.own.guest.hard_faults"), 0);
    cr_expect_eq(trial_value(trial, "guest.errors"), faults.guest_errors);
    cr_expect_eq(trial_value(trial, "guest.panics"), faults.panics);
    cr_expect_eq(trial_value(trial, "guest.hard_faults"), faults.hard_faults);
    trial_destroy(trial);
}

Test(foreign_firmware, its_faults_are_counted_by_group)
{
    expect_faults_of_group("faulty_rule", true);
    expect_faults_of_group("faulty_access", false);
}

Test(foreign_firmware, its_first_fault_fails_a_run_that_does_not_count_them)
{
    static const struct {
        const char *object, *failure;
    } rows[] = {
        { "faulty_rule", "GUEST ERROR register 0x00: FIFO access in SLEEP" },
        { "faulty_access", "HARD FAULT memory access in firmware 'faulty'" },
    };
    char text[512];
    snprintf(text, sizeof text, "%s", faulty_group);
    memcpy(strstr(text, "count\n"), "fail \n", 6);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct trial *trial = create_with(text, rows[i].object);
        cr_expect_not(trial_go(trial, trial->scenario.duration_ns));
        const char *failure = trial_failure(trial);
        cr_expect(failure != NULL && strstr(failure, rows[i].failure) == failure, "%s", failure);
        trial_destroy(trial);
    }
}

/* --- what is not shown ------------------------------------------------------------------------ */

static const char two_campaigns[] =
        "name: mixed\n"
        "duration: 5 h\n"
        "area: {radius: 800 m}\n"
        "gateways: {count: 2, radius: 400 m}\n"
        "devices:\n"
        "  - {name: vendor, count: 6, boot: {spread: 5 min}, report: {period: 60 s}}\n"
        "  - {name: own, count: 8, boot: {spread: 5 min}, report: {period: 10 min}}\n"
        "firmware: {image: generated, size: 4 KiB}\n"
        "campaigns:\n"
        "  - {name: theirs, devices: vendor, start: 20 min, set_up: {window: 40 min}}\n"
        "  - {name: ours, devices: own, start: 20 min, set_up: {window: 40 min}}\n";

/* A number that no device of its scope shows is null; where one does, those that do count. */
Test(foreign_firmware, what_no_device_of_a_scope_shows_is_null)
{
    static const struct {
        const char *key;
        double value; /* NaN: null */
    } rows[] = {
        { "groups.vendor.devices.joined", VENDOR },
        { "groups.vendor.devices.ready", 0 },
        { "groups.vendor.devices.installed", NAN },
        { "groups.vendor.devices.confirmed", NAN },
        { "groups.vendor.energy_j.by_phase.bulk", 0 },
        { "groups.vendor.battery.update_cost_percent", NAN },
        { "groups.vendor.setup_time_s.by_step.session_start.mean", NAN },
        { "groups.vendor.guest.errors", 0 },
        { "groups.own.devices.installed", OWN },
        { "groups.own.devices.confirmed", OWN },
        { "campaigns.theirs.devices.total", VENDOR },
        { "campaigns.theirs.devices.complete", 0 },
        { "campaigns.theirs.devices.installed", NAN },
        { "campaigns.theirs.devices.confirmed", NAN },
        { "campaigns.theirs.completion_time_s.mean", NAN },
        { "campaigns.theirs.estimate.bulk_j.simulated", NAN },
        { "campaigns.ours.devices.installed", OWN },
        { "campaigns.ours.devices.confirmed", OWN },
        { "devices.joined", VENDOR + OWN },
        { "devices.installed", OWN },
        { "devices.confirmed", OWN },
        { "security.bad_installs", 0 },
    };
    struct trial *trial = create_with(two_campaigns, "joining");
    trial_play(trial);
    struct summary *summary = run_summary(trial->run, false);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        double value = NAN;
        cr_expect(summary_has(summary, rows[i].key), "%s", rows[i].key);
        bool known = summary_value(summary, rows[i].key, &value);
        cr_expect_eq(known, !isnan(rows[i].value), "%s is %g", rows[i].key, value);
        cr_expect(!known || value == rows[i].value, "%s is %g", rows[i].key, value);
    }
    summary_destroy(summary);
    trial_destroy(trial);
}

/* Both groups in one campaign: the devices that show a number are those that it counts. */
Test(foreign_firmware, a_mixed_campaign_counts_the_devices_that_show)
{
    static const struct {
        const char *key;
        double value;
    } rows[] = {
        { "campaigns.campaign.devices.total", VENDOR + OWN },
        { "campaigns.campaign.devices.ready", OWN },
        { "campaigns.campaign.devices.installed", OWN },
        { "campaigns.campaign.devices.confirmed", OWN },
        { "campaigns.campaign.devices.failed.set_up_unanswered", VENDOR },
        { "devices.confirmed", OWN },
        { "devices.failed.never_joined", 0 },
    };
    char text[1024];
    snprintf(text, sizeof text, "%s", fleet);
    memcpy(strstr(text, "devices: own, "), "              ", strlen("devices: own, "));
    struct trial *trial = create_with(text, "joining");
    trial_play(trial);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        double value = trial_value(trial, rows[i].key);
        cr_expect_eq(value, rows[i].value, "%s is %g", rows[i].key, value);
    }
    /* Phases are seen from outside: their means are over both groups. */
    static const char *const means[] = { "energy_j.by_phase.bulk", "energy_j.by_phase.report",
        "battery.life_years" };
    for (size_t i = 0; i < sizeof means / sizeof means[0]; i++) {
        char vendor[80], own[80];
        snprintf(vendor, sizeof vendor, "groups.vendor.%s", means[i]);
        snprintf(own, sizeof own, "groups.own.%s", means[i]);
        double expected = (VENDOR * trial_value(trial, vendor) + OWN * trial_value(trial, own))
                          / (VENDOR + OWN);
        cr_expect_gt(expected, 0.0);
        cr_expect_float_eq(trial_value(trial, means[i]), expected, 1e-9 * expected, "%s", means[i]);
    }
    trial_destroy(trial);
}

/* Devices that acknowledge a block and go on with the old version: the server sees it where reports
 * name versions; the same bytes of a firmware with other reports say nothing. */
Test(foreign_firmware, the_old_version_is_seen_where_reports_name_versions)
{
    static const struct {
        const char *object;
        double not_installed, not_confirmed;
    } rows[] = { { "no_install", VENDOR, 0 }, { "no_install_unversioned", 0, VENDOR } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct trial *trial = create_with(two_campaigns, rows[i].object);
        trial_play(trial);
        cr_expect_eq(trial_value(trial, "groups.vendor.devices.authenticated"), VENDOR);
        cr_expect_eq(trial_value(trial, "groups.vendor.devices.installed"), 0);
        cr_expect_eq(trial_value(trial, "groups.vendor.devices.failed.not_installed"),
                rows[i].not_installed, "%s", rows[i].object);
        cr_expect_eq(trial_value(trial, "groups.vendor.devices.failed.not_confirmed"),
                rows[i].not_confirmed, "%s", rows[i].object);
        trial_destroy(trial);
    }
}

/* Reads a scenario with one line more; returns what is wrong, "" if nothing is. */
static const char *mistakes(const char *line, const char *set)
{
    static struct scenario scenario;
    static char told[2048];
    char text[2048], firmware[1100];
    const char *const sets[] = { firmware, set };
    snprintf(text, sizeof text, "%s%s\n", two_campaigns, line);
    snprintf(firmware, sizeof firmware,
            "devices.0.firmware=%s/tests/models/firmware/firmware_joining.so",
            getenv("FLEETCAST_BUILD"));
    struct scenario_errors *errors = scenario_errors_create();
    FILE *out = fmemopen(told, sizeof told, "w");
    bool ok = scenario_read(
            &scenario, "mixed.yaml", text, strlen(text), sets, set != NULL ? 2 : 1, errors);
    scenario_errors_print(errors, out);
    fclose(out);
    scenario_errors_destroy(errors);
    return ok ? "" : told;
}

Test(foreign_firmware, an_expectation_that_no_device_shows_is_an_error)
{
    static const struct {
        const char *key, *why; /* NULL: it is none */
    } rows[] = {
        { "groups.vendor.devices.confirmed", "names the version" },
        { "groups.vendor.devices.installed", "says where the image lies" },
        { "campaigns.theirs.devices.confirmed", "names the version" },
        { "campaigns.theirs.completion_time_s.max", "traces the events" },
        { "groups.vendor.devices.joined", NULL },
        { "groups.vendor.energy_j.by_phase.idle", NULL },
        { "groups.vendor.battery.life_years", NULL },
        { "groups.vendor.uplinks.duty_violations", NULL },
        { "groups.own.devices.confirmed", NULL },
        { "campaigns.ours.devices.confirmed", NULL },
        { "devices.confirmed", NULL },
        { "clock.error_ms_p50", NULL },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char line[128], where[160];
        snprintf(line, sizeof line, "expect: {%s: \"> 0\"}", rows[i].key);
        snprintf(where, sizeof where,
                "mixed.yaml:12:10: error: expect.%s is never known: no firmware", rows[i].key);
        const char *told = mistakes(line, NULL);
        if (rows[i].why == NULL) {
            cr_expect_null(strstr(told, "never known"), "%s", told);
        } else {
            cr_expect_not_null(strstr(told, where), "'%s' in '%s'", where, told);
            cr_expect_not_null(strstr(told, rows[i].why), "'%s' in '%s'", rows[i].why, told);
        }
    }
}

Test(foreign_firmware, it_cannot_start_commissioned_unless_it_says_so)
{
    const char *told = mistakes("", "devices.0.state=commissioned");
    cr_expect_not_null(strstr(told, "can't start commissioned"), "'%s'", told);
    told = mistakes("", "devices.1.state=commissioned");
    cr_expect_null(strstr(told, "can't start commissioned"), "'%s'", told);
}
