/* Each copy of a fragment on the air, and what every device's receiver makes of it.
 * SPDX-License-Identifier: MIT
 */
#include <assert.h>

#include "campaign/packages.h"
#include "record/air_frames.h"
#include "record/fragment_causes_internal.h"
#include "record/recorder_set.h"
#include "record/security.h"
#include "run_memory.h"

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

uint32_t fragment_copy_find(const struct fragment_causes *causes, int64_t frame_id)
{
    if (causes->copy_last < causes->copy_count
            && causes->copies[causes->copy_last].frame_id == frame_id) {
        return causes->copy_last;
    }
    for (uint32_t i = 0; i < causes->copy_count; i++) {
        if (causes->copies[i].frame_id == frame_id) {
            return i;
        }
    }
    return NO_COPY;
}

/* Most observations are of the same copy as the one before. */
static uint32_t copy_find(struct fragment_causes *causes, int64_t frame_id)
{
    uint32_t at = fragment_copy_find(causes, frame_id);
    causes->copy_last = at == NO_COPY ? causes->copy_last : at;
    return at;
}

bool fragment_copy_is_on_air(struct fragment_causes *causes, int64_t frame_id)
{
    return copy_find(causes, frame_id) != NO_COPY;
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
    fragment_caps_init(
            &causes->copies[causes->copy_capacity++].caps, &causes->cap_pool, causes->device_count);
}

static void copy_add(struct fragment_causes *causes, const struct copy *added)
{
    if (causes->copy_count == causes->copy_capacity) {
        copies_grow(causes);
    }
    struct copy *copy = &causes->copies[causes->copy_count];
    struct fragment_caps caps = copy->caps;
    *copy = *added;
    copy->caps = caps;
    fragment_caps_begin(&copy->caps, &added->stream->unheard);
    causes->copy_last = causes->copy_count++;
}

/* McFCnt stays below 2^16, so the low half that goes on the air is all of it
 * (models/campaign/session_class_c.c). */
void fragment_copy_started(struct fragment_causes *causes, const struct frame *frame)
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

/* The first change that a copy of the stream on the air has seen. */
static uint64_t changes_needed_from(
        const struct fragment_causes *causes, const struct stream *stream)
{
    uint64_t from = fragment_unheard_next(&stream->unheard);
    for (uint32_t i = 0; i < causes->copy_count; i++) {
        const struct copy *copy = &causes->copies[i];
        if (copy->stream == stream && copy->caps.changes_from < from) {
            from = copy->caps.changes_from;
        }
    }
    return from;
}

void fragment_stream_set(struct fragment_causes *causes, struct stream *stream, uint32_t device,
        enum loss_cause cause)
{
    struct fragment_unheard *unheard = &stream->unheard;
    bool full = unheard->change_count == unheard->change_capacity;
    fragment_unheard_set(unheard, causes->view->memory, device, cause,
            full ? changes_needed_from(causes, stream) : 0);
}

void fragment_copy_ended(struct fragment_causes *causes, int64_t frame_id)
{
    uint32_t at = copy_find(causes, frame_id);
    if (at == NO_COPY) {
        return;
    }
    struct copy *copy = &causes->copies[at];
    if (copy->n > 0) {
        fragment_rows_fold(&copy->stream->rows, copy->n, &copy->stream->unheard, &copy->caps);
    }
    struct copy ended = *copy;
    *copy = causes->copies[--causes->copy_count];
    causes->copies[causes->copy_count] = ended; /* its caps serve again */
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
static enum loss_cause accept(const struct fragment_causes *causes, const struct stream *stream,
        uint32_t index, const struct reception *reception)
{
    struct causes_device *device = &causes->devices[index];
    if (!reception->good) {
        return LOSS_BAD_MIC;
    }
    if ((device->session == reception->session && reception->fcnt < device->next_fcnt)
            || reception->fcnt < security_least_fcnt(
                       causes->set, index, stream->campaign, reception->session)) {
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

void fragment_copy_heard(struct fragment_causes *causes, uint32_t device, enum loss_cause cause,
        int64_t frame_id, const struct frame *frame)
{
    uint32_t at = copy_find(causes, frame_id);
    if (at == NO_COPY || causes->copies[at].stream->unheard.causes[device] < LOSS_RADIO_BUSY) {
        return;
    }
    struct copy *copy = &causes->copies[at];
    struct causes_device *d = &causes->devices[device];
    struct fragment_rows *rows = &copy->stream->rows;
    uint8_t before = copy->n == 0 ? 0 : fragment_rows_of(rows, copy->n)[device];
    if (cause == LOSS_RADIO_BUSY) { /* which a session that closes may yet explain better */
        if (copy->n > 0) {
            fragment_caps_lower(&copy->caps, device, LOSS_RADIO_BUSY);
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
        cause = accept(causes, copy->stream, device, &d->last[0]);
    }
    if (copy->n > 0) {
        fragment_rows_set(rows, copy->n, device, further((enum loss_cause)before, cause));
        fragment_caps_lower(&copy->caps, device, LOSS_GATEWAY_SKIPPED);
    }
}

/* The radio had received a frame, and the MCU did not read it: another one replaced it, or power
 * failed. Its counter rejects no other, so the one that replaced it is judged again; where that is
 * a second copy, it takes the place of the first. False: the radio had not received it. */
bool fragment_copy_unread(
        struct fragment_causes *causes, uint32_t device, int64_t frame_id, enum loss_cause cause)
{
    struct causes_device *d = &causes->devices[device];
    struct reception *after = d->last[0].frame_id == frame_id ? NULL : &d->last[0];
    const struct reception *lost = after == NULL ? &d->last[0] : &d->last[1];
    if (lost->frame_id != frame_id || d->stream == NO_STREAM) {
        return false;
    }
    struct stream *stream = &causes->streams[d->stream];
    struct fragment_rows *rows = &stream->rows;
    d->session = lost->last_session;
    d->next_fcnt = lost->next_fcnt;
    if (lost->n > 0) {
        fragment_rows_set(rows, lost->n, device, further((enum loss_cause)lost->before, cause));
    }
    if (after != NULL) {
        after->before = after->n == lost->n ? lost->before : after->before;
        after->last_session = lost->last_session;
        after->next_fcnt = lost->next_fcnt;
        enum loss_cause judged = accept(causes, stream, device, after);
        if (after->n > 0) {
            fragment_rows_set(
                    rows, after->n, device, further((enum loss_cause)after->before, judged));
        }
    }
    return true;
}
