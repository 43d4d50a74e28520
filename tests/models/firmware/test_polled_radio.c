/* Fifty devices of a firmware that blocks, in one city with two groups of the built-in one.
 * SPDX-License-Identifier: MIT
 *
 * Method: whole runs. The object sends uplinks without a session each 5 minutes: gateways hear
 * them, the network server takes none, and the other groups are updated beside them.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "observe.h"
#include "support/trial.h"

#define VENDOR         50u
#define DURATION_S     (5u * 3600u)
#define PERIOD_S       300u
#define TRACE_REPORTED 101

static const char city[] = "name: city\n"
                           "duration: 5 h\n"
                           "area: {radius: 800 m}\n"
                           "gateways: {count: 2, radius: 400 m}\n"
                           "devices:\n"
                           "  - {name: vendor, count: 50, boot: {spread: 5 min}}\n"
                           "  - {name: b, count: 8, boot: {spread: 5 min}, "
                           "report: {period: 10 min}}\n"
                           "  - {name: c, count: 8, boot: {spread: 5 min}, "
                           "report: {period: 10 min}}\n"
                           "firmware: {image: generated, size: 9 KiB}\n"
                           "campaign: {start: 20 min, set_up: {window: 40 min}, "
                           "correction: {timeout: 30 min}, confirm_timeout: 1 h}\n";

struct heard {
    entity_id first;
    uint32_t reports[VENDOR];
    uint32_t polls_min, polls_max;
};

static void follow(void *context, const struct observation *o)
{
    struct heard *heard = context;
    uint32_t device = o->entity - heard->first;
    if (o->a != TRACE_REPORTED || device >= VENDOR) {
        return;
    }
    cr_assert_eq(o->b, heard->reports[device] + 1, "device %u counts its own reports", device);
    heard->reports[device]++;
    uint32_t polls = (uint32_t)o->c;
    heard->polls_min = polls < heard->polls_min ? polls : heard->polls_min;
    heard->polls_max = polls > heard->polls_max ? polls : heard->polls_max;
}

static uint64_t play(struct heard *heard)
{
    char set[1100];
    const char *const sets[] = { set };
    snprintf(set, sizeof set,
            "devices.0.firmware=%s/tests/models/firmware/firmware_polled_radio.so",
            getenv("FLEETCAST_BUILD"));
    struct trial *trial = trial_create(city, sets, 1);
    *heard = (struct heard){ .first = trial->world->first_device, .polls_min = UINT32_MAX };
    engine_observer_add(trial->world->engine, OBSERVE_BIT(OBSERVE_FIRMWARE), follow, heard);
    trial_play(trial);
    uint64_t hash = engine_trace_hash(trial->world->engine);
    double seconds = (double)engine_now(trial->world->engine) / (double)SIM_NS_PER_S;
    struct node_fleet_stats stats;
    node_fleet_stats(trial->world->nodes, &stats);
    cr_assert_leq(stats.lead_max_ns, NODE_LEAD_MAX_NS);
    cr_assert_eq(stats.guest_errors, 0);
    struct network_stats network;
    network_stats(trial->world->network, &network);
    cr_assert_gt(network.unknown_device, VENDOR * (uint64_t)(seconds / PERIOD_S) / 2,
            "gateways hear most of them");
    cr_assert_float_eq(trial_value(trial, "devices.confirmed"), 16, 0, "the others are updated");
    for (uint32_t i = 0; i < VENDOR; i++) {
        cr_assert_geq(heard->reports[i], (uint32_t)(seconds / PERIOD_S) - 2, "device %u", i);
    }
    trial_destroy(trial);
    return hash;
}

Test(firmware_polled_radio, fifty_report_beside_two_groups_that_are_updated)
{
    struct heard heard, again;
    uint64_t hash = play(&heard);
    /* 41 bytes at SF7 last 82 ms; looked for each 1 ms and some calls. */
    cr_assert_geq(heard.polls_min, 60);
    cr_assert_leq(heard.polls_max, 90);
    cr_assert_eq(play(&again), hash, "the same scenario, the same hash");
}
