/* What each device's energy was spent on: the meter is read where its radio, the air or the server
 * show that its work changes.
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
#include "campaign/unicast_packages.h"
#include "network/lorawan.h"
#include "record/air_frames.h"
#include "record/devices.h"
#include "record/energy.h"
#include "record/fragment_causes.h"
#include "record/measure.h"

#define NO_PHASE    ENERGY_PHASE_COUNT
#define NO_CAMPAIGN UINT8_MAX

/* What a device has of the block of its campaign. */
enum block {
    BLOCK_NOTHING,
    BLOCK_UNCODED,
    BLOCK_CODED, /* a coded fragment has come */
    BLOCK_WHOLE  /* it has reported so */
};

#define REPORT_LINES 2u /* of the cache: what a report touches */
struct device_phases {
    alignas(64) uint8_t base; /* enum energy_phase: what it is about */
    uint8_t exchange;         /* an uplink's own phase, NO_PHASE: none, or the base's */
    bool answer_due;          /* a set-up command has come; its answer has not left */
    uint8_t block;            /* enum block */
    uint8_t campaign;         /* of the block; NO_CAMPAIGN: none */
    bool left;                /* a session with fragments, and the server has not judged since */
    double read_j;            /* the meter at the last change */
    sim_ns read_ns;
    sim_ns steady_ns;
    double joule[ENERGY_PHASE_COUNT];
};
_Static_assert(sizeof(struct device_phases) == REPORT_LINES * 64u, "a report touches all of it");

/* What has gone to phases since a device left its session. Where none has, no page is touched. */
struct device_left {
    double idle_j, set_up_j;
    sim_ns steady_ns;
};

