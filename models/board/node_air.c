/* What the air brings to a node: its chip is told, then its firmware runs.
 * SPDX-License-Identifier: MIT
 */
#include "board/node_internal.h"
#include "observe.h"

/* Frames live one longest frame time after their end (medium.h), which is more than this; what was
 * received with errors lives until the end of the call. */
#define FRAME_BYTES_VALID_NS SIM_NS_PER_S

/* The chip may lead the engine by a slice: then what comes from the air comes late by as much. */
static sim_ns chip_ns(const struct node *node, sim_ns now_ns)
{
    return node->chip.now_ns > now_ns ? node->chip.now_ns : now_ns;
}

static void air_detected(void *device, const struct frame *frame, sim_ns now_ns)
{
    struct node *node = device;
    sx1276_rx_detected(&node->chip, chip_ns(node, now_ns));
    if (node->header_watched) {
        node_schedule_header(node, frame);
    }
    node_serve(node, now_ns);
}

void node_schedule_header(struct node *node, const struct frame *frame)
{
    struct node_fleet *fleet = node->fleet;
    if (frame->header_ns >= engine_now(fleet->engine)) {
        engine_schedule(fleet->engine, frame->header_ns, SIM_PHASE_NODE, node_entity(node),
                fleet->header_handler, 0);
    }
}

/* The end of a header that a line shows, or that RXSINGLE depends on. */
void node_header(void *context, sim_ns now_ns, entity_id entity, uint64_t argument)
{
    struct node_fleet *fleet = context;
    struct node *node = node_at(fleet, entity - fleet->first_entity);
    sx1276_look(&node->chip, chip_ns(node, now_ns));
    node_serve(node, now_ns);
}

/* The last frame was never read and now gives way to `frame`: the MCU was busy elsewhere. */
static void frame_overwritten(struct node *node, const struct frame *frame)
{
    if (node->frame_ready) {
        engine_observe(node->fleet->engine, node->chip.now_ns, node_entity(node),
                OBSERVE_FRAME_LOST, (int64_t)node->frame_id, LOSS_MCU_BUSY, 0, NULL);
    }
    node->frame_ready = true;
    node->frame_id = frame->id;
}

static void air_ended(void *device, const struct frame *frame, const struct verdict *verdict,
        const uint8_t *bytes, uint16_t size, sim_ns now_ns)
{
    struct node *node = device;
    struct node_worker *worker = node_worker(node);
    flash_image_prefetch(worker->flash, &node->store->flash[HAL_FLASH_EXTERNAL]);
    node_fetch_soon(worker, NODE_FETCH_ROOT);
    bool good = verdict->cause == LOSS_NONE;
    struct sx1276_rx rx = {
        .bytes = bytes,
        .size = size,
        .coding_rate = frame->modulation.coding_rate,
        .has_crc = frame->modulation.payload_crc,
        .crc_ok = good,
        .signal_mdbm = verdict->rssi_mdbm,
        .snr_mdb = verdict->snr_mdb,
        .frequency_error_hz = verdict->frequency_error_hz,
        .header_ns = frame->header_ns,
        .bytes_until_ns = good ? frame->end_ns + FRAME_BYTES_VALID_NS : now_ns,
    };
    if (!node_is_plain(node)) {
        node_take_turn(node);
    }
    if (node->rx_silent && node->rx_since_ns <= frame->preamble_end_ns) {
        sx1276_rx_detected(&node->chip, chip_ns(node, now_ns)); /* the medium did not tell */
    }
    if (bytes != NULL) {
        frame_overwritten(node, frame);
    }
    sx1276_rx_ended(&node->chip, chip_ns(node, now_ns), &rx);
    node_fetch_soon(worker, NODE_FETCH_SECOND_SPAN);
    node_serve(node, now_ns); /* computes a MIC, and fetches the third one, if the frame is new */
    node_fetch_soon(worker, NODE_FETCH_NODE);
}

const struct medium_device_ops node_medium_ops = {
    .detected = air_detected,
    .ended = air_ended,
    .prefetch = node_air_prefetch,
};
