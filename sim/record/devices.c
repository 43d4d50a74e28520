/* How far devices came: joined, and the stages of a campaign.
 * SPDX-License-Identifier: MIT
 */
#include "record/devices.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "air/frame.h"
#include "record/device_outcome.h"
#include "record/measure.h"

#define JOIN_ACCEPT 1u /* MType: spec-protocol 1.3 */

/* A device has joined when its radio has received the JoinAccept that the server made for it, or
 * when it starts commissioned. */
struct device_join {
    uint64_t accept;  /* first bytes, encrypted, of the JoinAccept that is on its way; 0: none */
    sim_ns joined_ns; /* the first time; SIM_NS_NEVER: not yet */
};

struct devices {
    const struct recorder_view *view;
    uint64_t unseen; /* joins in a firmware's trace that were not seen */
    struct device_join joins[];
};

static void *create(const struct recorder_set *set)
{
    const struct recorder_view *view = recorder_set_view(set);
    struct devices *devices =
            calloc(1, sizeof *devices + view->device_count * sizeof devices->joins[0]);
    if (devices == NULL) {
        return NULL;
    }
    devices->view = view;
    for (uint32_t i = 0; i < view->device_count; i++) {
        struct network_device_view device; /* joined before the run: commissioned */
        network_device_get(view->network, i, &device);
        devices->joins[i].joined_ns =
                device.joined ? node_power_on_ns(view->nodes, i) : SIM_NS_NEVER;
    }
    return devices;
}

/* The MHDR of every JoinAccept is the same; what follows is encrypted with the device's key. */
static uint64_t accept_mark(const uint8_t *bytes)
{
    uint64_t mark;
    memcpy(&mark, bytes + 1, sizeof mark);
    return mark;
}

static bool is_accept(const struct device_join *join, const struct frame *frame)
{
    return frame->size > sizeof join->accept && frame->bytes[0] >> 5 == JOIN_ACCEPT
           && join->accept != 0 && join->accept == accept_mark(frame->bytes);
}

static void received(struct devices *devices, const struct observation *o)
{
    uint32_t index = o->entity - devices->view->first_device;
    if (index >= devices->view->device_count) {
        return;
    }
    struct device_join *join = &devices->joins[index];
    if (join->joined_ns == SIM_NS_NEVER && is_accept(join, o->data)) {
        join->joined_ns = o->at_ns;
    }
}

/* The trace of a firmware does not count; it checks what does. */
static void traced(struct devices *devices, const struct observation *o)
{
    uint32_t index = o->entity - devices->view->first_device;
    devices->unseen += devices->joins[index].joined_ns > o->at_ns ? 1u : 0u;
}

static void observe(void *state, const struct observation *o)
{
    struct devices *devices = state;
    if (o->kind == OBSERVE_FRAME_RECEIVED) {
        received(devices, o);
    } else if (o->kind == OBSERVE_NETWORK_JOIN) {
        devices->joins[o->a].accept = accept_mark(o->data);
    } else {
        traced(devices, o);
    }
}

sim_ns devices_joined_ns(const struct recorder_set *set, uint32_t device)
{
    const struct devices *devices = recorder_set_state(set, RECORDER_DEVICES);
    return devices->joins[device].joined_ns;
}

bool devices_is_accept(const struct recorder_set *set, uint32_t device, const struct frame *frame)
{
    const struct devices *devices = recorder_set_state(set, RECORDER_DEVICES);
    return is_accept(&devices->joins[device], frame);
}

/* --- audit ------------------------------------------------------------------------------------ */

/* What the server heard against what the air shows: a member has joined, or it has never joined and
 * the server never heard it. It is confirmed, or it has a reason. */
static bool member_fails(const struct devices *devices, uint32_t device,
        const struct campaign_device *d, char *text, size_t size)
{
    bool joined = devices->joins[device].joined_ns <= engine_now(devices->view->engine);
    if (!joined && d->failure != CAMPAIGN_FAILURE_NEVER_HEARD) {
        snprintf(text, size, "INVARIANT the server heard device %" PRIu32 ", which never joined",
                device);
        return true;
    }
    if ((d->stage == CAMPAIGN_CONFIRMED) != (d->failure == CAMPAIGN_FAILURE_NONE)) {
        snprintf(text, size, "INVARIANT device %" PRIu32 " is at stage %d, with failure '%s'",
                device, (int)d->stage, campaign_failure_name(d->failure));
        return true;
    }
    return false;
}

static bool campaign_fails(
        const struct devices *devices, uint32_t campaign, char *text, size_t size)
{
    const struct recorder_view *view = devices->view;
    for (uint32_t i = 0; i < view->device_count; i++) {
        struct campaign_device d;
        campaign_device_get(server_campaign(view->server, campaign), i, &d);
        if (d.member && member_fails(devices, i, &d, text, size)) {
            return true;
        }
    }
    return false;
}

