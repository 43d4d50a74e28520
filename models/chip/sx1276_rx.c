/* SX1276 receive path: preamble, header, end of frame, RxDone.
 * SPDX-License-Identifier: MIT
 */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "chip/sx1276_parts.h"

enum {
    STAT_CLEAR = 0x10,
    STAT_HEADER_VALID = 0x08,
    STAT_RECEIVING = 0x07, /* RX on-going, synchronised, detected */
    STAT_CODING_RATE = 0xe0,
    HOP_CRC_ON_PAYLOAD = 0x40
};

/* What a frame touches lies in the first three cache lines of a chip that starts on one. */
_Static_assert(offsetof(struct sx1276, lora) + REG_FEI_MSB + 3 <= 3 * 64, "hot part has grown");

static void set_modem_stat(struct sx1276 *chip, uint8_t state)
{
    uint8_t *stat = &chip->lora[REG_MODEM_STAT];
    *stat = (uint8_t)((*stat & STAT_CODING_RATE) | state);
}

static void count(struct sx1276 *chip, uint8_t address)
{
    if (++chip->lora[address + 1] == 0) {
        chip->lora[address]++;
    }
}

/* Entry to RXSINGLE or RXCONTINUOUS, settings latched. */
void sx1276_rx_started(struct sx1276 *chip)
{
    sx1276_fifo_forget(chip);
    chip->rx_write = chip->lora[REG_FIFO_RX_BASE];
    chip->lora[REG_FIFO_RX_BYTE] = chip->rx_write;
    memset(&chip->lora[REG_RX_HEADER_CNT], 0, 4);
    chip->lora[REG_MODEM_STAT] = STAT_CLEAR;
    chip->rx_latency_ns = sx1276_rx_done_latency_ns(&chip->modem);
}

void sx1276_rx_detected(struct sx1276 *chip, sim_ns now_ns)
{
    if (now_ns > chip->now_ns) {
        sx1276_pass_time(chip, now_ns - 1); /* a timeout of this very instant does not fire */
        chip->now_ns = now_ns;
    }
    if (chip->stage == STAGE_RX && chip->listening && !chip->receiving) {
        chip->receiving = true;
        chip->header_seen = false;
        set_modem_stat(chip, STAT_RECEIVING);
        if (chip->edges_ns[SX1276_EDGE_STAGE] != SIM_NS_NEVER) {
            sx1276_set_edge(chip, SX1276_EDGE_STAGE, SIM_NS_NEVER);
        }
    }
    sx1276_pass_time(chip, now_ns);
}

/* Reception dropped: RXSINGLE ends with RxTimeout, RXCONTINUOUS searches again in silence. (SX1276
 * 4.1.6: a receiver that "loses track of the data" flags RxTimeout and goes to STANDBY.) */
static void drop(struct sx1276 *chip)
{
    chip->receiving = false;
    chip->header_seen = false;
    set_modem_stat(chip, STAT_CLEAR);
    if (sx1276_mode(chip) == MODE_RX_SINGLE) {
        sx1276_return_to_standby(chip, IRQ_RX_TIMEOUT);
    }
}

/* A header longer than RegMaxPayloadLength is treated like one with a wrong checksum. With an
 * implicit header there is nothing to check. */
static bool header_is_good(const struct sx1276 *chip, const struct sx1276_rx *rx)
{
    return rx->bytes != NULL
           && (chip->modem.implicit_header || rx->size <= chip->lora[REG_MAX_PAYLOAD_LENGTH]);
}

static void accept_header(struct sx1276 *chip, const struct sx1276_rx *rx)
{
    chip->header_seen = true;
    if (!chip->modem.implicit_header) {
        count(chip, REG_RX_HEADER_CNT);
        chip->lora[REG_MODEM_STAT] = (uint8_t)((rx->coding_rate & 7u) << 5);
        uint8_t hop = chip->lora[REG_HOP_CHANNEL] & (uint8_t)~HOP_CRC_ON_PAYLOAD;
        chip->lora[REG_HOP_CHANNEL] = (uint8_t)(hop | (rx->has_crc ? HOP_CRC_ON_PAYLOAD : 0));
    }
    set_modem_stat(chip, STAT_RECEIVING | STAT_HEADER_VALID);
    sx1276_raise(chip, IRQ_VALID_HEADER);
}

