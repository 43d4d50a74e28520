/* What each device's energy was spent on: the meter is read where the firmware changes its work.
 * SPDX-License-Identifier: MIT
 */
#include "record/energy_phases.h"

#include <inttypes.h>
#include <math.h>
#include <stdalign.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "campaign/packages.h"
#include "record/energy.h"
#include "record/measure.h"
#include "update/update.h"

#define NO_PHASE ENERGY_PHASE_COUNT

/* What a report touches is the first cache line: so far to ENERGY_PHASE_CLOCK_SYNC. */
struct device_phases {
    alignas(64) uint8_t base; /* enum energy_phase: what it is about */
    uint8_t exchange;         /* an uplink's own phase, NO_PHASE: none, or the base's */
    bool answer_due;          /* a set-up command has come; its answer has not left */
    double read_j;            /* the meter at the last change */
    sim_ns read_ns;
    sim_ns steady_ns;
    double joule[ENERGY_PHASE_COUNT];
};
_Static_assert(offsetof(struct device_phases, joule[ENERGY_PHASE_CLOCK_SYNC + 1]) == 64, "a line");

struct energy_phases {
    const struct node_fleet *nodes;
    uint32_t device_count;
    entity_id first_device;
    struct device_phases *devices;
    bool *listening; /* [device]: its base is LISTENING; dense, because every fragment asks */
};

const char *energy_phase_name(enum energy_phase phase)
{
    static const char *const names[ENERGY_PHASE_COUNT] = {
#define X(name, text) text,
        ENERGY_PHASES(X)
#undef X
    };
    return names[phase];
}

extern const struct recorder_ops energy_phases_recorder;

static void destroy(void *state)
{
    struct energy_phases *phases = state;
    free(phases->listening);
    free(phases->devices);
    free(phases);
}

static void *create(const struct recorder_set *set)
{
    const struct recorder_view *view = recorder_set_view(set);
    uint32_t device_count = view->device_count;
    struct energy_phases *phases = calloc(1, sizeof *phases);
    if (phases == NULL) {
        return NULL;
    }
    phases->nodes = view->nodes;
    phases->device_count = device_count;
    phases->first_device = view->first_device;
    phases->devices =
            aligned_alloc(alignof(struct device_phases), device_count * sizeof *phases->devices);
    phases->listening = calloc(device_count, sizeof *phases->listening);
    if (phases->devices == NULL || phases->listening == NULL) {
        destroy(phases);
        return NULL;
    }
    memset(phases->devices, 0, device_count * sizeof *phases->devices);
    for (uint32_t i = 0; i < device_count; i++) {
        phases->devices[i].base = ENERGY_PHASE_IDLE;
        phases->devices[i].exchange = NO_PHASE;
    }
    return phases;
}

/* --- the meter -------------------------------------------------------------------------------- */

static enum energy_phase phase_of(const struct device_phases *device)
{
    return (enum energy_phase)(device->exchange != NO_PHASE ? device->exchange : device->base);
}

static bool is_update(enum energy_phase phase)
{
    return phase >= ENERGY_PHASE_SET_UP;
}

static bool is_steady(enum energy_phase phase)
{
    return phase == ENERGY_PHASE_IDLE || phase == ENERGY_PHASE_REPORT
           || phase == ENERGY_PHASE_CLOCK_SYNC;
}

/* Books what was drawn since the last change. */
static void settle(const struct energy_phases *phases, uint32_t index, sim_ns at_ns,
        struct device_phases *device)
{
    double total_j = node_energy_total_j(phases->nodes, index, at_ns);
    enum energy_phase phase = phase_of(device);
    if (device->read_ns == 0) {
        device->read_ns = node_power_on_ns(phases->nodes, index);
    }
    device->joule[phase] += total_j - device->read_j;
    device->steady_ns += is_steady(phase) ? at_ns - device->read_ns : 0;
    device->read_j = total_j;
    device->read_ns = at_ns;
}

static void set_phase(struct energy_phases *phases, uint32_t index, sim_ns at_ns,
        enum energy_phase base, int exchange)
{
    struct device_phases *device = &phases->devices[index];
    if (device->base == base && device->exchange == exchange) {
        return;
    }
    settle(phases, index, at_ns, device);
    device->base = (uint8_t)base;
    device->exchange = (uint8_t)exchange;
    phases->listening[index] = base == ENERGY_PHASE_LISTENING;
}

/* --- what the firmware does ------------------------------------------------------------------- */

/* Answers within a session, and to it, belong to what they are about. An empty frame polls: that is
 * how a set-up goes on. */
static int phase_of_uplink(enum energy_phase base, unsigned fport)
{
    if (fport == PACKAGE_FPORT_CLOCK) {
        return ENERGY_PHASE_CLOCK_SYNC;
    }
    if (fport > 0 && fport < PACKAGE_FPORT_MULTICAST) {
        return ENERGY_PHASE_REPORT;
    }
    return base == ENERGY_PHASE_IDLE ? (int)ENERGY_PHASE_SET_UP : (int)NO_PHASE;
}

