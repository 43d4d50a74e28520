/* A board without firmware: pokes registers of one SX1276 and keeps a log of what it puts out.
 * SPDX-License-Identifier: MIT
 */
#include "support/fake_board.h"

#include <criterion/criterion.h>
#include <string.h>

static void record(struct fake_board *board, enum fake_output output, sim_ns at_ns, unsigned value,
        uint8_t address)
{
    /* Outputs come in time order; only the start of a transmission lies ahead. */
    if (board->log_size > 0) {
        const struct fake_record *last = &board->log[board->log_size - 1];
        cr_assert(last->output == FAKE_TX_BEGIN || at_ns >= last->at_ns, "outputs out of order");
    }
    if (board->log_size == FAKE_LOG_SIZE) {
        board->log_size = 0;
        board->log_wrapped = true;
    }
    board->log[board->log_size++] = (struct fake_record){ output, at_ns, value, address };
}

static sim_ns on_tx_begin(void *context, sim_ns at_ns, const struct sx1276_modem *modem,
        int32_t power_mdbm, const uint8_t *bytes, uint16_t size)
{
    struct fake_board *board = context;
    record(board, FAKE_TX_BEGIN, at_ns, size, 0);
    board->modem = *modem;
    board->power_mdbm = power_mdbm;
    board->tx_size = size;
    memcpy(board->tx_bytes, bytes, size);
    return board->tx_duration_ns;
}

static void on_tx_abort(void *context, sim_ns at_ns)
{
    record(context, FAKE_TX_ABORT, at_ns, 0, 0);
}

static void on_rx_begin(void *context, sim_ns at_ns, const struct sx1276_modem *modem)
{
    struct fake_board *board = context;
    record(board, FAKE_RX_BEGIN, at_ns, 0, 0);
    board->rx_ends_itself = sx1276_next_edge(&board->chip) != SIM_NS_NEVER;
    board->modem = *modem;
}

static void on_rx_end(void *context, sim_ns at_ns)
{
    record(context, FAKE_RX_END, at_ns, 0, 0);
}

static void on_dio(void *context, sim_ns at_ns, unsigned dio, bool level)
{
    record(context, level ? FAKE_DIO_UP : FAKE_DIO_DOWN, at_ns, dio, 0);
}

static void on_power(void *context, sim_ns at_ns, enum sx1276_power power)
{
    record(context, FAKE_POWER, at_ns, power, 0);
}

static void on_fault(void *context, sim_ns at_ns, enum sx1276_severity severity, uint8_t address,
        const char *what)
{
    struct fake_board *board = context;
    cr_assert_not_null(what);
    record(board, FAKE_FAULT, at_ns, severity, address);
    board->counts[severity]++;
    board->fault_address = address;
}

static uint8_t on_noise(void *context)
{
    struct fake_board *board = context;
    board->noise_state = board->noise_state * 1664525u + 1013904223u;
    return (uint8_t)(board->noise_state >> 24);
}

static bool on_cad(void *context, sim_ns from_ns, sim_ns to_ns, const struct sx1276_modem *modem)
{
    struct fake_board *board = context;
    record(board, FAKE_CAD, to_ns, (unsigned)(to_ns - from_ns), 0);
    board->modem = *modem;
    return board->channel_active;
}

static enum sx1276_found on_reception(void *context, sim_ns at_ns, struct sx1276_rx *header)
{
    struct fake_board *board = context;
    board->receptions_asked++;
    *header = board->header;
    if (!board->preamble_found) {
        return SX1276_FOUND_NOTHING;
    }
    if (board->header.bytes != NULL) {
        return SX1276_FOUND_HEADER;
    }
    return board->header_broken ? SX1276_FOUND_BROKEN_HEADER : SX1276_FOUND_PREAMBLE;
}

static void on_watch_header(void *context, sim_ns at_ns)
{
    record(context, FAKE_WATCH_HEADER, at_ns, 0, 0);
}

static double on_channel_power_mw(
        void *context, sim_ns at_ns, uint32_t frequency_hz, uint32_t bandwidth_hz)
{
    struct fake_board *board = context;
    board->power_frequency_hz = frequency_hz;
    board->power_bandwidth_hz = bandwidth_hz;
    return board->channel_power_mw;
}

static const struct sx1276_outputs outputs = {
    .tx_begin = on_tx_begin,
    .tx_abort = on_tx_abort,
    .rx_begin = on_rx_begin,
    .rx_end = on_rx_end,
    .cad = on_cad,
    .reception = on_reception,
    .watch_header = on_watch_header,
    .channel_power_mw = on_channel_power_mw,
    .dio = on_dio,
    .power = on_power,
    .fault = on_fault,
    .noise = on_noise,
};

void fake_board_init(struct fake_board *board)
{
    memset(board, 0, sizeof *board);
    board->noise_state = 1;
    board->tx_duration_ns = 50 * SIM_NS_PER_MS;
    sx1276_init(&board->chip, &outputs, board, 0);
    fake_run_to(board, 10 * SIM_NS_PER_MS);
}

