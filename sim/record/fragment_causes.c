/* Why each device lost each uncoded fragment: rows of open fragments, folded copy by copy.
 * SPDX-License-Identifier: MIT
 *
 * All arrays are bytes in device order: an observation touches one byte of three of them, and what
 * concerns every device is a walk that the compiler vectorizes.
 */
#include "record/fragment_causes.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record/fragment_counts.h"
#include "record/measure.h"

#define COPIES_MAX 64u /* on the air at one time: at most one per gateway */
#define NO_COPY    UINT32_MAX

/* What is known of a device's life. */
enum {
    IS_BOOTED = 1,
    IS_FRAGMENTS_SET_UP = 2,
    IS_SESSION_CLOSED = 4,
    IS_EXCHANGING = 8 /* an uplink of its own and its windows */
};

/* Where a device's receiver is on and nothing is observed, the link is below the medium's cut-off.
 */
#define LISTENING LOSS_BELOW_SENSITIVITY

struct copy {
    int64_t frame_id;
    struct stream *stream;
    uint32_t n;
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
};

/* What is known of one device. */
struct causes_device {
    struct stream *stream; /* that it is in; NULL: none so far */
    uint8_t flags;
    uint8_t armed, open; /* its sessions, a bit per McGroupID */
};

struct fragment_causes {
    const struct recorder_view *view;
    uint32_t device_count;
    entity_id first_device;
    struct causes_device *devices;
    struct stream *streams; /* of campaign c: from first_stream[c] up to first_stream[c + 1] */
    uint32_t first_stream[SCENARIO_CAMPAIGNS_MAX + 1];
    uint32_t stream_count;
    sim_ns airtime_ns[SCENARIO_CAMPAIGNS_MAX];
    struct copy copies[COPIES_MAX];
    uint32_t copy_count, copy_last;
    uint64_t strays;
};

extern const struct recorder_ops fragment_causes_recorder;

