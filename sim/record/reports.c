/* What became of the reports of the application: due, sent, dropped, delivered, acknowledged.
 * SPDX-License-Identifier: MIT
 *
 * When reports are due the application says (REPORT_PLANNED), so devices whose firmware has no
 * trace are left out. That they are sent the air shows, that they are delivered the network server.
 */
#include <inttypes.h>
#include <math.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>

#include "air/frame.h"
#include "network/lorawan.h"
#include "record/measure.h"

#define REPORT_FPORT  2u /* device/app/report.h */
#define LATE_NS       SIM_NS_PER_S
#define PLANNED_PER_S 32 /* units of REPORT_PLANNED */
#define PLANNED_NONE  INT32_MAX
#define HELD_REPORT   0 /* UPLINK_HELD: a report */
#define ACKNOWLEDGED  2 /* EXCHANGE_ENDED: the acknowledgement that was asked for */

/* 32 bits: a device that reports every second takes 136 years to pass them. */
struct report_counts {
    uint32_t due, sent, late, dropped, waiting, delivered;
    uint32_t confirmed, acknowledged; /* sent ones that ask for an acknowledgement, and got it */
};

/* One line of the cache: each report touches it several times. */
struct device_reports {
    alignas(64) sim_ns next_ns;  /* when the next one is due; SIM_NS_NEVER: there is none */
    sim_ns taken_ns;             /* when the one was due that the application took up last */
    uint64_t last;               /* DevAddr and FCnt of the last one on the air; UINT64_MAX: none */
    struct report_counts counts; /* waiting: at the end only */
    bool on_its_way;             /* one was taken up to be sent, and is not on the air yet */
    uint8_t group;               /* of the scenario */
};
_Static_assert(sizeof(struct device_reports) == 64, "one line of the cache");
_Static_assert(SCENARIO_DEVICE_GROUPS_MAX <= UINT8_MAX + 1u, "a group fits a byte");

struct reports {
    const struct recorder_view *view;
    struct device_reports *devices; /* [device] */
};

static void destroy(void *state)
{
    struct reports *reports = state;
    free(reports->devices);
    free(reports);
}

static void *create(const struct recorder_set *set)
{
    const struct recorder_view *view = recorder_set_view(set);
    struct reports *reports = malloc(sizeof *reports);
    if (reports == NULL) {
        return NULL;
    }
    reports->view = view;
    reports->devices = aligned_alloc(
            alignof(struct device_reports), view->device_count * sizeof reports->devices[0]);
    if (reports->devices == NULL) {
        destroy(reports);
        return NULL;
    }
    uint32_t device = 0;
    for (uint32_t g = 0; g < view->scenario->group_count; g++) {
        for (uint32_t i = 0; i < view->scenario->groups[g].count; i++) {
            reports->devices[device++] = (struct device_reports){
                .next_ns = SIM_NS_NEVER,
                .last = UINT64_MAX,
                .group = (uint8_t)g,
            };
        }
    }
    return reports;
}

/* --- observations ----------------------------------------------------------------------------- */

/* The report that was planned is taken up now, if there was one: to be sent or to be held back. */
static void planned(struct device_reports *device, const struct observation *o)
{
    int32_t until_due = (int32_t)(uint32_t)o->b;
    uint32_t overtaken = (uint32_t)o->c;
    device->counts.due += overtaken + (device->next_ns != SIM_NS_NEVER);
    device->counts.dropped += overtaken;
    device->on_its_way = device->next_ns != SIM_NS_NEVER;
    device->taken_ns = device->next_ns;
    device->next_ns = until_due == PLANNED_NONE
                              ? SIM_NS_NEVER
                              : o->at_ns + until_due * (SIM_NS_PER_S / PLANNED_PER_S);
}

static void held_back(struct device_reports *device)
{
    device->on_its_way = false;
    device->counts.dropped++;
}

/* Repetitions are no reports of their own. After a join counters begin again, and the network may
 * give the DevAddr that the device had. */
static void on_air(struct device_reports *device, const struct frame *frame)
{
    struct lorawan_uplink uplink;
    if (frame->size > 0 && lorawan_ftype(frame->bytes[0]) == LORAWAN_JOIN_REQUEST) {
        device->last = UINT64_MAX;
    }
    if (!lorawan_uplink_parse(frame->bytes, frame->size, &uplink) || !uplink.has_fport
            || uplink.fport != REPORT_FPORT) {
        return;
    }
    uint64_t message = (uint64_t)uplink.dev_addr << 16 | uplink.fcnt;
    if (message != device->last) {
        device->last = message;
        device->on_its_way = false;
        device->counts.sent++;
        device->counts.confirmed += uplink.confirmed;
    }
}

/* How many reports were due from the next one to now, if the device took none of them up. */
static uint32_t due_until(
        const struct reports *reports, const struct device_reports *device, sim_ns now_ns)
{
    const struct scenario_device_group *group = &reports->view->scenario->groups[device->group];
    sim_ns until_ns = group->report_until_ns;
    sim_ns last_ns = until_ns < 0 || now_ns < until_ns ? now_ns : until_ns;
    return device->next_ns > last_ns
                   ? 0
                   : 1u + (uint32_t)((last_ns - device->next_ns) / group->report_period_ns);
}

