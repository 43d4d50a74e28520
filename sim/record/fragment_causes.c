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

_Static_assert((FRAGMENT_WINDOW & (FRAGMENT_WINDOW - 1u)) == 0, "rows are found by a mask");
_Static_assert(LOSS_CAUSE_COUNT <= UINT8_MAX, "a cause is a byte");

/* What is known of a device's life. */
enum {
    IS_BOOTED = 1,
    IS_FRAGMENTS_SET_UP = 2,
    IS_SESSION_ARMED = 4,
    IS_SESSION_OPEN = 8,
    IS_SESSION_CLOSED = 16,
    IS_EXCHANGING = 32, /* an uplink of its own and its windows */
    IS_RESET = 64,      /* once since it was set up, before it was counted */
    IS_COUNTED = 128    /* the firmware has said how many fragments it got */
};

/* Where a device's receiver is on and nothing is observed, the link is below the medium's cut-off.
 */
#define LISTENING LOSS_BELOW_SENSITIVITY

struct copy {
    int64_t frame_id;
    uint32_t n;
    /* Per device: the cause while the medium has observed nothing, else GATEWAY_SKIPPED, which
     * changes nothing in a fold. */
    uint8_t *unheard;
};

struct fragment_causes {
    const struct campaign *campaign;
    uint32_t nb_frag;
    uint32_t device_count;
    entity_id first_device;
    uint8_t *flags;   /* per device */
    uint8_t *unheard; /* per device: cause of a frame that its receiver takes no notice of */
    uint8_t *rows;    /* [FRAGMENT_WINDOW][device]: furthest so far */
    uint32_t row_n[FRAGMENT_WINDOW]; /* whose row it is; 0: nobody's */
    uint32_t rows_begun;
    uint16_t (*counters)[LOSS_CAUSE_COUNT]; /* per device, of rows that are closed */
    struct copy copies[COPIES_MAX];
    uint32_t copy_count, copy_last;
    uint64_t strays;
    sim_ns airtime_ns;
};

extern const struct recorder_ops fragment_causes_recorder;

static void destroy(void *state)
{
    struct fragment_causes *causes = state;
    for (uint32_t i = 0; i < COPIES_MAX; i++) {
        free(causes->copies[i].unheard);
    }
    free(causes->flags);
    free(causes->unheard);
    free(causes->rows);
    free(causes->counters);
    free(causes);
}

static void *create(const struct recorder_set *set)
{
    const struct recorder_view *view = recorder_set_view(set);
    uint32_t device_count = view->device_count;
    struct fragment_causes *causes = calloc(1, sizeof *causes);
    if (causes == NULL) {
        return NULL;
    }
    causes->campaign = view->campaign;
    causes->nb_frag = campaign_nb_frag(view->campaign);
    causes->device_count = device_count;
    causes->first_device = view->first_device;
    causes->flags = calloc(device_count, 1);
    causes->unheard = malloc(device_count);
    causes->rows = malloc((size_t)FRAGMENT_WINDOW * device_count);
    causes->counters = calloc(device_count, sizeof *causes->counters);
    if (causes->flags == NULL || causes->unheard == NULL || causes->rows == NULL
            || causes->counters == NULL) {
        destroy(causes);
        return NULL;
    }
    memset(causes->unheard, LOSS_POWERED_DOWN, device_count);
    return causes;
}

/* --- rows ------------------------------------------------------------------------------------- */

static uint8_t *row_of(const struct fragment_causes *causes, uint32_t n)
{
    return causes->rows + (size_t)(n & (FRAGMENT_WINDOW - 1u)) * causes->device_count;
}

static void row_close(struct fragment_causes *causes, uint32_t n)
{
    const uint8_t *row = row_of(causes, n);
    for (uint32_t i = 0; i < causes->device_count; i++) {
        causes->counters[i][row[i]]++;
    }
}

/* False: this fragment's row has been closed. */
static bool row_open(struct fragment_causes *causes, uint32_t n)
{
    uint32_t *row_n = &causes->row_n[n & (FRAGMENT_WINDOW - 1u)];
    if (*row_n == n) {
        return true;
    }
    if (*row_n > n) {
        return false;
    }
    if (*row_n != 0) {
        row_close(causes, *row_n);
    }
    *row_n = n;
    causes->rows_begun++;
    memset(row_of(causes, n), LOSS_GATEWAY_SKIPPED, causes->device_count);
    return true;
}

