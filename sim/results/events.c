/* What happens in a run, as lines of JSON.
 * SPDX-License-Identifier: MIT
 */
#include "results/events.h"

#include <assert.h>
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "results/event_parts.h"
#include "results/live_file.h"
#include "trace.h"

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
        events->first[kind] = event_first_part((enum observation_kind)kind);
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

static int64_t value_of(const struct observation *o, enum event_source source)
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

static void put_value(FILE *out, enum event_form form, int64_t value)
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
    for (size_t i = events->first[o->kind]; i < event_part_count && event_parts[i].kind == o->kind;
            i++) {
        const struct event_part *part = &event_parts[i];
        fprintf(out, ", \"%s\": ", event_member_name(part->member));
        put_value(out, (enum event_form)event_forms[part->member],
                value_of(o, (enum event_source)part->source));
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
