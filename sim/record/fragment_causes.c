/* Why each device lost each uncoded fragment: rows of fragments, folded copy by copy.
 * SPDX-License-Identifier: MIT
 *
 * All arrays are bytes in device order: an observation touches one byte of three of them, and what
 * concerns every device is a walk that the compiler vectorizes.
 */
#include "record/fragment_causes.h"

#include <assert.h>
#include <stdlib.h>

#include "campaign/packages.h"
#include "record/air_frames.h"
#include "record/fragment_causes_internal.h"
#include "record/recorder_set.h"
#include "scenario/scenario_campaigns.h"

/* Where a device's receiver is on and nothing is observed, the link is below the medium's cut-off.
 */
#define LISTENING LOSS_BELOW_SENSITIVITY

static void destroy(void *state)
{
    struct fragment_causes *causes = state;
    for (uint32_t i = 0; i < causes->copy_capacity; i++) {
        fragment_caps_destroy(&causes->copies[i].caps);
    }
    cap_pool_destroy(&causes->cap_pool);
    free(causes->copies);
    for (uint32_t i = 0; causes->streams != NULL && i < causes->stream_count; i++) {
        fragment_unheard_destroy(&causes->streams[i].unheard);
        free(causes->streams[i].coded);
        fragment_rows_destroy(&causes->streams[i].rows);
    }
    unicast_fragments_destroy(&causes->unicast);
    free(causes->streams);
    free(causes->devices);
    free(causes);
}

static bool create_stream(struct stream *stream, const struct campaign *campaign, uint32_t transfer,
        uint32_t device_count)
{
    struct campaign_transfer view;
    campaign_transfer_get(campaign, transfer, &view);
    stream->campaign = campaign;
    stream->nb_frag = view.nb_frag;
    stream->fragment_size_bytes = view.fragment_size_bytes;
    stream->is_unicast = view.is_unicast;
    stream->coded = calloc(PACKAGE_FRAGMENTS_MAX / 8u + 1u, 1);
    bool rows = fragment_rows_create(&stream->rows, device_count, view.nb_frag);
    return fragment_unheard_create(&stream->unheard, device_count, LOSS_POWERED_DOWN) && rows
           && stream->coded != NULL;
}

static bool create_streams(struct fragment_causes *causes)
{
    const struct server *server = causes->view->server;
    uint32_t campaign_count = server_campaign_count(server);
    assert(campaign_count <= SCENARIO_CAMPAIGNS_MAX);
    for (uint32_t c = 0; c < campaign_count; c++) {
        causes->first_stream[c] = causes->stream_count;
        causes->stream_count += campaign_transfer_count(server_campaign(server, c));
    }
    causes->first_stream[campaign_count] = causes->stream_count;
    assert(causes->stream_count < NO_STREAM);
    causes->streams = calloc(causes->stream_count, sizeof *causes->streams);
    bool ok = causes->streams != NULL;
    for (uint32_t c = 0; ok && c < campaign_count; c++) {
        uint32_t first = causes->first_stream[c];
        for (uint32_t at = first; ok && at < causes->first_stream[c + 1]; at++) {
            ok = create_stream(&causes->streams[at], server_campaign(server, c), at - first,
                    causes->device_count);
        }
    }
    return ok;
}

static void *create(const struct recorder_set *set)
{
    const struct recorder_view *view = recorder_set_view(set);
    struct fragment_causes *causes = calloc(1, sizeof *causes);
    if (causes == NULL) {
        return NULL;
    }
    causes->set = set;
    causes->view = view;
    causes->cap_pool.memory = view->memory;
    causes->device_count = view->device_count;
    causes->first_device = view->first_device;
    size_t size = view->device_count * sizeof *causes->devices;
    causes->devices = aligned_alloc(sizeof *causes->devices, size);
    if (causes->devices == NULL || !create_streams(causes)
            || !unicast_fragments_create(
                    &causes->unicast, server_campaign_count(view->server), view->device_count)) {
        destroy(causes);
        return NULL;
    }
    for (uint32_t i = 0; i < view->device_count; i++) {
        causes->devices[i] = (struct causes_device){
            .stream = NO_STREAM,
            .former = NO_STREAM,
            .session = NO_SESSION,
            .wrong_key = scenario_has_wrong_key(view->scenario, i),
            .now = LOSS_POWERED_DOWN,
        };
    }
    return causes;
}

