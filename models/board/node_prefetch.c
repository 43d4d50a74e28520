/* Loads into the cache what a node is about to touch.
 * SPDX-License-Identifier: MIT
 */
#include "board/node_internal.h"
#include "prefetch.h"

/* Lines are found by offset: nothing is loaded to find them. */
static void prefetch_bytes(const void *from, size_t size)
{
    const char *end = (const char *)from + size;
    for (const char *line = from; line < end; line += NODE_LINE_BYTES) {
        prefetch_write(line);
    }
}

static void prefetch_lines(const void *from, unsigned lines)
{
    prefetch_bytes(from, (size_t)lines * NODE_LINE_BYTES);
}

/* Of its RAM the firmware tells what it touches. RAM begins on a line. */
static void prefetch_span(const void *ram, const struct fw_span *span)
{
    uint32_t before = span->offset % NODE_LINE_BYTES; /* in its first line */
    prefetch_bytes((const char *)ram + span->offset - before, span->size + before);
}

static void prefetch_spans(const void *ram, const struct fw_span *spans)
{
    for (unsigned i = 0; i < FW_SPANS_MAX; i++) {
        prefetch_span(ram, &spans[i]);
    }
}

/* Cache lines that a received frame touches, and work that is left. */
#define PREFETCH_NODE_LINES 6u
#define PREFETCH_CHIP_LINES 3u

_Static_assert(
        offsetof(struct node, energy.radio_since_ns) <= PREFETCH_NODE_LINES * NODE_LINE_BYTES,
        "what a frame touches of a node");

/* Cache lines that an uplink touches, from the report through the MAC to the chip. Of the RAM those
 * of the first build: what this node runs would have to be loaded. */
#define PREFETCH_WAKE_NODE_LINES 9u
#define PREFETCH_WAKE_CHIP_LINES 7u

void node_wake_prefetch(void *context, entity_id entity, uint64_t argument)
{
    const struct node_fleet *fleet = context;
    const struct node *node = node_at(fleet, entity - fleet->first_entity);
    const struct node_store *store = node_store_at(fleet, entity - fleet->first_entity);
    if (argument == NODE_WAKE_SOON) {
        return;
    }
    if (argument == NODE_WAKE_WORK) {
        prefetch_lines(node, PREFETCH_NODE_LINES);
        prefetch_spans(store + 1, fleet->applications[0]->work_spans);
        return;
    }
    prefetch_lines(node, PREFETCH_WAKE_NODE_LINES);
    prefetch_lines(&node->chip, PREFETCH_WAKE_CHIP_LINES);
    prefetch_lines(store->keys, 1);
    prefetch_spans(store + 1, fleet->applications[0]->uplink_spans);
    if (fleet->on_prefetch != NULL) {
        fleet->on_prefetch(fleet->on_prefetch_context, entity - fleet->first_entity);
    }
}

/* How many nodes before its own turn a node is fetched, by step. Some forty lines in one step were
 * waited for all the same: a processor keeps track of about twenty on their way. Nothing of the
 * node is read before the second step. The last one is left out after a node that has the frame
 * already: where one has it, the next ones mostly do, too, and need no more than the others. */
static const uint32_t steps_ahead[NODE_FETCH_STEPS] = { 12, 6, 4, 3 };

_Static_assert(NODE_FETCH_STEPS - NODE_FETCH_ROOT == FW_SPANS_MAX, "a step for each span");

static void fetch(struct node *node, enum node_fetch step)
{
    if (step == NODE_FETCH_NODE) {
        prefetch_lines(node, PREFETCH_NODE_LINES);
        prefetch_lines(&node->chip, PREFETCH_CHIP_LINES);
        return;
    }
    if (step == NODE_FETCH_ROOT) {
        prefetch_lines(node->store->keys, 1);
        prefetch_lines(&node->store->flash[HAL_FLASH_EXTERNAL], 1);
    }
    unsigned span = (unsigned)step - NODE_FETCH_ROOT;
    prefetch_span(node_ram(node), &node_application(node)->frame_spans[span]);
}

void node_fetch_soon(struct node_worker *worker, enum node_fetch step)
{
    struct node *node = worker->soon[step];
    if (node != NULL) {
        worker->soon[step] = NULL;
        fetch(node, step);
    }
}

void node_air_prefetch(void *const *devices, uint32_t count, bool first)
{
    struct node_worker *worker = node_worker(devices[0]);
    for (unsigned step = 0; step < NODE_FETCH_STEPS; step++) {
        uint32_t ahead = steps_ahead[step];
        worker->soon[step] = ahead < count ? devices[ahead] : NULL;
        for (uint32_t i = 0; first && i < ahead && i < count; i++) {
            fetch(devices[i], (enum node_fetch)step);
        }
    }
}
