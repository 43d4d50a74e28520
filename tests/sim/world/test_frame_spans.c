/* What a fragment changes and reads of a firmware's RAM lies where the firmware says that it does.
 * SPDX-License-Identifier: MIT
 *
 * Goal: the board fetches these parts of RAM ahead of a delivery (fw_ops.frame_spans) and of a step
 * of the decoder (fw_ops.work_spans). A member that moves out of them costs no result, only time,
 * so no other test would tell. Method: the RAM of a device before and after each second of the
 * uncoded fragments, and each slice while it adds rows. Reports are held back meanwhile. What is
 * read, too: all other bytes are cleared or inverted for a second each, which changes nothing that
 * can be observed. Seconds in which a counter is saved are left out.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "board/node_internal.h"
#include "sim/world/decoder_view.h"
#include "support/trial.h"
#include "update/flash_map.h"

#define CAMPAIGN(redundancy, fragment)                                                             \
    "firmware: {image: generated, size: 20 KiB}\n"                                                 \
    "campaign: {start: 1 h, set_up: {window: 2 h}, redundancy: " redundancy ", "                   \
    "fragment_size: " fragment ", correction: {policy: fixed}}\n"

#define BULK(report)                                                                               \
    "name: bulk\n"                                                                                 \
    "duration: 24 h\n"                                                                             \
    "area: {radius: 500 m}\n"                                                                      \
    "propagation: {shadowing: {sigma: 0 dB}, fading: none}\n"                                      \
    "gateways: {count: 1}\n"                                                                       \
    "devices: [{name: d, count: 1, report: {period: " report "}}]\n" CAMPAIGN("0 %", "200 B")

static const char bulk[] = BULK("30 min");
/* No report is due, which would look at the settings of the factory. */
static const char no_report[] = BULK("6 h");

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

/* Meanwhile all of the only device's RAM but the spans is cleared, or inverted. */
static void go_without_rest(struct trial *trial, sim_ns end_ns, bool cleared)
{
    static uint8_t before[FIRMWARE_RAM_SIZE_MAX], rest[FIRMWARE_RAM_SIZE_MAX];
    uint8_t *ram = node_ram(node_at(trial->world->nodes, 0));
    uint32_t size = (uint32_t)fleetcast_fw.ram_size_bytes;
    memcpy(before, ram, size);
    for (uint32_t i = 0; i < size; i++) {
        rest[i] = cleared ? 0 : (uint8_t)~before[i];
        ram[i] = in_spans(fleetcast_fw.frame_spans, i) ? before[i] : rest[i];
    }
    cr_assert(trial_go(trial, end_ns));
    for (uint32_t i = 0; i < size; i++) {
        if (!in_spans(fleetcast_fw.frame_spans, i)) {
            cr_assert_eq(ram[i], rest[i], "byte %u", i);
            ram[i] = before[i];
        }
    }
}

static void read_records(const struct trial *trial, uint8_t records[FLASH_NVM_SIZE])
{
    node_flash_peek(
            trial->world->nodes, 0, HAL_FLASH_INTERNAL, FLASH_NVM_ADDRESS, records, FLASH_NVM_SIZE);
}

/* True: nothing was saved meanwhile. */
static bool go_a_second(struct trial *trial)
{
    static uint8_t before[FLASH_NVM_SIZE], after[FLASH_NVM_SIZE];
    read_records(trial, before);
    cr_assert(trial_go(trial, engine_now(trial->world->engine) + SIM_NS_PER_S));
    read_records(trial, after);
    return memcmp(before, after, sizeof before) == 0;
}

Test(frame_spans, hold_what_a_fragment_reads)
{
    struct trial *trial = trial_in_phase(no_report, CAMPAIGN_PHASE_UNCODED);
    struct trial *other = trial_in_phase(no_report, CAMPAIGN_PHASE_UNCODED);
    const struct campaign *campaign = world_first_campaign(trial->world);
    uint32_t without = 0, all = 0;
    for (; campaign_fragments_sent(campaign, false) < campaign_nb_frag(campaign); all++) {
        if (go_a_second(trial)) {
            go_without_rest(other, engine_now(trial->world->engine), all % 2 == 0);
            without++;
        } else {
            cr_assert(trial_go(other, engine_now(trial->world->engine)));
        }
        cr_assert_eq(engine_trace_hash(other->world->engine),
                engine_trace_hash(trial->world->engine), "second %u", all);
    }
    cr_assert_gt(without, 400u);
    cr_assert_leq(all - without, 10u);
    trial_destroy(other);
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
