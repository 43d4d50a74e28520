/* Campaigns with retries, waves, pauses and restarts over fleets that a seed draws.
 * SPDX-License-Identifier: MIT
 *
 * Goal (design section 5, invariants 9 and 10): whatever is wrong with the devices, the campaign
 * ends, each of them is confirmed or has a reason, and what was asked of it is bounded. A device
 * with which nothing is wrong is confirmed.
 */
#include <criterion/criterion.h>

#include "models/campaign/fleet_suite.h"
#include "random_stream.h"

TestSuite(rounds_seeds, .fini = fleet_suite_end);

#define SEEDS     60u
#define DEVICES   8u
#define PERIOD_NS (600 * SIM_NS_PER_S)
#define END_NS    (120 * HOUR_NS)

/* What is wrong with a device, one thing at most; the first are nothing. */
static void draw_fault(struct fleet_faults *faults, uint32_t which)
{
    switch (which % 20u) {
    case 8:
        faults->never_joins = true;
        break;
    case 9:
        faults->silent = true;
        break;
    case 10:
        faults->ignores_set_up = true;
        break;
    case 11:
        faults->refuses_group = true;
        break;
    case 12:
        faults->loss_percent = 60;
        break;
    case 13:
        faults->loss_percent = 100;
        break;
    case 14:
        faults->dies_in_session = true;
        break;
    case 15:
        faults->bad_mic = true;
        break;
    case 16:
        faults->installs_nothing = true;
        break;
    case 17:
        faults->resets_for_ever = true;
        faults->reset_at_ns = 1200 * SIM_NS_PER_S;
        break;
    case 18:
        faults->lost_downlinks = 20;
        break;
    case 19:
        faults->refuses_fragments = 0x02;
        break;
    default:
        break;
    }
}

static struct campaign_params draw_params(struct random_stream *stream)
{
    struct campaign_params params = fleet_default_params();
    params.retries = (uint8_t)(random_stream_u32(stream) % 4u);
    params.retry_pause_ns = (sim_ns)(random_stream_u32(stream) % 3u) * 3 * HOUR_NS;
    params.wave_size = random_stream_u32(stream) % 3u * 3u;
    if (random_stream_u32(stream) % 3u == 0) {
        params.pause_ns = (sim_ns)(1 + random_stream_u32(stream) % 20000u) * SIM_NS_PER_S;
        params.resume_ns = params.pause_ns + 4 * HOUR_NS;
    }
    return params;
}

static void draw_fleet(struct random_stream *stream, bool well[DEVICES])
{
    for (uint32_t i = 0; i < DEVICES; i++) {
        uint32_t which = random_stream_u32(stream) % 20u;
        draw_fault(&fleet.devices[i].faults, which);
        well[i] = which < 8u;
    }
}

static void play(struct random_stream *stream)
{
    for (uint32_t i = 0; i < 3; i++) {
        fleet_run(&fleet, engine_now(fleet.engine)
                                  + (sim_ns)(random_stream_u32(stream) % 20000u) * SIM_NS_PER_S);
        server_stop(fleet.server);
        fleet_run(&fleet, engine_now(fleet.engine)
                                  + (sim_ns)(random_stream_u32(stream) % 900u) * SIM_NS_PER_S);
        server_start(fleet.server, engine_now(fleet.engine));
    }
    fleet_run(&fleet, END_NS);
}

static void expect_ends(uint32_t seed, const struct campaign_params *params, const bool *well)
{
    uint32_t rounds = campaign_round_count(fleet.campaign);
    cr_expect(server_done(fleet.server), "seed %u: phase %s", seed,
            campaign_phase_name(campaign_phase(fleet.campaign)));
    cr_expect_leq(rounds, params->retries + (params->pause_ns > 0 ? 2u : 1u), "seed %u", seed);
    for (uint32_t i = 0; i < DEVICES; i++) {
        const struct fleet_device *d = &fleet.devices[i];
        struct campaign_device view = fleet_view(&fleet, i);
        bool confirmed = view.stage == CAMPAIGN_CONFIRMED;
        cr_expect_eq(
                confirmed, view.failure == CAMPAIGN_FAILURE_NONE, "seed %u, device %u", seed, i);
        cr_expect(confirmed || !well[i] || params->retries == 0, "seed %u, device %u: %s", seed, i,
                campaign_failure_name(view.failure));
        cr_expect_leq(d->set_up_downlinks, 60 * rounds, "seed %u, device %u", seed, i);
        cr_expect_leq(d->group_delete_requests, 5 * rounds, "seed %u, device %u", seed, i);
    }
}

Test(rounds_seeds, end_for_every_device)
{
    for (uint32_t seed = 1; seed <= SEEDS; seed++) {
        struct random_stream stream;
        bool well[DEVICES];
        random_stream_init(&stream, seed, 0, RANDOM_FAULT, 0);
        struct campaign_params params = draw_params(&stream);
        fleet_create(&fleet, DEVICES, PERIOD_NS, &params);
        draw_fleet(&stream, well);
        play(&stream);
        expect_ends(seed, &params, well);
        if (seed < SEEDS) {
            fleet_destroy(&fleet);
        }
    }
}
