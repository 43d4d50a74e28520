/* Whole campaigns, small: every device is confirmed, images are right, runs repeat byte for byte.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

#include "record/installs.h"
#include "support/trial.h"

/* Ten devices, 4 KiB: about a second. */
static const char small[] = "name: small\n"
                            "duration: 6 h\n"
                            "area: {radius: 800 m}\n"
                            "propagation: {penetration: 12 dB, shadowing: {sigma: 3 dB}}\n"
                            "gateways: {count: 2, radius: 400 m}\n"
                            "devices: [{name: d, count: 10, boot: {spread: 5 min}, "
                            "report: {period: 10 min}}]\n"
                            "firmware: {image: generated, size: 4 KiB}\n"
                            "campaign: {start: 20 min, set_up: {window: 40 min}, "
                            "correction: {timeout: 30 min}, confirm_timeout: 1 h}\n";

static char *play(const char *text, const char *const *sets, size_t set_count)
{
    struct trial *trial = trial_create(text, sets, set_count);
    trial_play(trial);
    char *summary = trial_summary(trial);
    trial_destroy(trial);
    return summary;
}

Test(campaign, updates_every_device_of_hello_20)
{
    char *text = trial_shipped("hello-20");
    struct trial *trial = trial_create(text, NULL, 0);
    trial_play(trial);
    cr_expect_float_eq(trial_value(trial, "devices.confirmed"), 20.0, 0.0);
    cr_expect_float_eq(trial_value(trial, "devices.installed"), 20.0, 0.0);
    cr_expect_float_eq(trial_value(trial, "security.bad_installs"), 0.0, 0.0);
    for (uint32_t i = 0; i < trial->world->device_count; i++) {
        const struct device_install *install = &installs_of(trial->recorders)->devices[i];
        cr_expect(install->first_ns != SIM_NS_NEVER, "device %u installed nothing", i);
        cr_expect(install->campaigns == 1u, "device %u installed other bytes than were sent", i);
    }
    trial_destroy(trial);
    free(text);
}

Test(campaign, gives_the_same_bytes_for_the_same_seed)
{
    char *first = play(small, NULL, 0);
    char *second = play(small, NULL, 0);
    cr_expect_str_eq(first, second);
    free(first);
    free(second);
}

Test(campaign, gives_other_bytes_for_another_seed)
{
    static const char *const sets[] = { "seed=2" };
    char *first = play(small, NULL, 0);
    char *second = play(small, sets, 1);
    cr_expect_str_neq(strstr(first, "trace_hash"), strstr(second, "trace_hash"));
    free(first);
    free(second);
}

static void count_observation(void *context, const struct observation *observation)
{
    uint64_t *count = context;
    *count += observation->kind < OBSERVATION_KIND_COUNT ? 1u : 0u;
}

Test(campaign, does_not_change_when_it_is_watched)
{
    char *unwatched = play(small, NULL, 0);
    struct trial *trial = trial_create(small, NULL, 0);
    uint64_t count = 0;
    engine_observer_add(trial->world->engine, OBSERVE_ALL, count_observation, &count);
    trial_play(trial);
    char *watched = trial_summary(trial);
    cr_expect_str_eq(unwatched, watched);
    cr_expect_gt(count, 1000);
    trial_destroy(trial);
    free(watched);
    free(unwatched);
}

Test(campaign, does_not_change_without_the_crypto_memo)
{
    char *with = play(small, NULL, 0);
    struct trial *trial =
            trial_create_with(small, NULL, 0, (struct run_settings){ .crypto_memo = false });
    trial_play(trial);
    char *without = trial_summary(trial);
    cr_expect_str_eq(with, without);
    trial_destroy(trial);
    free(with);
    free(without);
}

Test(campaign, names_a_reason_for_every_device_that_falls_short)
{
    static const char *const sets[] = { "propagation.penetration=40 dB" };
    struct trial *trial = trial_create(small, sets, 1);
    trial_play(trial);
    uint32_t failed = 0;
    for (uint32_t i = 0; i < trial->world->device_count; i++) {
        struct campaign_device view;
        campaign_device_get(world_first_campaign(trial->world), i, &view);
        bool confirmed = view.stage == CAMPAIGN_CONFIRMED;
        cr_expect_eq(confirmed, view.failure == CAMPAIGN_FAILURE_NONE, "device %u", i);
        failed += confirmed ? 0u : 1u;
    }
    cr_expect_gt(failed, 0u, "40 dB into the building must leave devices without the update");
    trial_destroy(trial);
}
