/* A frame that the firmware would only drop: what comes of it, in one step.
 * SPDX-License-Identifier: MIT
 *
 * Copies of a fragment that a device has already: the firmware reads the frame out of the radio and
 * drops it for its old counter. It knows by itself when that is all (fw_ops.drop()); what that run
 * costs in time and energy, and leaves in the chip, is then booked without running it.
 */
#include <assert.h>

#include "board/node_internal.h"
#include "observe.h"

/* Only DIO0 is up, the firmware sleeps, and a run that drops a frame meets neither the alarm nor an
 * edge of the chip. */
static bool may_drop(const struct node *node)
{
    sim_ns end_ns = node->local_ns + node->board->drop_max_ns;
    return node->irq_pending == 1u << FW_IRQ_DIO0 && !node->more && node->board->drops
           && node_is_plain(node) && node_application(node)->drop != NULL
           && node->chip.now_ns <= node->local_ns && node->alarm_ns > end_ns
           && sx1276_next_edge(&node->chip) > end_ns;
}

static void spend(struct node *node, const struct fw_drop *drop)
{
    const struct node_board *board = node->board;
    assert(1u + drop->calls_before + drop->calls_after <= FW_DROP_CALLS_MAX);
    assert(drop->spi_bytes <= FW_DROP_SPI_BYTES_MAX);
    node->local_ns += (1 + drop->calls_before) * (sim_ns)board->call_ns /* 1: run() itself */
                      + drop->spi_bytes * (sim_ns)board->radio_spi_byte_ns;
    sx1276_rx_take(&node->chip, node_access_ns(node));
    engine_observe(node->fleet->engine, node->local_ns, node_entity(node), OBSERVE_FIRMWARE,
            drop->trace_id, drop->trace_a, drop->trace_b, NULL);
    node->local_ns += drop->calls_after * (sim_ns)board->call_ns;
    crystal_follow(&node->crystal, node->local_ns);
}

bool node_drop_frame(struct node *node)
{
    struct fw_waiting_frame frame;
    struct fw_drop drop;
    if (!may_drop(node)) {
        return false;
    }
    frame.bytes = sx1276_rx_waiting(&node->chip, &frame.fifo_start, &frame.size);
    if (frame.bytes == NULL || !node_application(node)->drop(node_ram(node), &frame, &drop)) {
        return false;
    }
    node->irq_pending = 0;
    node->spi_addressed = true; /* by the frame that cleared the flags */
    node->spi_reads_fifo = false;
    if (node->frame_ready) {
        node->frame_ready = false;
        node_worker(node)->counts.deliveries++;
    }
    spend(node, &drop);
    node_worker(node)->counts.drops++;
    return true;
}
