/* Reads events.jsonl back, line by line.
 * SPDX-License-Identifier: MIT
 */
#include "results/event_read.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "results/event_parts.h"
#include "trace.h"

struct event_reader {
    FILE *file;
    char *path;
    const struct world *world;
    char *line; /* the one that was read last */
    size_t room;
    uint64_t number; /* of that line, from 1 */
};

struct event_reader *event_reader_open(
        const char *path, const struct world *world, char *error, size_t error_size)
{
    struct event_reader *reader = calloc(1, sizeof *reader);
    if (reader != NULL) {
        *reader = (struct event_reader){
            .file = fopen(path, "r"), .path = strdup(path), .world = world
        };
    }
    if (reader == NULL || reader->file == NULL || reader->path == NULL) {
        snprintf(error, error_size, "%s: error: cannot read: %s", path, strerror(errno));
        event_reader_close(reader);
        return NULL;
    }
    return reader;
}

void event_reader_close(struct event_reader *reader)
{
    if (reader != NULL) {
        if (reader->file != NULL) {
            fclose(reader->file);
        }
        free(reader->path);
        free(reader->line);
        free(reader);
    }
}

/* --- values ----------------------------------------------------------------------------------- */

static const char *cause_name(int value)
{
    return loss_cause_name((enum loss_cause)value);
}

static const char *result_name(int value)
{
    return gateway_tx_result_name((enum gateway_tx_result)value);
}

static const char *stage_name(int value)
{
    return campaign_stage_name((enum campaign_stage)value);
}

static const char *phase_name(int value)
{
    return campaign_phase_name((enum campaign_phase)value);
}

static const char *trace_name(int value)
{
    static const char *const names[FW_TRACE_COUNT] = {
#define X(name, a, b) #name,
        FW_TRACE_EVENTS(X)
#undef X
    };
    return names[value];
}

/* Of the forms that are words. */
static const struct {
    const char *(*name)(int value);
    int count;
} words[] = {
    [FORM_CAUSE] = { cause_name, LOSS_CAUSE_COUNT },
    [FORM_RESULT] = { result_name, GATEWAY_TX_RESULT_COUNT },
    [FORM_TRACE] = { trace_name, FW_TRACE_COUNT },
    [FORM_STAGE] = { stage_name, CAMPAIGN_CONFIRMED + 1 },
    [FORM_PHASE] = { phase_name, CAMPAIGN_PHASE_DONE + 1 },
};

/* A firmware of another tree may state any event: such a one is a number. */
static bool read_word(enum event_form form, const char *word, int64_t *value)
{
    char *end;
    for (int i = 0; i < words[form].count; i++) {
        if (strcasecmp(word, words[form].name(i)) == 0) {
            *value = i;
            return true;
        }
    }
    *value = strtoll(word, &end, 10);
    return form == FORM_TRACE && word[0] != '\0' && *end == '\0';
}

static bool read_value(enum event_form form, const json_t *json, int64_t *value)
{
    const char *text = json_string_value(json);
    char *end;
    switch (form) {
    case FORM_THOUSANDTHS:
        *value = (int64_t)llround(json_number_value(json) * 1000.0);
        return json_is_number(json);
    case FORM_ADDRESS:
        *value = text != NULL ? (int64_t)strtoull(text, &end, 16) : 0;
        return text != NULL && isxdigit((unsigned char)text[0]) && *end == '\0';
    case FORM_CAUSE:
    case FORM_RESULT:
    case FORM_TRACE:
    case FORM_STAGE:
    case FORM_PHASE:
        return text != NULL && read_word(form, text, value);
    case FORM_INTEGER:
    case FORM_ORDINAL:
    default:
        *value = json_integer_value(json) - (form == FORM_ORDINAL ? 1 : 0);
        return json_is_integer(json);
    }
}

/* The inverse of what the writer takes out of an observation. */
static void put(struct observation *o, enum event_source source, int64_t value)
{
    uint64_t half = (uint64_t)value & UINT32_MAX, quarter = (uint64_t)value & UINT16_MAX;
    switch (source) {
    case SOURCE_A:
        o->a = value;
        break;
    case SOURCE_C:
        o->c = value;
        break;
    case SOURCE_B_HIGH:
        o->b |= (int64_t)(half << 32);
        break;
    case SOURCE_B_LOW:
        o->b |= (int64_t)half;
        break;
    case SOURCE_C_HIGH:
        o->c |= (int64_t)(half << 32);
        break;
    case SOURCE_C_MIDDLE:
        o->c |= (int64_t)(quarter << 16);
        break;
    case SOURCE_C_LOW:
        o->c |= (int64_t)quarter;
        break;
    case SOURCE_B:
    default:
        o->b = value;
        break;
    }
}

/* --- entities --------------------------------------------------------------------------------- */

/* False: there is no such station. */
static bool station_of(const json_t *line, const char *name, uint32_t count, uint32_t *station)
{
    const json_t *value = json_object_get(line, name);
    json_int_t number = json_integer_value(value);
    bool has = json_is_integer(value) && number >= 0 && number < (json_int_t)count;
    *station = has ? (uint32_t)number : UINT32_MAX;
    return has;
}

