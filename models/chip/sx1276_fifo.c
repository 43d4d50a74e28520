/* SX1276 FIFO: 256 bytes at a pointer, and a received frame that is borrowed, not copied.
 * SPDX-License-Identifier: MIT
 *
 * A borrowed frame covers FIFO positions rx_fifo_start .. + rx_size. It is copied into fifo[] only
 * when something else must happen to the FIFO, or when the lender takes the bytes back before the
 * firmware has read them.
 */
#include <assert.h>
#include <string.h>

#include "chip/sx1276_parts.h"

/* Stops the clock that guards unread borrowed bytes. */
static void disarm(struct sx1276 *chip)
{
    if (chip->edges_ns[SX1276_EDGE_BORROW] != SIM_NS_NEVER) {
        sx1276_set_edge(chip, SX1276_EDGE_BORROW, SIM_NS_NEVER);
    }
}

/* Content is lost (SLEEP, entry to RX, reset). */
void sx1276_fifo_forget(struct sx1276 *chip)
{
    disarm(chip);
    chip->rx_bytes = NULL;
    chip->rx_size = 0;
    chip->rx_unread = false;
    chip->fifo_blank = true;
    chip->fifo_dropped = false;
}

static void unblank(struct sx1276 *chip)
{
    if (chip->fifo_blank) {
        memset(chip->fifo, 0, sizeof chip->fifo);
        chip->fifo_blank = false;
    }
}

/* Copies into the ring from `start` on. */
static void ring_write(struct sx1276 *chip, uint8_t start, const uint8_t *bytes, size_t size)
{
    unblank(chip);
    size_t first = SX1276_FIFO_SIZE - start;
    if (first > size) {
        first = size;
    }
    memcpy(chip->fifo + start, bytes, first);
    memcpy(chip->fifo, bytes + first, size - first);
}

/* Copies out of the ring from `start` on. */
static void ring_read(const struct sx1276 *chip, uint8_t start, uint8_t *bytes, size_t size)
{
    assert(!chip->fifo_blank && size <= SX1276_FIFO_SIZE);
    size_t first = SX1276_FIFO_SIZE - start;
    if (first > size) {
        first = size;
    }
    memcpy(bytes, chip->fifo + start, first);
    memcpy(bytes + first, chip->fifo, size - first);
}

/* The borrowed bytes, NULL if there are none or the lender has taken them back by now. Only a
 * frame that was read can be taken back unnoticed: the edge copies any other in time. */
static const uint8_t *borrowed(struct sx1276 *chip)
{
    if (chip->rx_bytes != NULL && chip->now_ns > chip->rx_until_ns) {
        assert(!chip->rx_unread);
        chip->rx_bytes = NULL;
        chip->fifo_dropped = true;
        chip->rx_size = 0;
    }
    return chip->rx_bytes;
}

static void end_borrowing(struct sx1276 *chip, bool copy)
{
    const uint8_t *bytes = borrowed(chip);
    if (bytes == NULL) {
        return;
    }
    if (copy) {
        ring_write(chip, chip->rx_fifo_start, bytes, chip->rx_size);
    } else {
        chip->fifo_dropped = true;
        chip->rx_size = 0;
    }
    chip->rx_bytes = NULL;
    disarm(chip);
}

/* The lender wants the bytes back: an unread frame is copied, one that was read is let go. */
void sx1276_fifo_keep_frame(struct sx1276 *chip)
{
    end_borrowing(chip, chip->rx_unread);
}

/* The receiver writes a frame of `size` bytes at `start`. Positions beyond the bytes that came
 * (implicit header, shorter transmission) keep their content. */
void sx1276_fifo_hold_frame(
        struct sx1276 *chip, const struct sx1276_rx *rx, uint8_t start, uint8_t size)
{
    end_borrowing(chip, chip->rx_unread);
    chip->rx_fifo_start = start;
    chip->rx_size = size;
    chip->rx_unread = size > 0;
    size_t came = rx->size < size ? rx->size : size;
    if (came == size && size > 0 && rx->bytes_until_ns > chip->now_ns + chip->rx_latency_ns) {
        chip->rx_bytes = rx->bytes;
        chip->rx_until_ns = rx->bytes_until_ns;
        sx1276_set_edge(chip, SX1276_EDGE_BORROW, rx->bytes_until_ns);
    } else if (came > 0) {
        ring_write(chip, start, rx->bytes, came);
    }
}

/* Byte of the FIFO without moving the pointer. */
static uint8_t peek(struct sx1276 *chip, uint8_t position)
{
    const uint8_t *bytes = borrowed(chip);
    uint8_t offset = (uint8_t)(position - chip->rx_fifo_start);
    bool of_frame = offset < chip->rx_size;
    if (bytes != NULL && of_frame) {
        return bytes[offset];
    }
    if (chip->fifo_dropped && !of_frame) {
        chip->fifo_dropped = false; /* once is enough */
        sx1276_fault(chip, SX1276_UNIMPLEMENTED, REG_FIFO,
                "read where a frame was that had been read before and not kept");
    }
    return chip->fifo_blank ? 0 : chip->fifo[position];
}

