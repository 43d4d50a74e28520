/* What happens in a run, as lines of JSON.
 * SPDX-License-Identifier: MIT
 */
#include "results/events.h"

#include <assert.h>
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "results/live_file.h"
#include "trace.h"

/* --- members ---------------------------------------------------------------------------------- */

/* name, unit, form, what; in the order in which they are written. */
/* clang-format off */
#define MEMBERS(X)                                                                                 \
    X(FRAME, "frame", "", INTEGER, "number of the frame: entity of its sender x 2^32 + count")     \
    X(SIZE, "size", "B", INTEGER, "bytes of the frame's PHY payload")                              \
    X(FREQUENCY, "frequency_hz", "Hz", INTEGER, "carrier of the frame")                            \
    X(POWER, "power_dbm", "dBm", THOUSANDTHS, "EIRP of the frame")                                 \
    X(CAUSE, "cause", "", CAUSE,                                                                   \
            "why the frame was lost: a key of missing_fragments.by_cause in summary.json")         \
    X(RSSI, "rssi_dbm", "dBm", THOUSANDTHS, "power of the frame at the receiver")                  \
    X(SNR, "snr_db", "dB", THOUSANDTHS, "signal to noise ratio of the frame at the receiver")      \
    X(TOKEN, "token", "", INTEGER, "number of the request to transmit")                            \
    X(RESULT, "result", "", RESULT, "what became of the request, as in gateways.rejected")         \
    X(SUB_BAND, "sub_band", "", INTEGER, "index of the region's sub-band")                         \
    X(EVENT, "event", "", TRACE, "name of the firmware's event")                                   \
    X(A, "a", "", INTEGER, "first value of the firmware's event")                                  \
    X(B, "b", "", INTEGER, "second value of the firmware's event")                                 \
    X(LINE, "line", "", INTEGER, "line of the source that stated the panic")                       \
    X(SEVERITY, "severity", "", INTEGER, "how bad the broken rule of the datasheet is")            \
    X(REGISTER, "register", "", INTEGER, "address of the register that was used wrongly")          \
    X(RESET_CAUSE, "reset_cause", "", INTEGER,                                                     \
            "0 power on, 1 reset pin, 2 software, 3 watchdog, 4 brownout")                         \
    X(EXCESS, "excess_us", "us", INTEGER, "time on air beyond the duty cycle")                     \
    X(DEV_ADDR, "dev_addr", "", ADDRESS, "address that the network gave the device")               \
    X(DEV_NONCE, "dev_nonce", "", INTEGER, "DevNonce of the join-request")                         \
    X(RECEIVER, "receiver", "", INTEGER, "number of the device or, of multicast, of the group")    \
    X(FCNT, "fcnt", "", INTEGER, "frame counter")                                                  \
    X(FPORT, "fport", "", INTEGER, "FPort of the uplink")                                          \
    X(WINDOW, "window", "", INTEGER, "0 multicast, 1 RX1, 2 RX2, 3 class C by unicast")                                  \
    X(REASON, "reason", "", INTEGER, "why the network server dropped the downlink")                \
    X(STAGE, "stage", "", STAGE, "stage that the device reached, as in devices.csv")               \
    X(PHASE, "phase", "", PHASE, "phase that the campaign reached, as in campaign.csv")            \
    X(CAMPAIGN, "campaign", "", INTEGER, "number of the campaign, from 0")                         \
    X(ROUND, "round", "", ORDINAL, "number of the campaign's round, from 1")                       \
    X(WAVE, "wave", "", ORDINAL, "number of the round's wave that the device is in, from 1")       \
    X(N, "n", "", INTEGER, "number of the fragment; those above NbFrag are coded")                 \
    X(MC_ADDR, "mc_addr", "", ADDRESS, "multicast address that the group has from now on")         \
    X(OLD_MC_ADDR, "old_mc_addr", "", ADDRESS, "multicast address that the group had before")      \
    X(CALLED, "called", "", INTEGER, "devices that the server tells the new address")              \
    X(SILENT_ROUNDS, "silent_rounds", "", INTEGER,                                                 \
            "rounds of the correction in a row that no device answered")

