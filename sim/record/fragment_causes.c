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
#include "record/recorder_set.h"
#include "run_memory.h"
#include "scenario/scenario_campaigns.h"

#define NO_COPY    UINT32_MAX
#define NO_SESSION UINT32_MAX

/* Where a device's receiver is on and nothing is observed, the link is below the medium's cut-off.
 */
#define LISTENING LOSS_BELOW_SENSITIVITY

enum copy_mic {
    MIC_UNKNOWN, /* not looked at so far */
    MIC_GOOD,
    MIC_BAD
};

/* A frame of a multicast group on the air. */
struct copy {
    int64_t frame_id;
    struct stream *stream;
    uint32_t n;       /* 0: no uncoded fragment */
    uint32_t session; /* of the campaign */
    uint32_t fcnt;
    uint8_t mic;  /* enum copy_mic */
    uint8_t kind; /* enum fragment_kind */
    /* Per device: the cause while the medium has observed nothing, else GATEWAY_SKIPPED, which
     * changes nothing in a fold. */
    uint8_t *unheard;
};

/* One transfer. */
struct stream {
    const struct campaign *campaign;
    uint32_t nb_frag;
    uint8_t *unheard; /* per device: cause of a frame that its receiver takes no notice of */
    struct fragment_rows rows;
    uint32_t sent_coded; /* coded fragments that were on the air */
    uint8_t *coded;      /* a bit for each of their N */
};

/* A frame of its group that a device has received. */
struct reception {
    int64_t frame_id; /* 0: none */
    uint32_t n, fcnt, session;
    bool good;      /* its MIC, and the device reads the group's key */
    uint8_t before; /* the cell of fragment n */
    /* Of the device, before it. */
    uint32_t last_session, next_fcnt;
};

/* What is known of one device. */
struct causes_device {
    struct stream *stream; /* whose fragments it has been told to expect; NULL: none so far */
    struct stream *former; /* the same before a request that it has not answered */
    bool wrong_key;        /* it cannot read the group's key */
    bool open;             /* its class C session, and it may only be interrupted */
    bool listened;         /* to a session of the stream */
    bool asked;            /* its answer to the set-up is due */
    uint8_t now;           /* cause of a frame of its stream that its receiver takes no notice of */
    uint32_t session;      /* of its last reception; NO_SESSION: none */
    uint32_t next_fcnt;
    struct reception last[2]; /* the latest first */
};

struct fragment_causes {
    const struct recorder_set *set;
    const struct recorder_view *view;
    uint32_t device_count;
    entity_id first_device;
    struct causes_device *devices;
    struct stream *streams; /* of campaign c: from first_stream[c] up to first_stream[c + 1] */
    uint32_t first_stream[SCENARIO_CAMPAIGNS_MAX + 1];
    uint32_t stream_count;
    sim_ns airtime_ns[SCENARIO_CAMPAIGNS_MAX];
    struct copy *copies; /* on the air */
    uint32_t copy_count, copy_last;
    uint32_t copy_capacity; /* each has its array `unheard` */
};

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
    causes->devices = calloc(view->device_count, sizeof *causes->devices);
    if (causes->devices == NULL || !create_streams(causes)) {
        destroy(causes);
        return NULL;
    }
    for (uint32_t i = 0; i < view->device_count; i++) {
        causes->devices[i].now = LOSS_POWERED_DOWN;
        causes->devices[i].session = NO_SESSION;
        causes->devices[i].wrong_key = scenario_has_wrong_key(view->scenario, i);
    }
    return causes;
}

/* Of a campaign's member; NULL: the server has not decided. */
static struct stream *stream_of(
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
    causes->airtime_ns[campaign_number(campaign)] += frame->end_ns - frame->start_ns;
    campaign_session_get(campaign, copy.session, &session);
    copy.fcnt = downlink.fcnt;
    copy.stream =
            &causes->streams[causes->first_stream[campaign_number(campaign)] + session.transfer];
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
 * 4.3.1.5). */