static bool audit(const void *state, const struct recorder_set *set, char *text, size_t size)
{
    (void)set;
    const struct devices *devices = state;
    if (devices->unseen > 0) {
        snprintf(text, size, "INVARIANT %" PRIu64 " joins of the firmware were not seen on the air",
                devices->unseen);
        return true;
    }
    for (uint32_t c = 0; c < server_campaign_count(devices->view->server); c++) {
        if (campaign_fails(devices, c, text, size)) {
            return true;
        }
    }
    return false;
}

/* --- results ---------------------------------------------------------------------------------- */

static bool outcome_of(const struct measure *m, uint32_t device, struct device_outcome *outcome)
{
    return device_outcome_get(m->set, m->first_campaign, m->end_campaign, device, outcome);
}

static void add_failures(struct measure *m)
{
    uint64_t counts[CAMPAIGN_FAILURE_COUNT] = { 0 }, never_joined = 0;
    for (uint32_t i = m->first_index; i < m->end_index; i++) {
        struct device_outcome outcome;
        if (!outcome_of(m, i, &outcome)) {
            continue;
        }
        if (outcome.never_joined) {
            never_joined++;
        } else {
            counts[outcome.failure]++;
        }
    }
    measure_count(m, "devices.failed.", "never_joined", never_joined);
    for (int f = CAMPAIGN_FAILURE_NONE + 1; f < CAMPAIGN_FAILURE_COUNT; f++) {
        measure_count(
                m, "devices.failed.", campaign_failure_name((enum campaign_failure)f), counts[f]);
    }
}

static uint64_t count_at_least(const struct measure *m, enum campaign_stage stage)
{
    uint64_t count = 0;
    for (uint32_t i = m->first_index; i < m->end_index; i++) {
        struct device_outcome outcome;
        count += outcome_of(m, i, &outcome) && outcome.stage >= stage ? 1u : 0u;
    }
    return count;
}

/* Members of the campaigns that count; of the run or a group, all devices. */
static uint64_t count_devices(const struct measure *m)
{
    return m->scope == EXPECT_CAMPAIGN ? count_at_least(m, CAMPAIGN_WAITING)
                                       : measure_device_count(m);
}

static void add_stages(struct measure *m)
{
    static const struct {
        const char *key;
        enum campaign_stage stage;
    } stages[] = {
        { "ready", CAMPAIGN_READY },
        { "complete", CAMPAIGN_COMPLETE },
        { "authenticated", CAMPAIGN_AUTHENTICATED },
    };
    for (size_t i = 0; i < sizeof stages / sizeof stages[0]; i++) {
        measure_count(m, "devices.", stages[i].key, count_at_least(m, stages[i].stage));
    }
    uint64_t installed = 0;
    for (uint32_t i = m->first_index; i < m->end_index; i++) {
        struct device_outcome outcome;
        installed += outcome_of(m, i, &outcome) && outcome.installed_ns != SIM_NS_NEVER ? 1u : 0u;
    }
    measure_count(m, "devices.", "installed", installed);
    measure_count(m, "devices.", "confirmed", count_at_least(m, CAMPAIGN_CONFIRMED));
}

static void measure_devices(const void *state, struct measure *m)
{
    const struct devices *devices = state;
    sim_ns now_ns = engine_now(m->view->engine);
    uint64_t joined = 0;
    for (uint32_t i = m->first_index; i < m->end_index; i++) {
        joined += devices->joins[i].joined_ns <= now_ns ? 1u : 0u;
    }
    measure_count(m, "devices.", "total", count_devices(m));
    if (m->scope != EXPECT_CAMPAIGN) {
        measure_count(m, "devices.", "joined", joined);
    }
    if (m->end_campaign > 0) {
        add_stages(m);
        if (!m->partial) {
            add_failures(m);
        }
    }
}

static struct recorder_lines lines(const void *state)
{
    const struct devices *devices = state;
    return (struct recorder_lines){ devices->joins, sizeof devices->joins[0], 1 };
}

const struct recorder_ops devices_recorder = {
    .name = "devices",
    .by_campaign = true,
    .by_group = true,
    .kinds = OBSERVE_BIT(OBSERVE_FRAME_RECEIVED) | OBSERVE_BIT(OBSERVE_NETWORK_JOIN),
    .traces = RECORDER_TRACE(JOINED),
    .create = create,
    .destroy = free,
    .observe = observe,
    .received_lines = lines,
    .audit = audit,
    .measure = measure_devices,
};