struct stream *fragment_causes_stream(
        const struct fragment_causes *causes, uint32_t campaign, uint32_t device)
{
    struct campaign_device d;
    campaign_device_get(server_campaign(causes->view->server, campaign), device, &d);
    uint32_t first = causes->first_stream[campaign];
    uint32_t count = causes->first_stream[campaign + 1] - first;
    uint32_t transfer = count == 1 ? 0 : d.transfer; /* where there is no choice to wait for */
    if (!d.member || transfer == UINT8_MAX) {
        return NULL;
    }
    assert(transfer < count);
    return &causes->streams[first + transfer];
}

/* --- devices ---------------------------------------------------------------------------------- */

/* Of a frame of its own stream. A receiver that listens outside the windows of an uplink shows a
 * session; it is over when the radio sleeps. */
static enum loss_cause own_cause(const struct fragment_causes *causes, uint32_t index)
{
    struct causes_device *device = &causes->devices[index];
    enum device_activity activity = recorder_set_activity(causes->set, index);
    if (activity == DEVICE_OFF) {
        return LOSS_POWERED_DOWN;
    }
    if (activity == DEVICE_LISTENING) {
        device->open = true;
        device->listened = true;
        return LISTENING;
    }
    device->open = device->open && activity != DEVICE_ASLEEP;
    return device->open       ? LOSS_RADIO_BUSY
           : device->listened ? LOSS_SESSION_CLOSED
                              : LOSS_SESSION_NOT_OPEN;
}

static void device_changed(struct fragment_causes *causes, uint32_t device)
{
    const struct causes_device *d = &causes->devices[device];
    bool off = recorder_set_activity(causes->set, device) == DEVICE_OFF;
    for (uint32_t i = 0; i < causes->stream_count; i++) {
        bool own = d->stream == i || off;
        fragment_stream_set(causes, &causes->streams[i], device,
                own ? (enum loss_cause)d->now : LOSS_NOT_SET_UP);
    }
}

static void cause_update(struct fragment_causes *causes, uint32_t device)
{
    struct causes_device *d = &causes->devices[device];
    uint8_t cause = (uint8_t)own_cause(causes, device);
    if (cause != d->now) {
        d->now = cause;
        device_changed(causes, device);
    }
}

static void radio(void *state, uint32_t device, sim_ns at_ns, enum device_activity was,
        enum device_activity is)
{
    (void)at_ns;
    (void)was;
    (void)is;
    cause_update(state, device);
}

static void stream_set(struct fragment_causes *causes, uint32_t device, uint16_t stream)
{
    struct causes_device *d = &causes->devices[device];
    if (d->stream != stream) {
        d->stream = stream;
        d->open = false;
        d->listened = false;
        d->session = NO_SESSION;
        d->last[0] = d->last[1] = (struct reception){ 0 };
        d->now = (uint8_t)own_cause(causes, device);
        device_changed(causes, device);
    }
}

static void unicast(struct fragment_causes *causes, uint32_t device, uint32_t campaign,
        const struct frame *frame)
{
    uint32_t first_n = 0;
    uint16_t stream = causes->devices[device].stream;
    uint32_t count = stream == NO_STREAM
                             ? 0
                             : air_unicast_fragments(causes->view, device, frame,
                                     causes->streams[stream].fragment_size_bytes, &first_n);
    if (count > 0 && causes->streams[stream].is_unicast) {
        causes->streams[stream].airtime_ns += frame->end_ns - frame->start_ns;
    }
    for (uint32_t i = 0; i < count; i++) {
        unicast_fragments_note(&causes->unicast, causes->view->memory, campaign, device,
                first_n + i, causes->streams[stream].nb_frag);
    }
}

