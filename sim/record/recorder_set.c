/* All recorders of one run: created, fed and asked as one.
 * SPDX-License-Identifier: MIT
 */
#include "record/recorder_set.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "prefetch.h"
#include "record/air_frames.h"
#include "record/fingerprints.h"
#include "record/measure.h"
#include "scenario/scenario_campaigns.h"

#define LISTENERS_MAX 128u
#define LINES_MAX     16u
#define LINE_BYTES    64u

_Static_assert(FW_TRACE_COUNT <= 64, "a trace event is a bit of a mask");

/* One list for each kind, then one for each event of OBSERVE_FIRMWARE. */
enum {
    LIST_TRACES = OBSERVATION_KIND_COUNT,
    LIST_COUNT = OBSERVATION_KIND_COUNT + FW_TRACE_COUNT
};

struct listener {
    void (*observe)(void *state, const struct observation *observation);
    void *state;
};

/* A line of the cache of each device. */
struct lines {
    uint32_t count;
    struct line {
        const char *first;
        size_t stride_bytes;
    } line[LINES_MAX];
};

struct recorder_set {
    struct recorder_view view;
    void *states[RECORDER_COUNT];
    bool takes_part[RECORDER_COUNT];
    /* Those of list i: listeners[list_begin[i]] up to listeners[list_begin[i + 1]]. */
    struct listener listeners[LISTENERS_MAX];
    uint16_t list_begin[LIST_COUNT + 1];
    struct lines run_lines;          /* fetched before a node runs */
    struct lines received_lines;     /* fetched before it receives a frame */
    uint8_t booting[RECORDER_COUNT]; /* rows that are called when an application starts */
    uint32_t booting_count;
    uint8_t watching_radios[RECORDER_COUNT]; /* rows that hear of changes of radios */
    uint32_t watching_radios_count;
    uint8_t looking[RECORDER_COUNT]; /* rows that look at the run each second */
    uint32_t looking_count;
    struct device_radio *radios; /* [device] */
    uint8_t shows[];             /* FIRMWARE_SHOWS_ bits of each device's build */
};

static bool listens(const struct recorder_ops *recorder, uint32_t list)
{
    if (recorder->observe == NULL || list == OBSERVE_FIRMWARE) {
        return false;
    }
    return list < LIST_TRACES ? (recorder->kinds & OBSERVE_BIT(list)) != 0
                              : (recorder->traces & OBSERVE_BIT(list - LIST_TRACES)) != 0;
}

static void make_lists(struct recorder_set *set)
{
    bool attack = set->view.scenario->adversary_count > 0;
    bool common_time = scenario_installs_at_a_time(set->view.scenario);
    uint16_t count = 0;
    for (uint32_t list = 0; list < LIST_COUNT; list++) {
        set->list_begin[list] = count;
        for (uint32_t i = 0; i < RECORDER_COUNT; i++) {
            bool needed = (attack || !recorder_rows[i]->of_attack)
                          && (common_time || !recorder_rows[i]->of_common_time);
            if (set->takes_part[i] && needed && listens(recorder_rows[i], list)) {
                assert(count < LISTENERS_MAX);
                set->listeners[count++] =
                        (struct listener){ recorder_rows[i]->observe, set->states[i] };
            }
        }
    }
    set->list_begin[LIST_COUNT] = count;
    for (uint32_t i = 0; i < RECORDER_COUNT; i++) {
        if (set->takes_part[i] && recorder_rows[i]->boot != NULL) {
            set->booting[set->booting_count++] = (uint8_t)i;
        }
        if (set->takes_part[i] && recorder_rows[i]->radio != NULL) {
            set->watching_radios[set->watching_radios_count++] = (uint8_t)i;
        }
        if (set->takes_part[i] && recorder_rows[i]->look != NULL) {
            set->looking[set->looking_count++] = (uint8_t)i;
        }
    }
}

static void add_lines(struct lines *list, struct recorder_lines lines)
{
    for (uint32_t i = 0; i < lines.count; i++) {
        assert(list->count < LINES_MAX);
        const char *first = (const char *)lines.first + (size_t)i * LINE_BYTES;
        list->line[list->count++] = (struct line){ first, lines.stride_bytes };
    }
}

