/* Where nodes lie: on huge pages, or on pages that are given where a node writes to them.
 * SPDX-License-Identifier: MIT
 *
 * Walking many nodes is bound by address translation, which huge pages make cheap; they hold all of
 * each node. Where memory has to be spared, a node begins on a page: struct node, then its
 * firmware's RAM. The system gives a page when it is first written, so RAM beyond the first page
 * costs nothing until a session needs it, and at a reset it goes back. It then reads as zeros,
 * which no device promises: the first nodes of a fleet get poison in all of their RAM, so that a
 * firmware that relies on zeros fails in every run.
 */
#include <assert.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "board/node_internal.h"

#define RAM_POISON     0xA5
#define POISONED_NODES 256u /* of those whose memory is spared */

_Static_assert(sizeof(struct node) % NODE_LINE_BYTES == 0, "the RAM that follows starts on a line");

static size_t round_up(size_t size, size_t unit)
{
    return (size + unit - 1) / unit * unit;
}

static size_t stride_of(const struct node_fleet *fleet)
{
    size_t ram_size_bytes = 0;
    for (uint32_t i = 0; i < fleet->params.build_count; i++) {
        size_t size_bytes = node_ram_size_bytes(fleet->builds[i]->boot, fleet->applications[i]);
        ram_size_bytes = size_bytes > ram_size_bytes ? size_bytes : ram_size_bytes;
    }
    size_t bytes = sizeof(struct node) + ram_size_bytes;
    if (fleet->params.spare_memory) {
        return round_up(bytes, fleet->page_bytes);
    }
    /* An odd number of lines, so the hot lines of neighbours fall into different cache sets. */
    return (round_up(bytes, NODE_LINE_BYTES) / NODE_LINE_BYTES | 1u) * NODE_LINE_BYTES;
}

bool node_memory_map(struct node_fleet *fleet)
{
    fleet->page_bytes = (size_t)sysconf(_SC_PAGESIZE);
    fleet->stride_bytes = stride_of(fleet);
    size_t bytes = round_up(
            fleet->stride_bytes * (fleet->count > 0 ? fleet->count : 1u), fleet->page_bytes);
    void *map = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (map == MAP_FAILED) {
        return false;
    }
    fleet->base = map;
    fleet->map_bytes = bytes;
    /* Advice: a huge page would be given whole, RAM that nothing was written to included. */
    (void)madvise(map, bytes, fleet->params.spare_memory ? MADV_NOHUGEPAGE : MADV_HUGEPAGE);
    return true;
}

void node_memory_unmap(struct node_fleet *fleet)
{
    (void)munmap(fleet->base, fleet->map_bytes);
    fleet->base = NULL;
}

void node_ram_forget(struct node *node)
{
    const struct node_fleet *fleet = node->fleet;
    if (!fleet->params.spare_memory || node->index < POISONED_NODES) {
        memset(node_ram(node), RAM_POISON, fleet->stride_bytes - sizeof *node);
        return;
    }
    assert(fleet->stride_bytes >= fleet->page_bytes && fleet->page_bytes > sizeof *node);
    memset(node_ram(node), RAM_POISON, fleet->page_bytes - sizeof *node);
    if (fleet->stride_bytes > fleet->page_bytes) {
        int failed = madvise((uint8_t *)node + fleet->page_bytes,
                fleet->stride_bytes - fleet->page_bytes, MADV_DONTNEED);
        assert(!failed && "memory of this process's own");
        (void)failed;
    }
}

uint64_t node_fleet_resident_bytes(const struct node_fleet *fleet)
{
    unsigned char resident[256];
    uint64_t pages = 0;
    for (size_t at = 0; at < fleet->map_bytes; at += sizeof resident * fleet->page_bytes) {
        size_t left = fleet->map_bytes - at;
        size_t bytes = sizeof resident * fleet->page_bytes;
        bytes = left < bytes ? left : bytes;
        if (mincore(fleet->base + at, bytes, resident) != 0) {
            return 0;
        }
        for (size_t i = 0; i < bytes / fleet->page_bytes; i++) {
            pages += resident[i] & 1u;
        }
    }
    uint64_t sum = pages * fleet->page_bytes + sizeof *fleet + key_store_bytes(fleet->keys);
    for (unsigned i = 0; i < fleet->worker_count; i++) {
        sum += node_worker_bytes(&fleet->workers[i]);
    }
    return sum;
}
