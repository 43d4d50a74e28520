/* Why each device lost each uncoded fragment: rows of fragments, folded copy by copy.
 * SPDX-License-Identifier: MIT
 *
 * All arrays are bytes in device order: an observation touches one byte of three of them, and what
 * concerns every device is a walk that the compiler vectorizes.
 */
#include "record/fragment_causes.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "campaign/packages.h"
#include "record/air_frames.h"
#include "record/fragment_causes_internal.h"
#include "record/recorder_set.h"
#include "record/security.h"
#include "run_memory.h"
#include "scenario/scenario_campaigns.h"

#define NO_COPY UINT32_MAX

/* Where a device's receiver is on and nothing is observed, the link is below the medium's cut-off.
 */
#define LISTENING LOSS_BELOW_SENSITIVITY

/* Receivers are served in the order of devices: what the second next one has is fetched. */
#define FETCH_AHEAD 2u

static void destroy(void *state)
{
    struct fragment_causes *causes = state;
    for (uint32_t i = 0; i < causes->copy_capacity; i++) {
        free(causes->copies[i].unheard);
    }
    free(causes->copies);
    for (uint32_t i = 0; causes->streams != NULL && i < causes->stream_count; i++) {
        free(causes->streams[i].unheard);
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
    stream->unheard = malloc(device_count);
    stream->coded = calloc(PACKAGE_FRAGMENTS_MAX / 8u + 1u, 1);
    if (!fragment_rows_create(&stream->rows, device_count, view.nb_frag) || stream->unheard == NULL
            || stream->coded == NULL) {
        return false;
    }
    memset(stream->unheard, LOSS_POWERED_DOWN, device_count);
    return true;
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

/* The campaign and the session that send to a multicast address. False: none does. */
static bool session_find(const struct fragment_causes *causes, uint32_t mc_addr,
        const struct campaign **campaign, uint32_t *session)
{
    const struct server *server = causes->view->server;
    for (uint32_t c = 0; c < server_campaign_count(server); c++) {
        *campaign = server_campaign(server, c);
        *session = campaign_session_of(*campaign, mc_addr);
        if (*session != UINT32_MAX) {
            return true;
        }
    }
    return false;
}

/* --- copies ----------------------------------------------------------------------------------- */

static uint32_t copy_find(struct fragment_causes *causes, int64_t frame_id)
{
    if (causes->copy_last < causes->copy_count
            && causes->copies[causes->copy_last].frame_id == frame_id) {
        return causes->copy_last;
    }
    for (uint32_t i = 0; i < causes->copy_count; i++) {
        if (causes->copies[i].frame_id == frame_id) {
            causes->copy_last = i;
            return i;
        }
    }
    return NO_COPY;
}

static void coded_sent(struct stream *stream, uint32_t n)
{
    uint8_t bit = (uint8_t)(1u << (n & 7u));
    assert(n <= PACKAGE_FRAGMENTS_MAX);
    stream->sent_coded += (stream->coded[n >> 3] & bit) == 0 ? 1u : 0u;
    stream->coded[n >> 3] |= bit;
}

/* One for each gateway, and more where a gateway that lost its power sends again before the end of
 * the frame that was cut off. */
static void copies_grow(struct fragment_causes *causes)
{
    struct run_memory *memory = causes->view->memory;
    causes->copies = run_memory_grow(
            memory, causes->copies, (causes->copy_capacity + 1) * sizeof *causes->copies);
    causes->copies[causes->copy_capacity++].unheard =
            run_memory_grow(memory, NULL, causes->device_count);
}

static void copy_add(struct fragment_causes *causes, const struct copy *added)
{
    if (causes->copy_count == causes->copy_capacity) {
        copies_grow(causes);
    }
    struct copy *copy = &causes->copies[causes->copy_count];
    uint8_t *unheard = copy->unheard;
    *copy = *added;
    copy->unheard = unheard;
    memcpy(unheard, added->stream->unheard, causes->device_count);
    causes->copy_last = causes->copy_count++;
}

/* McFCnt stays below 2^16, so the low half that goes on the air is all of it
 * (models/campaign/session_class_c.c). */
static void copy_started(struct fragment_causes *causes, const struct frame *frame)
{
    struct air_downlink downlink;
    const struct campaign *campaign;
    struct campaign_session session;
    struct copy copy = { .frame_id = (int64_t)frame->id };
    if (!air_downlink_parse(frame, &downlink)
            || !session_find(causes, downlink.address, &campaign, &copy.session)) {
        return;
    }
    assert(copy.session < NO_SESSION);
    campaign_session_get(campaign, copy.session, &session);
    copy.fcnt = downlink.fcnt;
    copy.stream =
            &causes->streams[causes->first_stream[campaign_number(campaign)] + session.transfer];
    copy.stream->airtime_ns += frame->end_ns - frame->start_ns;
    uint32_t n = downlink.fport != PACKAGE_FPORT_FRAGMENTATION
                         ? 0
                         : campaign_session_fragment(campaign, copy.session, copy.fcnt);
    if (n > copy.stream->nb_frag) {
        copy.kind = FRAGMENT_CODED;
        coded_sent(copy.stream, n);
    } else if (n > 0) {
        copy.kind = FRAGMENT_UNCODED;
        copy.n = n;
        fragment_rows_begin(&copy.stream->rows, n, (uint64_t)copy.session << 32 | (copy.fcnt + 1u));
    }
    copy_add(causes, &copy);
}

static void copy_ended(struct fragment_causes *causes, int64_t frame_id)
{
    uint32_t at = copy_find(causes, frame_id);
    if (at == NO_COPY) {
        return;
    }
    struct copy ended = causes->copies[at];
    if (ended.n > 0) {
        fragment_rows_fold(&ended.stream->rows, ended.n, ended.unheard);
    }
    causes->copies[at] = causes->copies[--causes->copy_count];
    causes->copies[causes->copy_count] = ended; /* its array serves again */
}

/* By the group's own keys. */
static bool mic_is_good(struct copy *copy, const struct frame *frame)
{
    if (copy->mic == MIC_UNKNOWN) {
        struct campaign_session session;
        campaign_session_get(copy->stream->campaign, copy->session, &session);
        copy->mic = air_multicast_mic_ok(frame, session.mc_addr, session.mc_key, copy->fcnt)
                            ? MIC_GOOD
                            : MIC_BAD;
    }
    return copy->mic == MIC_GOOD;
}

/* A device accepts the counters of a group in ascending order only (LoRaWAN L2 1.0.4 section
 * 4.3.1.5), those of forged frames too. */
static enum loss_cause accept(
        const struct fragment_causes *causes, uint32_t index, const struct reception *reception)
{
    struct causes_device *device = &causes->devices[index];
    if (!reception->good) {
        return LOSS_BAD_MIC;
    }
    if ((device->session == reception->session && reception->fcnt < device->next_fcnt)
            || reception->fcnt < security_least_fcnt(causes->set, index, reception->session)) {
        return LOSS_COUNTER_REJECTED;
    }
    device->session = reception->session;
    device->next_fcnt = reception->fcnt + 1u;
    return LOSS_NONE;
}

static enum loss_cause further(enum loss_cause a, enum loss_cause b)
{
    return a > b ? a : b;
}

/* What a device's receiver made of a copy, unless it could not have used it anyway. */
static void copy_heard(struct fragment_causes *causes, uint32_t device, enum loss_cause cause,
        int64_t frame_id, const struct frame *frame)
{
    uint32_t at = copy_find(causes, frame_id);
    if (at == NO_COPY || causes->copies[at].stream->unheard[device] < LOSS_RADIO_BUSY) {
        return;
    }
    struct copy *copy = &causes->copies[at];
    struct causes_device *d = &causes->devices[device];
    struct fragment_rows *rows = &copy->stream->rows;
    if (device + FETCH_AHEAD < causes->device_count) {
        __builtin_prefetch(d + FETCH_AHEAD, 1);
    }
    uint8_t before = copy->n == 0 ? 0 : fragment_rows_of(rows, copy->n)[device];
    if (cause == LOSS_RADIO_BUSY) { /* which a session that closes may yet explain better */
        if (copy->unheard[device] > LOSS_RADIO_BUSY) {
            copy->unheard[device] = LOSS_RADIO_BUSY;
        }
        return;
    }
    if (cause == LOSS_NONE) {
        bool good = !d->wrong_key && mic_is_good(copy, frame);
        d->last[1] = d->last[0];
        d->last[0] = (struct reception){
            .frame_id = frame_id,
            .fcnt = copy->fcnt,
            .next_fcnt = d->next_fcnt,
            .n = (uint16_t)copy->n,
            .session = (uint16_t)copy->session,
            .last_session = d->session,
            .good = good,
            .before = before,
        };
        cause = accept(causes, device, &d->last[0]);
    }
    if (copy->n > 0) {
        fragment_rows_set(rows, copy->n, device, further((enum loss_cause)before, cause));
    }
    copy->unheard[device] = LOSS_GATEWAY_SKIPPED;
}

/* The radio had received a frame, and the MCU did not read it: another one replaced it, or power
 * failed. Its counter rejects no other, so the one that replaced it is judged again; where that is
 * a second copy, it takes the place of the first. False: the radio had not received it. */
static bool unread(
        struct fragment_causes *causes, uint32_t device, int64_t frame_id, enum loss_cause cause)
{
    struct causes_device *d = &causes->devices[device];
    struct reception *after = d->last[0].frame_id == frame_id ? NULL : &d->last[0];
    const struct reception *lost = after == NULL ? &d->last[0] : &d->last[1];
    if (lost->frame_id != frame_id || d->stream == NO_STREAM) {
        return false;
    }
    struct fragment_rows *rows = &causes->streams[d->stream].rows;
    d->session = lost->last_session;
    d->next_fcnt = lost->next_fcnt;
    if (lost->n > 0) {
        fragment_rows_set(rows, lost->n, device, further((enum loss_cause)lost->before, cause));
    }
    if (after != NULL) {
        after->before = after->n == lost->n ? lost->before : after->before;
        after->last_session = lost->last_session;
        after->next_fcnt = lost->next_fcnt;
        enum loss_cause judged = accept(causes, device, after);
        if (after->n > 0) {
            fragment_rows_set(
                    rows, after->n, device, further((enum loss_cause)after->before, judged));
        }
    }
    return true;
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

/* Of a frame on the air the device may have missed the part that counts: the worse state stays. */
static void device_changed(struct fragment_causes *causes, uint32_t device)
{
    const struct causes_device *d = &causes->devices[device];
    bool off = recorder_set_activity(causes->set, device) == DEVICE_OFF;
    for (uint32_t i = 0; i < causes->stream_count; i++) {
        bool own = d->stream == i || off;
        causes->streams[i].unheard[device] = own ? d->now : LOSS_NOT_SET_UP;
    }
    for (uint32_t i = 0; i < causes->copy_count; i++) {
        uint8_t unheard = causes->copies[i].stream->unheard[device];
        uint8_t *of_copy = &causes->copies[i].unheard[device];
        *of_copy = *of_copy < unheard ? *of_copy : unheard;
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
        copy_started(causes, frame);
    } else if (device < causes->device_count) {
        uplink(causes, device, frame);
    }
}

static void received(struct fragment_causes *causes, uint32_t device, const struct observation *o)
{
    if (copy_find(causes, o->a) != NO_COPY) {
        /* A session may open right before an uplink: what is received before its windows shows it.
         */
        if (!causes->devices[device].open
                && recorder_set_before_windows(causes->set, device, o->at_ns)) {
            causes->devices[device].open = causes->devices[device].listened = true;
            cause_update(causes, device);
        }
        copy_heard(causes, device, LOSS_NONE, o->a, o->data);
    } else {
        downlink(causes, device, o->data);
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
        if (!unread(causes, device, o->a, (enum loss_cause)o->b) && o->b != LOSS_MCU_BUSY) {
            copy_heard(causes, device, (enum loss_cause)o->b, o->a, NULL);
        }
        break;
    case OBSERVE_FRAME_STARTED:
        started(causes, o->data);
        break;
    case OBSERVE_FRAME_ENDED:
        copy_ended(causes, o->a);
        break;
    default:
        assert(o->kind == OBSERVE_NODE_RESET);
        causes->devices[device].open = false;
        cause_update(causes, device);
        break;
    }
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
};
