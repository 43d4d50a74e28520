/* SX1276: reset, passing of time, SPI frames.
 * SPDX-License-Identifier: MIT
 */
#include "chip/sx1276.h"

#include <assert.h>
#include <string.h>

#include "chip/sx1276_parts.h"
#include "chip/sx1276_registers.h"

/* Datasheet section 7.2: SPI is usable 10 ms after power-on, 5 ms after a reset pulse of at least
 * 100 us. */
#define POWER_ON_NS    (10 * SIM_NS_PER_MS)
#define RESET_WAIT_NS  (5 * SIM_NS_PER_MS)
#define RESET_PULSE_NS (100 * SIM_NS_PER_US)

#define SPI_WRITES 0x80u /* of the address byte */

void sx1276_set_edge(struct sx1276 *chip, enum sx1276_edge edge, sim_ns at_ns)
{
    assert(at_ns >= chip->now_ns);
    sim_ns before_ns = chip->edges_ns[edge];
    chip->edges_ns[edge] = at_ns;
    if (at_ns <= chip->edge_ns) {
        chip->edge_ns = at_ns;
        return;
    }
    if (before_ns != chip->edge_ns) {
        return; /* another one is the earliest, as before */
    }
    sim_ns earliest_ns = chip->edges_ns[0];
    for (unsigned i = 1; i < SX1276_EDGE_COUNT; i++) {
        if (chip->edges_ns[i] < earliest_ns) {
            earliest_ns = chip->edges_ns[i];
        }
    }
    chip->edge_ns = earliest_ns;
}

void sx1276_fault(
        struct sx1276 *chip, enum sx1276_severity severity, uint8_t address, const char *what)
{
    chip->fault_counts[severity]++;
    chip->outputs->fault(chip->context, chip->now_ns, severity, address, what);
}

/* --- reset ----------------------------------------------------------------------------------- */

/* Everything but the identity, the clock and the counters of faults. Calls no output. */
static void load_reset_state(struct sx1276 *chip)
{
    for (unsigned i = 0; i < SX1276_BANK_SIZE; i++) {
        chip->lora[i] = sx1276_lora_registers[i].reset;
    }
    for (unsigned i = 0; i < sizeof chip->fsk; i++) {
        chip->fsk[i] = sx1276_fsk_registers[i].reset;
    }
    for (unsigned i = 0; i < SX1276_EDGE_COUNT; i++) {
        chip->edges_ns[i] = SIM_NS_NEVER;
    }
    chip->edge_ns = SIM_NS_NEVER;
    chip->spi_state = SPI_DESELECTED;
    chip->spi_address = 0;
    chip->receiving = false;
    chip->header_seen = false;
    chip->rx_write = 0;
    chip->spi_unused = true;
    sx1276_fifo_forget(chip);
    chip->stage = STAGE_STANDBY;
    sx1276_map_dio(chip);
}

void sx1276_init(
        struct sx1276 *chip, const struct sx1276_outputs *outputs, void *context, sim_ns now_ns)
{
    assert(outputs != NULL);
    memset(chip, 0, sizeof *chip);
    chip->outputs = outputs;
    chip->context = context;
    chip->now_ns = now_ns;
    chip->spi_ready_ns = now_ns + POWER_ON_NS;
    chip->power = SX1276_POWER_STANDBY;
    load_reset_state(chip);
}

void sx1276_reset_pin(struct sx1276 *chip, sim_ns now_ns, bool asserted)
{
    sx1276_pass_time(chip, now_ns);
    if (asserted == chip->reset_asserted) {
        return;
    }
    chip->reset_asserted = asserted;
    if (asserted) {
        chip->reset_ns = now_ns;
        sx1276_leave_air(chip);
        load_reset_state(chip);
        chip->stage = STAGE_RESET;
        sx1276_set_power(chip, SX1276_POWER_RESET);
    } else {
        if (now_ns - chip->reset_ns < RESET_PULSE_NS) {
            sx1276_fault(chip, SX1276_GUEST_WARNING, 0, "reset pulse below 100 us");
        }
        chip->spi_ready_ns = now_ns + RESET_WAIT_NS;
        chip->stage = STAGE_STANDBY;
        sx1276_set_power(chip, SX1276_POWER_STANDBY);
    }
    sx1276_update_dio(chip);
}