enum member {
#define X(name, text, unit, form, what) MEMBER_##name,
    MEMBERS(X)
#undef X
    MEMBER_COUNT
};
/* clang-format on */

enum form {
    FORM_INTEGER,
    FORM_ORDINAL, /* counted from 0, written from 1 */
    FORM_THOUSANDTHS,
    FORM_ADDRESS,
    FORM_CAUSE,
    FORM_RESULT,
    FORM_TRACE,
    FORM_STAGE,
    FORM_PHASE
};

static const uint8_t forms[MEMBER_COUNT] = {
#define X(name, text, unit, form, what) FORM_##form,
    MEMBERS(X)
#undef X
};

static const struct column columns[] = {
    { "device", "", COLUMN_COUNT, "number of the device that the event concerns, if there is one",
            0 },
    { "gateway", "", COLUMN_COUNT, "number of the gateway that the event concerns, likewise", 0 },
#define X(name, text, unit, form, what) { text, unit, COLUMN_TEXT, what, 0 },
    MEMBERS(X)
#undef X
};
#define STATION_COLUMNS 2u

const struct column_table event_members = { "events.jsonl", columns,
    sizeof columns / sizeof columns[0] };

/* --- kinds ------------------------------------------------------------------------------------ */

enum source {
    SOURCE_A,
    SOURCE_B,
    SOURCE_C,
    SOURCE_B_HIGH, /* upper and lower half of b */
    SOURCE_B_LOW,
    SOURCE_C_HIGH, /* upper half of c; upper and lower half of its lower half */
    SOURCE_C_MIDDLE,
    SOURCE_C_LOW
};