static enum loss_cause accept(struct causes_device *device, const struct reception *reception)
{
    if (!reception->good) {
        return LOSS_BAD_MIC;
    }
    if (device->session == reception->session && reception->fcnt < device->next_fcnt) {
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
        d->last[0] = (struct reception){ frame_id, copy->n, copy->fcnt, copy->session, good, before,
            d->session, d->next_fcnt };
        cause = accept(d, &d->last[0]);
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
    if (lost->frame_id != frame_id || d->stream == NULL) {
        return false;
    }
    struct fragment_rows *rows = &d->stream->rows;
    d->session = lost->last_session;
    d->next_fcnt = lost->next_fcnt;
    if (lost->n > 0) {
        fragment_rows_set(rows, lost->n, device, further((enum loss_cause)lost->before, cause));
    }
    if (after != NULL) {
        after->before = after->n == lost->n ? lost->before : after->before;
        after->last_session = lost->last_session;
        after->next_fcnt = lost->next_fcnt;
        enum loss_cause judged = accept(d, after);
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
        struct stream *stream = &causes->streams[i];
        bool own = d->stream == stream || off;
        stream->unheard[device] = own ? d->now : LOSS_NOT_SET_UP;
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

static void stream_set(struct fragment_causes *causes, uint32_t device, struct stream *stream)
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

/* A device holds one block at a time: the one of the campaign that spoke to it last. */
static void downlink(struct fragment_causes *causes, uint32_t device, const struct frame *frame)
{
    struct causes_device *d = &causes->devices[device];
    if (air_is_for(causes->view, device, frame)) {
        uint32_t campaign = recorder_campaign_of(causes->view, device);
        if (campaign != UINT32_MAX && air_sets_up_fragments(causes->view, device, frame)) {
            struct stream *former = d->stream;
            stream_set(causes, device, stream_of(causes, campaign, device));
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

/* --- views ------------------------------------------------------------------------------------ */

uint32_t fragment_causes_device(const struct fragment_causes *causes, uint32_t campaign,
        uint32_t device, struct cause_counts *counts)
{
    memset(counts, 0, sizeof *counts);
    const struct stream *stream = stream_of(causes, campaign, device);
    if (stream == NULL) {
        return 0;
    }
    fragment_rows_add(&stream->rows, device, counts);
    return stream->nb_frag;
}

uint32_t fragment_causes_received(
        const struct fragment_causes *causes, uint32_t campaign, uint32_t device)
{
    const struct stream *stream = stream_of(causes, campaign, device);
    return stream == NULL ? 0 : stream->rows.received[device];
}

const struct fragment_rows *fragment_causes_rows(
        const struct fragment_causes *causes, uint32_t campaign, uint32_t device)
{
    const struct stream *stream = stream_of(causes, campaign, device);
    return stream == NULL ? NULL : &stream->rows;
}

uint32_t fragment_causes_sent_to(
        const struct fragment_causes *causes, uint32_t campaign, uint32_t device)
{
    const struct stream *stream = stream_of(causes, campaign, device);
    return stream == NULL ? 0 : stream->rows.sent;
}

uint32_t fragment_causes_on_air_to(
        const struct fragment_causes *causes, uint32_t campaign, uint32_t device)
{
    const struct stream *stream = stream_of(causes, campaign, device);
    uint32_t count = 0;
    for (uint32_t i = 0; stream != NULL && i < causes->copy_count; i++) {
        const struct copy *copy = &causes->copies[i];
        bool counted = copy->stream != stream || copy->n == 0;
        for (uint32_t k = 0; k < i; k++) {
            counted = counted
                      || (causes->copies[k].stream == stream && causes->copies[k].n == copy->n);
        }
        count += counted ? 0u : 1u;
    }
    return count;
}

uint32_t fragment_causes_sent(const struct fragment_causes *causes, uint32_t campaign, bool coded)
{
    uint32_t count = 0;
    for (uint32_t i = causes->first_stream[campaign]; i < causes->first_stream[campaign + 1]; i++) {
        const struct stream *stream = &causes->streams[i];
        count += coded ? stream->sent_coded : stream->rows.sent;
    }
    return count;
}

static const struct copy *copy_of(const struct fragment_causes *causes, int64_t frame_id)
{
    for (uint32_t i = 0; causes != NULL && i < causes->copy_count; i++) {
        if (causes->copies[i].frame_id == frame_id) {
            return &causes->copies[i];
        }
    }
    return NULL;
}

bool fragment_causes_has(const struct fragment_causes *causes, int64_t frame_id)
{
    return copy_of(causes, frame_id) != NULL;
}

enum fragment_kind fragment_causes_kind(
        const struct fragment_causes *causes, uint32_t device, int64_t frame_id)
{
    const struct copy *copy = copy_of(causes, frame_id);
    bool own = copy != NULL && copy->stream == causes->devices[device].stream;
    return own ? (enum fragment_kind)copy->kind : FRAGMENT_NONE;
}

sim_ns fragment_causes_airtime_ns(const struct fragment_causes *causes, uint32_t campaign)
{
    return causes->airtime_ns[campaign];
}

const struct fragment_causes *fragment_causes_of(const struct recorder_set *set)
{
    return recorder_set_state(set, RECORDER_FRAGMENT_CAUSES);
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
