/* Interned keys in a chained hash table.
 * SPDX-License-Identifier: MIT
 */
#include "board/key_store.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "run_memory.h"

#define SCHEDULES_LOG2 10u
#define SCHEDULES      (1u << SCHEDULES_LOG2)

struct key_entry {
    uint8_t key[16];
    uint32_t references; /* 0: free */
    uint32_t next;       /* in its bucket, or the next free entry; 0: none */
};

struct cached_schedule {
    uint32_t id; /* 0: none */
    struct aes_schedule schedule;
};

struct key_store {
    struct key_entry *entries; /* [0] is not used */
    uint32_t *buckets;         /* as many as `capacity`, a power of two */
    uint32_t capacity;
    uint32_t used;
    uint32_t first_free;
    uint32_t count;
    struct run_memory *memory;
    struct cached_schedule cache[SCHEDULES];
};

static uint32_t bucket_of(const struct key_store *store, const uint8_t key[16])
{
    uint64_t halves[2];
    memcpy(halves, key, sizeof halves);
    uint64_t hash = (halves[0] ^ (halves[1] << 1 | halves[1] >> 63)) * UINT64_C(0x9E3779B97F4A7C15);
    return (uint32_t)(hash >> 32) & (store->capacity - 1u);
}

static void store_grow(struct key_store *store)
{
    store->capacity *= 2;
    store->entries = run_memory_grow(
            store->memory, store->entries, store->capacity * sizeof *store->entries);
    free(store->buckets);
    store->buckets =
            run_memory_take_zeroed(store->memory, store->capacity * sizeof *store->buckets);
    for (uint32_t id = 1; id < store->used; id++) {
        if (store->entries[id].references > 0) {
            uint32_t *bucket = &store->buckets[bucket_of(store, store->entries[id].key)];
            store->entries[id].next = *bucket;
            *bucket = id;
        }
    }
}

struct key_store *key_store_create(struct run_memory *memory)
{
    struct key_store *store = calloc(1, sizeof *store);
    if (store == NULL) {
        return NULL;
    }
    store->memory = memory;
    store->capacity = 64;
    store->used = 1;
    store->entries = calloc(store->capacity, sizeof *store->entries);
    store->buckets = calloc(store->capacity, sizeof *store->buckets);
    if (store->entries == NULL || store->buckets == NULL) {
        key_store_destroy(store);
        return NULL;
    }
    return store;
}

void key_store_destroy(struct key_store *store)
{
    if (store != NULL) {
        free(store->entries);
        free(store->buckets);
        free(store);
    }
}

uint32_t key_store_take(struct key_store *store, const uint8_t key[16])
{
    for (uint32_t id = store->buckets[bucket_of(store, key)]; id != 0;
            id = store->entries[id].next) {
        if (memcmp(store->entries[id].key, key, 16) == 0) {
            store->entries[id].references++;
            return id;
        }
    }
    uint32_t id = store->first_free;
    if (id != 0) {
        store->first_free = store->entries[id].next;
    } else {
        if (store->used == store->capacity) {
            store_grow(store);
        }
        id = store->used++;
    }
    struct key_entry *entry = &store->entries[id];
    uint32_t *bucket = &store->buckets[bucket_of(store, key)];
    memcpy(entry->key, key, 16);
    entry->references = 1;
    entry->next = *bucket;
    *bucket = id;
    store->count++;
    return id;
}

void key_store_release(struct key_store *store, uint32_t id)
{
    if (id == 0) {
        return;
    }
    struct key_entry *entry = &store->entries[id];
    assert(entry->references > 0);
    if (--entry->references > 0) {
        return;
    }
    uint32_t *link = &store->buckets[bucket_of(store, entry->key)];
    while (*link != id) {
        link = &store->entries[*link].next;
    }
    *link = entry->next;
    entry->next = store->first_free;
    store->first_free = id;
    store->count--;
    struct cached_schedule *cached = &store->cache[id & (SCHEDULES - 1u)];
    if (cached->id == id) {
        cached->id = 0; /* the number may name another key next */
    }
}

const uint8_t *key_store_key(const struct key_store *store, uint32_t id)
{
    assert(store->entries[id].references > 0);
    return store->entries[id].key;
}

void key_store_prefetch(const struct key_store *store, uint32_t id)
{
    __builtin_prefetch(&store->entries[id < store->capacity ? id : 0]);
}

const struct aes_schedule *key_store_schedule(struct key_store *store, uint32_t id)
{
    struct cached_schedule *cached = &store->cache[id & (SCHEDULES - 1u)];
    if (cached->id != id) {
        aes_schedule_init(&cached->schedule, key_store_key(store, id));
        cached->id = id;
    }
    return &cached->schedule;
}

uint32_t key_store_count(const struct key_store *store)
{
    return store->count;
}

uint64_t key_store_bytes(const struct key_store *store)
{
    return sizeof *store
           + (uint64_t)store->capacity * (sizeof *store->entries + sizeof *store->buckets);
}
