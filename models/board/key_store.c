/* Interned keys in a chained hash table.
 * SPDX-License-Identifier: MIT
 *
 * Entries never move, and one that is held does not change but for its count and its place in a
 * bucket: its key may be read while other entries come and go.
 */
#include "board/key_store.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "blocks.h"
#include "prefetch.h"
#include "run_memory.h"

#define SCHEDULES_LOG2 10u
#define SCHEDULES      (1u << SCHEDULES_LOG2)

struct key_entry {
    uint8_t key[16];
    uint32_t references; /* 0: free */
    uint32_t next;       /* in its bucket, or the next free entry; 0: none */
};

struct key_schedules {
    struct {
        bool valid;
        uint8_t key[16];
        struct aes_schedule schedule;
    } of[SCHEDULES];
};

struct key_store {
    struct key_entry *blocks[BLOCKS_MAX]; /* entry 0 is not used */
    uint32_t *buckets;                    /* as many as `capacity`, a power of two */
    uint32_t capacity;
    uint32_t used;
    uint32_t first_free;
    uint32_t count;
    struct run_memory *memory;
};

static inline struct key_entry *entry_of(const struct key_store *store, uint32_t id)
{
    unsigned block = block_of(id);
    return &store->blocks[block][id - block_begin(block)];
}

static uint32_t bucket_of(const struct key_store *store, const uint8_t key[16])
{
    uint64_t halves[2];
    memcpy(halves, key, sizeof halves);
    uint64_t hash = (halves[0] ^ (halves[1] << 1 | halves[1] >> 63)) * UINT64_C(0x9E3779B97F4A7C15);
    return (uint32_t)(hash >> 32) & (store->capacity - 1u);
}

static void store_grow(struct key_store *store)
{
    unsigned block = block_of(store->capacity);
    assert(block < BLOCKS_MAX);
    store->blocks[block] =
            run_memory_grow(store->memory, NULL, block_items(block) * sizeof *store->blocks[block]);
    store->capacity *= 2;
    free(store->buckets);
    store->buckets =
            run_memory_take_zeroed(store->memory, store->capacity * sizeof *store->buckets);
    for (uint32_t id = 1; id < store->used; id++) {
        struct key_entry *entry = entry_of(store, id);
        if (entry->references > 0) {
            uint32_t *bucket = &store->buckets[bucket_of(store, entry->key)];
            entry->next = *bucket;
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
    store->capacity = BLOCKS_FIRST;
    store->used = 1;
    store->blocks[0] = calloc(store->capacity, sizeof *store->blocks[0]);
    store->buckets = calloc(store->capacity, sizeof *store->buckets);
    if (store->blocks[0] == NULL || store->buckets == NULL) {
        key_store_destroy(store);
        return NULL;
    }
    return store;
}

void key_store_destroy(struct key_store *store)
{
    if (store != NULL) {
        for (unsigned i = 0; i < BLOCKS_MAX; i++) {
            free(store->blocks[i]);
        }
        free(store->buckets);
        free(store);
    }
}

uint32_t key_store_take(struct key_store *store, const uint8_t key[16])
{
    for (uint32_t id = store->buckets[bucket_of(store, key)]; id != 0;
            id = entry_of(store, id)->next) {
        if (memcmp(entry_of(store, id)->key, key, 16) == 0) {
            entry_of(store, id)->references++;
            return id;
        }
    }
    uint32_t id = store->first_free;
    if (id != 0) {
        store->first_free = entry_of(store, id)->next;
    } else {
        if (store->used == store->capacity) {
            store_grow(store);
        }
        id = store->used++;
    }
    struct key_entry *entry = entry_of(store, id);
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
    struct key_entry *entry = entry_of(store, id);
    assert(entry->references > 0);
    if (--entry->references > 0) {
        return;
    }
    uint32_t *link = &store->buckets[bucket_of(store, entry->key)];
    while (*link != id) {
        link = &entry_of(store, *link)->next;
    }
    *link = entry->next;
    entry->next = store->first_free;
    store->first_free = id;
    store->count--;
}

const uint8_t *key_store_key(const struct key_store *store, uint32_t id)
{
    assert(id != 0);
    return entry_of(store, id)->key;
}

void key_store_prefetch(const struct key_store *store, uint32_t id)
{
    prefetch_read(entry_of(store, id < store->capacity ? id : 0));
}

uint32_t key_store_count(const struct key_store *store)
{
    return store->count;
}

uint64_t key_store_bytes(const struct key_store *store)
{
    return sizeof *store
           + (uint64_t)store->capacity * (sizeof(struct key_entry) + sizeof *store->buckets);
}

/* --- schedules -------------------------------------------------------------------------------- */

struct key_schedules *key_schedules_create(void)
{
    return calloc(1, sizeof(struct key_schedules));
}

void key_schedules_destroy(struct key_schedules *schedules)
{
    free(schedules);
}

size_t key_schedules_bytes(void)
{
    return sizeof(struct key_schedules);
}

/* A number may name another key than before. */
const struct aes_schedule *key_schedules_get(
        struct key_schedules *schedules, const struct key_store *store, uint32_t id)
{
    uint32_t at = id & (SCHEDULES - 1u);
    const uint8_t *key = key_store_key(store, id);
    if (!schedules->of[at].valid || memcmp(schedules->of[at].key, key, 16) != 0) {
        aes_schedule_init(&schedules->of[at].schedule, key);
        memcpy(schedules->of[at].key, key, 16);
        schedules->of[at].valid = true;
    }
    return &schedules->of[at].schedule;
}