/* --- time ------------------------------------------------------------------------------------ */

static void run_edge(struct sx1276 *chip)
{
    unsigned edge = 0;
    while (chip->edges_ns[edge] != chip->edge_ns) {
        edge++;
    }
    assert(edge < SX1276_EDGE_COUNT);
    assert(chip->edge_ns >= chip->now_ns);
    chip->now_ns = chip->edge_ns;
    sx1276_set_edge(chip, (enum sx1276_edge)edge, SIM_NS_NEVER);
    switch ((enum sx1276_edge)edge) {
    case SX1276_EDGE_BORROW:
        sx1276_fifo_keep_frame(chip);
        break;
    case SX1276_EDGE_RX_DONE:
        sx1276_rx_done(chip);
        break;
    case SX1276_EDGE_STAGE:
        sx1276_stage_ended(chip);
        break;
    case SX1276_EDGE_CALIBRATION:
        sx1276_calibration_ended(chip);
        break;
    case SX1276_EDGE_COUNT:
        break;
    }
}

void sx1276_run_edges(struct sx1276 *chip, sim_ns until_ns)
{
    assert(until_ns != SIM_NS_NEVER);
    while (chip->edge_ns <= until_ns) {
        run_edge(chip);
    }
}

void sx1276_advance(struct sx1276 *chip, sim_ns now_ns)
{
    sx1276_pass_time(chip, now_ns);
}

sim_ns sx1276_next_edge(const struct sx1276 *chip)
{
    return chip->edge_ns;
}

/* A start-up also shows on the lines of ModeReady and PllLock. */
static bool start_up_is_silent(const struct sx1276 *chip, unsigned lines)
{
    unsigned shown = chip->dio_lines[__builtin_ctz(SIGNAL_MODE_READY)]
                     | chip->dio_lines[__builtin_ctz(SIGNAL_PLL_LOCK)];
    return sx1276_starts_up(chip) && (shown & lines) == 0;
}

sim_ns sx1276_next_output(const struct sx1276 *chip, unsigned lines)
{
    assert(lines >> SX1276_DIO_COUNT == 0);
    if (!start_up_is_silent(chip, lines)) {
        return chip->edge_ns;
    }
    sim_ns earliest_ns = sx1276_start_up_end_ns(chip);
    for (unsigned i = 0; i < SX1276_EDGE_COUNT; i++) {
        if (i != SX1276_EDGE_STAGE && chip->edges_ns[i] < earliest_ns) {
            earliest_ns = chip->edges_ns[i];
        }
    }
    return earliest_ns;
}

void sx1276_settle(struct sx1276 *chip, sim_ns now_ns, unsigned lines)
{
    while (chip->edge_ns <= now_ns && chip->edge_ns < sx1276_next_output(chip, lines)) {
        run_edge(chip);
    }
}

bool sx1276_dio_level(const struct sx1276 *chip, unsigned dio)
{
    assert(dio < SX1276_DIO_COUNT);
    return (chip->dio_levels >> dio & 1u) != 0;
}

bool sx1276_rx_unread(const struct sx1276 *chip)
{
    return chip->rx_unread;
}

/* --- SPI ------------------------------------------------------------------------------------- */

void sx1276_select(struct sx1276 *chip, sim_ns now_ns)
{
    sx1276_pass_time(chip, now_ns);
    if (chip->reset_asserted) {
        return;
    }
    if (chip->spi_unused) {
        chip->spi_unused = false;
        if (now_ns < chip->spi_ready_ns) {
            sx1276_fault(chip, SX1276_GUEST_ERROR, 0, "SPI before the chip is ready after reset");
        }
    }
    if (chip->spi_state != SPI_DESELECTED) {
        sx1276_fault(chip, SX1276_GUEST_ERROR, 0, "SPI select inside an SPI frame");
    }
    chip->spi_state = SPI_ADDRESS;
}

void sx1276_deselect(struct sx1276 *chip, sim_ns now_ns)
{
    sx1276_pass_time(chip, now_ns);
    chip->spi_state = SPI_DESELECTED;
}

bool sx1276_opens_quietly(const struct sx1276 *chip, sim_ns until_ns)
{
    return chip->edge_ns > until_ns && chip->spi_state == SPI_DESELECTED && !chip->reset_asserted
           && !chip->spi_unused;
}