/* The receiver reads a header whose failure ends the reception. */
static bool ends_with_header(const struct sx1276 *chip)
{
    return sx1276_mode(chip) == MODE_RX_SINGLE && !chip->modem.implicit_header;
}

/* What the receiver has found since the last call. In RXCONTINUOUS one that failed is left to the
 * end of its frame: until then nothing else is found. */
void sx1276_rx_look(struct sx1276 *chip)
{
    struct sx1276_rx header = { 0 };
    if (!chip->listening || (chip->receiving && chip->header_seen)) {
        return;
    }
    enum sx1276_found found = chip->outputs->reception(chip->context, chip->now_ns, &header);
    if (found == SX1276_FOUND_NOTHING) {
        return;
    }
    if (!chip->receiving) {
        sx1276_rx_detected(chip, chip->now_ns);
    }
    if (found == SX1276_FOUND_HEADER && header_is_good(chip, &header)) {
        accept_header(chip, &header);
    } else if (found != SX1276_FOUND_PREAMBLE && ends_with_header(chip)) {
        drop(chip);
    }
}

void sx1276_look(struct sx1276 *chip, sim_ns now_ns)
{
    sx1276_pass_time(chip, now_ns);
    sx1276_rx_look(chip);
}

static bool line_shows_header(const struct sx1276 *chip)
{
    return chip->dio_lines[__builtin_ctz(IRQ_VALID_HEADER)] != 0
           && (chip->lora[REG_IRQ_MASK] & IRQ_VALID_HEADER) == 0;
}

/* After a change of what the lines show, and when the receiver begins. */
void sx1276_rx_watch(struct sx1276 *chip)
{
    if (chip->listening && !chip->header_watched
            && (line_shows_header(chip) || ends_with_header(chip))) {
        chip->header_watched = true;
        chip->outputs->watch_header(chip->context, chip->now_ns);
    }
}

/* --- encodings ------------------------------------------------------------------------------- */

/* RegPktSnrValue: quarter dB, saturating at -32 and +12 dB (assumed: real chips stop near +10). */
static int32_t snr_quarter_db(int32_t snr_mdb)
{
    int32_t quarters = (snr_mdb + (snr_mdb >= 0 ? 125 : -125)) / 250;
    return quarters < -128 ? -128 : quarters > 48 ? 48 : quarters;
}

/* RegPktRssiValue carries signal plus noise, because the host adds a negative SNR to it. The
 * slope of 16/15 of the host's formula for positive SNR is taken out here. */
static uint8_t packet_rssi(const struct sx1276 *chip, const struct sx1276_rx *rx, bool negative)
{
    const double nepers_per_db = 0.23025850929940457; /* ln(10) / 10 */
    double noise_over_signal = exp(-1e-3 * rx->snr_mdb * nepers_per_db);
    double total_dbm = 1e-3 * rx->signal_mdbm + log(1.0 + noise_over_signal) / nepers_per_db;
    double above_floor_db = total_dbm + sx1276_rssi_offset_db(chip->modem.frequency_hz);
    double raw = floor((negative ? above_floor_db : above_floor_db * 15.0 / 16.0) + 0.5);
    return (uint8_t)(raw < 0.0 ? 0.0 : raw > 255.0 ? 255.0 : raw);
}

/* FreqError x 2^24 / 32 MHz x BW / 500 kHz = error, hence error x 5^12 / (2^8 x BW). */
static uint32_t frequency_error(int32_t error_hz, uint32_t bandwidth_hz)
{
    int64_t scaled = (int64_t)error_hz * 244140625;
    int64_t half = 128 * (int64_t)bandwidth_hz;
    int64_t value = (scaled + (scaled >= 0 ? half : -half)) / (2 * half);
    value = value < -0x80000 ? -0x80000 : value > 0x7ffff ? 0x7ffff : value;
    return (uint32_t)value & 0xfffffu;
}

