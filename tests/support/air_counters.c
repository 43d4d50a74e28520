/* Counters that a whole run shows on the air, and whether one comes twice.
 * SPDX-License-Identifier: MIT
 */
#include "support/air_counters.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/network/scripted_device.h"
#include "observe.h"

enum counter {
    COUNTER_DEV_NONCE,
    COUNTER_FCNT_UP,
    COUNTER_FCNT_DOWN, /* multicast too */
    COUNTER_SESSION_CNT,
    COUNTER_COUNT
};

/* One value of a counter, and what was sent with it. */
struct use {
    bool taken;
    uint8_t counter; /* enum counter */
    uint16_t value;
    uint32_t owner;   /* device or address */
    uint32_t session; /* joins so far; of a SessionCnt its FragIndex */
    uint32_t hash;    /* of the bytes */
};

struct device {
    struct air_sender sender;
    struct scripted_device keys;
    uint16_t last_nonce, last_fcnt; /* of its uplinks, in this session */
};

struct air_counters {
    const struct world *world;
    struct device *devices;
    struct use *uses; /* a hash table */
    uint32_t capacity, used;
    uint32_t twice[COUNTER_COUNT];
    uint32_t fell; /* DevNonces and FCntUp */
    char text[160];
};

static uint32_t hash_of(uint32_t hash, const void *data, size_t size)
{
    const uint8_t *bytes = data;
    for (size_t i = 0; i < size; i++) {
        hash = (hash ^ bytes[i]) * 16777619u; /* FNV-1a */
    }
    return hash;
}

static bool same(const struct use *a, const struct use *b)
{
    return a->counter == b->counter && a->value == b->value && a->owner == b->owner
           && a->session == b->session;
}

/* The place of a use, or the free one where it belongs. */
static struct use *find(const struct air_counters *counters, const struct use *use)
{
    uint32_t key[4] = { use->counter, use->value, use->owner, use->session };
    uint32_t at = hash_of(2166136261u, key, sizeof key);
    struct use *place = &counters->uses[at % counters->capacity];
    while (place->taken && !same(place, use)) {
        place = &counters->uses[++at % counters->capacity];
    }
    return place;
}

static void grow(struct air_counters *counters)
{
    struct air_counters old = *counters;
    counters->capacity = old.capacity == 0 ? 4096 : 2 * old.capacity;
    counters->uses = calloc(counters->capacity, sizeof *counters->uses);
    cr_assert_not_null(counters->uses);
    for (uint32_t i = 0; i < old.capacity; i++) {
        if (old.uses[i].taken) {
            *find(counters, &old.uses[i]) = old.uses[i];
        }
    }
    free(old.uses);
}

/* `repeats`: the same value is right with the same bytes. */
static void note(struct air_counters *counters, struct use use, bool repeats, const uint8_t *bytes,
        size_t size)
{
    if (2 * counters->used >= counters->capacity) {
        grow(counters);
    }
    use.hash = hash_of(2166136261u, bytes, size);
    struct use *place = find(counters, &use);
    if (place->taken) {
        counters->twice[use.counter] += !repeats || place->hash != use.hash ? 1u : 0u;
        return;
    }
    *place = use;
    place->taken = true;
    counters->used++;
}

static uint32_t le(const uint8_t *bytes, unsigned count)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < count; i++) {
        value |= (uint32_t)bytes[i] << (8 * i);
    }
    return value;
}

/* --- frames ----------------------------------------------------------------------------------- */

#define MTYPE_JOIN_REQUEST   0u
#define FRAGMENTATION_FPORT  201u
#define SETUP_REQ            0x02u
#define SETUP_REQ_BYTES      17u /* TS004-2.0.0, with its CID */
#define SETUP_REQ_FRAG_INDEX 1u
#define SETUP_REQ_COUNTER    11u

static void follow(struct air_counters *counters, uint16_t *last, uint16_t value)
{
    counters->fell += value < *last ? 1u : 0u;
    *last = value;
}

static void hear_uplink(struct air_counters *counters, uint32_t index, const struct frame *frame)
{
    const uint8_t *bytes = frame->bytes;
    struct device *device = &counters->devices[index];
    struct use use = { .owner = index, .session = device->sender.joins };
    unsigned type = bytes[0] >> 5;
    if (type == MTYPE_JOIN_REQUEST) {
        use.counter = COUNTER_DEV_NONCE;
        use.session = 0;
        use.value = (uint16_t)le(bytes + 17, 2);
        follow(counters, &device->last_nonce, use.value);
        note(counters, use, false, bytes, frame->size);
    } else if (type == 2 || type == 4) {
        use.counter = COUNTER_FCNT_UP;
        use.value = (uint16_t)le(bytes + 6, 2);
        follow(counters, &device->last_fcnt, use.value);
        note(counters, use, true, bytes, frame->size);
    }
}