static bool entity_of_station(
        const struct world *world, const json_t *line, bool gateway, entity_id *entity)
{
    uint32_t station;
    if (gateway) {
        bool known = station_of(line, "gateway", world->gateway_count, &station);
        *entity = known ? gateway_entity(&world->gateway_entities, station) : 0;
        return known;
    }
    bool known = station_of(line, "device", world->device_count, &station);
    *entity = known ? world->first_device + station : 0;
    return known;
}

static bool entity_of_campaign(const struct world *world, struct observation *o)
{
    uint32_t campaign = o->kind == OBSERVE_CAMPAIGN_FRAGMENT ? 0
                        : o->kind == OBSERVE_CAMPAIGN_PHASE  ? (uint32_t)o->b
                                                             : (uint16_t)o->c;
    if (campaign >= server_campaign_count(world->server)) {
        return false;
    }
    o->entity = campaign_entity(server_campaign(world->server, campaign));
    return true;
}

/* What is said of a device by a server has its number as `a`. */
static bool add_stations(const struct world *world, const json_t *line, struct observation *o)
{
    uint32_t station;
    switch (o->kind) {
    case OBSERVE_FRAME_STARTED:
    case OBSERVE_FRAME_ENDED:
        o->entity = (entity_id)((uint64_t)o->a >> 32);
        return true;
    case OBSERVE_GATEWAY_RECEIVED:
    case OBSERVE_GATEWAY_LOST:
    case OBSERVE_GATEWAY_TX:
        return entity_of_station(world, line, true, &o->entity);
    case OBSERVE_NETWORK_JOIN:
    case OBSERVE_NETWORK_UPLINK:
    case OBSERVE_NETWORK_DROP:
    case OBSERVE_NETWORK_DOWNLINK:
        if (o->kind != OBSERVE_NETWORK_DOWNLINK
                && station_of(line, "device", world->device_count, &station)) {
            o->a = station;
        }
        o->entity = network_entity(world->network);
        return true;
    case OBSERVE_CAMPAIGN_STAGE:
        o->a = station_of(line, "device", world->device_count, &station) ? station : 0;
        return station != UINT32_MAX && entity_of_campaign(world, o);
    case OBSERVE_CAMPAIGN_FRAGMENT:
        o->b = station_of(line, "gateway", world->gateway_count, &station) ? station : 0;
        return station != UINT32_MAX && entity_of_campaign(world, o);
    case OBSERVE_CAMPAIGN_PHASE:
    case OBSERVE_CAMPAIGN_GROUP_RESTART:
        return entity_of_campaign(world, o);
    default: /* a gateway exceeds its duty cycle, all else is of devices */
        return entity_of_station(world, line, false, &o->entity)
               || entity_of_station(world, line, true, &o->entity);
    }
}

/* --- lines ------------------------------------------------------------------------------------ */

/* To the nanosecond, which a double does not hold. */
static bool read_time(const char *line, sim_ns *at_ns)
{
    int64_t s;
    int32_t ns;
    int from = 0, to = 0;
    bool has = sscanf(line, "{\"time_s\": %" SCNd64 ".%n%9" SCNd32 "%n", &s, &from, &ns, &to) == 2;
    has = has && to - from == 9 && line[to] == ',' && s >= 0 && ns >= 0
          && s < INT64_MAX / SIM_NS_PER_S;
    *at_ns = has ? s * SIM_NS_PER_S + ns : 0;
    return has;
}

static bool read_kind(const char *word, uint32_t *kind)
{
    for (uint32_t i = 0; word != NULL && i < OBSERVATION_KIND_COUNT; i++) {
        char name[EVENT_KIND_SIZE];
        event_kind_name((enum observation_kind)i, name);
        if (strcmp(name, word) == 0) {
            *kind = i;
            return true;
        }
    }
    return false;
}

/* NULL: it is fine; else what is wrong with it. */
static const char *read_members(
        const struct world *world, const json_t *line, const char *text, struct observation *o)
{
    *o = (struct observation){ 0 };
    if (!read_time(text, &o->at_ns)) {
        return "no time_s with nine decimals at its begin";
    }
    if (!read_kind(json_string_value(json_object_get(line, "kind")), &o->kind)) {
        return "kind is none of docs/outputs.md";
    }
    size_t first = event_first_part((enum observation_kind)o->kind);
    for (size_t i = first; i < event_part_count && event_parts[i].kind == o->kind; i++) {
        const struct event_part *part = &event_parts[i];
        const char *name = event_member_name(part->member);
        int64_t value;
        if (!read_value((enum event_form)event_forms[part->member], json_object_get(line, name),
                    &value)) {
            return name;
        }
        put(o, (enum event_source)part->source, value);
    }
    return add_stations(world, line, o) ? NULL : "device, gateway or campaign of no such number";
}

enum event_read event_reader_next(
        struct event_reader *reader, struct observation *o, char *error, size_t error_size)
{
    ssize_t length = getline(&reader->line, &reader->room, reader->file);
    if (length < 0) {
        return EVENT_END;
    }
    reader->number++;
    json_t *line = json_loadb(reader->line, (size_t)length, 0, NULL);
    const char *fault = line != NULL ? read_members(reader->world, line, reader->line, o)
                                     : "the line is no JSON";
    json_decref(line);
    if (fault != NULL) {
        snprintf(error, error_size, "%s:%" PRIu64 ":1: error: no event of this scenario: %s",
                reader->path, reader->number, fault);
        return EVENT_FAULT;
    }
    return EVENT_READ;
}