/* What a, b and c of each kind are, in the order of the kinds (engine/observe.h). */
static const struct part {
    uint8_t kind, member, source;
} parts[] = {
    { OBSERVE_FRAME_STARTED, MEMBER_FRAME, SOURCE_A },
    { OBSERVE_FRAME_STARTED, MEMBER_SIZE, SOURCE_B_HIGH },
    { OBSERVE_FRAME_STARTED, MEMBER_FREQUENCY, SOURCE_B_LOW },
    { OBSERVE_FRAME_STARTED, MEMBER_POWER, SOURCE_C },
    { OBSERVE_FRAME_ENDED, MEMBER_FRAME, SOURCE_A },
    { OBSERVE_FRAME_RECEIVED, MEMBER_FRAME, SOURCE_A },
    { OBSERVE_FRAME_RECEIVED, MEMBER_RSSI, SOURCE_B },
    { OBSERVE_FRAME_RECEIVED, MEMBER_SNR, SOURCE_C },
    { OBSERVE_FRAME_LOST, MEMBER_FRAME, SOURCE_A },
    { OBSERVE_FRAME_LOST, MEMBER_CAUSE, SOURCE_B },
    { OBSERVE_FRAME_LOST, MEMBER_SNR, SOURCE_C },
    { OBSERVE_GATEWAY_RECEIVED, MEMBER_FRAME, SOURCE_A },
    { OBSERVE_GATEWAY_RECEIVED, MEMBER_RSSI, SOURCE_B },
    { OBSERVE_GATEWAY_RECEIVED, MEMBER_SNR, SOURCE_C },
    { OBSERVE_GATEWAY_LOST, MEMBER_FRAME, SOURCE_A },
    { OBSERVE_GATEWAY_LOST, MEMBER_CAUSE, SOURCE_B },
    { OBSERVE_GATEWAY_LOST, MEMBER_SNR, SOURCE_C },
    { OBSERVE_GATEWAY_TX, MEMBER_TOKEN, SOURCE_A },
    { OBSERVE_GATEWAY_TX, MEMBER_RESULT, SOURCE_B },
    { OBSERVE_GATEWAY_TX, MEMBER_SUB_BAND, SOURCE_C },
    { OBSERVE_FIRMWARE, MEMBER_EVENT, SOURCE_A },
    { OBSERVE_FIRMWARE, MEMBER_A, SOURCE_B },
    { OBSERVE_FIRMWARE, MEMBER_B, SOURCE_C },
    { OBSERVE_FIRMWARE_PANIC, MEMBER_LINE, SOURCE_A },
    { OBSERVE_GUEST_ERROR, MEMBER_SEVERITY, SOURCE_A },
    { OBSERVE_GUEST_ERROR, MEMBER_REGISTER, SOURCE_B },
    { OBSERVE_NODE_RESET, MEMBER_RESET_CAUSE, SOURCE_A },
    { OBSERVE_DUTY_VIOLATION, MEMBER_SUB_BAND, SOURCE_A },
    { OBSERVE_DUTY_VIOLATION, MEMBER_EXCESS, SOURCE_B },
    { OBSERVE_NETWORK_JOIN, MEMBER_DEV_ADDR, SOURCE_B },
    { OBSERVE_NETWORK_JOIN, MEMBER_DEV_NONCE, SOURCE_C },
    { OBSERVE_NETWORK_UPLINK, MEMBER_FCNT, SOURCE_B },
    { OBSERVE_NETWORK_UPLINK, MEMBER_FPORT, SOURCE_C },
    { OBSERVE_NETWORK_DOWNLINK, MEMBER_RECEIVER, SOURCE_A },
    { OBSERVE_NETWORK_DOWNLINK, MEMBER_FCNT, SOURCE_B },
    { OBSERVE_NETWORK_DOWNLINK, MEMBER_WINDOW, SOURCE_C },
    { OBSERVE_NETWORK_DROP, MEMBER_REASON, SOURCE_B },
    { OBSERVE_CAMPAIGN_STAGE, MEMBER_STAGE, SOURCE_B },
    { OBSERVE_CAMPAIGN_STAGE, MEMBER_CAMPAIGN, SOURCE_C_LOW },
    { OBSERVE_CAMPAIGN_STAGE, MEMBER_ROUND, SOURCE_C_HIGH },
    { OBSERVE_CAMPAIGN_STAGE, MEMBER_WAVE, SOURCE_C_MIDDLE },
    { OBSERVE_CAMPAIGN_FRAGMENT, MEMBER_N, SOURCE_A },
    { OBSERVE_CAMPAIGN_FRAGMENT, MEMBER_FCNT, SOURCE_C },
    { OBSERVE_CAMPAIGN_PHASE, MEMBER_PHASE, SOURCE_A },
    { OBSERVE_CAMPAIGN_PHASE, MEMBER_CAMPAIGN, SOURCE_B },
    { OBSERVE_CAMPAIGN_PHASE, MEMBER_ROUND, SOURCE_C },
    { OBSERVE_CAMPAIGN_GROUP_RESTART, MEMBER_MC_ADDR, SOURCE_A },
    { OBSERVE_CAMPAIGN_GROUP_RESTART, MEMBER_OLD_MC_ADDR, SOURCE_B },
    { OBSERVE_CAMPAIGN_GROUP_RESTART, MEMBER_CALLED, SOURCE_C_HIGH },
    { OBSERVE_CAMPAIGN_GROUP_RESTART, MEMBER_SILENT_ROUNDS, SOURCE_C_MIDDLE },
    { OBSERVE_CAMPAIGN_GROUP_RESTART, MEMBER_CAMPAIGN, SOURCE_C_LOW },
};
#define PARTS (sizeof parts / sizeof parts[0])

void event_kind_members(enum observation_kind kind, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < PARTS && used < size; i++) {
        if (parts[i].kind == kind) {
            const char *name = columns[STATION_COLUMNS + parts[i].member].name;
            int length = snprintf(text + used, size - used, "%s`%s`", used > 0 ? ", " : "", name);
            used += length > 0 ? (size_t)length : 0;
        }
    }
}

