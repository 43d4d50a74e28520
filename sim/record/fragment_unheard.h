/* What a frame of a transfer comes to at receivers that take no notice of it, device by device.
 * SPDX-License-Identifier: MIT
 *
 * A byte per device, in blocks: a copy of a fragment looks only at blocks in which the medium
 * observed something of it, or something has changed since another copy was folded. So a copy costs
 * by the devices that hear its gateway, not by all of the city.
 */
#ifndef RECORD_FRAGMENT_UNHEARD_H
#define RECORD_FRAGMENT_UNHEARD_H

#include "air/frame.h"
#include "run_memory.h"

#define FRAGMENT_BLOCK_DEVICES 1024u

static inline uint32_t fragment_blocks(uint32_t device_count)
{
    return (device_count + FRAGMENT_BLOCK_DEVICES - 1u) / FRAGMENT_BLOCK_DEVICES;
}

static inline uint32_t fragment_block_devices(uint32_t device_count, uint32_t block)
{
    uint32_t left = device_count - block * FRAGMENT_BLOCK_DEVICES;
    return left < FRAGMENT_BLOCK_DEVICES ? left : FRAGMENT_BLOCK_DEVICES;
}

/* --- all devices ------------------------------------------------------------------------------ */

struct unheard_change {
    uint32_t device;
    uint8_t was; /* its cause before */
};

struct fragment_unheard {
    uint32_t device_count;
    uint8_t *causes;    /* [device], now */
    uint32_t *versions; /* [block]: 1, and one more with each change in it */
    /* The latest changes, in order: those from number `first` on. */
    struct unheard_change *changes;
    uint64_t first;
    uint32_t change_count, change_capacity;
};

/* All devices have this cause. False: out of memory; what there is can be freed. */
bool fragment_unheard_create(
        struct fragment_unheard *unheard, uint32_t device_count, enum loss_cause cause);
void fragment_unheard_destroy(struct fragment_unheard *unheard);
/* `needed_from`: changes before this number are forgotten where room is short. */
void fragment_unheard_set(struct fragment_unheard *unheard, struct run_memory *memory,
        uint32_t device, enum loss_cause cause, uint64_t needed_from);
/* The number of the next change. */
uint64_t fragment_unheard_next(const struct fragment_unheard *unheard);

/* --- one copy --------------------------------------------------------------------------------- */

/* Blocks of caps that no copy has now. All zero but for `memory`: none. */
struct cap_pool {
    struct run_memory *memory;
    uint8_t **blocks;
    uint32_t count, capacity;
};

/* The most that a copy comes to at some devices, whatever it comes to at others. */
struct fragment_caps {
    struct cap_pool *pool;
    uint32_t device_count;
    uint64_t changes_from; /* the first change since the copy began */
    uint8_t **blocks;      /* [block]: a byte per device; NULL: no caps */
    uint32_t *used;        /* blocks with caps */
    uint32_t used_count;
};

void fragment_caps_init(struct fragment_caps *caps, struct cap_pool *pool, uint32_t device_count);
void fragment_caps_destroy(struct fragment_caps *caps);
/* A copy begins: no device has a cap. */
void fragment_caps_begin(struct fragment_caps *caps, const struct fragment_unheard *unheard);
void fragment_caps_lower(struct fragment_caps *caps, uint32_t device, enum loss_cause cause);
void cap_pool_destroy(struct cap_pool *pool);

#endif
