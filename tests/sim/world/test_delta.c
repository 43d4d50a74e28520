/* Delta delivery in whole runs: devices that run the base get a patch, others the image.
 * SPDX-License-Identifier: MIT
 *
 * Goal: every device installs the image byte for byte (the audits of a run look), from a block that
 * is a fraction of it; a device that reports another image than the base gets the whole one in a
 * transfer of its own. Power cuts: cut_stories.c.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "support/trial.h"
#include "update/image.h"

#define NEAR                                                                                       \
    "name: near\n"                                                                                 \
    "duration: 20 h\n"                                                                             \
    "area: {radius: 300 m}\n"                                                                      \
    "propagation: {model: free-space}\n"                                                           \
    "gateways: {count: 1}\n"

static const char ten[] =
        NEAR "devices: [{name: d, count: 10, boot: {spread: 60 s}, report: {period: 10 min}}]\n"
             "firmware: {image: generated, size: 48 KiB, delivery: delta}\n"
             "campaign: {start: 20 min, set_up: {window: 1 h}, correction: {timeout: 30 min}}\n";

static struct campaign_transfer transfer_of(const struct trial *trial, uint32_t number, uint32_t i)
{
    struct campaign_transfer transfer;
    campaign_transfer_get(server_campaign(trial->world->server, number), i, &transfer);
    return transfer;
}

Test(delta, updates_devices_by_a_fraction_of_the_image)
{
    static const char *const modes[] = { "firmware.encryption=off", "firmware.encryption=on" };
    for (unsigned i = 0; i < 2; i++) {
        struct trial *trial = trial_create(ten, &modes[i], 1);
        trial_play(trial);
        cr_expect_float_eq(trial_value(trial, "devices.confirmed"), 10.0, 0.0);
        cr_expect_float_eq(trial_value(trial, "security.bad_installs"), 0.0, 0.0);
        struct campaign_transfer patch = transfer_of(trial, 0, 0), whole = transfer_of(trial, 0, 1);
        cr_expect(patch.open && patch.delta && patch.members == 10);
        cr_expect_not(whole.open || whole.delta || whole.members != 0);
        cr_expect_lt(patch.nb_frag, whole.nb_frag / 10, "%u of %u fragments", patch.nb_frag,
                whole.nb_frag);
        trial_destroy(trial);
    }
}

/* The first campaign leaves its members with another image than the base of the second one. */
static const char two_groups[] =
        NEAR "devices:\n"
             "  - {name: early, count: 4, boot: {spread: 60 s}, report: {period: 10 min}}\n"
             "  - {name: late, count: 6, boot: {spread: 60 s}, report: {period: 10 min}}\n"
             "firmware: {image: generated, size: 16 KiB, delivery: delta}\n"
             "campaigns:\n"
             "  - {name: some, devices: [early], firmware: {version: 1.1.0}, start: 20 min,"
             " set_up: {window: 40 min}, correction: {timeout: 20 min}}\n"
             "  - {name: all, firmware: {version: 2.0.0, size: 17 KiB}, start: 5 h,"
             " set_up: {window: 40 min}, correction: {timeout: 20 min}}\n";

Test(delta, sends_the_whole_image_to_devices_with_another_base)
{
    struct trial *trial = trial_create(two_groups, NULL, 0);
    trial_play(trial);
    const struct campaign *all = server_campaign(trial->world->server, 1);
    cr_expect_eq(campaign_stage_count(all, CAMPAIGN_CONFIRMED), 10);
    struct campaign_transfer patch = transfer_of(trial, 1, 0), whole = transfer_of(trial, 1, 1);
    cr_expect(patch.delta && patch.open && patch.members == 6);
    cr_expect(whole.open && whole.members == 4);
    cr_expect_not(whole.delta);
    for (uint32_t i = 0; i < 10; i++) {
        struct campaign_device device;
        campaign_device_get(all, i, &device);
        cr_expect_eq(device.transfer, i < 4 ? 1 : 0, "device %u", i);
    }
    cr_expect_float_eq(trial_value(trial, "security.bad_installs"), 0.0, 0.0);
    trial_destroy(trial);
}

/* The second campaign's base is what the first one sent, whole and plain; its own is encrypted. */
static const char in_turn[] =
        NEAR "devices: [{name: d, count: 6, boot: {spread: 60 s}, report: {period: 10 min}}]\n"
             "firmware: {image: generated, size: 16 KiB}\n"
             "campaigns:\n"
             "  - {name: first, firmware: {version: 1.1.0}, start: 20 min,"
             " set_up: {window: 40 min}, correction: {timeout: 20 min}}\n"
             "  - {name: second, firmware: {version: 2.0.0, size: 17 KiB, delivery: delta,"
             " base: same, encryption: on}, start: 5 h,"
             " set_up: {window: 40 min}, correction: {timeout: 20 min}}\n";

Test(delta, changes_the_base_of_its_campaign)
{
    struct trial *trial = trial_create(in_turn, NULL, 0);
    const struct world *world = trial->world;
    cr_assert_null(world->deltas[0].bytes);
    cr_expect_eq(
            memcmp(world->blocks[0].bytes, world->images[0].bytes, world->images[0].size_bytes), 0,
            "plain");
    uint32_t same = 0, size = world->images[1].size_bytes;
    for (uint32_t i = IMAGE_HEADER_SIZE; i < size; i++) {
        same += world->blocks[1].bytes[i] == world->images[1].bytes[i] ? 1u : 0u;
    }
    cr_expect_lt(same, size / 50, "encrypted: one byte in 256 is the same by chance");
    trial_play(trial);
    cr_expect_eq(trial_value(trial, "campaigns.second.devices.confirmed"), 6);
    cr_expect_eq(trial_value(trial, "campaigns.second.delta.devices.delta"), 6);
    cr_expect_eq(trial_value(trial, "campaigns.second.delta.devices.built"), 6);
    cr_expect_eq(trial_value(trial, "security.bad_installs"), 0);
    trial_destroy(trial);
}