/* The FIFO exists neither in SLEEP nor in FSK (its own FIFO is not modelled). */
static bool accessible(struct sx1276 *chip)
{
    if (!sx1276_is_lora(chip)) {
        sx1276_fault(chip, SX1276_UNIMPLEMENTED, REG_FIFO, "FSK FIFO is not modelled");
        return false;
    }
    if (chip->stage == STAGE_SLEEP) {
        sx1276_fault(chip, SX1276_GUEST_ERROR, REG_FIFO, "FIFO access in SLEEP");
        return false;
    }
    return true;
}

static void note_read(struct sx1276 *chip, uint8_t position, size_t size)
{
    uint8_t offset = (uint8_t)(position - chip->rx_fifo_start);
    if (chip->rx_unread && offset < chip->rx_size && offset + size >= chip->rx_size) {
        chip->rx_unread = false;
        disarm(chip);
    }
}

void sx1276_fifo_read(struct sx1276 *chip, uint8_t *data, size_t size)
{
    if (!accessible(chip)) {
        if (data != NULL) {
            memset(data, 0, size);
        }
        return;
    }
    uint8_t position = chip->lora[REG_FIFO_ADDR_PTR];
    uint8_t offset = (uint8_t)(position - chip->rx_fifo_start);
    const uint8_t *bytes = borrowed(chip);
    bool of_frame = offset + size <= chip->rx_size;
    if (data != NULL && bytes != NULL && of_frame) {
        memcpy(data, bytes + offset, size);
    } else if (data != NULL && bytes == NULL && !chip->fifo_blank && size <= SX1276_FIFO_SIZE
               && (of_frame || !chip->fifo_dropped)) {
        ring_read(chip, position, data, size);
    } else if (data != NULL) {
        for (size_t i = 0; i < size; i++) {
            data[i] = peek(chip, (uint8_t)(position + i));
        }
    }
    note_read(chip, position, size);
    chip->lora[REG_FIFO_ADDR_PTR] = (uint8_t)(position + size);
}

void sx1276_fifo_write(struct sx1276 *chip, const uint8_t *tx, uint8_t *rx, size_t size)
{
    if (!accessible(chip)) {
        if (rx != NULL) {
            memset(rx, 0, size);
        }
        return;
    }
    uint8_t position = chip->lora[REG_FIFO_ADDR_PTR];
    if (rx != NULL) { /* the old content is shifted out */
        for (size_t i = 0; i < size; i++) {
            rx[i] = peek(chip, (uint8_t)(position + i));
        }
    }
    end_borrowing(chip, true);
    chip->fifo_dropped = false; /* the FIFO now serves a transmission */
    unblank(chip);
    for (size_t i = 0; i < size; i++) {
        chip->fifo[(uint8_t)(position + i)] = tx != NULL ? tx[i] : 0;
    }
    chip->lora[REG_FIFO_ADDR_PTR] = (uint8_t)(position + size);
}

/* `size` bytes from `start` on in one piece, in `scratch` if they are not. */
const uint8_t *sx1276_fifo_view(
        struct sx1276 *chip, uint8_t start, uint8_t size, uint8_t scratch[SX1276_FIFO_SIZE])
{
    bool plain = borrowed(chip) == NULL && !chip->fifo_blank && !chip->fifo_dropped;
    if (plain && start + size <= (int)SX1276_FIFO_SIZE) {
        return chip->fifo + start;
    }
    for (unsigned i = 0; i < size; i++) {
        scratch[i] = peek(chip, (uint8_t)(start + i));
    }
    return scratch;
}

/* --- a frame as a whole ----------------------------------------------------------------------- */

#define EVENT_FLAGS (IRQ_RX_DONE | IRQ_TX_DONE | IRQ_RX_TIMEOUT | IRQ_PAYLOAD_CRC_ERROR)

const uint8_t *sx1276_rx_waiting(const struct sx1276 *chip, uint8_t *start, uint8_t *size)
{
    const uint8_t *reg = chip->lora;
    *start = chip->rx_fifo_start;
    *size = (uint8_t)chip->rx_size;
    bool waits = chip->stage == STAGE_RX && sx1276_mode(chip) == MODE_RX_CONTINUOUS
                 && chip->spi_state == SPI_DESELECTED && chip->rx_unread
                 && (reg[REG_IRQ_FLAGS] & EVENT_FLAGS) == IRQ_RX_DONE
                 && reg[REG_FIFO_RX_CURRENT] == *start && reg[REG_RX_NB_BYTES] == *size;
    return waits ? chip->rx_bytes : NULL;
}

void sx1276_rx_take(struct sx1276 *chip, sim_ns now_ns)
{
    assert(chip->rx_bytes != NULL && chip->rx_unread && chip->edge_ns > now_ns);
    sx1276_pass_time(chip, now_ns);
    note_read(chip, chip->rx_fifo_start, chip->rx_size);
    chip->lora[REG_FIFO_ADDR_PTR] = (uint8_t)(chip->rx_fifo_start + chip->rx_size);
    chip->lora[REG_IRQ_FLAGS] = 0;
    chip->spi_address = REG_IRQ_FLAGS + 1u;
    sx1276_update_dio(chip);
}