/* --- the observer ----------------------------------------------------------------------------- */

#define NO_STATION UINT32_MAX

struct events {
    struct live_file file;
    struct event_filter filter;
    const struct world *world;
    char names[OBSERVATION_KIND_COUNT][EVENT_KIND_SIZE];
    size_t first[OBSERVATION_KIND_COUNT]; /* of its parts */
};

struct events *events_open(const char *path, const struct event_filter *filter,
        const struct world *world, char *error, size_t error_size)
{
    struct events *events = calloc(1, sizeof *events);
    if (events == NULL) {
        snprintf(error, error_size, "out of memory");
        return NULL;
    }
    if (!live_file_open(&events->file, path, error, error_size)) {
        free(events);
        return NULL;
    }
    events->filter = *filter;
    events->world = world;
    for (int kind = 0; kind < OBSERVATION_KIND_COUNT; kind++) {
        event_kind_name((enum observation_kind)kind, events->names[kind]);
        while (events->first[kind] < PARTS && parts[events->first[kind]].kind != kind) {
            events->first[kind]++;
        }
    }
    return events;
}

uint64_t events_kinds(const struct events *events)
{
    return events->filter.kinds;
}

/* The device and the gateway that an observation concerns. */
struct stations {
    uint32_t device, gateway;
};

static void add_entity(const struct world *world, entity_id entity, struct stations *stations)
{
    uint32_t device = entity - world->first_device;
    uint32_t gateway = gateway_of_entity(&world->gateway_entities, entity, world->gateway_count);
    if (device < world->device_count) {
        stations->device = device;
    } else if (gateway != GATEWAY_NONE) {
        stations->gateway = gateway;
    }
}

static struct stations stations_of(const struct world *world, const struct observation *o)
{
    struct stations stations = { NO_STATION, NO_STATION };
    switch (o->kind) {
    case OBSERVE_NETWORK_JOIN:
    case OBSERVE_NETWORK_UPLINK:
    case OBSERVE_NETWORK_DROP:
    case OBSERVE_CAMPAIGN_STAGE:
        stations.device = (uint32_t)o->a;
        break;
    case OBSERVE_CAMPAIGN_FRAGMENT:
        stations.gateway = (uint32_t)o->b;
        break;
    case OBSERVE_FRAME_STARTED:
    case OBSERVE_FRAME_ENDED:
    case OBSERVE_FRAME_RECEIVED:
    case OBSERVE_FRAME_LOST:
    case OBSERVE_GATEWAY_RECEIVED:
    case OBSERVE_GATEWAY_LOST:
        /* The sender of the frame, then the station itself: of two devices the one that receives.
         */
        add_entity(world, (entity_id)((uint64_t)o->a >> 32), &stations);
        add_entity(world, o->entity, &stations);
        break;
    default:
        add_entity(world, o->entity, &stations);
        break;
    }
    return stations;
}

static bool is_wanted(const struct event_filter *filter, const struct observation *o,
        const struct stations *stations)
{
    bool device = filter->first_device == UINT32_MAX
                  || (stations->device >= filter->first_device
                          && stations->device <= filter->last_device);
    return device && o->at_ns >= filter->from_ns && o->at_ns <= filter->to_ns;
}

static int64_t value_of(const struct observation *o, enum source source)
{
    switch (source) {
    case SOURCE_A:
        return o->a;
    case SOURCE_C:
        return o->c;
    case SOURCE_B_HIGH:
        return (int64_t)((uint64_t)o->b >> 32);
    case SOURCE_B_LOW:
        return (int64_t)((uint64_t)o->b & UINT32_MAX);
    case SOURCE_C_HIGH:
        return (int64_t)((uint64_t)o->c >> 32);
    case SOURCE_C_MIDDLE:
        return (int64_t)((uint64_t)o->c >> 16 & UINT16_MAX);
    case SOURCE_C_LOW:
        return (int64_t)((uint64_t)o->c & UINT16_MAX);
    case SOURCE_B:
    default:
        return o->b;
    }
}