/* A device's place in the row of an uncoded fragment, NULL if there is none. */
static uint8_t *cell(struct fragment_causes *causes, uint32_t n, uint32_t device)
{
    if (n == 0 || causes->row_n[n & (FRAGMENT_WINDOW - 1u)] != n) {
        return NULL;
    }
    return row_of(causes, n) + device;
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

/* Session of the campaign that a frame belongs to, UINT32_MAX: none. The address and the low half
 * of the counter go in clear: spec-protocol 1.3. */
static uint32_t session_of(const struct fragment_causes *causes, const struct frame *frame)
{
    const uint8_t *bytes = frame->bytes;
    if (!frame->downlink || frame->size < 12) {
        return UINT32_MAX;
    }
    uint32_t address = (uint32_t)bytes[1] | (uint32_t)bytes[2] << 8 | (uint32_t)bytes[3] << 16
                       | (uint32_t)bytes[4] << 24;
    return campaign_session_of(causes->campaign, address);
}

static void copy_started(struct fragment_causes *causes, const struct frame *frame)
{
    uint32_t session = session_of(causes, frame);
    if (session == UINT32_MAX) {
        return;
    }
    causes->airtime_ns += frame->end_ns - frame->start_ns;
    uint32_t n = campaign_session_fragment(
            causes->campaign, session, (uint32_t)frame->bytes[6] | (uint32_t)frame->bytes[7] << 8);
    if (n == 0 || n > causes->nb_frag) {
        return;
    }
    if (!row_open(causes, n)) {
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
    copy->n = n;
    memcpy(copy->unheard, causes->unheard, causes->device_count);
    causes->copy_last = causes->copy_count++;
}

static void copy_ended(struct fragment_causes *causes, int64_t frame_id)
{
    uint32_t at = copy_find(causes, frame_id);
    if (at == NO_COPY) {
        return;
    }
    struct copy ended = causes->copies[at];
    uint8_t *row = row_of(causes, ended.n);
    assert(causes->row_n[ended.n & (FRAGMENT_WINDOW - 1u)] == ended.n);
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
    if (at == NO_COPY || causes->unheard[device] < LOSS_RADIO_BUSY) {
        return;
    }
    const struct copy *copy = &causes->copies[at];
    if (cause == LOSS_RADIO_BUSY) { /* which a session that closes may yet explain better */
        if (copy->unheard[device] > LOSS_RADIO_BUSY) {
            copy->unheard[device] = LOSS_RADIO_BUSY;
        }
        return;
    }
    uint8_t *furthest = row_of(causes, copy->n) + device;
    if (*furthest < (uint8_t)cause) {
        *furthest = (uint8_t)cause;
    }
    copy->unheard[device] = LOSS_GATEWAY_SKIPPED;
}

/* --- devices ---------------------------------------------------------------------------------- */

static enum loss_cause unheard_by(uint8_t flags)
{
    if ((flags & IS_BOOTED) == 0) {
        return LOSS_POWERED_DOWN;
    }
    if ((flags & IS_FRAGMENTS_SET_UP) == 0) {
        return LOSS_NOT_SET_UP;
    }
    if ((flags & IS_SESSION_OPEN) != 0) {
        return (flags & IS_EXCHANGING) != 0 ? LOSS_RADIO_BUSY : LISTENING;
    }
    if ((flags & IS_SESSION_CLOSED) != 0) {
        return LOSS_SESSION_CLOSED;
    }
    return (flags & IS_SESSION_ARMED) != 0 ? LOSS_SESSION_NOT_OPEN : LOSS_NOT_SET_UP;
}

/* Of a frame on the air the device may have missed the part that counts: the worse state stays. */
static void flags_change(
        struct fragment_causes *causes, uint32_t device, uint8_t clear, uint8_t set)
{
    uint8_t flags = (uint8_t)((causes->flags[device] & (uint8_t)~clear) | set);
    uint8_t unheard = (uint8_t)unheard_by(flags);
    causes->flags[device] = flags;
    causes->unheard[device] = unheard;
    for (uint32_t i = 0; i < causes->copy_count; i++) {
        uint8_t *of_copy = &causes->copies[i].unheard[device];
        *of_copy = *of_copy < unheard ? *of_copy : unheard;
    }
}

static void node_reset(struct fragment_causes *causes, uint32_t device)
{
    uint8_t flags = causes->flags[device];
    /* Sessions live in RAM (device/services/multicast_setup.c): one that was open is over. */
    uint8_t was_open = (flags & IS_SESSION_OPEN) != 0 ? IS_SESSION_CLOSED : 0;
    bool counting = (flags & (IS_FRAGMENTS_SET_UP | IS_COUNTED)) == IS_FRAGMENTS_SET_UP;
    uint8_t again = counting ? IS_RESET : 0;
    flags_change(causes, device, IS_BOOTED | IS_EXCHANGING | IS_SESSION_OPEN | IS_SESSION_ARMED,
            (uint8_t)(was_open | again));
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
    uint32_t session = campaign_session_of(causes->campaign, (uint32_t)o->b);
    if (session == UINT32_MAX) {
        return;
    }
    uint32_t n = campaign_session_fragment(causes->campaign, session, (uint32_t)o->c);
    uint8_t *furthest = n <= causes->nb_frag ? cell(causes, n, device) : NULL;
    if (furthest != NULL && *furthest >= LOSS_MCU_BUSY && *furthest < (uint8_t)cause) {
        *furthest = (uint8_t)cause;
    }
}

static void stored(struct fragment_causes *causes, uint32_t device, uint32_t n)
{
    uint8_t *furthest = cell(causes, n, device);
    if (furthest == NULL) {
        causes->strays++;
    } else {
        *furthest = LOSS_NONE;
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
        flags_change(causes, device, IS_RESET | IS_COUNTED, IS_FRAGMENTS_SET_UP);
        break;
    case FW_TRACE_FRAG_FROZEN:
    case FW_TRACE_FRAG_COMPLETE:
        flags_change(causes, device, 0, IS_COUNTED);
        break;
    case FW_TRACE_SESSION_ARMED:
        flags_change(causes, device, IS_SESSION_OPEN | IS_SESSION_CLOSED, IS_SESSION_ARMED);
        break;
    case FW_TRACE_SESSION_OPENED:
        flags_change(causes, device, IS_SESSION_CLOSED, IS_SESSION_OPEN);
        break;
    case FW_TRACE_SESSION_CLOSED:
        flags_change(causes, device, IS_SESSION_OPEN | IS_SESSION_ARMED, IS_SESSION_CLOSED);
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
void fragment_causes_device(
        const struct fragment_causes *causes, uint32_t device, struct cause_counts *counts)
{
    for (int cause = 0; cause < LOSS_CAUSE_COUNT; cause++) {
        counts->of[cause] = causes->counters[device][cause];
    }
    for (uint32_t slot = 0; slot < FRAGMENT_WINDOW; slot++) {
        if (causes->row_n[slot] != 0) {
            counts->of[causes->rows[(size_t)slot * causes->device_count + device]]++;
        }
    }
    counts->of[LOSS_GATEWAY_SKIPPED] += causes->nb_frag - causes->rows_begun;
}

void fragment_causes_total(const struct fragment_causes *causes, struct cause_counts *counts)
{
    memset(counts, 0, sizeof *counts);
    for (uint32_t i = 0; i < causes->device_count; i++) {
        struct cause_counts of_device;
        fragment_causes_device(causes, i, &of_device);
        for (int cause = 0; cause < LOSS_CAUSE_COUNT; cause++) {
            counts->of[cause] += of_device.of[cause];
        }
    }
}

sim_ns fragment_causes_airtime_ns(const struct fragment_causes *causes)
{
    return causes->airtime_ns;
}

const struct fragment_causes *fragment_causes_of(const struct recorder_set *set)
{
    return recorder_set_state(set, &fragment_causes_recorder);
}

/* Every fragment of the block has one cause for this device, and `received` is what the firmware
 * counts. A restart in mid-session may have cost it what was not in flash yet. */
static bool device_fails(const struct fragment_causes *causes, uint32_t device,
        const struct device_fragments *counted, char *text, size_t size)
{
    struct cause_counts counts;
    uint64_t sum = 0;
    fragment_causes_device(causes, device, &counts);
    for (int cause = 0; cause < LOSS_CAUSE_COUNT; cause++) {
        sum += counts.of[cause];
    }
    if (sum != causes->nb_frag) {
        snprintf(text, size,
                "INVARIANT device %" PRIu32 " has causes for %" PRIu64 " of %" PRIu32 " fragments",
                device, sum, causes->nb_frag);
        return true;
    }
    uint64_t received = counted->uncoded_received;
    if (!counted->uncoded_counted && counted->nb_frag > 0) {
        received = counted->nb_frag - counted->missing_now;
    }
    if (received != counts.of[LOSS_NONE] && (causes->flags[device] & IS_RESET) == 0) {
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
    const struct fragment_counts *counts = fragment_counts_of(set);
    if (causes->strays > 0) {
        snprintf(text, size, "INVARIANT %" PRIu64 " fragments came when their causes were settled",
                causes->strays);
        return true;
    }
    for (uint32_t i = 0; i < causes->device_count; i++) {
        if (device_fails(causes, i, &counts->devices[i], text, size)) {
            return true;
        }
    }
    return false;
}

/* Shares of all pairs of a device and an uncoded fragment of the block. */
static void measure_causes(const void *state, struct measure *m)
{
    const struct fragment_causes *causes = state;
    struct cause_counts counts;
    fragment_causes_total(causes, &counts);
    double pairs = (double)causes->device_count * causes->nb_frag;
    measure_add(m, "missing_fragments.", "received", (double)counts.of[LOSS_NONE] / pairs);
    for (int cause = 0; cause < LOSS_NONE; cause++) {
        measure_add(m, "missing_fragments.by_cause.", loss_cause_name((enum loss_cause)cause),
                (double)counts.of[cause] / pairs);
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
              | RECORDER_TRACE(FRAG_FROZEN) | RECORDER_TRACE(FRAG_COMPLETE)
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