/* A device holds one block at a time: the one of the campaign that spoke to it last. */
static void downlink(struct fragment_causes *causes, uint32_t device, const struct frame *frame)
{
    struct causes_device *d = &causes->devices[device];
    if (air_is_for(causes->view, device, frame)) {
        uint32_t campaign = recorder_campaign_of(causes->view, device);
        if (campaign != UINT32_MAX) {
            unicast(causes, device, campaign, frame);
        }
        if (campaign != UINT32_MAX && air_sets_up_fragments(causes->view, device, frame)) {
            const struct stream *told = fragment_causes_stream(causes, campaign, device);
            uint16_t former = d->stream;
            stream_set(
                    causes, device, told == NULL ? NO_STREAM : (uint16_t)(told - causes->streams));
            d->former = d->asked ? d->former : former;
            d->asked = true;
        }
    }
}

/* A refusal leaves the device as it was before. */
static void uplink(struct fragment_causes *causes, uint32_t device, const struct frame *frame)
{
    struct causes_device *d = &causes->devices[device];
    enum air_answer answer = d->asked ? air_set_up_answer(causes->view, device, frame) : AIR_NONE;
    if (answer != AIR_NONE) {
        d->asked = false;
        if (answer == AIR_REFUSED) {
            stream_set(causes, device, d->former);
        }
    }
    cause_update(causes, device);
}

/* --- observations ----------------------------------------------------------------------------- */

static void started(struct fragment_causes *causes, const struct frame *frame)
{
    uint32_t device = frame->sender - causes->first_device;
    if (frame->downlink) {
        fragment_copy_started(causes, frame);
    } else if (device < causes->device_count) {
        uplink(causes, device, frame);
    }
}

static void received(struct fragment_causes *causes, uint32_t device, const struct observation *o)
{
    if (fragment_copy_is_on_air(causes, o->a)) {
        /* A session may open right before an uplink: what is received before its windows shows it.
         */
        if (!causes->devices[device].open
                && recorder_set_before_windows(causes->set, device, o->at_ns)) {
            causes->devices[device].open = causes->devices[device].listened = true;
            cause_update(causes, device);
        }
        fragment_copy_heard(causes, device, LOSS_NONE, o->a, o->data);
    } else {
        downlink(causes, device, o->data);
    }
}

/* Only for these two causes is a frame lost that was received before: else nothing is looked at of
 * the device, whose line would have to come from memory for each of the many losses. */
static void lost(struct fragment_causes *causes, uint32_t device, const struct observation *o)
{
    enum loss_cause cause = (enum loss_cause)o->b;
    bool may_be_unread = cause == LOSS_MCU_BUSY || cause == LOSS_POWERED_DOWN;
    if (may_be_unread && fragment_copy_unread(causes, device, o->a, cause)) {
        return;
    }
    if (cause != LOSS_MCU_BUSY) {
        fragment_copy_heard(causes, device, cause, o->a, NULL);
    }
}

static void observe(void *state, const struct observation *o)
{
    struct fragment_causes *causes = state;
    uint32_t device = o->entity - causes->first_device; /* of a frame: not always a device */
    switch (o->kind) {
    case OBSERVE_FRAME_RECEIVED:
        received(causes, device, o);
        break;
    case OBSERVE_FRAME_LOST:
        lost(causes, device, o);
        break;
    case OBSERVE_FRAME_STARTED:
        started(causes, o->data);
        break;
    case OBSERVE_FRAME_ENDED:
        fragment_copy_ended(causes, o->a);
        break;
    default:
        assert(o->kind == OBSERVE_NODE_RESET);
        causes->devices[device].open = false;
        cause_update(causes, device);
        break;
    }
}

static struct recorder_lines lines(const void *state)
{
    const struct fragment_causes *causes = state;
    return (struct recorder_lines){ causes->devices, sizeof *causes->devices, 1 };
}

const struct recorder_ops fragment_causes_recorder = {
    .name = "fragment_causes",
    .kinds = OBSERVE_BIT(OBSERVE_FRAME_STARTED) | OBSERVE_BIT(OBSERVE_FRAME_ENDED)
             | OBSERVE_BIT(OBSERVE_FRAME_RECEIVED) | OBSERVE_BIT(OBSERVE_FRAME_LOST)
             | OBSERVE_BIT(OBSERVE_NODE_RESET),
    .of_campaign = true,
    .create = create,
    .destroy = destroy,
    .observe = observe,
    .radio = radio,
    .received_lines = lines,
};
