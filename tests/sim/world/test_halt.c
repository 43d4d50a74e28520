/* Campaigns that are stopped, paused, or whose server restarts, with the real firmware.
 * SPDX-License-Identifier: MIT
 *
 * Goal: a stop ends class C on the devices within minutes and nothing is installed; a pause and
 * restarts cost time, not devices.
 * Method: what each radio does is read from its states; images from the flash at each boot.
 */
#include <criterion/criterion.h>
#include <stdio.h>

#include "support/trial.h"

#define DEVICES 10u

static const char text[] =
        "name: halted\n"
        "duration: 4 d\n"
        "area: {radius: 500 m}\n"
        "propagation: {preset: none, model: log-distance}\n"
        "firmware: {image: generated, size: 32 KiB}\n"
        "gateways: {count: 2}\n"
        "devices: [{name: d, count: 10, state: commissioned, report: {period: 20 min}}]\n"
        "campaign: {start: 1 h, set_up: {window: 2 h}, correction: {timeout: 1 h}}\n";

/* 3 h is the session; 32 KiB at DR5 take some 12 min. */
#define STOP      "campaign.stop_at=190 min"
#define MINUTE_NS (60 * SIM_NS_PER_S)

static uint32_t listening(const struct trial *trial)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < DEVICES; i++) {
        count += recorder_set_activity(trial->recorders, i) == DEVICE_LISTENING ? 1u : 0u;
    }
    return count;
}

Test(halt, a_stop_ends_class_c_and_installs_nothing)
{
    const char *const sets[] = { STOP };
    struct trial *trial = trial_create(text, sets, 1);
    trial_go(trial, 189 * MINUTE_NS);
    cr_expect_eq(listening(trial), DEVICES);
    trial_go(trial, 200 * MINUTE_NS);
    cr_expect_eq(listening(trial), 0, "%u listen", listening(trial));
    trial_play(trial);
    cr_expect_eq(trial_value(trial, "devices.failed.stopped"), DEVICES);
    cr_expect_eq(trial_value(trial, "devices.installed"), 0);
    cr_expect_lt(trial_value(trial, "sim_time_s"), 4 * 3600, "all have answered");
    trial_destroy(trial);
}

/* A city, in which some miss each copy of the request to all: they would listen to TimeOut, 4.5 h.
 */
Test(halt, a_pause_in_a_city_ends_class_c_for_all)
{
    const char *const sets[] = { "campaign.pause_at=190 min", "campaign.resume_at=20 h",
        "propagation.environment=urban", "propagation.fading=rayleigh",
        "propagation.shadowing.sigma=7 dB", "area.radius=2 km", "duration=10 h" };
    struct trial *trial = trial_create(text, sets, sizeof sets / sizeof sets[0]);
    trial_go(trial, 189 * MINUTE_NS);
    cr_expect_geq(listening(trial), DEVICES - 2);
    trial_go(trial, 220 * MINUTE_NS);
    cr_expect_eq(listening(trial), 0, "%u listen", listening(trial));
    trial_destroy(trial);
}

Test(halt, a_pause_costs_time_only)
{
    const char *const sets[] = { "campaign.pause_at=190 min", "campaign.resume_at=10 h" };
    struct trial *trial = trial_create(text, sets, 2);
    trial_go(trial, 200 * MINUTE_NS);
    cr_expect_eq(listening(trial), 0);
    trial_play(trial);
    cr_expect_eq(trial_value(trial, "devices.confirmed"), DEVICES);
    cr_expect_eq(trial_value(trial, "rounds.count"), 2);
    trial_destroy(trial);
}

Test(halt, restarts_of_the_server_cost_time_only)
{
    static const char faults[] = "faults: [{kind: server-restart, at: 1 h, every: 13 min, "
                                 "duration: 2 min}]\n";
    char with[2048];
    snprintf(with, sizeof with, "%s%s", text, faults);
    struct trial *trial = trial_create(with, NULL, 0);
    trial_play(trial);
    cr_expect_eq(trial_value(trial, "devices.confirmed"), DEVICES);
    cr_expect_eq(trial_value(trial, "rounds.count"), 1);
    trial_destroy(trial);
}
