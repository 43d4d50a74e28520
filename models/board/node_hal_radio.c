/* HAL calls for the radio: SPI frames, pins, antenna switch.
 * SPDX-License-Identifier: MIT
 */
#include "board/node_internal.h"

/* Address byte of a burst read of RegFifo (write bit clear). */
#define SPI_READ_FIFO 0x00

void node_radio_select(void *board)
{
    struct node *node = board;
    node_spend_call(node);
    node->spi_selected = true;
    node->spi_addressed = false;
    node->spi_reads_fifo = false;
    sx1276_select(&node->chip, node_chip_clock_ns(node));
}

/* A frame counts as delivered when its first byte leaves the FIFO. */
static void delivery_count(struct node *node, const uint8_t *tx, size_t size)
{
    size_t data_size = size;
    if (!node->spi_addressed && size > 0) {
        node->spi_addressed = true;
        node->spi_reads_fifo = tx == NULL || tx[0] == SPI_READ_FIFO;
        data_size--;
    }
    if (node->frame_ready && node->spi_reads_fifo && data_size > 0) {
        node->frame_ready = false;
        node_worker(node)->counts.deliveries++;
    }
}

void node_radio_exchange(void *board, const uint8_t *tx, uint8_t *rx, size_t size)
{
    struct node *node = board;
    node_spend_call(node);
    node->local_ns += (sim_ns)size * node->board->radio_spi_byte_ns;
    delivery_count(node, tx, size);
    sx1276_exchange(&node->chip, node_access_ns(node), tx, rx, size);
}

void node_radio_deselect(void *board)
{
    struct node *node = board;
    node_spend_call(node);
    node->spi_selected = false;
    sx1276_deselect(&node->chip, node_access_ns(node));
}

/* Mostly the chip does nothing by itself from the select to the exchange, which then are one step.
 * A firmware that blocks may give way in each call. */
void node_radio_frame(void *board, const uint8_t *tx, uint8_t *rx, size_t size)
{
    struct node *node = board;
    sim_ns call_ns = node->board->call_ns;
    sim_ns exchange_ns =
            node->local_ns + 2 * call_ns + (sim_ns)size * node->board->radio_spi_byte_ns;
    sim_ns at_ns = exchange_ns > node->chip.now_ns ? exchange_ns : node->chip.now_ns;
    if (node->task != NULL || !sx1276_opens_quietly(&node->chip, at_ns)) {
        node_radio_select(node);
        node_radio_exchange(node, tx, rx, size);
        node_radio_deselect(node);
        return;
    }
    node->local_ns = exchange_ns;
    node->spi_addressed = false;
    node->spi_reads_fifo = false;
    delivery_count(node, tx, size);
    sx1276_open(&node->chip, at_ns, tx, rx, size);
    node->local_ns += call_ns;
    sx1276_deselect(&node->chip, node_access_ns(node));
}

void node_radio_reset_pin(void *board, bool asserted)
{
    struct node *node = board;
    node_spend_call(node);
    node->frame_ready = false;
    sx1276_reset_pin(&node->chip, node_access_ns(node), asserted);
}

bool node_radio_dio(void *board, unsigned dio)
{
    struct node *node = board;
    node_spend_call(node);
    if (dio >= SX1276_DIO_COUNT) {
        return false;
    }
    sx1276_advance(&node->chip, node_access_ns(node));
    return sx1276_dio_level(&node->chip, dio);
}

void node_radio_antenna(void *board, enum hal_antenna antenna)
{
    struct node *node = board;
    node_spend_call(node);
    node->antenna = (uint8_t)antenna;
}

/* The reference board has a crystal at the radio: the pin switches nothing. */
void node_radio_tcxo(void *board, bool on)
{
    node_spend_call(board);
}