void fake_board_init_lora(struct fake_board *board)
{
    fake_board_init(board);
    fake_write(board, 0x01, 0x08);
    fake_write(board, 0x01, 0x88);
    fake_forget(board);
}

/* --- SPI ------------------------------------------------------------------------------------- */

void fake_read_burst(struct fake_board *board, uint8_t address, uint8_t *data, size_t size)
{
    sx1276_select(&board->chip, board->now_ns);
    sx1276_exchange(&board->chip, board->now_ns, &address, NULL, 1);
    sx1276_exchange(&board->chip, board->now_ns, NULL, data, size);
    sx1276_deselect(&board->chip, board->now_ns);
}

void fake_write_burst(struct fake_board *board, uint8_t address, const uint8_t *data, size_t size)
{
    uint8_t first = address | 0x80u;
    sx1276_select(&board->chip, board->now_ns);
    sx1276_exchange(&board->chip, board->now_ns, &first, NULL, 1);
    sx1276_exchange(&board->chip, board->now_ns, data, NULL, size);
    sx1276_deselect(&board->chip, board->now_ns);
}

uint8_t fake_read(struct fake_board *board, uint8_t address)
{
    uint8_t value = 0xee;
    fake_read_burst(board, address, &value, 1);
    return value;
}

void fake_write(struct fake_board *board, uint8_t address, uint8_t value)
{
    fake_write_burst(board, address, &value, 1);
}

void fake_pulse_reset(struct fake_board *board)
{
    sx1276_reset_pin(&board->chip, board->now_ns, true);
    fake_run(board, SIM_NS_PER_MS);
    sx1276_reset_pin(&board->chip, board->now_ns, false);
    fake_run(board, 6 * SIM_NS_PER_MS);
}

/* --- time and log ---------------------------------------------------------------------------- */

void fake_run_to(struct fake_board *board, sim_ns at_ns)
{
    while (sx1276_next_edge(&board->chip) <= at_ns) {
        sim_ns edge_ns = sx1276_next_edge(&board->chip);
        sx1276_advance(&board->chip, edge_ns);
        cr_assert(sx1276_next_edge(&board->chip) > edge_ns || edge_ns == SIM_NS_NEVER);
    }
    sx1276_advance(&board->chip, at_ns);
    board->now_ns = at_ns;
}

void fake_run(struct fake_board *board, sim_ns ns)
{
    fake_run_to(board, board->now_ns + ns);
}

void fake_forget(struct fake_board *board)
{
    board->log_size = 0;
    memset(board->counts, 0, sizeof board->counts);
}

const struct fake_record *fake_find(
        const struct fake_board *board, enum fake_output output, unsigned n)
{
    for (unsigned i = 0; i < board->log_size; i++) {
        if (board->log[i].output == output && n-- == 0) {
            return &board->log[i];
        }
    }
    return NULL;
}

sim_ns fake_dio_edge(const struct fake_board *board, enum fake_output direction, unsigned dio)
{
    for (unsigned i = 0; i < board->log_size; i++) {
        if (board->log[i].output == direction && board->log[i].value == dio) {
            return board->log[i].at_ns;
        }
    }
    return -1;
}

unsigned fake_faults(const struct fake_board *board)
{
    unsigned sum = 0;
    for (unsigned i = 0; i < SX1276_SEVERITY_COUNT; i++) {
        sum += board->counts[i];
    }
    return sum;
}

/* --- radio shortcuts ------------------------------------------------------------------------- */

void fake_set_up_modem(struct fake_board *board, unsigned spreading_factor, unsigned bandwidth)
{
    static const uint8_t frf_868100khz[3] = { 0xd9, 0x06, 0x66 };
    fake_write(board, 0x01, 0x89);
    fake_run(board, SIM_NS_PER_MS);
    fake_write_burst(board, 0x06, frf_868100khz, 3);
    fake_write(board, 0x1d, (uint8_t)(bandwidth << 4 | 1u << 1));
    fake_write(board, 0x1e, (uint8_t)(spreading_factor << 4 | 0x04u));
    bool slow = bandwidth <= 7 && spreading_factor >= 11;
    fake_write(board, 0x26, slow ? 0x0c : 0x04);
    fake_write(board, 0x31, 0xc3);
}

struct sx1276_rx fake_good_frame(const uint8_t *bytes, uint16_t size)
{
    return (struct sx1276_rx){ .bytes = bytes,
        .size = size,
        .coding_rate = 1,
        .has_crc = true,
        .crc_ok = true,
        .signal_mdbm = -80000,
        .snr_mdb = 8000 };
}

void fake_receive(struct fake_board *board, const struct sx1276_rx *rx)
{
    sx1276_rx_detected(&board->chip, board->now_ns);
    fake_run(board, 10 * SIM_NS_PER_MS);
    sx1276_rx_ended(&board->chip, board->now_ns, rx);
}