static void read_set_up(struct air_counters *counters, uint32_t index, const struct frame *frame)
{
    struct scripted_downlink downlink;
    const struct scripted_device *keys = &counters->devices[index].keys;
    if (!scripted_downlink_read(keys->nwk_s_key, keys->app_s_key, keys->dev_addr, 0, frame->bytes,
                frame->size, &downlink)
            || downlink.fport != FRAGMENTATION_FPORT || downlink.size < SETUP_REQ_BYTES
            || downlink.payload[0] != SETUP_REQ) {
        return;
    }
    const struct use use = {
        .counter = COUNTER_SESSION_CNT,
        .owner = index,
        .session = downlink.payload[SETUP_REQ_FRAG_INDEX] >> 4 & 3u,
        .value = (uint16_t)le(downlink.payload + SETUP_REQ_COUNTER, 2),
    };
    note(counters, use, true, downlink.payload, SETUP_REQ_BYTES);
}

static void hear_downlink(struct air_counters *counters, const struct frame *frame)
{
    const uint8_t *bytes = frame->bytes;
    unsigned type = bytes[0] >> 5;
    if (type != 3 && type != 5) {
        return;
    }
    uint32_t address = le(bytes + 1, 4);
    struct use use = {
        .counter = COUNTER_FCNT_DOWN,
        .owner = address,
        .value = (uint16_t)le(bytes + 6, 2),
    };
    for (uint32_t i = 0; i < counters->world->device_count; i++) {
        const struct device *device = &counters->devices[i];
        if (device->sender.joins > 0 && device->keys.dev_addr == address) {
            use.session = device->sender.joins;
            read_set_up(counters, i, frame);
        }
    }
    note(counters, use, true, bytes, frame->size);
}

static void accept_join(struct air_counters *counters, const struct observation *o)
{
    struct device *device = &counters->devices[o->a];
    device->sender.joins++;
    device->last_fcnt = 0;
    device->keys.dev_nonce = (uint16_t)(o->c + 1); /* that of the next join */
    device->keys.joined = false;
    bool plain = scripted_device_join_accept(&device->keys, o->data, 17);
    cr_assert(plain || scripted_device_join_accept(&device->keys, o->data, 33), "with CFList");
}

static void hear(void *context, const struct observation *o)
{
    struct air_counters *counters = context;
    const struct world *world = counters->world;
    if (o->kind == OBSERVE_NETWORK_JOIN) {
        accept_join(counters, o);
        return;
    }
    uint32_t index = o->entity - world->first_device;
    bool of_device = o->entity >= world->first_device && index < world->device_count;
    if (o->kind == OBSERVE_NODE_RESET) {
        counters->devices[index].sender.power_ons += o->a == HAL_RESET_POWER_ON ? 1u : 0u;
    } else if (of_device) {
        counters->devices[index].sender.last_ns = o->at_ns;
        hear_uplink(counters, index, o->data);
    } else if (gateway_of_entity(&world->gateway_entities, o->entity, world->gateway_count)
               != GATEWAY_NONE) {
        hear_downlink(counters, o->data);
    }
}

struct air_counters *air_counters_create(const struct world *world)
{
    struct air_counters *counters = calloc(1, sizeof *counters);
    cr_assert_not_null(counters);
    counters->world = world;
    counters->devices = calloc(world->device_count, sizeof *counters->devices);
    cr_assert_not_null(counters->devices);
    for (uint32_t i = 0; i < world->device_count; i++) {
        counters->devices[i].keys.identity = world->identities[i];
    }
    engine_observer_add(world->engine,
            OBSERVE_BIT(OBSERVE_FRAME_STARTED) | OBSERVE_BIT(OBSERVE_NODE_RESET)
                    | OBSERVE_BIT(OBSERVE_NETWORK_JOIN),
            hear, counters);
    return counters;
}

void air_counters_destroy(struct air_counters *counters)
{
    free(counters->devices);
    free(counters->uses);
    free(counters);
}

const struct air_sender *air_counters_sender(const struct air_counters *counters, uint32_t device)
{
    cr_assert_lt(device, counters->world->device_count);
    return &counters->devices[device].sender;
}

const char *air_counters_fault(const struct air_counters *counters)
{
    uint32_t sum = counters->fell;
    for (unsigned i = 0; i < COUNTER_COUNT; i++) {
        sum += counters->twice[i];
    }
    char *text = ((struct air_counters *)counters)->text;
    snprintf(text, sizeof counters->text,
            "used twice: %u DevNonces, %u FCntUp, %u FCntDown, %u SessionCnt; %u fell",
            counters->twice[COUNTER_DEV_NONCE], counters->twice[COUNTER_FCNT_UP],
            counters->twice[COUNTER_FCNT_DOWN], counters->twice[COUNTER_SESSION_CNT],
            counters->fell);
    return sum > 0 ? text : NULL;
}