/* What waits is lost; the application plans again. */
static void reset(struct reports *reports, struct device_reports *device, sim_ns now_ns)
{
    uint32_t due = due_until(reports, device, now_ns);
    device->counts.due += due;
    device->counts.dropped += due + device->on_its_way;
    device->next_ns = SIM_NS_NEVER;
    device->on_its_way = false;
}

static void on_trace(struct device_reports *device, const struct observation *o)
{
    if (o->a == FW_TRACE_REPORT_PLANNED) {
        planned(device, o);
    } else if (o->a == FW_TRACE_UPLINK) {
        bool report = o->c >> 8 == REPORT_FPORT;
        device->counts.late += report && o->at_ns - device->taken_ns > LATE_NS;
    } else if (o->a == FW_TRACE_UPLINK_HELD) {
        if (o->b == HELD_REPORT) {
            held_back(device);
        }
    } else {
        device->counts.acknowledged += o->c == ACKNOWLEDGED;
    }
}

static void observe(void *state, const struct observation *o)
{
    struct reports *reports = state;
    const struct recorder_view *view = reports->view;
    if (o->kind == OBSERVE_NETWORK_UPLINK) {
        reports->devices[o->a].counts.delivered += o->c == REPORT_FPORT;
        return;
    }
    bool air = o->kind == OBSERVE_FRAME_STARTED;
    entity_id entity = air ? (uint32_t)((uint64_t)o->a >> 32) : o->entity; /* frame.h: id */
    uint32_t index = entity - view->first_device;
    if (index >= view->device_count) {
        return;
    }
    struct device_reports *device = &reports->devices[index];
    if (air) {
        on_air(device, o->data);
    } else if (o->kind == OBSERVE_NODE_RESET) {
        reset(reports, device, o->at_ns);
    } else {
        on_trace(device, o);
    }
}

/* --- results ---------------------------------------------------------------------------------- */

/* Of what the application would send only the last one waits: it makes up for no other. */
static struct report_counts counts_of(const struct reports *reports, uint32_t index)
{
    const struct device_reports *device = &reports->devices[index];
    struct report_counts counts = device->counts;
    uint32_t due = due_until(reports, device, engine_now(reports->view->engine));
    counts.due += due;
    counts.dropped += due > 1 ? due - 1u : 0u;
    counts.waiting = (uint32_t)(due > 0) + device->on_its_way;
    return counts;
}

static bool audit(const void *state, const struct recorder_set *set, char *text, size_t size)
{
    const struct reports *reports = state;
    for (uint32_t i = 0; i < reports->view->device_count; i++) {
        if ((recorder_set_shows(set, i) & FIRMWARE_SHOWS_TRACE) == 0) {
            continue;
        }
        struct report_counts c = counts_of(reports, i);
        if (c.due != c.sent + c.dropped + c.waiting || c.delivered > c.sent
                || c.acknowledged > c.confirmed) {
            snprintf(text, size,
                    "INVARIANT device %" PRIu32 ": %" PRIu32 " reports due, %" PRIu32
                    " sent, %" PRIu32 " dropped, %" PRIu32 " waiting, %" PRIu32
                    " delivered; %" PRIu32 " confirmed, %" PRIu32 " acknowledged",
                    i, c.due, c.sent, c.dropped, c.waiting, c.delivered, c.confirmed,
                    c.acknowledged);
            return true;
        }
    }
    return false;
}

static void measure_reports(const void *state, struct measure *m)
{
    static const char *const names[] = { "due", "sent", "late", "dropped", "waiting", "delivered",
        "confirmed", "acknowledged" };
    uint64_t sums[sizeof names / sizeof names[0]] = { 0 };
    for (uint32_t i = m->first_index; i < m->end_index; i++) {
        if (measure_shows(m, i, FIRMWARE_SHOWS_TRACE)) {
            struct report_counts c = counts_of(state, i);
            const uint32_t counts[] = { c.due, c.sent, c.late, c.dropped, c.waiting, c.delivered,
                c.confirmed, c.acknowledged };
            for (size_t k = 0; k < sizeof counts / sizeof counts[0]; k++) {
                sums[k] += counts[k];
            }
        }
    }
    for (size_t k = 0; k < sizeof names / sizeof names[0]; k++) {
        measure_count(m, "reports.", names[k], sums[k]);
    }
    uint64_t confirmed = sums[6], acknowledged = sums[7];
    measure_add(m, "reports.", "acknowledged_share",
            confirmed == 0 ? NAN : (double)acknowledged / (double)confirmed);
}

static struct recorder_lines lines(const void *state)
{
    const struct reports *reports = state;
    return (struct recorder_lines){ reports->devices, sizeof reports->devices[0], 1 };
}

const struct recorder_ops reports_recorder = {
    .name = "reports",
    .by_group = true,
    .kinds = OBSERVE_BIT(OBSERVE_FRAME_STARTED) | OBSERVE_BIT(OBSERVE_NODE_RESET)
             | OBSERVE_BIT(OBSERVE_NETWORK_UPLINK),
    .traces = RECORDER_TRACE(REPORT_PLANNED) | RECORDER_TRACE(UPLINK) | RECORDER_TRACE(UPLINK_HELD)
              | RECORDER_TRACE(EXCHANGE_ENDED),
    .create = create,
    .destroy = destroy,
    .observe = observe,
    .lines = lines,
    .audit = audit,
    .measure = measure_reports,
};