static void destroy(void *state)
{
    struct fragment_causes *causes = state;
    for (uint32_t i = 0; i < COPIES_MAX; i++) {
        free(causes->copies[i].unheard);
    }
    for (uint32_t i = 0; causes->streams != NULL && i < causes->stream_count; i++) {
        free(causes->streams[i].unheard);
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
    if (!fragment_rows_create(&stream->rows, device_count) || stream->unheard == NULL) {
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
    causes->view = view;
    causes->device_count = view->device_count;
    causes->first_device = view->first_device;
    causes->devices = calloc(view->device_count, sizeof *causes->devices);
    if (causes->devices == NULL || !create_streams(causes)) {
        destroy(causes);
        return NULL;
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

/* The fragment that went out under a multicast address and a frame counter; N is 0 if it is a
 * coded one or no fragment. NULL: no campaign sends there. */
static struct stream *fragment_find(
        const struct fragment_causes *causes, uint32_t mc_addr, uint32_t mc_fcnt, uint32_t *n)
{
    const struct server *server = causes->view->server;
    for (uint32_t c = 0; c < server_campaign_count(server); c++) {
        const struct campaign *campaign = server_campaign(server, c);
        uint32_t index = campaign_session_of(campaign, mc_addr);
        if (index != UINT32_MAX) {
            struct campaign_session session;
            campaign_session_get(campaign, index, &session);
            struct stream *stream = &causes->streams[causes->first_stream[c] + session.transfer];
            *n = campaign_session_fragment(campaign, index, mc_fcnt);
            *n = *n <= stream->nb_frag ? *n : 0;
            return stream;
        }
    }
    return NULL;
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

/* The address and the low half of the counter go in clear: spec-protocol 1.3. */
static void copy_started(struct fragment_causes *causes, const struct frame *frame)
{
    const uint8_t *bytes = frame->bytes;
    if (!frame->downlink || frame->size < 12) {
        return;
    }
    uint32_t address = (uint32_t)bytes[1] | (uint32_t)bytes[2] << 8 | (uint32_t)bytes[3] << 16
                       | (uint32_t)bytes[4] << 24;
    uint32_t n;
    struct stream *stream =
            fragment_find(causes, address, (uint32_t)bytes[6] | (uint32_t)bytes[7] << 8, &n);
    if (stream == NULL) {
        return;
    }
    causes->airtime_ns[campaign_number(stream->campaign)] += frame->end_ns - frame->start_ns;
    if (n == 0) {
        return;
    }
    if (!fragment_rows_open(&stream->rows, n)) {
        causes->strays++;
        return;
    }
    assert(causes->copy_count < COPIES_MAX);
    struct copy *copy = &causes->copies[causes->copy_count];
    if (copy->unheard == NULL) {
        copy->unheard = malloc(causes->device_count);
        assert(copy->unheard != NULL);
    }
    copy->frame_id = (int64_t)frame->id;
    copy->stream = stream;
    copy->n = n;
    memcpy(copy->unheard, stream->unheard, causes->device_count);
    causes->copy_last = causes->copy_count++;
}

static void copy_ended(struct fragment_causes *causes, int64_t frame_id)
{
    uint32_t at = copy_find(causes, frame_id);
    if (at == NO_COPY) {
        return;
    }
    struct copy ended = causes->copies[at];
    uint8_t *row = fragment_rows_of(&ended.stream->rows, ended.n);
    assert(row != NULL);
    for (uint32_t i = 0; i < causes->device_count; i++) {
        row[i] = row[i] > ended.unheard[i] ? row[i] : ended.unheard[i];
    }
    causes->copies[at] = causes->copies[--causes->copy_count];
    causes->copies[causes->copy_count] = ended; /* its array serves again */
}

/* What a device's receiver made of a copy, unless it could not have used it anyway. A frame that it
 * received is the busy MCU's until the firmware says what became of it. */
static void copy_heard(
        struct fragment_causes *causes, int64_t frame_id, uint32_t device, enum loss_cause cause)
{
    uint32_t at = copy_find(causes, frame_id);
    if (at == NO_COPY || causes->copies[at].stream->unheard[device] < LOSS_RADIO_BUSY) {
        return;
    }
    const struct copy *copy = &causes->copies[at];
    if (cause == LOSS_RADIO_BUSY) { /* which a session that closes may yet explain better */
        if (copy->unheard[device] > LOSS_RADIO_BUSY) {
            copy->unheard[device] = LOSS_RADIO_BUSY;
        }
        return;
    }
    uint8_t *furthest = fragment_rows_of(&copy->stream->rows, copy->n) + device;
    if (*furthest < (uint8_t)cause) {
        *furthest = (uint8_t)cause;
    }
    copy->unheard[device] = LOSS_GATEWAY_SKIPPED;
}

/* --- devices ---------------------------------------------------------------------------------- */

static enum loss_cause unheard_by(const struct causes_device *device, const struct stream *stream)
{
    if ((device->flags & IS_BOOTED) == 0) {
        return LOSS_POWERED_DOWN;
    }
    if ((device->flags & IS_FRAGMENTS_SET_UP) == 0 || device->stream != stream) {
        return LOSS_NOT_SET_UP;
    }
    if (device->open != 0) {
        return (device->flags & IS_EXCHANGING) != 0 ? LOSS_RADIO_BUSY : LISTENING;
    }
    /* It left one session, though another of the same transfer may be armed. */
    if ((device->flags & IS_SESSION_CLOSED) != 0) {
        return LOSS_SESSION_CLOSED;
    }
    return device->armed != 0 ? LOSS_SESSION_NOT_OPEN : LOSS_NOT_SET_UP;
}

/* Of a frame on the air the device may have missed the part that counts: the worse state stays. */
static void device_changed(struct fragment_causes *causes, uint32_t device)
{
    for (uint32_t i = 0; i < causes->stream_count; i++) {
        struct stream *stream = &causes->streams[i];
        stream->unheard[device] = (uint8_t)unheard_by(&causes->devices[device], stream);
    }
    for (uint32_t i = 0; i < causes->copy_count; i++) {
        uint8_t unheard = causes->copies[i].stream->unheard[device];
        uint8_t *of_copy = &causes->copies[i].unheard[device];
        *of_copy = *of_copy < unheard ? *of_copy : unheard;
    }
}

static void flags_change(
        struct fragment_causes *causes, uint32_t device, uint8_t clear, uint8_t set)
{
    uint8_t *flags = &causes->devices[device].flags;
    *flags = (uint8_t)((*flags & (uint8_t)~clear) | set);
    device_changed(causes, device);
}

/* What a firmware says of a group is not to be trusted with a shift. */
static uint8_t group_bit(int64_t group)
{
    return (uint8_t)(1u << ((uint64_t)group & 3u));
}

static void session_armed(struct fragment_causes *causes, uint32_t device, uint8_t group)
{
    causes->devices[device].armed |= group;
    causes->devices[device].open &= (uint8_t)~group;
    flags_change(causes, device, IS_SESSION_CLOSED, 0);
}

static void session_opened(struct fragment_causes *causes, uint32_t device, uint8_t group)
{
    causes->devices[device].open |= group;
    flags_change(causes, device, IS_SESSION_CLOSED, 0);
}

static void session_closed(struct fragment_causes *causes, uint32_t device, uint8_t group)
{
    causes->devices[device].armed &= (uint8_t)~group;
    causes->devices[device].open &= (uint8_t)~group;
    flags_change(causes, device, 0, IS_SESSION_CLOSED);
}

/* A firmware holds one block at a time: the one of the campaign that spoke to it last. */
static void fragments_set_up(struct fragment_causes *causes, uint32_t device)
{
    uint32_t campaign = recorder_campaign_of(causes->view, device);
    causes->devices[device].stream =
            campaign == UINT32_MAX ? NULL : stream_of(causes, campaign, device);
    flags_change(causes, device, 0, IS_FRAGMENTS_SET_UP);
}

static void node_reset(struct fragment_causes *causes, uint32_t device)
{
    struct causes_device *d = &causes->devices[device];
    /* Sessions live in RAM (device/services/multicast_setup.c): one that was open is over. */
    uint8_t was_open = d->open != 0 ? IS_SESSION_CLOSED : 0;
    d->open = 0;
    d->armed = 0;
    flags_change(causes, device, IS_BOOTED | IS_EXCHANGING, was_open);
}

/* --- observations ----------------------------------------------------------------------------- */

static void air(struct fragment_causes *causes, uint32_t device, const struct observation *o)
{
    switch (o->kind) {
    case OBSERVE_FRAME_RECEIVED:
        copy_heard(causes, o->a, device, LOSS_MCU_BUSY);
        break;
    case OBSERVE_FRAME_LOST:
        copy_heard(causes, o->a, device, (enum loss_cause)o->b);
        break;
    case OBSERVE_FRAME_STARTED:
        copy_started(causes, o->data);
        break;
    case OBSERVE_FRAME_ENDED:
        copy_ended(causes, o->a);
        break;
    default:
        assert(o->kind == OBSERVE_NODE_RESET);
        node_reset(causes, device);
        break;
    }
}

/* The firmware refused what its radio had received. What noise or interference broke has its cause
 * already, though the MIC says so too. */
static void refused(struct fragment_causes *causes, uint32_t device, const struct observation *o,
        enum loss_cause cause)
{
    uint32_t n;
    const struct stream *stream = fragment_find(causes, (uint32_t)o->b, (uint32_t)o->c, &n);
    uint8_t *row = stream == NULL ? NULL : fragment_rows_of(&stream->rows, n);
    if (row != NULL && row[device] >= LOSS_MCU_BUSY && row[device] < (uint8_t)cause) {
        row[device] = (uint8_t)cause;
    }
}

static void stored(struct fragment_causes *causes, uint32_t device, uint32_t n)
{
    const struct stream *stream = causes->devices[device].stream;
    uint8_t *row = stream == NULL ? NULL : fragment_rows_of(&stream->rows, n);
    if (row == NULL) {
        causes->strays++;
    } else {
        row[device] = LOSS_NONE;
    }
}

static void firmware(struct fragment_causes *causes, uint32_t device, const struct observation *o)
{
    switch (o->a) {
    case FW_TRACE_FRAGMENT_STORED:
        stored(causes, device, (uint32_t)o->b);
        break;
    case FW_TRACE_BAD_MIC:
        refused(causes, device, o, LOSS_BAD_MIC);
        break;
    case FW_TRACE_COUNTER_REJECTED:
        refused(causes, device, o, LOSS_COUNTER_REJECTED);
        break;
    case FW_TRACE_BOOTED:
        flags_change(causes, device, 0, IS_BOOTED);
        break;
    case FW_TRACE_JOIN_REQUESTED:
    case FW_TRACE_UPLINK:
        flags_change(causes, device, 0, IS_EXCHANGING);
        break;
    case FW_TRACE_EXCHANGE_ENDED:
        flags_change(causes, device, IS_EXCHANGING, 0);
        break;
    case FW_TRACE_FRAG_SET_UP:
        fragments_set_up(causes, device);
        break;
    case FW_TRACE_SESSION_ARMED:
        session_armed(causes, device, group_bit(o->c));
        break;
    case FW_TRACE_SESSION_OPENED:
        session_opened(causes, device, group_bit(o->b));
        break;
    case FW_TRACE_SESSION_CLOSED:
        session_closed(causes, device, group_bit(o->b));
        break;
    default:
        break;
    }
}

static void observe(void *state, const struct observation *o)
{
    struct fragment_causes *causes = state;
    uint32_t device = o->entity - causes->first_device; /* of a frame: not always a device */
    if (o->kind == OBSERVE_FIRMWARE) {
        firmware(causes, device, o);
    } else {
        air(causes, device, o);
    }
}

/* --- results ---------------------------------------------------------------------------------- */

/* A fragment without a row was never on the air. */
uint32_t fragment_causes_device(const struct fragment_causes *causes, uint32_t campaign,
        uint32_t device, struct cause_counts *counts)
{
    memset(counts, 0, sizeof *counts);
    const struct stream *stream = stream_of(causes, campaign, device);
    uint32_t nb_frag = stream == NULL ? 0 : stream->nb_frag;
    if (nb_frag > 0) {
        fragment_rows_add(&stream->rows, device, counts);
        counts->of[LOSS_GATEWAY_SKIPPED] += nb_frag - stream->rows.begun;
    }
    return nb_frag;
}

sim_ns fragment_causes_airtime_ns(const struct fragment_causes *causes, uint32_t campaign)
{
    return causes->airtime_ns[campaign];
}

const struct fragment_causes *fragment_causes_of(const struct recorder_set *set)
{
    return recorder_set_state(set, &fragment_causes_recorder);
}

/* Every fragment of the block has one cause for this device, and `received` is what the firmware
 * counts. A restart in mid-session may have cost it what was not in flash yet. */
static bool device_fails(const struct fragment_causes *causes, uint32_t campaign, uint32_t device,
        const struct device_fragments *counted, char *text, size_t size)
{
    struct cause_counts counts;
    uint64_t sum = 0;
    uint32_t nb_frag = fragment_causes_device(causes, campaign, device, &counts);
    for (int cause = 0; cause < LOSS_CAUSE_COUNT; cause++) {
        sum += counts.of[cause];
    }
    if (sum != nb_frag) {
        snprintf(text, size,
                "INVARIANT device %" PRIu32 " has causes for %" PRIu64 " of %" PRIu32 " fragments",
                device, sum, nb_frag);
        return true;
    }
    uint64_t received = counted->uncoded_received;
    if (!counted->uncoded_counted && counted->nb_frag > 0) {
        received = counted->nb_frag - counted->missing_now;
    }
    if (received != counts.of[LOSS_NONE] && !counted->was_reset) {
        snprintf(text, size,
                "INVARIANT device %" PRIu32 " has %" PRIu64 " fragments, by their causes %" PRIu64,
                device, received, counts.of[LOSS_NONE]);
        return true;
    }
    return false;
}

static bool audit(const void *state, const struct recorder_set *set, char *text, size_t size)
{
    const struct fragment_causes *causes = state;
    if (causes->strays > 0) {
        snprintf(text, size, "INVARIANT %" PRIu64 " fragments came when their causes were settled",
                causes->strays);
        return true;
    }
    for (uint32_t c = 0; c < server_campaign_count(causes->view->server); c++) {
        for (uint32_t i = 0; i < causes->device_count; i++) {
            if (device_fails(causes, c, i, fragment_counts_of(set, c, i), text, size)) {
                return true;
            }
        }
    }
    return false;
}

/* Shares of all pairs of a device and an uncoded fragment of its block. */
static void measure_causes(const void *state, struct measure *m)
{
    const struct fragment_causes *causes = state;
    struct cause_counts total = { 0 };
    uint64_t pairs = 0;
    for (uint32_t c = m->first_campaign; c < m->end_campaign; c++) {
        for (uint32_t i = m->first_index; i < m->end_index; i++) {
            struct cause_counts counts;
            pairs += fragment_causes_device(causes, c, i, &counts);
            for (int cause = 0; cause < LOSS_CAUSE_COUNT; cause++) {
                total.of[cause] += counts.of[cause];
            }
        }
    }
    measure_add(m, "missing_fragments.", "received", (double)total.of[LOSS_NONE] / (double)pairs);
    for (int cause = 0; cause < LOSS_NONE; cause++) {
        measure_add(m, "missing_fragments.by_cause.", loss_cause_name((enum loss_cause)cause),
                (double)total.of[cause] / (double)pairs);
    }
}

const struct recorder_ops fragment_causes_recorder = {
    .name = "fragment_causes",
    .kinds = OBSERVE_BIT(OBSERVE_FRAME_STARTED) | OBSERVE_BIT(OBSERVE_FRAME_ENDED)
             | OBSERVE_BIT(OBSERVE_FRAME_RECEIVED) | OBSERVE_BIT(OBSERVE_FRAME_LOST)
             | OBSERVE_BIT(OBSERVE_NODE_RESET),
    .traces = RECORDER_TRACE(FRAGMENT_STORED) | RECORDER_TRACE(BAD_MIC)
              | RECORDER_TRACE(COUNTER_REJECTED) | RECORDER_TRACE(BOOTED)
              | RECORDER_TRACE(JOIN_REQUESTED) | RECORDER_TRACE(UPLINK)
              | RECORDER_TRACE(EXCHANGE_ENDED) | RECORDER_TRACE(FRAG_SET_UP)
              | RECORDER_TRACE(SESSION_ARMED) | RECORDER_TRACE(SESSION_OPENED)
              | RECORDER_TRACE(SESSION_CLOSED),
    .of_campaign = true,
    .by_campaign = true,
    .create = create,
    .destroy = destroy,
    .observe = observe,
    .audit = audit,
    .measure = measure_causes,
};
