/* A campaign of real firmware for each kind of proof that devices may demand.
 * SPDX-License-Identifier: MIT
 *
 * Issue 11: only a positive answer of the server lets the firmware commit. What the exchange adds
 * is counted: the comparison needs the frames that each proof costs a device.
 */
#include <criterion/criterion.h>
#include <stdio.h>

#include "campaign/campaign.h"
#include "support/trial.h"
#include "trace.h"

#define DEVICES 10u

static const char scenario[] = "name: proofs\n"
                               "seed: 3\n"
                               "duration: 30 h\n"
                               "area: {shape: disc, radius: 500 m}\n"
                               "devices:\n"
                               "  - name: sensors\n"
                               "    count: 10\n"
                               "    boot: {spread: 10 min}\n"
                               "    report: {period: 20 min, phase: uniform}\n"
                               "firmware: {image: generated, size: 8 KiB, version: 2.0.0}\n"
                               "campaign:\n"
                               "  start: 30 min\n"
                               "  set_up: {window: 1 h}\n"
                               "  correction: {timeout: 1 h}\n"
                               "  fragmentation_version: 2\n"
                               "  verify: [signature]\n";

struct counts {
    unsigned asked, accepted;
};

static void count(void *context, const struct observation *o)
{
    struct counts *counts = context;
    counts->asked += o->a == FW_TRACE_PROOF_ASKED ? 1 : 0;
    counts->accepted += o->a == FW_TRACE_PROOF_ANSWERED && o->b == 1 ? 1 : 0;
}

static void expect_proofs(const char *verify, unsigned exchanges)
{
    char set[96];
    const char *const sets[] = { set };
    snprintf(set, sizeof set, "campaign.verify=%s", verify);
    struct trial *trial = trial_create(scenario, sets, 1);
    struct counts counts = { 0 };
    engine_observer_add(trial->world->engine, OBSERVE_BIT(OBSERVE_FIRMWARE), count, &counts);
    trial_play(trial);
    cr_expect_eq(trial_value(trial, "devices.confirmed"), DEVICES, "%s", verify);
    cr_expect_eq(counts.accepted, exchanges * DEVICES, "%s", verify);
    cr_expect_geq(counts.asked, exchanges * DEVICES, "%s", verify);
    cr_expect_leq(
            counts.asked, exchanges * DEVICES * 3 / 2, "%s: %u requests", verify, counts.asked);
    trial_destroy(trial);
}

Test(proof, of_each_kind_lets_devices_install)
{
    expect_proofs("[signature]", 0);
    expect_proofs("[checksum, signature]", 1);
    expect_proofs("[server-mic-crc64, signature]", 1);
    expect_proofs("[server-mic-sha256, signature]", 1);
    expect_proofs("[checksum, server-mic-crc64, server-mic-sha256, block-mic, signature]", 2);
}

/* Devices of one campaign alone demand what it lists. */
Test(proof, is_demanded_of_the_devices_of_its_campaign)
{
    static const char *const sets[] = { "campaign.verify=[checksum, signature]",
        "campaign.devices=sensors 0..50 %" };
    struct trial *trial = trial_create(scenario, sets, 2);
    struct counts counts = { 0 };
    engine_observer_add(trial->world->engine, OBSERVE_BIT(OBSERVE_FIRMWARE), count, &counts);
    trial_play(trial);
    cr_expect_eq(trial_value(trial, "devices.confirmed"), DEVICES / 2);
    cr_expect_eq(counts.accepted, DEVICES / 2);
    trial_destroy(trial);
}
