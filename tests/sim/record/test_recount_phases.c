/* Energy by phase, battery and the energy of the estimate, counted again by the firmware's trace.
 * SPDX-License-Identifier: MIT
 *
 * Goal: docs/summary.md says which moments bound a phase; each joule counts in the phase between
 * its moments, and cost and life of a battery follow from that.
 *
 * Method: recorders tell the moments from the radio's states, the air and the server. The observer
 * of this test reads each node's meter at the events of the firmware's trace instead, which name
 * the same moments within what the firmware takes to reach them. Every device is updated here.
 */
#include <criterion/criterion.h>

#include "record/energy_phases.h"
#include "sim/record/fleet.h"
#include "support/data_frame.h"
#include "support/recount.h"
#include "trace.h"

#define NO_PHASE ENERGY_PHASE_COUNT

static struct meter {
    int base, exchange; /* enum energy_phase; exchange NO_PHASE: none */
    bool answer_due;    /* a command on port 200 or 201 */
    double read_j, accept_j;
    sim_ns read_ns, steady_ns;
    double joule[ENERGY_PHASE_COUNT];
} meters[FLEET_DEVICES];

static const struct world *world;

static bool is_steady(int phase)
{
    return phase == ENERGY_PHASE_IDLE || phase == ENERGY_PHASE_REPORT
           || phase == ENERGY_PHASE_CLOCK_SYNC;
}

/* What was drawn since the last reading belongs to the phase that ends now. */
static void read_meter(uint32_t i, sim_ns at_ns)
{
    struct meter *m = &meters[i];
    int phase = m->exchange != NO_PHASE ? m->exchange : m->base;
    double now_j = node_energy_total_j(world->nodes, i, at_ns);
    m->read_ns = m->read_ns == 0 ? node_power_on_ns(world->nodes, i) : m->read_ns;
    m->joule[phase] += now_j - m->read_j;
    m->steady_ns += is_steady(phase) ? at_ns - m->read_ns : 0;
    m->read_j = now_j;
    m->read_ns = at_ns;
}

static int exchange_of(const struct meter *m, int fport)
{
    bool in_session = m->base >= ENERGY_PHASE_LISTENING;
    return fport == 202               ? ENERGY_PHASE_CLOCK_SYNC
           : fport > 0 && fport < 200 ? ENERGY_PHASE_REPORT
           : in_session               ? (int)NO_PHASE
                                      : ENERGY_PHASE_SET_UP;
}

static void on_uplink(const struct frame *frame, sim_ns at_ns)
{
    uint32_t i = frame->sender - world->first_device;
    if (i >= FLEET_DEVICES || frame->downlink || !data_frame_is(frame)) {
        return;
    }
    int fport = data_frame_fport(frame);
    read_meter(i, at_ns);
    meters[i].answer_due = meters[i].answer_due && fport != 200 && fport != 201;
    meters[i].exchange = exchange_of(&meters[i], fport);
}

static void enter(struct meter *m, int base)
{
    m->base = base;
    m->exchange = NO_PHASE;
}

static void on_firmware(struct meter *m, const struct observation *o)
{
    int64_t port = o->c >> 8;
    switch (o->a) {
    case FW_TRACE_JOIN_REQUESTED:
        enter(m, ENERGY_PHASE_JOIN);
        break;
    case FW_TRACE_JOINED: /* the keys and their record in flash came after the JoinAccept */
        m->joule[ENERGY_PHASE_JOIN] -= m->read_j - m->accept_j;
        m->joule[ENERGY_PHASE_IDLE] += m->read_j - m->accept_j;
        enter(m, ENERGY_PHASE_IDLE);
        break;
    case FW_TRACE_DOWNLINK:
        m->answer_due = m->answer_due || port == 200 || port == 201;
        break;
    case FW_TRACE_EXCHANGE_ENDED:
        m->exchange = m->answer_due && m->base == ENERGY_PHASE_IDLE ? (int)ENERGY_PHASE_SET_UP
                                                                    : (int)NO_PHASE;
        break;
    case FW_TRACE_SESSION_OPENED:
        enter(m, ENERGY_PHASE_LISTENING);
        break;
    case FW_TRACE_FRAGMENT_STORED:
        m->base = m->base == ENERGY_PHASE_LISTENING ? ENERGY_PHASE_BULK : m->base;
        break;
    case FW_TRACE_FRAG_FROZEN:
        m->base = ENERGY_PHASE_CORRECTION;
        break;
    case FW_TRACE_SESSION_CLOSED:
        m->base = ENERGY_PHASE_VERIFICATION;
        break;
    case FW_TRACE_BOOTED:
        m->answer_due = false;
        enter(m, ENERGY_PHASE_IDLE);
        break;
    default:
        break;
    }
}