static void list_lines(struct recorder_set *set)
{
    const struct recorder_lines radios = { set->radios, sizeof set->radios[0], 1 };
    add_lines(&set->run_lines, radios);
    add_lines(&set->received_lines, radios);
    for (uint32_t i = 0; i < RECORDER_COUNT; i++) {
        if (set->takes_part[i] && recorder_rows[i]->lines != NULL) {
            add_lines(&set->run_lines, recorder_rows[i]->lines(set->states[i]));
        }
        if (set->takes_part[i] && recorder_rows[i]->received_lines != NULL) {
            add_lines(&set->received_lines, recorder_rows[i]->received_lines(set->states[i]));
        }
    }
}

struct recorder_set *recorder_set_create(const struct recorder_view *view)
{
    struct recorder_set *set = calloc(1, sizeof *set + view->device_count * sizeof set->shows[0]);
    if (set == NULL) {
        return NULL;
    }
    set->view = *view;
    set->radios = calloc(view->device_count, sizeof *set->radios);
    if (set->radios == NULL) {
        recorder_set_destroy(set);
        return NULL;
    }
    for (uint32_t i = 0; i < view->device_count; i++) {
        set->shows[i] = firmware_shows(node_build(view->nodes, i));
    }
    for (uint32_t i = 0; i < RECORDER_COUNT; i++) {
        const struct recorder_ops *recorder = recorder_rows[i];
        if (recorder->of_campaign && server_campaign_count(view->server) == 0) {
            continue;
        }
        set->takes_part[i] = true;
        set->states[i] = recorder->create == NULL ? NULL : recorder->create(set);
        if (recorder->create != NULL && set->states[i] == NULL) {
            recorder_set_destroy(set);
            return NULL;
        }
    }
    make_lists(set);
    list_lines(set);
    return set;
}

void recorder_set_destroy(struct recorder_set *set)
{
    if (set == NULL) {
        return;
    }
    for (uint32_t i = 0; i < RECORDER_COUNT; i++) {
        if (recorder_rows[i]->destroy != NULL && set->states[i] != NULL) {
            recorder_rows[i]->destroy(set->states[i]);
        }
    }
    free(set->radios);
    free(set);
}

/* --- observations ----------------------------------------------------------------------------- */

/* What radios do follows from these; recorders hear of them after. */
#define RADIO_KINDS                                                                                \
    (OBSERVE_BIT(OBSERVE_FRAME_STARTED) | OBSERVE_BIT(OBSERVE_FRAME_RECEIVED)                      \
            | OBSERVE_BIT(OBSERVE_NODE_RESET))

static void follow_radio(const struct recorder_set *set, const struct observation *o)
{
    const struct frame *frame = o->data;
    bool started = o->kind == OBSERVE_FRAME_STARTED;
    uint32_t device = (started ? frame->sender : o->entity) - set->view.first_device;
    if (device >= set->view.device_count || (started && frame->downlink)) {
        return;
    }
    struct device_radio *radio = &set->radios[device];
    if (started) {
        device_radio_sends(radio, frame);
    } else if (o->kind == OBSERVE_NODE_RESET) {
        device_radio_reset(radio);
    } else if (radio->activity == DEVICE_EXCHANGING && air_is_for(&set->view, device, frame)) {
        device_radio_answered(radio);
    }
}

/* Events of a firmware that has its own numbers for them, and events that this program does not
 * know, are dropped. */
static void observe(void *context, const struct observation *o)
{
    const struct recorder_set *set = context;
    uint32_t list = o->kind;
    if (list == OBSERVE_FIRMWARE) {
        uint32_t device = o->entity - set->view.first_device;
        if (o->a < 0 || o->a >= FW_TRACE_COUNT || device >= set->view.device_count
                || (set->shows[device] & FIRMWARE_SHOWS_TRACE) == 0) {
            return;
        }
        list = LIST_TRACES + (uint32_t)o->a;
    } else if ((RADIO_KINDS & OBSERVE_BIT(list)) != 0) {
        follow_radio(set, o);
    }
    const struct listener *end = &set->listeners[set->list_begin[list + 1]];
    for (const struct listener *l = &set->listeners[set->list_begin[list]]; l < end; l++) {
        l->observe(l->state, o);
    }
}

