/* The AES keys of all nodes: equal keys are stored once, schedules are made on demand.
 * SPDX-License-Identifier: MIT
 *
 * A node's key slot is a number. The keys of a multicast group are the same for all its members and
 * so are their schedules; the schedules of all other keys share a bounded table. A key that is held
 * may be read by several threads, also while another one takes or releases keys.
 */
#ifndef BOARD_KEY_STORE_H
#define BOARD_KEY_STORE_H

#include <stdbool.h>
#include <stddef.h>

#include "board/cmac.h"

struct key_store;
struct key_schedules; /* the schedules that were needed last, of any store */
struct run_memory;

/* NULL: out of memory. It grows from `memory` (run_memory.h). */
struct key_store *key_store_create(struct run_memory *memory);
void key_store_destroy(struct key_store *store);
/* The number of a key, never 0; it stands until released as often as it was taken. */
uint32_t key_store_take(struct key_store *store, const uint8_t key[16]);
void key_store_release(struct key_store *store, uint32_t id); /* 0: nothing to do */
const uint8_t *key_store_key(const struct key_store *store, uint32_t id);
/* Starts to bring a key into the cache; any number will do. */
void key_store_prefetch(const struct key_store *store, uint32_t id);
uint32_t key_store_count(const struct key_store *store); /* distinct keys */
uint64_t key_store_bytes(const struct key_store *store);

struct key_schedules *key_schedules_create(void); /* NULL: out of memory */
void key_schedules_destroy(struct key_schedules *schedules);
size_t key_schedules_bytes(void);
/* Valid until the next call. */
const struct aes_schedule *key_schedules_get(
        struct key_schedules *schedules, const struct key_store *store, uint32_t id);

#endif