static void watch(void *context, const struct observation *o)
{
    (void)context;
    if (o->kind == OBSERVE_FRAME_STARTED) {
        on_uplink(o->data, o->at_ns);
        return;
    }
    uint32_t i = o->entity - world->first_device;
    if (o->kind == OBSERVE_FRAME_RECEIVED) {
        bool accept = ((const struct frame *)o->data)->bytes[0] >> 5 == 1;
        meters[i].accept_j =
                accept ? node_energy_total_j(world->nodes, i, o->at_ns) : meters[i].accept_j;
        return;
    }
    read_meter(i, o->at_ns);
    if (o->kind == OBSERVE_FIRMWARE) {
        on_firmware(&meters[i], o);
    } else if (meters[i].base == ENERGY_PHASE_VERIFICATION) {
        enter(&meters[i], ENERGY_PHASE_INSTALL);
    }
}

static struct trial *play_with(const char *const *sets, size_t set_count)
{
    const char *all[8] = { "campaign.redundancy=40 %", "campaign.correction.policy=fixed" };
    for (size_t i = 0; i < set_count; i++) {
        all[2 + i] = sets[i];
    }
    struct trial *trial = trial_create(fleet_text, all, 2 + set_count);
    world = trial->world;
    for (uint32_t i = 0; i < FLEET_DEVICES; i++) {
        meters[i] = (struct meter){ .base = ENERGY_PHASE_IDLE, .exchange = NO_PHASE };
    }
    engine_observer_add(world->engine,
            OBSERVE_BIT(OBSERVE_FIRMWARE) | OBSERVE_BIT(OBSERVE_NODE_RESET)
                    | OBSERVE_BIT(OBSERVE_FRAME_STARTED) | OBSERVE_BIT(OBSERVE_FRAME_RECEIVED),
            watch, NULL);
    trial_play(trial);
    for (uint32_t i = 0; i < FLEET_DEVICES; i++) {
        read_meter(i, engine_now(world->engine));
    }
    cr_assert_eq(trial_value(trial, "devices.confirmed"), FLEET_DEVICES);
    return trial;
}

static struct trial *play(void)
{
    return play_with(NULL, 0);
}

static double mean_j(int phase)
{
    double sum_j = 0.0;
    for (uint32_t i = 0; i < FLEET_DEVICES; i++) {
        sum_j += meters[i].joule[phase];
    }
    return sum_j / FLEET_DEVICES;
}

/* The firmware says that an exchange is over some milliseconds after its last window, when it has
 * dealt with the answer and its counters are in flash: that much less is idle. */
Test(recount_phases, energy_counts_between_the_moments_of_its_phase)
{
    static const double tolerance[ENERGY_PHASE_COUNT] = {
        [ENERGY_PHASE_JOIN] = 0.001,
        [ENERGY_PHASE_IDLE] = 0.04,
        [ENERGY_PHASE_REPORT] = 0.002,
        [ENERGY_PHASE_CLOCK_SYNC] = 0.03,
        [ENERGY_PHASE_SET_UP] = 0.002,
        [ENERGY_PHASE_LISTENING] = 0.006,
        [ENERGY_PHASE_BULK] = 0.001,
        [ENERGY_PHASE_CORRECTION] = 0.002,
        [ENERGY_PHASE_VERIFICATION] = 0.001,
        [ENERGY_PHASE_INSTALL] = 0.06, /* to the start of the application, not to its first event */
    };
    struct trial *trial = play();
    for (int phase = 0; phase < ENERGY_PHASE_COUNT; phase++) {
        const char *name = energy_phase_name((enum energy_phase)phase);
        double expected_j = mean_j(phase);
        cr_expect_gt(expected_j, 0.01, "%s", name);
        expect_near(trial, "energy_j.by_phase.", name, expected_j, tolerance[phase] * expected_j);
    }
    trial_destroy(trial);
}