static void prefetch_lines(const struct lines *lines, uint32_t device)
{
    for (uint32_t i = 0; i < lines->count; i++) {
        prefetch_write(lines->line[i].first + device * lines->line[i].stride_bytes);
    }
}

static void prefetch(void *context, uint32_t device)
{
    const struct recorder_set *set = context;
    prefetch_lines(&set->run_lines, device);
}

static void expect(void *context, entity_id entity, enum observation_kind kind)
{
    const struct recorder_set *set = context;
    uint32_t device = entity - set->view.first_device;
    if (kind == OBSERVE_FRAME_RECEIVED && device < set->view.device_count) {
        prefetch_lines(&set->received_lines, device);
    }
}

static void boot(void *context, uint32_t device, sim_ns at_ns)
{
    const struct recorder_set *set = context;
    for (uint32_t i = 0; i < set->booting_count; i++) {
        uint32_t row = set->booting[i];
        recorder_rows[row]->boot(set->states[row], device, at_ns);
    }
}

/* Apart, so that the usual case saves no registers. */
__attribute__((noinline)) static void change_radio(
        const struct recorder_set *set, uint32_t device, sim_ns at_ns, enum sx1276_power power)
{
    struct device_radio *radio = &set->radios[device];
    enum device_activity was = (enum device_activity)radio->activity;
    device_radio_changed(radio, at_ns, power);
    enum device_activity is = (enum device_activity)radio->activity;
    for (uint32_t i = 0; was != is && i < set->watching_radios_count; i++) {
        uint32_t row = set->watching_radios[i];
        recorder_rows[row]->radio(set->states[row], device, at_ns, was, is);
    }
}

static void radio(void *context, uint32_t device, sim_ns at_ns, enum sx1276_power power)
{
    const struct recorder_set *set = context;
    if (!device_radio_stays(&set->radios[device], power)) {
        change_radio(set, device, at_ns, power);
    }
}

void recorder_set_listen(struct recorder_set *set, struct engine *engine, struct node_fleet *nodes)
{
    assert(engine == set->view.engine && nodes == set->view.nodes);
    uint64_t kinds = RADIO_KINDS;
    for (uint32_t list = 0; list < LIST_COUNT; list++) {
        if (set->list_begin[list + 1] > set->list_begin[list]) {
            kinds |= OBSERVE_BIT(list < LIST_TRACES ? list : (uint32_t)OBSERVE_FIRMWARE);
        }
    }
    engine_observer_add(engine, kinds, observe, set);
    engine_on_expect(engine, expect, set);
    node_fleet_on_prefetch(nodes, prefetch, set);
    node_fleet_on_boot(nodes, boot, set);
    node_fleet_on_radio(nodes, radio, set);
}

/* --- views ------------------------------------------------------------------------------------ */

const struct recorder_view *recorder_set_view(const struct recorder_set *set)
{
    return &set->view;
}

bool recorder_set_before_windows(const struct recorder_set *set, uint32_t device, sim_ns at_ns)
{
    assert(device < set->view.device_count);
    return device_radio_before_windows(&set->radios[device], at_ns);
}

enum device_activity recorder_set_activity(const struct recorder_set *set, uint32_t device)
{
    assert(device < set->view.device_count);
    return (enum device_activity)set->radios[device].activity;
}

uint8_t recorder_set_shows(const struct recorder_set *set, uint32_t device)
{
    assert(device < set->view.device_count);
    return set->shows[device];
}

const void *recorder_set_state(const struct recorder_set *set, enum recorder recorder)
{
    assert(recorder < RECORDER_COUNT);
    return set->states[recorder];
}

