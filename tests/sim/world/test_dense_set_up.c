/* What limits the set-up of a dense group: duty cycle, and uplinks that gateways miss.
 * SPDX-License-Identifier: MIT
 *
 * Goal: the server holds no answer back that a gateway may send. Method: 300 devices at SF12 close
 * to one gateway have more to be told in an hour than it may send. With RX2 at DR0 their answers
 * use up the 10 % of 869.4 to 869.65 MHz (EN 300 220-2 annex B); at DR2, where they take a
 * quarter of that, they do not, and what is left are uplinks that come while the gateway sends:
 * gateways in turn hear them.
 */
#include <criterion/criterion.h>

#include "support/trial.h"

#define DUTY_CYCLE 0.1
/* Half an hour longer than the first hour of the set-up. */
#define UNTIL_NS (150 * 60 * SIM_NS_PER_S)

static const char dense[] =
        "name: dense\n"
        "duration: 30 h\n"
        "area: {radius: 300 m}\n"
        "propagation: {model: free-space, shadowing: {sigma: 0 dB}, fading: none}\n"
        "gateways: {count: 1, layout: ring, radius: 100 m}\n"
        "devices: [{name: d, count: 300, state: commissioned, data_rate: DR0, "
        "report: {period: 1 h}}]\n"
        "firmware: {image: generated, size: 2 KiB}\n"
        "campaign: {start: 1 h, set_up: {window: 24 h}}\n";

struct limit {
    double duty_cycle;
    double missed; /* share of the uplinks that came while each gateway sent */
    double ready;
};

static struct limit limit_of(const char *set)
{
    struct trial *trial = trial_create(dense, &set, set == NULL ? 0 : 1);
    cr_assert(trial_go(trial, UNTIL_NS));
    struct limit limit = {
        .duty_cycle = trial_value(trial, "airtime.gateway_duty_cycle.max"),
        .missed = trial_value(trial, "uplinks.by_cause.radio_busy")
                  / trial_value(trial, "uplinks.sent"),
        .ready = trial_value(trial, "devices.ready"),
    };
    trial_destroy(trial);
    return limit;
}

Test(dense_set_up, uses_up_the_duty_cycle_where_rx2_is_slow)
{
    struct limit slow = limit_of("network.rx2_data_rate=DR0");
    struct limit fast = limit_of(NULL);
    cr_expect(slow.duty_cycle > 0.97 * DUTY_CYCLE && slow.duty_cycle <= DUTY_CYCLE,
            "the duty cycle is %g", slow.duty_cycle);
    cr_expect(fast.duty_cycle < 0.8 * DUTY_CYCLE, "the duty cycle is %g", fast.duty_cycle);
    cr_expect_gt(fast.ready, slow.ready);
}

Test(dense_set_up, loses_uplinks_while_its_gateway_sends)
{
    struct limit one = limit_of(NULL);
    struct limit three = limit_of("gateways.count=3");
    cr_expect_gt(one.missed, 0.1);
    cr_expect_lt(three.missed, one.missed / 3.0);
    cr_expect_gt(three.ready, one.ready);
}