/* A report in the session interrupts a phase of it, which goes on when the windows have closed. */
Test(recount_phases, reports_in_the_session_interrupt_its_phases)
{
    static const char *const sets[] = { "devices.0.report.in_session=send",
        "devices.0.report.period=1 min", "devices.0.data_rate=DR5" };
    struct trial *trial = play_with(sets, sizeof sets / sizeof sets[0]);
    for (int phase = ENERGY_PHASE_LISTENING; phase <= ENERGY_PHASE_VERIFICATION; phase++) {
        double expected_j = mean_j(phase);
        expect_near(trial, "energy_j.by_phase.", energy_phase_name((enum energy_phase)phase),
                expected_j, 0.03 * expected_j);
    }
    trial_destroy(trial);
}

/* What of an update the estimate is compared with: the receiver's energy alone. */
Test(recount_phases, the_estimate_is_compared_with_listening_and_both_bulk_phases)
{
    struct trial *trial = play();
    double listening_j = mean_j(ENERGY_PHASE_LISTENING);
    double bulk_j = mean_j(ENERGY_PHASE_BULK) + mean_j(ENERGY_PHASE_CORRECTION);
    double usable_j =
            FLEET_USABLE * FLEET_CAPACITY_AH * 3600.0 * node_battery(world->nodes, 0)->voltage_v;
    double percent = 100.0 * (listening_j + bulk_j) / usable_j;
    expect_near(trial, "estimate.listening_j.", "simulated", listening_j, 0.01 * listening_j);
    expect_near(trial, "estimate.bulk_j.", "simulated", bulk_j, 0.001 * bulk_j);
    expect_near(trial, "estimate.battery_percent.", "simulated", percent, 0.001 * percent);
    trial_destroy(trial);
}

/* Life: usable energy over the power of the phases that go on without an update, and the leak. A
 * day of it is worth what the device draws in that day. */
Test(recount_phases, update_cost_is_that_of_the_phases_from_the_set_up_on)
{
    struct trial *trial = play();
    double capacity_j = FLEET_CAPACITY_AH * 3600.0 * node_battery(world->nodes, 0)->voltage_v;
    struct values percent = { 0 }, days = { 0 }, years = { 0 };
    for (uint32_t i = 0; i < FLEET_DEVICES; i++) {
        double steady_j = 0.0, update_j = 0.0;
        for (int phase = 0; phase < ENERGY_PHASE_COUNT; phase++) {
            steady_j += is_steady(phase) ? meters[i].joule[phase] : 0.0;
            update_j += phase >= ENERGY_PHASE_SET_UP ? meters[i].joule[phase] : 0.0;
        }
        double power_w = steady_j / ((double)meters[i].steady_ns / 1e9)
                         + FLEET_LEAK_A_YEAR * capacity_j / FLEET_S_PER_YEAR;
        struct phase_energy energy;
        energy_phases_device(trial->recorders, i, &energy);
        cr_expect_float_eq((double)energy.steady_ns / 1e9, (double)meters[i].steady_ns / 1e9, 1.0);
        values_add(&percent, 100.0 * update_j / (FLEET_USABLE * capacity_j));
        values_add(&days, update_j / power_w / 86400.0);
        values_add(&years, FLEET_USABLE * capacity_j / power_w / FLEET_S_PER_YEAR);
    }
    expect_near(trial, "battery.", "update_cost_percent", values_mean(&percent),
            0.001 * values_mean(&percent));
    expect_near(
            trial, "battery.", "update_cost_days", values_mean(&days), 0.002 * values_mean(&days));
    expect_near(trial, "battery.", "life_years", values_mean(&years), 0.002 * values_mean(&years));
    trial_destroy(trial);
}