struct energy_phases {
    const struct recorder_set *set;
    const struct recorder_view *view;
    const struct node_fleet *nodes;
    uint32_t device_count;
    entity_id first_device;
    struct device_phases *devices;
    struct device_left *since_left; /* [device] */
    /* [device]: its base, LISTENING or BULK, which a fragment may change; else 0. Dense, because
     * every fragment asks. */
    uint8_t *expecting;
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

static void destroy(void *state)
{
    struct energy_phases *phases = state;
    free(phases->expecting);
    free(phases->devices);
    free(phases->since_left);
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
    phases->set = set;
    phases->view = view;
    phases->nodes = view->nodes;
    phases->device_count = device_count;
    phases->first_device = view->first_device;
    phases->devices =
            aligned_alloc(alignof(struct device_phases), device_count * sizeof *phases->devices);
    phases->since_left = calloc(device_count, sizeof *phases->since_left);
    phases->expecting = calloc(device_count, sizeof *phases->expecting);
    if (phases->devices == NULL || phases->since_left == NULL || phases->expecting == NULL) {
        destroy(phases);
        return NULL;
    }
    memset(phases->devices, 0, device_count * sizeof *phases->devices);
    for (uint32_t i = 0; i < device_count; i++) {
        phases->devices[i].base = ENERGY_PHASE_IDLE;
        phases->devices[i].exchange = NO_PHASE;
        phases->devices[i].campaign = NO_CAMPAIGN;
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

/* Adds what was drawn since the last change. */
static void settle(const struct energy_phases *phases, uint32_t index, sim_ns at_ns,
        struct device_phases *device, struct device_left *left)
{
    double total_j = node_energy_total_j(phases->nodes, index, at_ns);
    enum energy_phase phase = phase_of(device);
    if (device->read_ns == 0) {
        device->read_ns = node_power_on_ns(phases->nodes, index);
    }
    double spent_j = total_j - device->read_j;
    sim_ns steady_ns = is_steady(phase) ? at_ns - device->read_ns : 0;
    device->joule[phase] += spent_j;
    device->steady_ns += steady_ns;
    if (device->left && phase == ENERGY_PHASE_IDLE) {
        left->idle_j += spent_j;
        left->steady_ns += steady_ns;
    } else if (device->left && phase == ENERGY_PHASE_SET_UP) {
        left->set_up_j += spent_j;
    }
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
    settle(phases, index, at_ns, device, &phases->since_left[index]);
    device->base = (uint8_t)base;
    device->exchange = (uint8_t)exchange;
    bool expecting = base == ENERGY_PHASE_LISTENING || base == ENERGY_PHASE_BULK;
    phases->expecting[index] = expecting ? (uint8_t)base : 0;
}

/* --- uplinks ---------------------------------------------------------------------------------- */

/* Answers within a session, and to it, belong to what they are about. An empty frame polls: that is
 * how a set-up goes on. */
static int phase_of_uplink(enum energy_phase base, int fport)
{
    if (fport == (int)PACKAGE_FPORT_CLOCK) {
        return ENERGY_PHASE_CLOCK_SYNC;
    }
    if (fport == (int)UNICAST_FPORT) {
        return ENERGY_PHASE_BULK;
    }
    if (fport > 0 && fport < (int)PACKAGE_FPORT_MULTICAST) {
        return ENERGY_PHASE_REPORT;
    }
    return base == ENERGY_PHASE_IDLE ? (int)ENERGY_PHASE_SET_UP : (int)NO_PHASE;
}

/* The server knows that no install will follow: a bad block, or an old version after all. */
static bool is_over(const struct energy_phases *phases, uint32_t index)
{
    const struct device_phases *device = &phases->devices[index];
    struct campaign_device d;
    if (device->base != ENERGY_PHASE_VERIFICATION || device->campaign == NO_CAMPAIGN) {
        return false;
    }
    campaign_device_get(server_campaign(phases->view->server, device->campaign), index, &d);
    return d.failure == CAMPAIGN_FAILURE_BLOCK_MIC || campaign_failure_is_old_version(d.failure);
}

static void uplink(
        struct energy_phases *phases, uint32_t index, sim_ns at_ns, const struct frame *frame)
{
    struct device_phases *device = &phases->devices[index];
    if (frame->size > 0 && lorawan_ftype(frame->bytes[0]) == LORAWAN_JOIN_REQUEST) {
        set_phase(phases, index, at_ns, ENERGY_PHASE_JOIN, NO_PHASE);
        return;
    }
    int fport = air_uplink_fport(frame);
    if (fport == (int)PACKAGE_FPORT_MULTICAST || fport == (int)PACKAGE_FPORT_FRAGMENTATION) {
        device->answer_due = false;
    }
    enum energy_phase base =
            is_over(phases, index) ? ENERGY_PHASE_IDLE : (enum energy_phase)device->base;
    set_phase(phases, index, at_ns, base, phase_of_uplink(base, fport));
}

static void exchange_ended(struct energy_phases *phases, uint32_t index, sim_ns at_ns)
{
    const struct device_phases *device = &phases->devices[index];
    bool set_up = device->answer_due && device->base == ENERGY_PHASE_IDLE;
    set_phase(phases, index, at_ns, (enum energy_phase)device->base,
            set_up ? (int)ENERGY_PHASE_SET_UP : (int)NO_PHASE);
}

/* --- downlinks -------------------------------------------------------------------------------- */

static void fragment(
        struct energy_phases *phases, uint32_t index, sim_ns at_ns, enum fragment_kind kind)
{
    struct device_phases *device = &phases->devices[index];
    enum energy_phase base = kind == FRAGMENT_CODED ? ENERGY_PHASE_CORRECTION : ENERGY_PHASE_BULK;
    device->block = kind == FRAGMENT_CODED ? BLOCK_CODED : BLOCK_UNCODED;
    set_phase(phases, index, at_ns, base, device->exchange);
}

/* The block is that of the campaign that speaks to the device. False: none has. */
static bool block_expected(struct energy_phases *phases, uint32_t index)
{
    struct device_phases *device = &phases->devices[index];
    uint32_t campaign = recorder_campaign_of(phases->view, index);
    if (campaign != UINT32_MAX && campaign != device->campaign) {
        device->campaign = (uint8_t)campaign;
        device->block = BLOCK_NOTHING;
    }
    return campaign != UINT32_MAX;
}

static void downlink(struct energy_phases *phases, uint32_t index, const struct observation *o)
{
    const struct frame *frame = o->data;
    struct device_phases *device = &phases->devices[index];
    struct air_downlink downlink;
    if (phases->expecting[index] != 0) {
        enum fragment_kind kind =
                fragment_causes_kind(fragment_causes_of(phases->set), index, o->a);
        if (kind != FRAGMENT_NONE) {
            if (phases->expecting[index] == ENERGY_PHASE_LISTENING || kind == FRAGMENT_CODED) {
                fragment(phases, index, o->at_ns, kind);
            }
            return;
        }
    }
    if (device->base == ENERGY_PHASE_JOIN && devices_is_accept(phases->set, index, frame)) {
        device->answer_due = false;
        set_phase(phases, index, o->at_ns, ENERGY_PHASE_IDLE, NO_PHASE);
        return;
    }
    if (!air_downlink_parse(frame, &downlink)
            || downlink.address != network_dev_addr(phases->view->network, index)) {
        return;
    }
    if (downlink.fport == PACKAGE_FPORT_MULTICAST
            || downlink.fport == PACKAGE_FPORT_FRAGMENTATION) {
        device->answer_due = true; /* from the end of these windows on it is set-up */
    } else if (downlink.fport == UNICAST_FPORT && block_expected(phases, index)
               && device->block == BLOCK_NOTHING) {
        device->block = BLOCK_UNCODED;
    }
}

/* --- sessions --------------------------------------------------------------------------------- */

static enum energy_phase phase_of_block(const struct device_phases *device)
{
    static const uint8_t phases[] = { ENERGY_PHASE_LISTENING, ENERGY_PHASE_BULK,
        ENERGY_PHASE_CORRECTION, ENERGY_PHASE_VERIFICATION };
    return (enum energy_phase)phases[device->block];
}

/* Its receiver is on outside the windows of an uplink. Without a campaign that has spoken to it,
 * nothing says what for. */
static void listens(struct energy_phases *phases, uint32_t index, sim_ns at_ns)
{
    struct device_phases *device = &phases->devices[index];
    if (device->base == ENERGY_PHASE_JOIN || device->base >= ENERGY_PHASE_LISTENING) {
        return;
    }
    if (!block_expected(phases, index)) {
        return;
    }
    set_phase(phases, index, at_ns, phase_of_block(device), NO_PHASE);
    device->left = false;
}

/* Its radio sleeps, and no uplink is under way. Whether it has the block shows when it reports. */
static void leaves(struct energy_phases *phases, uint32_t index, sim_ns at_ns)
{
    struct device_phases *device = &phases->devices[index];
    if (device->base < ENERGY_PHASE_LISTENING || device->base > ENERGY_PHASE_CORRECTION) {
        return;
    }
    set_phase(phases, index, at_ns, ENERGY_PHASE_IDLE, device->exchange);
    device->left = device->block != BLOCK_NOTHING;
    phases->since_left[index] = (struct device_left){ 0 };
}

/* The device has the whole block: what it spent since it left its session was verification. */
static void whole(struct energy_phases *phases, uint32_t index, sim_ns at_ns)
{
    struct device_phases *device = &phases->devices[index];
    if (device->block == BLOCK_NOTHING || device->block == BLOCK_WHOLE) {
        return;
    }
    struct device_left *left = &phases->since_left[index];
    settle(phases, index, at_ns, device, left);
    if (device->left) {
        device->joule[ENERGY_PHASE_IDLE] -= left->idle_j;
        device->joule[ENERGY_PHASE_SET_UP] -= left->set_up_j;
        device->joule[ENERGY_PHASE_VERIFICATION] += left->idle_j + left->set_up_j;
        device->steady_ns -= left->steady_ns;
    }
    device->left = false;
    device->block = BLOCK_WHOLE;
    bool answers = device->exchange == ENERGY_PHASE_SET_UP;
    set_phase(phases, index, at_ns, ENERGY_PHASE_VERIFICATION,
            answers ? (int)NO_PHASE : device->exchange);
}

static void radio(void *state, uint32_t index, sim_ns at_ns, enum device_activity was,
        enum device_activity is)
{
    struct energy_phases *phases = state;
    if (was == DEVICE_EXCHANGING) {
        exchange_ended(phases, index, at_ns);
    }
    if (is == DEVICE_LISTENING) {
        listens(phases, index, at_ns);
    } else if (is == DEVICE_ASLEEP) {
        leaves(phases, index, at_ns);
    }
}

/* --- resets ----------------------------------------------------------------------------------- */

/* After the verification of an image the restart is the install: the bootloader checks it again
 * before it says that it starts. */
static void reset(struct energy_phases *phases, uint32_t index, sim_ns at_ns)
{
    if (phases->devices[index].base == ENERGY_PHASE_VERIFICATION) {
        set_phase(phases, index, at_ns, ENERGY_PHASE_INSTALL, NO_PHASE);
    }
}

/* The application starts. */
static void boot(void *state, uint32_t index, sim_ns at_ns)
{
    struct energy_phases *phases = state;
    struct device_phases *device = &phases->devices[index];
    device->answer_due = false;
    device->block = device->base == ENERGY_PHASE_INSTALL ? BLOCK_NOTHING : device->block;
    set_phase(phases, index, at_ns, ENERGY_PHASE_IDLE, NO_PHASE);
}

static struct recorder_lines lines(const void *state)
{
    const struct energy_phases *phases = state;
    return (struct recorder_lines){ phases->devices, sizeof phases->devices[0], REPORT_LINES };
}

static void observe(void *state, const struct observation *o)
{
    struct energy_phases *phases = state;
    uint32_t index = o->entity - phases->first_device; /* of a frame or a stage: another */
    const struct frame *frame = o->data;
    switch (o->kind) {
    case OBSERVE_FRAME_STARTED:
        if (frame->sender - phases->first_device < phases->device_count && !frame->downlink) {
            uplink(phases, frame->sender - phases->first_device, o->at_ns, frame);
        }
        break;
    case OBSERVE_FRAME_RECEIVED:
        downlink(phases, index, o);
        break;
    case OBSERVE_CAMPAIGN_STAGE:
        if (o->b == CAMPAIGN_COMPLETE || o->b == CAMPAIGN_AUTHENTICATED) {
            whole(phases, (uint32_t)o->a, o->at_ns);
        }
        break;
    default:
        reset(phases, index, o->at_ns);
        break;
    }
}

static void add_up(const struct energy_phases *phases, uint32_t index, sim_ns now_ns,
        struct phase_energy *energy)
{
    struct device_phases device = phases->devices[index];
    struct device_left left = phases->since_left[index];
    *energy = (struct phase_energy){ 0 };
    if (now_ns <= node_power_on_ns(phases->nodes, index)) {
        return;
    }
    settle(phases, index, now_ns, &device, &left);
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
    add_up(recorder_set_state(set, RECORDER_ENERGY_PHASES), device, now_ns, energy);
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

/* Means over the devices; they add up to energy_j.mean. */
static void measure_phases(const void *state, struct measure *m)
{
    const struct energy_phases *phases = state;
    sim_ns now_ns = engine_now(m->view->engine);
    double by_phase[ENERGY_PHASE_COUNT] = { 0 };
    uint32_t count = measure_device_count(m);
    for (uint32_t i = m->first_index; i < m->end_index; i++) {
        struct phase_energy energy;
        add_up(phases, i, now_ns, &energy);
        for (int phase = 0; phase < ENERGY_PHASE_COUNT; phase++) {
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
    .kinds = OBSERVE_BIT(OBSERVE_NODE_RESET) | OBSERVE_BIT(OBSERVE_FRAME_STARTED)
             | OBSERVE_BIT(OBSERVE_FRAME_RECEIVED) | OBSERVE_BIT(OBSERVE_CAMPAIGN_STAGE),
    .create = create,
    .destroy = destroy,
    .observe = observe,
    .radio = radio,
    .boot = boot,
    .lines = lines,
    .audit = audit,
    .measure = measure_phases,
};
