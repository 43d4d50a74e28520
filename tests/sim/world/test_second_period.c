/* Correction in a second period, with the real firmware: which devices sleep or listen, and when.
 * SPDX-License-Identifier: MIT
 *
 * Without redundancy in the first period every device that lost a fragment needs the second one.
 * Right values: a receiver that is on draws 11.5 mA at 3.3 V, 2.3 J a minute (spec-physics 8); a
 * pause of 30 minutes would cost 68 J, and asleep it costs less than 0.1 J.
 */
#include <criterion/criterion.h>
#include <math.h>

#include "board/node.h"
#include "support/trial.h"
#include "trace.h"

#define DEVICES 10u

static const char scenario[] =
        "name: two-periods\n"
        "duration: 8 h\n"
        "area: {shape: disc, radius: 1500 m}\n"
        "propagation: {model: okumura-hata, environment: urban, shadowing: {sigma: 0 dB}, "
        "fading: rayleigh}\n"
        "gateways: {count: 1}\n"
        "devices: [{name: d, count: 10, boot: {spread: 10 min}, report: {period: 20 min}}]\n"
        "firmware: {image: generated, size: 6 KiB}\n"
        "campaign: {start: 30 min, set_up: {window: 90 min}, redundancy: 60 %, "
        "correction: {policy: fixed, timeout: 1 h, period: second, pause: 30 min}}\n";

struct periods {
    const struct world *world;
    bool opened[DEVICES][2], opened_whole[DEVICES];
    bool whole[DEVICES];
    double pause_j[DEVICES]; /* from the end of the first session to the opening of the second */
};

static double energy_j(const struct periods *periods, uint32_t device, sim_ns at_ns)
{
    struct energy_states states;
    double sum_j = 0.0;
    node_energy_states(periods->world->nodes, device, at_ns, &states);
    for (int state = 0; state < ENERGY_STATE_COUNT; state++) {
        sum_j += states.joule[state];
    }
    return sum_j;
}

static void observe(void *context, const struct observation *o)
{
    struct periods *periods = context;
    uint32_t device = o->entity - periods->world->first_device;
    if (device >= DEVICES) {
        return;
    }
    if (o->a == FW_TRACE_SESSION_OPENED) {
        cr_assert_lt(o->b, 2);
        periods->opened[device][o->b] = true;
        periods->opened_whole[device] = periods->opened_whole[device] || periods->whole[device];
        periods->pause_j[device] += o->b == 1 ? energy_j(periods, device, o->at_ns) : 0.0;
    } else if (o->a == FW_TRACE_SESSION_CLOSED && o->b == 0) {
        periods->pause_j[device] -= energy_j(periods, device, o->at_ns);
    } else if (o->a == FW_TRACE_BLOCK_MIC) {
        periods->whole[device] = o->b == 1;
    }
}

Test(second_period, is_slept_through_by_devices_that_are_whole)
{
    struct trial *trial = trial_create(scenario, NULL, 0);
    struct periods periods = { .world = trial->world };
    engine_observer_add(trial->world->engine, OBSERVE_BIT(OBSERVE_FIRMWARE), observe, &periods);
    trial_play(trial);
    uint32_t first_only = 0, both = 0;
    for (uint32_t i = 0; i < DEVICES; i++) {
        cr_assert(periods.opened[i][0], "device %u", i);
        cr_assert(!periods.opened_whole[i], "device %u listened with a whole block", i);
        first_only += periods.opened[i][1] ? 0 : 1u;
        both += periods.opened[i][1] ? 1u : 0;
        cr_assert(!periods.opened[i][1] || periods.pause_j[i] < 2.0,
                "device %u spent %f J in the pause", i, periods.pause_j[i]);
    }
    cr_assert_gt(first_only, 0, "a test of devices that are whole needs one");
    cr_assert_gt(both, 0, "a test of devices that are not needs one");
    cr_assert_eq(trial_value(trial, "devices.confirmed"), DEVICES);
    cr_assert_eq(trial_value(trial, "missing_fragments.coded_sent"),
            ceil(0.6 * trial_value(trial, "missing_fragments.nb_frag")));
    trial_destroy(trial);
}
