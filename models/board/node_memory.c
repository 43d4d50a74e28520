/* Where nodes lie, and where their RAM does: on huge pages, or on pages that are given when needed.
 * SPDX-License-Identifier: MIT
 *
 * Walking many nodes is bound by address translation, which huge pages make cheap. They hold all of
 * what lies on them: of struct node every byte is used, but of its RAM a firmware uses little.
 * Where memory has to be spared, each node has a block of pages for its keys, its flash and its
 * RAM, and the system gives a page when it is first written to. The first page holds what an idle
 * device and one in a session use; at a reset the others go back. They then read as zeros, which no
 * device promises: the first nodes of a fleet get poison in all of their RAM, so that a firmware
 * that relies on zeros fails in every run.
 */
#include <assert.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "board/node_internal.h"

#define RAM_POISON     0xA5
#define POISONED_NODES 256u /* of those whose memory is spared */

/* Of an odd number of lines the hot ones of neighbours fall into different cache sets. */
_Static_assert(sizeof(struct node) / NODE_LINE_BYTES % 2u == 1u, "an odd number of lines");

static size_t round_up(size_t size, size_t unit)
{
    return (size + unit - 1) / unit * unit;
}

static size_t block_bytes_of(const struct node_fleet *fleet)
{
    size_t largest_bytes = 0;
    for (uint32_t i = 0; i < fleet->params.build_count; i++) {
        size_t size_bytes = node_ram_size_bytes(fleet->builds[i]->boot, fleet->applications[i]);
        largest_bytes = size_bytes > largest_bytes ? size_bytes : largest_bytes;
    }
    size_t bytes = sizeof(struct node_store) + largest_bytes;
    return fleet->params.spare_memory
                   ? round_up(bytes, fleet->page_bytes)
                   : (round_up(bytes, NODE_LINE_BYTES) / NODE_LINE_BYTES | 1u) * NODE_LINE_BYTES;
}

static size_t nodes_bytes(const struct node_fleet *fleet)
{
    return round_up(
            (fleet->count > 0 ? fleet->count : 1u) * sizeof(struct node), fleet->page_bytes);
}

static size_t blocks_bytes(const struct node_fleet *fleet)
{
    return round_up((fleet->count > 0 ? fleet->count : 1u) * fleet->block_bytes, fleet->page_bytes);
}

/* Zeros, given page by page as they are written to. NULL: out of memory. */
static void *map_take(size_t bytes, int advice)
{
    void *map = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (map == MAP_FAILED) {
        return NULL;
    }
    (void)madvise(map, bytes, advice);
    return map;
}

bool node_memory_map(struct node_fleet *fleet)
{
    fleet->page_bytes = (size_t)sysconf(_SC_PAGESIZE);
    fleet->block_bytes = block_bytes_of(fleet);
    fleet->blocks = map_take(
            blocks_bytes(fleet), fleet->params.spare_memory ? MADV_NOHUGEPAGE : MADV_HUGEPAGE);
    fleet->nodes = fleet->blocks != NULL ? map_take(nodes_bytes(fleet), MADV_HUGEPAGE) : NULL;
    return fleet->nodes != NULL;
}

void node_memory_unmap(struct node_fleet *fleet)
{
    if (fleet->blocks != NULL) {
        (void)munmap(fleet->blocks, blocks_bytes(fleet));
    }
    if (fleet->nodes != NULL) {
        (void)munmap(fleet->nodes, nodes_bytes(fleet));
    }
}

void node_ram_forget(struct node *node)
{
    const struct node_fleet *fleet = node->fleet;
    if (!fleet->params.spare_memory || node->index < POISONED_NODES) {
        memset(node_ram(node), RAM_POISON, fleet->block_bytes - sizeof *node->store);
        return;
    }
    memset(node_ram(node), RAM_POISON, fleet->page_bytes - sizeof *node->store);
    if (fleet->block_bytes > fleet->page_bytes) {
        int failed = madvise((uint8_t *)node->store + fleet->page_bytes,
                fleet->block_bytes - fleet->page_bytes, MADV_DONTNEED);
        assert(!failed && "memory of this process's own");
        (void)failed;
    }
}

/* Bytes of `map` that the system has given. */
static uint64_t resident_bytes(void *map, size_t map_bytes, size_t page_bytes)
{
    unsigned char resident[256];
    uint64_t pages = 0;
    for (size_t at = 0; at < map_bytes; at += sizeof resident * page_bytes) {
        size_t left = map_bytes - at;
        size_t bytes = sizeof resident * page_bytes;
        bytes = left < bytes ? left : bytes;
        if (mincore((uint8_t *)map + at, bytes, resident) != 0) {
            return 0;
        }
        for (size_t i = 0; i < bytes / page_bytes; i++) {
            pages += resident[i] & 1u;
        }
    }
    return pages * page_bytes;
}

uint64_t node_fleet_resident_bytes(const struct node_fleet *fleet)
{
    uint64_t sum = resident_bytes(fleet->nodes, nodes_bytes(fleet), fleet->page_bytes)
                   + resident_bytes(fleet->blocks, blocks_bytes(fleet), fleet->page_bytes)
                   + sizeof *fleet + key_store_bytes(fleet->keys);
    for (unsigned i = 0; i < fleet->worker_count; i++) {
        sum += node_worker_bytes(&fleet->workers[i]);
    }
    return sum;
}