/* --- end of a frame -------------------------------------------------------------------------- */

static void fill_pending(struct sx1276 *chip, const struct sx1276_rx *rx, uint8_t size)
{
    bool implicit = chip->modem.implicit_header;
    bool has_crc = implicit ? chip->modem.payload_crc : rx->has_crc;
    bool cut_short = rx->size < size;
    bool crc_failed = has_crc && (!rx->crc_ok || cut_short);
    int32_t quarters = snr_quarter_db(rx->snr_mdb);
    chip->pending = (struct sx1276_pending){
        .fei = frequency_error(rx->frequency_error_hz, chip->modem.bandwidth_hz),
        .start = chip->rx_write,
        .size = size,
        .irq_flags = (uint8_t)(IRQ_RX_DONE | (crc_failed ? IRQ_PAYLOAD_CRC_ERROR : 0)),
        .snr = (uint8_t)quarters,
        .rssi = packet_rssi(chip, rx, quarters < 0),
        .valid = !crc_failed,
    };
}

/* Demodulation is complete: everything of the frame shows at once, PayloadCrcError included,
 * because drivers clear RxDone before they look at it. */
void sx1276_rx_done(struct sx1276 *chip)
{
    const struct sx1276_pending *frame = &chip->pending;
    uint8_t *reg = chip->lora;
    reg[REG_FIFO_RX_CURRENT] = frame->start;
    reg[REG_RX_NB_BYTES] = frame->size;
    reg[REG_PKT_SNR] = frame->snr;
    reg[REG_PKT_RSSI] = frame->rssi;
    reg[REG_FEI_MSB] = (uint8_t)(frame->fei >> 16);
    reg[REG_FEI_MSB + 1] = (uint8_t)(frame->fei >> 8);
    reg[REG_FEI_MSB + 2] = (uint8_t)frame->fei;
    if (frame->valid) {
        count(chip, REG_RX_PACKET_CNT);
    }
    if (sx1276_mode(chip) == MODE_RX_SINGLE) {
        sx1276_return_to_standby(chip, frame->irq_flags);
    } else {
        sx1276_raise(chip, frame->irq_flags);
    }
}

/* RXSINGLE hears nothing more once its frame has ended. */
static void close_single_receiver(struct sx1276 *chip)
{
    if (sx1276_mode(chip) == MODE_RX_SINGLE && chip->listening) {
        chip->listening = false;
        chip->outputs->rx_end(chip->context, chip->now_ns);
    }
}

void sx1276_rx_ended(struct sx1276 *chip, sim_ns now_ns, const struct sx1276_rx *rx)
{
    sx1276_pass_time(chip, now_ns);
    if (!chip->receiving) {
        return;
    }
    assert(rx->size <= 255);
    assert(rx->header_ns <= now_ns);
    bool acceptable = chip->header_seen ? rx->bytes != NULL : header_is_good(chip, rx);
    if (!acceptable) {
        drop(chip);
        return;
    }
    if (!chip->header_seen) {
        accept_header(chip, rx);
    }
    chip->receiving = false;
    set_modem_stat(chip, STAT_CLEAR);
    uint8_t size = chip->modem.implicit_header ? chip->lora[REG_PAYLOAD_LENGTH] : (uint8_t)rx->size;
    fill_pending(chip, rx, size);
    sx1276_fifo_hold_frame(chip, rx, chip->rx_write, size);
    chip->rx_write = (uint8_t)(chip->rx_write + size);
    chip->lora[REG_FIFO_RX_BYTE] = chip->rx_write;
    close_single_receiver(chip);
    if (chip->rx_latency_ns == 0) {
        sx1276_rx_done(chip);
    } else {
        sx1276_set_edge(chip, SX1276_EDGE_RX_DONE, now_ns + chip->rx_latency_ns);
    }
}
