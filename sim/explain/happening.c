/* Observations that outlive the event in which they were stated, and what a stranger calls things.
 * SPDX-License-Identifier: MIT
 */
#include "explain/happening.h"

#include <inttypes.h>
#include <stdlib.h>

#include "network/lorawan.h"
#include "record/air_frames.h"

/* Kinds whose `data` is a frame, where it is there at all. */
#define FRAME_KINDS                                                                                \
    (OBSERVE_BIT(OBSERVE_FRAME_STARTED) | OBSERVE_BIT(OBSERVE_FRAME_ENDED)                         \
            | OBSERVE_BIT(OBSERVE_FRAME_RECEIVED) | OBSERVE_BIT(OBSERVE_FRAME_LOST)                \
            | OBSERVE_BIT(OBSERVE_GATEWAY_RECEIVED) | OBSERVE_BIT(OBSERVE_GATEWAY_LOST))

/* What goes the other way than its type says is a beacon, or not LoRaWAN. */
static enum lorawan_ftype type_of(const struct frame *frame)
{
    enum lorawan_ftype type = frame->size > 0 ? lorawan_ftype(frame->bytes[0]) : LORAWAN_RFU;
    bool down = type == LORAWAN_JOIN_ACCEPT || type == LORAWAN_UNCONFIRMED_DOWN
                || type == LORAWAN_CONFIRMED_DOWN;
    return down == frame->downlink ? type : LORAWAN_RFU;
}

static void frame_of(const struct frame *frame, struct happening_frame *kept)
{
    struct air_downlink down;
    struct lorawan_uplink up;
    *kept = (struct happening_frame){
        .sender = frame->sender,
        .frequency_hz = frame->modulation.frequency_hz,
        .size = frame->size,
        .type = (uint8_t)type_of(frame),
        .spreading_factor = frame->modulation.spreading_factor,
        .fport = -1,
    };
    if (air_downlink_parse(frame, &down)) {
        kept->fcnt = down.fcnt;
        kept->fport = down.payload_size > 0 ? down.fport : -1;
    } else if (!frame->downlink && lorawan_uplink_parse(frame->bytes, frame->size, &up)) {
        kept->fcnt = up.fcnt;
        kept->fport = up.has_fport ? up.fport : -1;
    }
}

void happening_of(const struct observation *o, struct happening *happening)
{
    *happening = (struct happening){
        .at_ns = o->at_ns, .entity = o->entity, .kind = o->kind, .a = o->a, .b = o->b, .c = o->c
    };
    if ((FRAME_KINDS & OBSERVE_BIT(o->kind)) != 0 && o->data != NULL) {
        frame_of(o->data, &happening->frame);
    }
}

bool happenings_equal(const struct happening *a, const struct happening *b)
{
    return a->at_ns == b->at_ns && a->entity == b->entity && a->kind == b->kind && a->a == b->a
           && a->b == b->b && a->c == b->c;
}

void happenings_add(struct happenings *list, const struct happening *happening)
{
    if (list->count == list->capacity) {
        size_t capacity = 2 * list->capacity + 64;
        struct happening *items = realloc(list->items, capacity * sizeof *items);
        if (items == NULL) {
            list->incomplete = true;
            return;
        }
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->count++] = *happening;
}

void happenings_free(struct happenings *list)
{
    free(list->items);
    *list = (struct happenings){ 0 };
}

static bool has_entity(const struct campaign *campaign, entity_id entity)
{
    bool has = campaign_entity(campaign) == entity;
    for (uint32_t i = 0; !has && i < campaign_session_count(campaign); i++) {
        struct campaign_session session;
        campaign_session_get(campaign, i, &session);
        has = session.entity == entity;
    }
    return has;
}

/* A campaign has an entity, and one for each of its further sessions. */
static bool campaign_write(const struct world *world, entity_id entity, FILE *out)
{
    for (uint32_t c = 0; c < server_campaign_count(world->server); c++) {
        if (has_entity(server_campaign(world->server, c), entity)) {
            fprintf(out, "campaign '%s'", world->scenario->campaigns[c].name);
            return true;
        }
    }
    return false;
}

void entity_write(const struct world *world, entity_id entity, FILE *out)
{
    uint32_t gateway = gateway_of_entity(&world->gateway_entities, entity, world->gateway_count);
    if (gateway != GATEWAY_NONE) {
        fprintf(out, "gateway %" PRIu32, gateway);
    } else if (entity - world->first_device < world->device_count) {
        fprintf(out, "device %" PRIu32, entity - world->first_device);
    } else if (entity - world->first_foreign < world->scenario->foreign.devices) {
        fprintf(out, "foreign device %" PRIu32, entity - world->first_foreign);
    } else if (entity - world->first_adversary < world->scenario->adversary_count) {
        fprintf(out, "adversary %" PRIu32, entity - world->first_adversary);
    } else if (entity == network_entity(world->network)) {
        fputs("the network server", out);
    } else if (!campaign_write(world, entity, out)) {
        fprintf(out, "entity %" PRIu32, entity);
    }
}

void time_write(sim_ns at_ns, int decimals, FILE *out)
{
    int64_t s = at_ns / SIM_NS_PER_S, part = at_ns % SIM_NS_PER_S;
    if (s >= 86400) {
        fprintf(out, "%" PRId64 " d ", s / 86400);
    }
    fprintf(out, "%02" PRId64 ":%02" PRId64 ":%02" PRId64, s / 3600 % 24, s / 60 % 60, s % 60);
    for (int d = decimals; d < 9; d++) {
        part /= 10;
    }
    if (decimals > 0) {
        fprintf(out, ".%0*" PRId64, decimals, part);
    }
}