uint8_t sx1276_peek(const struct sx1276 *chip, uint8_t address)
{
    assert(address < SX1276_BANK_SIZE);
    return chip->lora[address];
}

/* A register as the pages are switched now. */
struct cell {
    const struct sx1276_register *row;
    uint8_t *stored;
};

static struct cell cell_of(struct sx1276 *chip, uint8_t address)
{
    unsigned at = address - SX1276_PAGE_FIRST;
    return sx1276_shows_fsk_page(chip, address)
                   ? (struct cell){ &sx1276_fsk_registers[at], &chip->fsk[at] }
                   : (struct cell){ &sx1276_lora_registers[address], &chip->lora[address] };
}

/* TX, RX or CAD runs or starts up: its settings are latched. */
static bool settings_are_latched(const struct sx1276 *chip)
{
    enum sx1276_mode mode = sx1276_mode(chip);
    return mode == MODE_TX || mode >= MODE_RX_CONTINUOUS;
}

/* Misuse and reliance on what is not modelled; the write itself goes on as silicon would. */
static void check_write(struct sx1276 *chip, struct cell cell, uint8_t address, uint8_t value)
{
    const struct sx1276_register *r = cell.row;
    bool read_only = r->access == SX1276_R;
    bool latched = r->latched && settings_are_latched(chip);
    if ((read_only || latched) && value == *cell.stored) {
        return; /* what stays as it is harms nothing */
    }
    if (read_only) {
        sx1276_fault(
                chip, (enum sx1276_severity)r->severity, address, "write to a read-only register");
    }
    if (latched) {
        sx1276_fault(chip, (enum sx1276_severity)r->severity, address,
                "modem setting written while TX, RX or CAD runs");
    }
    if (r->model == SX1276_NOT_MODELLED && value != r->reset) {
        sx1276_fault(chip, SX1276_UNIMPLEMENTED, address, "register is not modelled");
    }
}

/* Most writes are to registers that hold what is written, and break no rule. */
static bool just_stores(const struct sx1276 *chip, const struct sx1276_register *r)
{
    return r->plain && r->write == NULL && (!r->latched || !settings_are_latched(chip));
}

static inline bool store_plainly(struct sx1276 *chip, uint8_t address, uint8_t value)
{
    if (sx1276_shows_fsk_page(chip, SX1276_PAGE_FIRST)
            || !just_stores(chip, &sx1276_lora_registers[address])) {
        return false;
    }
    chip->lora[address] = value;
    return true;
}

static __attribute__((noinline)) void write_register(
        struct sx1276 *chip, struct cell cell, uint8_t address, uint8_t value)
{
    const struct sx1276_register *r = cell.row;
    check_write(chip, cell, address, value);
    switch ((enum sx1276_access)r->access) {
    case SX1276_RW:
        *cell.stored = (uint8_t)((*cell.stored & r->read_only) | (value & ~r->read_only));
        break;
    case SX1276_W1C:
        *cell.stored = (uint8_t)(*cell.stored & (~value | r->read_only));
        break;
    case SX1276_R:
    case SX1276_TRIGGER:
    case SX1276_WINDOW:
        break;
    }
    if (r->write != NULL) {
        r->write(chip, address, value);
    }
}

/* Bytes from the current address on, up to the FIFO. During a write the old content is shifted
 * out. Returns how many of the bytes went. */
static size_t write_burst(struct sx1276 *chip, const uint8_t *tx, uint8_t *rx, size_t size)
{
    size_t at = 0;
    uint8_t address = chip->spi_address;
    for (; at < size && address != REG_FIFO; at++) {
        struct cell cell = cell_of(chip, address);
        uint8_t out = *cell.stored;
        write_register(chip, cell, address, tx != NULL ? tx[at] : 0);
        if (rx != NULL) {
            rx[at] = out;
        }
        address = (address + 1u) & 0x7fu;
    }
    chip->spi_address = address;
    return at;
}

/* Registers of the LoRa page that read as they are stored: all that most bursts touch. Returns how
 * many of the bytes went. */
static size_t read_stored(const struct sx1276 *chip, uint8_t *rx, size_t size)
{
    size_t first = chip->spi_address;
    size_t stored = sx1276_worked_out_from(first) - first;
    if (first == REG_FIFO || rx == NULL || sx1276_shows_fsk_page(chip, SX1276_PAGE_FIRST)) {
        return 0;
    }
    size_t count = size < stored ? size : stored;
    memcpy(rx, chip->lora + first, count);
    return count;
}