static void uplink(struct energy_phases *phases, uint32_t index, const struct observation *o)
{
    struct device_phases *device = &phases->devices[index];
    unsigned fport = (unsigned)(o->c >> 8);
    if (fport == PACKAGE_FPORT_MULTICAST || fport == PACKAGE_FPORT_FRAGMENTATION) {
        device->answer_due = false;
    }
    enum energy_phase base = (enum energy_phase)device->base;
    set_phase(phases, index, o->at_ns, base, phase_of_uplink(base, fport));
}

/* A command came in the windows of some uplink: from here on it is set-up. */
static void command(struct energy_phases *phases, uint32_t index, const struct observation *o)
{
    struct device_phases *device = &phases->devices[index];
    device->answer_due = true;
    if (device->base == ENERGY_PHASE_IDLE) {
        set_phase(phases, index, o->at_ns, ENERGY_PHASE_IDLE, ENERGY_PHASE_SET_UP);
    }
}

static void exchange_ended(
        struct energy_phases *phases, uint32_t index, const struct observation *o)
{
    struct device_phases *device = &phases->devices[index];
    bool set_up = device->answer_due && device->base == ENERGY_PHASE_IDLE;
    set_phase(phases, index, o->at_ns, (enum energy_phase)device->base,
            set_up ? (int)ENERGY_PHASE_SET_UP : (int)NO_PHASE);
}

static void next_base(struct energy_phases *phases, uint32_t index, sim_ns at_ns,
        enum energy_phase from, enum energy_phase to, enum energy_phase next)
{
    const struct device_phases *device = &phases->devices[index];
    if (device->base >= from && device->base <= to) {
        set_phase(phases, index, at_ns, next,
                is_update(next) && device->exchange == ENERGY_PHASE_SET_UP ? (int)NO_PHASE
                                                                           : device->exchange);
    }
}

/* Steps of an update, in order; a device in another step than expected stays where it is. */
static void follow_update(struct energy_phases *phases, uint32_t index, const struct observation *o)
{
    sim_ns at_ns = o->at_ns;
    switch (o->a) {
    case FW_TRACE_SESSION_OPENED:
        next_base(
                phases, index, at_ns, ENERGY_PHASE_IDLE, ENERGY_PHASE_IDLE, ENERGY_PHASE_LISTENING);
        break;
    case FW_TRACE_FRAG_FROZEN:
        next_base(phases, index, at_ns, ENERGY_PHASE_LISTENING, ENERGY_PHASE_BULK,
                ENERGY_PHASE_CORRECTION);
        break;
    case FW_TRACE_FRAG_COMPLETE:
        next_base(phases, index, at_ns, ENERGY_PHASE_IDLE, ENERGY_PHASE_CORRECTION,
                ENERGY_PHASE_VERIFICATION);
        break;
    case FW_TRACE_SESSION_CLOSED:
        next_base(phases, index, at_ns, ENERGY_PHASE_LISTENING, ENERGY_PHASE_CORRECTION,
                ENERGY_PHASE_IDLE);
        break;
    case FW_TRACE_BLOCK_MIC: /* a bad block, or a bad image: no install will follow */
        if (o->b == 0) {
            next_base(phases, index, at_ns, ENERGY_PHASE_VERIFICATION, ENERGY_PHASE_VERIFICATION,
                    ENERGY_PHASE_IDLE);
        }
        break;
    case FW_TRACE_IMAGE_VERIFIED:
        if (o->b != UPDATE_VALID) {
            next_base(phases, index, at_ns, ENERGY_PHASE_VERIFICATION, ENERGY_PHASE_VERIFICATION,
                    ENERGY_PHASE_IDLE);
        }
        break;
    case FW_TRACE_INSTALL_STARTED:
        set_phase(phases, index, at_ns, ENERGY_PHASE_INSTALL, NO_PHASE);
        break;
    default:
        break;
    }
}

/* After the verification of an image the restart is the install: the bootloader checks it again
 * before it says that it starts. */
static void reset(struct energy_phases *phases, uint32_t index, const struct observation *o)
{
    if (phases->devices[index].base == ENERGY_PHASE_VERIFICATION) {
        set_phase(phases, index, o->at_ns, ENERGY_PHASE_INSTALL, NO_PHASE);
    }
}

static void prefetch(const void *state, uint32_t device)
{
    const struct energy_phases *phases = state;
    __builtin_prefetch(&phases->devices[device], 1);
}