void recorder_set_look(struct recorder_set *set, sim_ns now_ns)
{
    for (uint32_t i = 0; i < set->looking_count; i++) {
        uint32_t row = set->looking[i];
        recorder_rows[row]->look(set->states[row], set, now_ns);
    }
}

bool recorder_set_broken(const struct recorder_set *set, char *text, size_t size)
{
    for (uint32_t i = 0; i < RECORDER_COUNT; i++) {
        const struct recorder_ops *recorder = recorder_rows[i];
        if (recorder->broken != NULL && set->takes_part[i]
                && recorder->broken(set->states[i], set, text, size)) {
            return true;
        }
    }
    return false;
}

bool recorder_set_audit_fails(const struct recorder_set *set, char *text, size_t size)
{
    for (uint32_t i = 0; i < RECORDER_COUNT; i++) {
        const struct recorder_ops *recorder = recorder_rows[i];
        if (recorder->audit != NULL && set->takes_part[i]
                && recorder->audit(set->states[i], set, text, size)) {
            return true;
        }
    }
    return false;
}

/* --- summary ---------------------------------------------------------------------------------- */

/* What one build at least of the devices that count shows. */
static uint8_t shows_of(const struct measure *m)
{
    uint8_t shows = 0;
    for (uint32_t i = m->first_index; i < m->end_index; i++) {
        struct campaign_device d;
        if (m->scope != EXPECT_CAMPAIGN || measure_member(m, m->first_campaign, i, &d)) {
            shows |= m->set->shows[i];
        }
    }
    return shows;
}

static void measure_all(struct measure *m)
{
    m->shows = shows_of(m);
    for (uint32_t i = 0; i < RECORDER_COUNT; i++) {
        const struct recorder_ops *recorder = recorder_rows[i];
        bool wanted = m->scope == EXPECT_RUN        ? true
                      : m->scope == EXPECT_CAMPAIGN ? recorder->by_campaign
                                                    : recorder->by_group;
        if (wanted && recorder->measure != NULL && m->set->takes_part[i]) {
            recorder->measure(m->set->states[i], m);
        }
    }
}

static void measure_campaigns(struct measure *m)
{
    uint32_t count = m->end_campaign;
    m->scope = EXPECT_CAMPAIGN;
    for (uint32_t c = 0; c < count; c++) {
        m->first_campaign = c;
        m->end_campaign = c + 1;
        snprintf(
                m->prefix, sizeof m->prefix, "campaigns.%s.", m->view->scenario->campaigns[c].name);
        measure_all(m);
    }
    m->first_campaign = 0;
    m->end_campaign = count;
}

static void measure_groups(struct measure *m)
{
    const struct scenario *scenario = m->view->scenario;
    m->scope = EXPECT_GROUP;
    m->end_index = 0;
    for (uint32_t i = 0; i < scenario->group_count; i++) {
        m->first_index = m->end_index;
        m->end_index += scenario->groups[i].count;
        snprintf(m->prefix, sizeof m->prefix, "groups.%s.", scenario->groups[i].name);
        measure_all(m);
    }
}

struct summary *recorder_set_summary(const struct recorder_set *set, bool partial)
{
    uint32_t campaign_count = server_campaign_count(set->view.server);
    size_t values = (size_t)set->view.device_count * (campaign_count > 0 ? campaign_count : 1u);
    struct measure measure = {
        .set = set,
        .view = &set->view,
        .summary = summary_create(),
        .scope = EXPECT_RUN,
        .end_index = set->view.device_count,
        .end_campaign = campaign_count,
        .partial = partial,
        .sample = { calloc(values, sizeof(double)), 0 },
    };
    if (measure.summary != NULL && measure.sample.values != NULL) {
        measure_all(&measure);
        measure_campaigns(&measure);
        measure_groups(&measure);
        fingerprints_add(measure.summary, set->view.engine);
    }
    bool complete = measure.summary != NULL && measure.sample.values != NULL
                    && !measure.summary->incomplete;
    free(measure.sample.values);
    if (!complete) {
        summary_destroy(measure.summary);
        return NULL;
    }
    return measure.summary;
}