static size_t read_burst(struct sx1276 *chip, uint8_t *rx, size_t size)
{
    size_t at = read_stored(chip, rx, size);
    uint8_t address = (chip->spi_address + at) & 0x7fu;
    for (; at < size && address != REG_FIFO; at++) {
        struct cell cell = cell_of(chip, address);
        uint8_t out = cell.row->read != NULL ? cell.row->read(chip, address) : *cell.stored;
        if (rx != NULL) {
            rx[at] = out;
        }
        address = (address + 1u) & 0x7fu;
    }
    chip->spi_address = address;
    return at;
}

static void take_address(struct sx1276 *chip, uint8_t in)
{
    chip->spi_address = in & 0x7fu;
    chip->spi_state = (in & SPI_WRITES) != 0 ? SPI_WRITE : SPI_READ;
    if (sx1276_shows_reception(chip, chip->spi_address)) {
        sx1276_rx_look(chip);
    }
}

static void exchange_fifo(struct sx1276 *chip, const uint8_t *tx, uint8_t *rx, size_t size)
{
    if (chip->spi_state == SPI_READ) {
        sx1276_fifo_read(chip, rx, size);
    } else {
        sx1276_fifo_write(chip, tx, rx, size);
    }
}

/* NSS is high, or the chip is in reset. */
static void exchange_nothing(struct sx1276 *chip, uint8_t *rx, size_t size)
{
    if (!chip->reset_asserted) {
        sx1276_fault(chip, SX1276_GUEST_ERROR, 0, "SPI exchange outside an SPI frame");
    }
    if (rx != NULL) {
        memset(rx, 0, size);
    }
}

static void exchange(struct sx1276 *chip, const uint8_t *tx, uint8_t *rx, size_t size)
{
    size_t at = 0;
    if (chip->spi_state == SPI_ADDRESS && size > 0) {
        take_address(chip, tx != NULL ? tx[0] : 0);
        if (rx != NULL) {
            rx[0] = 0;
        }
        at = 1;
    }
    const uint8_t *in = tx != NULL ? tx + at : NULL;
    uint8_t *out = rx != NULL ? rx + at : NULL;
    size_t done = chip->spi_state == SPI_WRITE ? write_burst(chip, in, out, size - at)
                                               : read_burst(chip, out, size - at);
    at += done;
    if (at < size) { /* a burst stays in the FIFO */
        exchange_fifo(chip, tx != NULL ? tx + at : NULL, rx != NULL ? rx + at : NULL, size - at);
    }
}

void sx1276_exchange(
        struct sx1276 *chip, sim_ns now_ns, const uint8_t *tx, uint8_t *rx, size_t size)
{
    sx1276_pass_time(chip, now_ns);
    if (chip->spi_state == SPI_DESELECTED) {
        exchange_nothing(chip, rx, size);
        return;
    }
    exchange(chip, tx, rx, size);
}

/* Most frames write registers, and end before they come to the FIFO. */
static bool only_writes(const uint8_t *tx, const uint8_t *rx, size_t size)
{
    return rx == NULL && tx != NULL && size > 0 && tx[0] > (SPI_WRITES | REG_FIFO)
           && (tx[0] & ~SPI_WRITES) + size - 1u <= SX1276_BANK_SIZE;
}

static void write_registers(struct sx1276 *chip, const uint8_t *tx, size_t size)
{
    take_address(chip, tx[0]);
    uint8_t address = chip->spi_address;
    for (size_t i = 1; i < size; i++, address++) {
        if (!store_plainly(chip, address, tx[i])) {
            write_register(chip, cell_of(chip, address), address, tx[i]);
        }
    }
    chip->spi_address = address % SX1276_BANK_SIZE;
}

void sx1276_open(struct sx1276 *chip, sim_ns now_ns, const uint8_t *tx, uint8_t *rx, size_t size)
{
    assert(now_ns >= chip->now_ns && sx1276_opens_quietly(chip, now_ns));
    chip->now_ns = now_ns;
    chip->spi_state = SPI_ADDRESS;
    if (only_writes(tx, rx, size)) {
        write_registers(chip, tx, size);
    } else {
        exchange(chip, tx, rx, size);
    }
}