static void observe(void *state, const struct observation *o)
{
    struct energy_phases *phases = state;
    uint32_t index = o->entity - phases->first_device;
    if (o->kind == OBSERVE_NODE_RESET) {
        reset(phases, index, o);
        return;
    }
    switch (o->a) {
    case FW_TRACE_FRAGMENT_STORED:
        if (phases->listening[index]) {
            next_base(phases, index, o->at_ns, ENERGY_PHASE_LISTENING, ENERGY_PHASE_LISTENING,
                    ENERGY_PHASE_BULK);
        }
        break;
    case FW_TRACE_JOIN_REQUESTED:
        set_phase(phases, index, o->at_ns, ENERGY_PHASE_JOIN, NO_PHASE);
        break;
    case FW_TRACE_JOINED:
    case FW_TRACE_BOOTED:
        phases->devices[index].answer_due = false;
        set_phase(phases, index, o->at_ns, ENERGY_PHASE_IDLE, NO_PHASE);
        break;
    case FW_TRACE_UPLINK:
        uplink(phases, index, o);
        break;
    case FW_TRACE_EXCHANGE_ENDED:
        exchange_ended(phases, index, o);
        break;
    case FW_TRACE_GROUP_SET_UP:
    case FW_TRACE_FRAG_SET_UP:
        command(phases, index, o);
        break;
    default:
        follow_update(phases, index, o);
        break;
    }
}

static void add_up(const struct energy_phases *phases, uint32_t index, sim_ns now_ns,
        struct phase_energy *energy)
{
    struct device_phases device = phases->devices[index];
    bool known = (node_build(phases->nodes, index)->flags & FIRMWARE_TRACES) != 0;
    *energy = (struct phase_energy){ .known = known };
    if (now_ns <= node_power_on_ns(phases->nodes, index)) {
        return;
    }
    settle(phases, index, now_ns, &device);
    for (int phase = 0; phase < ENERGY_PHASE_COUNT; phase++) {
        double joule = device.joule[phase];
        energy->joule[phase] = joule;
        energy->update_j += is_update((enum energy_phase)phase) ? joule : 0.0;
        energy->steady_j += is_steady((enum energy_phase)phase) ? joule : 0.0;
    }
    energy->steady_ns = device.steady_ns;
}

void energy_phases_device(
        const struct recorder_set *set, uint32_t device, struct phase_energy *energy)
{
    sim_ns now_ns = engine_now(recorder_set_view(set)->engine);
    add_up(recorder_set_state(set, &energy_phases_recorder), device, now_ns, energy);
}

static bool audit(const void *state, const struct recorder_set *set, char *text, size_t size)
{
    const struct energy_phases *phases = state;
    sim_ns now_ns = engine_now(recorder_set_view(set)->engine);
    for (uint32_t i = 0; i < phases->device_count; i++) {
        struct phase_energy energy;
        struct energy_account account;
        double sum_j = 0.0;
        add_up(phases, i, now_ns, &energy);
        node_energy(phases->nodes, i, now_ns, &account);
        for (int phase = 0; phase < ENERGY_PHASE_COUNT; phase++) {
            sum_j += energy.joule[phase];
        }
        double total_j = energy_total_j(&account);
        if (!energy_is_equal(sum_j, total_j)) {
            snprintf(text, size, "INVARIANT device %" PRIu32 " drew %.12g J, by phases %.12g J", i,
                    total_j, sum_j);
            return true;
        }
    }
    return false;
}

/* Means over the devices whose phases are known; if those are all, they add up to energy_j.mean. */
static void measure_phases(const void *state, struct measure *m)
{
    const struct energy_phases *phases = state;
    sim_ns now_ns = engine_now(m->view->engine);
    double by_phase[ENERGY_PHASE_COUNT] = { 0 };
    uint32_t count = 0;
    for (uint32_t i = m->first_index; i < m->end_index; i++) {
        struct phase_energy energy;
        add_up(phases, i, now_ns, &energy);
        count += energy.known ? 1u : 0u;
        for (int phase = 0; energy.known && phase < ENERGY_PHASE_COUNT; phase++) {
            by_phase[phase] += energy.joule[phase];
        }
    }
    for (int phase = 0; phase < ENERGY_PHASE_COUNT; phase++) {
        measure_add(m, "energy_j.by_phase.", energy_phase_name((enum energy_phase)phase),
                count > 0 ? by_phase[phase] / count : NAN);
    }
}

const struct recorder_ops energy_phases_recorder = {
    .name = "energy_phases",
    .by_group = true,
    .kinds = OBSERVE_BIT(OBSERVE_NODE_RESET),
    .traces = RECORDER_TRACE(FRAGMENT_STORED) | RECORDER_TRACE(JOIN_REQUESTED)
              | RECORDER_TRACE(JOINED) | RECORDER_TRACE(BOOTED) | RECORDER_TRACE(UPLINK)
              | RECORDER_TRACE(EXCHANGE_ENDED) | RECORDER_TRACE(GROUP_SET_UP)
              | RECORDER_TRACE(FRAG_SET_UP) | RECORDER_TRACE(SESSION_OPENED)
              | RECORDER_TRACE(FRAG_FROZEN) | RECORDER_TRACE(FRAG_COMPLETE)
              | RECORDER_TRACE(SESSION_CLOSED) | RECORDER_TRACE(BLOCK_MIC)
              | RECORDER_TRACE(IMAGE_VERIFIED) | RECORDER_TRACE(INSTALL_STARTED),
    .create = create,
    .destroy = destroy,
    .observe = observe,
    .prefetch = prefetch,
    .audit = audit,
    .measure = measure_phases,
};
