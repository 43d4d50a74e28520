/* The estimate before a run beside the run: schedule, session, set-up, energy of the receiver.
 * SPDX-License-Identifier: MIT
 *
 * Method: a city in which nothing is lost on the way to the devices. Two computations that share
 * nothing but the parameters: closed forms, and devices, gateways and servers at work.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>

#include "campaign/estimate.h"
#include "record/energy_phases.h"
#include "scenario/channel_plan.h"
#include "support/trial.h"

static const char city[] = "name: estimate\n"
                           "duration: 24 h\n"
                           "area: {radius: 1 km}\n"
                           "propagation: {shadowing: {sigma: 0 dB}, fading: none}\n"
                           "gateways: {count: 1, radius: 600 m}\n"
                           "devices: [{name: d, count: 30, boot: {spread: 20 min}, "
                           "report: {period: 30 min}}]\n"
                           "firmware: {image: generated, size: 20 KiB}\n"
                           "campaign: {start: 1 h, set_up: {window: 2 h}, redundancy: 20 %, "
                           "fragment_size: 200 B, correction: {policy: adaptive, timeout: 1 h}}\n";

struct course {
    sim_ns bulk_ns, confirmation_ns; /* SIM_NS_NEVER: not yet */
};

static void watch(void *context, const struct observation *observation)
{
    struct course *course = context;
    if (observation->a == CAMPAIGN_PHASE_UNCODED) {
        course->bulk_ns = observation->at_ns;
    } else if (observation->a == CAMPAIGN_PHASE_CONFIRMATION) {
        course->confirmation_ns = observation->at_ns;
    }
}

static struct estimate estimate_of(const struct trial *trial, uint32_t devices, uint8_t data_rate)
{
    const struct energy_params *energy = &board_stm32l072_sx1276.energy;
    /* Receiver with its low-noise amplifier boosted, MCU stopped, NOR flash in power-down. */
    double rx_ua = energy->radio_rx_boost_ua[0] + energy->mcu_stop_ua + energy->nor_power_down_ua;
    struct estimate_input input = {
        .region = scenario_region(&trial->scenario),
        .image_size_bytes = trial->world->images[0].size_bytes,
        .fragment_size_bytes = trial->scenario.campaigns[0].params.fragment_size_bytes,
        .redundancy = trial->scenario.campaigns[0].params.redundancy,
        .correction = CORRECTION_ADAPTIVE,
        .correction_timeout_s = 3600.0,
        .data_rate = data_rate,
        .frequency_hz = 869525000,
        .duty_share = 0.8,
        .gateway_count = 1,
        .rx2_data_rate = 2,
        .rx2_frequency_hz = 869525000,
        .fleet_size = devices,
        .report_period_s = 1800.0,
        .uplink_data_rate = 5,
        .channel_count = 8,
        .block_ack_delay = trial->scenario.campaigns[0].params.block_ack_delay,
        .guard_s = 0.6, /* the firmware: half a second for TS003, and drift since */
        .rx_current_a = rx_ua * 1e-6,
        .supply_v = energy->supply_v,
        .battery_usable_j = 1000.0,
    };
    struct estimate estimate;
    estimate_make(&input, &estimate);
    cr_assert(estimate.possible);
    return estimate;
}

/* Plays the city and compares. `devices`: how many; tolerances are three standard deviations of
 * what chance does in the run, and 2 %. */
static void check(const char *const *sets, size_t set_count, uint32_t devices, uint8_t data_rate)
{
    struct trial *trial = trial_create(city, sets, set_count);
    struct course course = { .bulk_ns = SIM_NS_NEVER, .confirmation_ns = SIM_NS_NEVER };
    engine_observer_add(trial->world->engine, OBSERVE_BIT(OBSERVE_CAMPAIGN_PHASE), watch, &course);
    trial_play(trial);
    struct estimate estimate = estimate_of(trial, devices, data_rate);
    const struct campaign *campaign = world_first_campaign(trial->world);
    cr_assert_eq(campaign_nb_frag(campaign), estimate.nb_frag);

    double set_up_s = 0.0, listening_j = 0.0, bulk_j = 0.0, last_s = 0.0;
    uint32_t ready = 0;
    for (uint32_t i = 0; i < devices; i++) {
        struct campaign_device device;
        struct phase_energy energy;
        campaign_device_get(campaign, i, &device);
        if (device.ready_ns == SIM_NS_NEVER || device.ready_ns >= course.bulk_ns) {
            continue;
        }
        energy_phases_device(trial->recorders, i, &energy);
        ready++;
        set_up_s += (double)(device.ready_ns - 3600 * SIM_NS_PER_S) / 1e9;
        listening_j += energy.joule[ENERGY_PHASE_LISTENING];
        bulk_j += energy.joule[ENERGY_PHASE_BULK] + energy.joule[ENERGY_PHASE_CORRECTION];
        double complete_s = (double)(device.complete_ns - course.bulk_ns) / 1e9;
        last_s = complete_s > last_s ? complete_s : last_s;
    }
    cr_assert_geq(ready, devices * 97 / 100);
    set_up_s /= ready;
    listening_j /= ready;
    bulk_j /= ready;
    /* SessionTime is 5 s before the first frame is asked for. */
    double session_s = last_s + 5.0;
    printf("# session %.1f s, estimate %.1f s; set-up %.0f s, estimate %.0f s\n", session_s,
            estimate.session_s, set_up_s, estimate.set_up_s);
    printf("# listening %.3f J, estimate %.3f J; bulk %.3f J, estimate %.3f J\n", listening_j,
            estimate.listening_j, bulk_j, estimate.bulk_j);
    cr_expect_float_eq(session_s / estimate.session_s, 1.0, 0.1);
    /* Uniform over a report period. */
    double sigma_s = 1800.0 / sqrt(12.0 * devices);
    cr_expect_float_eq(set_up_s, estimate.set_up_s, 3.0 * sigma_s + 0.02 * estimate.set_up_s);
    cr_expect_float_eq(listening_j / estimate.listening_j, 1.0, 0.05);
    cr_expect_float_eq(bulk_j / estimate.bulk_j, 1.0, 0.02);
    trial_destroy(trial);
}

Test(estimate, of_a_small_fleet_is_what_happens)
{
    static const char *const sets[] = { "devices.d.count=12", "campaign.block_ack_delay=2" };
    check(sets, 2, 12, 5);
}

Test(estimate, at_a_lower_data_rate_is_what_happens)
{
    static const char *const sets[] = { "devices.d.count=20", "campaign.block_ack_delay=3",
        "campaign.data_rate=DR3", "campaign.fragment_size=100 B", "campaign.redundancy=30 %" };
    check(sets, 5, 20, 3);
}
