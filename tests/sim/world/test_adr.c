/* Server-side ADR with the firmware at the other end.
 * SPDX-License-Identifier: MIT
 *
 * Oracle: spec-protocol 1.11. Without fading the best SNR of the last 20 uplinks is the SNR of
 * each, so a device ends where less than 3 dB are left over what its data rate needs and the
 * margin.
 */
#include <criterion/criterion.h>
#include <stdio.h>

#include "network/network.h"
#include "support/trial.h"

#define DEVICES 20u

static const char city[] = "name: adr\n"
                           "duration: 36 h\n"
                           "area: {radius: 1200 m}\n"
                           "propagation: {shadowing: {sigma: 0 dB}, fading: none}\n"
                           "gateways: {count: 1}\n"
                           "network: {adr: on}\n"
                           "devices: [{name: d, count: 20, boot: {spread: 20 min}, data_rate: adr, "
                           "report: {period: 20 min}}]\n";

static const double required_db[] = { -20.0, -17.5, -15.0, -12.5, -10.0, -7.5 };

struct heard {

    double snr_db[DEVICES]; /* of the last uplink */

    double last_snr_db;
};

static void watch(void *context, const struct observation *observation)
{
    struct heard *heard = context;
    if (observation->kind == OBSERVE_GATEWAY_RECEIVED) {
        heard->last_snr_db = (double)observation->c / 1000.0;
    } else if (observation->kind == OBSERVE_NETWORK_UPLINK) {
        heard->snr_db[observation->a] = heard->last_snr_db;
    }
}

Test(adr, leaves_each_device_less_than_a_step_over_its_margin)
{
    struct trial *trial = trial_create(city, NULL, 0);
    struct heard heard = { .last_snr_db = 0.0 };
    engine_observer_add(trial->world->engine,
            OBSERVE_BIT(OBSERVE_GATEWAY_RECEIVED) | OBSERVE_BIT(OBSERVE_NETWORK_UPLINK), watch,
            &heard);
    trial_play(trial);
    struct network_stats stats;
    network_stats(trial->world->network, &stats);
    uint32_t faster = 0, quieter = 0;
    for (uint32_t i = 0; i < DEVICES; i++) {
        struct network_device_view view;
        network_device_get(trial->world->network, i, &view);
        double left_db = heard.snr_db[i] - required_db[view.data_rate] - 10.0;
        faster += view.data_rate == 5 ? 1 : 0;
        quieter += view.tx_power > 0 ? 1 : 0;
        cr_expect(left_db < 3.0 || view.tx_power == 7, "device %u: DR%u, power %u, %.1f dB left", i,
                view.data_rate, view.tx_power, left_db);
        cr_expect(left_db >= 0.0 || view.tx_power == 0, "device %u: DR%u, power %u, %.1f dB left",
                i, view.data_rate, view.tx_power, left_db);
        cr_expect(view.data_rate == 5 || view.tx_power == 0, "rate before power");
    }
    printf("# %u at DR5, %u below full power, %u of %u requests accepted\n", faster, quieter,
            (unsigned)stats.adr_accepted, (unsigned)stats.adr_requests);
    cr_expect_geq(faster, quieter);
    cr_expect_gt(quieter, 0);
    cr_expect_eq(stats.adr_refused, 0);
    cr_expect_geq(stats.adr_accepted, quieter);
    trial_destroy(trial);
}
