/* What a fragment changes of a firmware's RAM lies where the firmware says that it does.
 * SPDX-License-Identifier: MIT
 *
 * Goal: the board fetches these parts of RAM ahead of a delivery (fw_ops.frame_spans) and of a step
 * of the decoder (fw_ops.work_spans). A member that moves out of them costs no result, only time,
 * so no other test would tell. Method: the RAM of a device before and after each second of the
 * uncoded fragments, and each slice while it adds rows. Reports are held back meanwhile.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "board/node_internal.h"
#include "sim/world/decoder_view.h"
#include "support/trial.h"

#define CAMPAIGN(redundancy, fragment)                                                             \
    "firmware: {image: generated, size: 20 KiB}\n"                                                 \
    "campaign: {start: 1 h, set_up: {window: 2 h}, redundancy: " redundancy ", "                   \
    "fragment_size: " fragment ", correction: {policy: fixed}}\n"

static const char bulk[] =
        "name: bulk\n"
        "duration: 24 h\n"
        "area: {radius: 500 m}\n"
        "propagation: {shadowing: {sigma: 0 dB}, fading: none}\n"
        "gateways: {count: 1}\n"
        "devices: [{name: d, count: 1, report: {period: 30 min}}]\n" CAMPAIGN("0 %", "200 B");

/* About a tenth of the frames is lost, and a row is more than the decoder adds in one step. */
static const char lossy[] =
        "name: lossy\n"
        "duration: 24 h\n"
        "area: {radius: 1500 m}\n"
        "propagation: {penetration: 15 dB, shadowing: {sigma: 0 dB},"
        " fading: rayleigh}\n"
        "gateways: {count: 1}\n"
        "devices: [{name: d, count: 1, report: {period: 30 min}}]\n" CAMPAIGN("20 %", "25 B");

static bool in_spans(const struct fw_span *spans, uint32_t offset)
{
    for (unsigned i = 0; i < FW_SPANS_MAX; i++) {
        if (offset >= spans[i].offset && offset - spans[i].offset < spans[i].size) {
            return true;
        }
    }
    return false;
}

static struct trial *trial_in_phase(const char *scenario, enum campaign_phase phase)
{
    struct trial *trial = trial_create(scenario, NULL, 0);
    const struct campaign *campaign = world_first_campaign(trial->world);
    while (campaign_phase(campaign) < phase
            || campaign_fragments_sent(campaign, phase == CAMPAIGN_PHASE_CODED) == 0) {
        cr_assert(trial_go(trial, engine_now(trial->world->engine) + SIM_NS_PER_S));
    }
    return trial;
}

/* The RAM of the only device. */
static const uint8_t *ram_of(const struct trial *trial)
{
    return node_ram(node_at(trial->world->nodes, 0));
}

Test(frame_spans, hold_what_a_fragment_changes)
{
    struct trial *trial = trial_in_phase(bulk, CAMPAIGN_PHASE_UNCODED);
    const struct campaign *campaign = world_first_campaign(trial->world);
    static uint8_t before[FIRMWARE_RAM_SIZE_MAX];
    const uint8_t *ram = ram_of(trial);
    uint32_t size = (uint32_t)fleetcast_fw.ram_size_bytes;
    uint32_t changes = 0;
    while (campaign_fragments_sent(campaign, false) < campaign_nb_frag(campaign)) {
        memcpy(before, ram, size);
        cr_assert(trial_go(trial, engine_now(trial->world->engine) + SIM_NS_PER_S));
        for (uint32_t i = 0; i < size; i++) {
            bool changed = ram[i] != before[i];
            changes += changed;
            cr_assert(!changed || in_spans(fleetcast_fw.frame_spans, i), "byte %u", i);
        }
    }
    cr_assert_gt(changes, 20u * 1024u / 2u, "the block went through this RAM");
    trial_destroy(trial);
}

Test(frame_spans, hold_what_the_decoder_changes)
{
    struct trial *trial = trial_in_phase(lossy, CAMPAIGN_PHASE_CODED);
    const struct campaign *campaign = world_first_campaign(trial->world);
    static uint8_t before[FIRMWARE_RAM_SIZE_MAX];
    const uint8_t *ram = ram_of(trial);
    uint32_t size = (uint32_t)fleetcast_fw.ram_size_bytes;
    uint32_t changes = 0;
    while (campaign_phase(campaign) == CAMPAIGN_PHASE_CODED) {
        memcpy(before, ram, size);
        bool adds = decoder_adds_rows(ram);
        sim_ns step_ns = adds ? NODE_SLICE_NS : 10 * SIM_NS_PER_MS;
        cr_assert(trial_go(trial, engine_now(trial->world->engine) + step_ns));
        for (uint32_t i = 0; adds && decoder_adds_rows(ram) && i < size; i++) {
            bool changed = ram[i] != before[i];
            changes += changed;
            cr_assert(!changed || in_spans(fleetcast_fw.work_spans, i), "byte %u", i);
        }
    }
    cr_assert_gt(changes, 1000u, "rows were added");
    trial_destroy(trial);
}
