/* What became of each device of a run: the columns of devices.csv.
 * SPDX-License-Identifier: MIT
 */
#include "results/device_table.h"

#include <math.h>
#include <string.h>

#include "record/clock.h"
#include "record/device_outcome.h"
#include "record/devices.h"
#include "record/fragment_causes.h"
#include "record/measure.h"
#include "record/power.h"
#include "record/security.h"
#include "record/slots.h"

#define MEMBER(member) offsetof(struct device_line, member)

/* clang-format off */
static const struct column columns[] = {
    { "device", "", COLUMN_COUNT, "number of the device, from 0 in the order of the scenario",
            MEMBER(device) },
    { "group", "", COLUMN_TEXT, "name of its group in the scenario", MEMBER(group) },
    { "dev_eui", "", COLUMN_EUI, "DevEUI, 16 hexadecimal digits", MEMBER(dev_eui) },
    { "x_m", "m", COLUMN_NUMBER, "place, in the frame of the scenario's area", MEMBER(x_m) },
    { "y_m", "m", COLUMN_NUMBER, "place, at right angles to x_m", MEMBER(y_m) },
    { "gateway", "", COLUMN_COUNT, "number of the gateway with the strongest median link",
            MEMBER(gateway) },
    { "link_gain_db", "dB", COLUMN_NUMBER,
            "median power received over that link, without fading, less the sender's EIRP",
            MEMBER(link_gain_db) },
    { "data_rate", "", COLUMN_COUNT,
            "data rate of the last uplink that the network server received; empty before a join",
            MEMBER(data_rate) },
    { "joined_s", "s", COLUMN_TIME, "the device received its first join-accept, or was commissioned",
            MEMBER(joined_ns) },
    { "clock_set_s", "s", COLUMN_TIME, "the device first received an answer with the time",
            MEMBER(clock_set_ns) },
    { "contacted_s", "s", COLUMN_TIME, "the server queued its first command to the device",
            MEMBER(contacted_ns) },
    { "group_set_up_s", "s", COLUMN_TIME,
            "the server had positive answers on multicast group and session",
            MEMBER(group_set_up_ns) },
    { "ready_s", "s", COLUMN_TIME, "the server had a positive answer on the fragmentation session",
            MEMBER(ready_ns) },
    { "session_opened_s", "s", COLUMN_TIME, "the device opened its class C receiver for a session",
            MEMBER(session_opened_ns) },
    { "complete_s", "s", COLUMN_TIME, "the server received the report that the block is whole",
            MEMBER(complete_ns) },
    { "authenticated_s", "s", COLUMN_TIME,
            "the server acknowledged the report of a block with the right MIC",
            MEMBER(authenticated_ns) },
    { "installed_s", "s", COLUMN_TIME, "the device started with the new image, byte for byte",
            MEMBER(installed_ns) },
    { "confirmed_s", "s", COLUMN_TIME, "the server received an uplink that names the new version",
            MEMBER(confirmed_ns) },
    { "state", "", COLUMN_TEXT,
            "how far the device came: not_joined, joined (and in no campaign), or the campaign's "
            "stage: waiting, contacted, group_set_up, ready, complete, authenticated, confirmed",
            MEMBER(state) },
    { "reason", "", COLUMN_TEXT,
            "why the device is not confirmed: a key of devices.failed in summary.json; empty if it "
            "is confirmed, in no campaign, or the run was cut short",
            MEMBER(reason) },
    { "aws_state", "", COLUMN_TEXT,
            "final state that AWS IoT would give the device (Final states); empty as reason is, but for "
            "a device that is confirmed",
            MEMBER(aws_state) },
    { "rounds", "", COLUMN_COUNT, "rounds of campaigns that the device was in",
            MEMBER(rounds.count) },
    { "left_by", "", COLUMN_TEXT,
            "reasons for which rounds before the last one left the device, in their order",
            MEMBER(left_by) },
    { "slot", "", COLUMN_TEXT,
            "what has become of a new image on the device, by its firmware: empty, downloading, "
            "complete, verified, installing, testing, confirmed, reverting, rejected",
            MEMBER(slot) },
    { "delivery", "", COLUMN_TEXT,
            "how the block comes, of the campaign that set the device up last: multicast, unicast",
            MEMBER(delivery) },
    { "block", "", COLUMN_TEXT, "what that block is: full, or delta where it is a delta image",
            MEMBER(block) },
    { "proof", "", COLUMN_TEXT,
            "what became of the hashes that the device asks about (campaign.verify): due, accepted, "
            "rejected; empty where none is demanded",
            MEMBER(proof) },
    { "reboot", "", COLUMN_TEXT,
            "how far the device is told when to reboot (campaign.install): unknown, image (it said "
            "that a reboot installs ours), told; empty where it installs by itself",
            MEMBER(reboot) },
    { "reboot_s", "s", COLUMN_TIME, "the device reboots, as it was told", MEMBER(reboot_ns) },
    { "fragments", "", COLUMN_COUNT, "uncoded fragments of the blocks that are for the device",
            MEMBER(fragments) },
#define X(name, text)                                                                              \
    { "fragments_" text, "", COLUMN_COUNT, "uncoded fragments of the device whose outcome was " text,                \
            MEMBER(outcomes[LOSS_##name]) },
    LOSS_CAUSES(X)
#undef X
    { "unicast_fragments", "", COLUMN_COUNT,
            "fragments that the device received by unicast, coded ones too",
            MEMBER(unicast_fragments) },
    { "forged_accepted", "", COLUMN_COUNT, "forged frames that the device's MAC accepted",
            MEMBER(forged_accepted) },
    { "energy_j", "J", COLUMN_NUMBER, "energy drawn since power on", MEMBER(energy_j) },
#define X(name, text)                                                                              \
    { "energy_" text "_j", "J", COLUMN_NUMBER, "energy drawn by the component " text,              \
            MEMBER(component_j[ENERGY_##name]) },
    ENERGY_COMPONENTS(X)
#undef X
#define X(name, text)                                                                              \
    { "phase_" text "_j", "J", COLUMN_NUMBER, "energy drawn in the phase " text,                   \
            MEMBER(phase_j[ENERGY_PHASE_##name]) },
    ENERGY_PHASES(X)
#undef X
    { "clock_error_ms", "ms", COLUMN_NUMBER,
            "how far the device's clock was ahead of GPS time when its first session opened",
            MEMBER(clock_error_ms) },
    { "battery_life_years", "years", COLUMN_NUMBER,
            "life of a new battery at the device's steady power, without updates",
            MEMBER(battery_life_years) },
    { "brown_outs", "", COLUMN_COUNT,
            "starts of the device after its battery's voltage had fallen under load",
            MEMBER(brown_outs) },
    { "flash_operations", "", COLUMN_COUNT, "programs and erases of both flash memories",
            MEMBER(flash_operations) },
    { "internal_flash_erases", "", COLUMN_COUNT,
            "pages of internal flash that were erased, each time counted",
            MEMBER(internal_erased) },
    { "nor_flash_erases", "", COLUMN_COUNT,
            "sectors of NOR flash that were erased, each time counted", MEMBER(nor_erased) },
    { "internal_flash_wear", "", COLUMN_COUNT, "most erases of one page of internal flash",
            MEMBER(internal_wear) },
    { "nor_flash_wear", "", COLUMN_COUNT, "most erases of one sector of NOR flash",
            MEMBER(nor_wear) },
};
/* clang-format on */

const struct column_table device_table = { "devices.csv", columns,
    sizeof columns / sizeof columns[0] };

static void add_place(const struct world *world, uint32_t device, struct device_line *line)
{
    line->group = scenario_group_of(world->scenario, device)->name;
    line->dev_eui = world->identities[device].dev_eui;
    medium_device_place(world->medium, device, &line->x_m, &line->y_m);
    int32_t gain_mdb;
    line->gateway = medium_best_gateway(world->medium, device, &gain_mdb);
    line->link_gain_db = gain_mdb / 1e3;
}

static void add_network(const struct world *world, const struct recorder_set *recorders,
        uint32_t device, struct device_line *line)
{
    struct network_device_view view;
    network_device_get(world->network, device, &view);
    line->data_rate = view.joined ? view.data_rate : COLUMN_NO_COUNT;
    line->joined_ns = devices_joined_ns(recorders, device);
    line->joined_ns = line->joined_ns <= engine_now(world->engine) ? line->joined_ns : SIM_NS_NEVER;
    line->state = line->joined_ns != SIM_NS_NEVER ? "joined" : "not_joined";
}

static void add_outcome(const struct recorder_set *recorders, uint32_t campaigns, uint32_t device,
        bool partial, struct device_line *line)
{
    struct device_outcome outcome;
    if (!device_outcome_get(recorders, 0, campaigns, device, &outcome)) {
        return;
    }
    line->contacted_ns = outcome.contacted_ns;
    line->group_set_up_ns = outcome.group_set_up_ns;
    line->ready_ns = outcome.ready_ns;
    line->session_opened_ns = outcome.session_opened_ns;
    line->complete_ns = outcome.complete_ns;
    line->authenticated_ns = outcome.authenticated_ns;
    line->installed_ns = outcome.installed_ns;
    line->confirmed_ns = outcome.confirmed_ns;
    if (line->joined_ns != SIM_NS_NEVER) {
        line->state = campaign_stage_name(outcome.stage);
    }
    line->reason = partial ? NULL : device_outcome_reason(&outcome);
    line->aws_state = partial ? NULL : device_outcome_aws_state(&outcome);
    device_outcome_left(recorders, campaigns, device, &line->rounds);
    line->left_by = line->rounds.left[0] != '\0' ? line->rounds.left : NULL;
}

/* Of the campaign that set the device up last. */
static void add_delivery(
        const struct recorder_set *recorders, uint32_t device, struct device_line *line)
{
    const struct recorder_view *view = recorder_set_view(recorders);
    uint32_t number = recorder_campaign_of(view, device);
    if (number == UINT32_MAX) {
        return;
    }
    const struct campaign *campaign = server_campaign(view->server, number);
    struct campaign_device d;
    campaign_device_get(campaign, device, &d);
    line->proof = campaign_proof_name(d.proof);
    line->reboot = campaign_reboot_name(d.reboot);
    line->reboot_ns = d.reboot_ns;
    if (d.transfer < campaign_transfer_count(campaign)) {
        struct campaign_transfer transfer;
        campaign_transfer_get(campaign, d.transfer, &transfer);
        line->delivery = campaign_transfer_delivery(&transfer);
        line->block = campaign_transfer_form(&transfer);
    }
}

static void add_fragments(const struct recorder_set *recorders, uint32_t campaigns, uint32_t device,
        struct device_line *line)
{
    for (uint32_t c = 0; c < campaigns; c++) {
        struct cause_counts counts;
        line->fragments +=
                fragment_causes_device(fragment_causes_of(recorders), c, device, &counts);
        for (int cause = 0; cause < LOSS_CAUSE_COUNT; cause++) {
            line->outcomes[cause] += counts.of[cause];
        }
        line->unicast_fragments +=
                fragment_causes_unicast(fragment_causes_of(recorders), c, device);
    }
}

static void add_energy(const struct world *world, const struct recorder_set *recorders,
        uint32_t device, struct device_line *line)
{
    struct energy_account account;
    struct phase_energy phases;
    node_energy(world->nodes, device, engine_now(world->engine), &account);
    energy_phases_device(recorders, device, &phases);
    line->energy_j = energy_total_j(&account);
    memcpy(line->component_j, account.joule, sizeof line->component_j);
    memcpy(line->phase_j, phases.joule, sizeof line->phase_j);
    if (phases.steady_ns > 0) {
        line->battery_life_years = battery_life_years(node_battery(world->nodes, device),
                phases.steady_j / measure_seconds(phases.steady_ns));
    }
    line->flash_operations = node_flash_operations(world->nodes, device);
    const struct flash_wear *internal = node_flash_wear(world->nodes, device, HAL_FLASH_INTERNAL);
    const struct flash_wear *nor = node_flash_wear(world->nodes, device, HAL_FLASH_EXTERNAL);
    line->internal_erased = internal->total;
    line->nor_erased = nor->total;
    line->internal_wear = flash_wear_most(internal);
    line->nor_wear = flash_wear_most(nor);
}

void device_line_get(const struct world *world, const struct recorder_set *recorders,
        uint32_t device, bool partial, struct device_line *line)
{
    uint32_t campaigns = server_campaign_count(world->server);
    *line = (struct device_line){
        .device = device,
        .gateway = COLUMN_NO_COUNT,
        .link_gain_db = NAN,
        .clock_set_ns = SIM_NS_NEVER,
        .contacted_ns = SIM_NS_NEVER,
        .group_set_up_ns = SIM_NS_NEVER,
        .ready_ns = SIM_NS_NEVER,
        .session_opened_ns = SIM_NS_NEVER,
        .complete_ns = SIM_NS_NEVER,
        .authenticated_ns = SIM_NS_NEVER,
        .installed_ns = SIM_NS_NEVER,
        .confirmed_ns = SIM_NS_NEVER,
        .reboot_ns = SIM_NS_NEVER,
        .clock_error_ms = NAN,
        .battery_life_years = NAN,
    };
    add_place(world, device, line);
    add_network(world, recorders, device, line);
    add_outcome(recorders, campaigns, device, partial, line);
    add_delivery(recorders, device, line);
    line->brown_outs = power_brown_outs(recorders, device);
    line->slot = slots_state_name(recorders, device);
    add_fragments(recorders, campaigns, device, line);
    add_energy(world, recorders, device, line);
    line->forged_accepted = security_accepted(recorders, device);
    if (campaigns > 0) {
        const struct device_clock *clock = clock_of(recorders, device);
        line->clock_set_ns = clock->set_ns;
        line->clock_error_ms = clock->error_ms;
    }
}

void device_table_write(
        const struct world *world, const struct recorder_set *recorders, bool partial, FILE *out)
{
    column_write_names(&device_table, out);
    for (uint32_t i = 0; i < world->device_count; i++) {
        struct device_line line;
        device_line_get(world, recorders, i, partial, &line);
        column_write_line(&device_table, &line, out);
    }
}