/* A firmware of another tree may state any number. */
static void put_trace(FILE *out, int64_t trace)
{
    static const char *const names[FW_TRACE_COUNT] = {
#define X(name, a, b) #name,
        FW_TRACE_EVENTS(X)
#undef X
    };
    if (trace < 0 || trace >= FW_TRACE_COUNT) {
        fprintf(out, "\"%" PRId64 "\"", trace);
        return;
    }
    fputc('"', out);
    for (const char *c = names[trace]; *c != '\0'; c++) {
        fputc(tolower((unsigned char)*c), out);
    }
    fputc('"', out);
}

static void put_value(FILE *out, enum form form, int64_t value)
{
    switch (form) {
    case FORM_THOUSANDTHS:
        fprintf(out, "%s%" PRId64 ".%03d", value < 0 ? "-" : "",
                value < 0 ? -(value / 1000) : value / 1000, abs((int)(value % 1000)));
        break;
    case FORM_ORDINAL:
        fprintf(out, "%" PRId64, value + 1);
        break;
    case FORM_ADDRESS:
        fprintf(out, "\"%08" PRIx64 "\"", (uint64_t)value & UINT32_MAX);
        break;
    case FORM_CAUSE:
        fprintf(out, "\"%s\"", loss_cause_name((enum loss_cause)value));
        break;
    case FORM_RESULT:
        fprintf(out, "\"%s\"", gateway_tx_result_name((enum gateway_tx_result)value));
        break;
    case FORM_TRACE:
        put_trace(out, value);
        break;
    case FORM_STAGE:
        fprintf(out, "\"%s\"", campaign_stage_name((enum campaign_stage)value));
        break;
    case FORM_PHASE:
        fprintf(out, "\"%s\"", campaign_phase_name((enum campaign_phase)value));
        break;
    case FORM_INTEGER:
    default:
        fprintf(out, "%" PRId64, value);
        break;
    }
}

static void put_event(const struct events *events, const struct observation *o,
        const struct stations *stations, FILE *out)
{
    fprintf(out, "{\"time_s\": %" PRId64 ".%09d, \"kind\": \"%s\"", o->at_ns / SIM_NS_PER_S,
            (int)(o->at_ns % SIM_NS_PER_S), events->names[o->kind]);
    if (stations->device != NO_STATION) {
        fprintf(out, ", \"device\": %" PRIu32, stations->device);
    }
    if (stations->gateway != NO_STATION) {
        fprintf(out, ", \"gateway\": %" PRIu32, stations->gateway);
    }
    for (size_t i = events->first[o->kind]; i < PARTS && parts[i].kind == o->kind; i++) {
        fprintf(out, ", \"%s\": ", columns[STATION_COLUMNS + parts[i].member].name);
        put_value(
                out, (enum form)forms[parts[i].member], value_of(o, (enum source)parts[i].source));
    }
    fputs("}\n", out);
}

void events_observe(void *context, const struct observation *o)
{
    struct events *events = context;
    FILE *out = live_file_stream(&events->file);
    struct stations stations = stations_of(events->world, o);
    if (out != NULL && is_wanted(&events->filter, o, &stations)) {
        put_event(events, o, &stations, out);
        live_file_settle(&events->file);
    }
}

bool events_reader_gone(const struct events *events)
{
    return live_file_reader_gone(&events->file);
}

bool events_close(struct events *events, char *error, size_t error_size)
{
    bool written = live_file_close(&events->file, error, error_size);
    free(events);
    return written;
}

void events_discard(struct events *events)
{
    if (events != NULL) {
        live_file_discard(&events->file);
        free(events);
    }
}

const char *events_temporary(const struct events *events)
{
    return live_file_temporary(&events->file);
}
