/* What the parts of the SX1276 model share among themselves.
 * SPDX-License-Identifier: MIT
 */
#ifndef CHIP_SX1276_PARTS_H
#define CHIP_SX1276_PARTS_H

#include <assert.h>

#include "chip/sx1276.h"

/* clang-format off */
enum {
    REG_FIFO = 0x00, REG_OP_MODE = 0x01, REG_FRF_MSB = 0x06, REG_PA_CONFIG = 0x09,
    REG_PA_RAMP = 0x0a, REG_OCP = 0x0b, REG_LNA = 0x0c, REG_FIFO_ADDR_PTR = 0x0d, REG_FIFO_TX_BASE = 0x0e,
    REG_FIFO_RX_BASE = 0x0f, REG_FIFO_RX_CURRENT = 0x10, REG_IRQ_MASK = 0x11, REG_IRQ_FLAGS = 0x12,
    REG_RX_NB_BYTES = 0x13, REG_RX_HEADER_CNT = 0x14, REG_RX_PACKET_CNT = 0x16,
    REG_MODEM_STAT = 0x18, REG_PKT_SNR = 0x19, REG_PKT_RSSI = 0x1a, REG_RSSI = 0x1b,
    REG_HOP_CHANNEL = 0x1c, REG_MODEM_CONFIG1 = 0x1d, REG_MODEM_CONFIG2 = 0x1e,
    REG_SYMB_TIMEOUT = 0x1f, REG_PREAMBLE_MSB = 0x20, REG_PAYLOAD_LENGTH = 0x22,
    REG_MAX_PAYLOAD_LENGTH = 0x23, REG_FIFO_RX_BYTE = 0x25, REG_MODEM_CONFIG3 = 0x26, REG_FEI_MSB = 0x28,
    REG_RSSI_WIDEBAND = 0x2c, REG_IF_FREQ = 0x2f,
    REG_DETECT_OPTIMIZE = 0x31, REG_INVERT_IQ = 0x33, REG_SYNC_WORD = 0x39,
    REG_DIO_MAPPING1 = 0x40, REG_DIO_MAPPING2 = 0x41, REG_PA_DAC = 0x4d,
    REG_FSK_RX_BW = 0x12, REG_FSK_IMAGE_CAL = 0x3b
};

enum {
    IRQ_RX_TIMEOUT = 0x80, IRQ_RX_DONE = 0x40, IRQ_PAYLOAD_CRC_ERROR = 0x20,
    IRQ_VALID_HEADER = 0x10, IRQ_TX_DONE = 0x08, IRQ_CAD_DONE = 0x04, IRQ_FHSS = 0x02,
    IRQ_CAD_DETECTED = 0x01,
    SIGNAL_MODE_READY = 0x100, SIGNAL_PLL_LOCK = 0x200 /* beside the flags, for DIO lines */
};

enum sx1276_mode {
    MODE_SLEEP, MODE_STANDBY, MODE_FSTX, MODE_TX, MODE_FSRX, MODE_RX_CONTINUOUS, MODE_RX_SINGLE,
    MODE_CAD
};
/* clang-format on */

/* Where the chip is on its way to the commanded mode. */
enum sx1276_stage {
    STAGE_RESET,
    STAGE_SLEEP,
    STAGE_OSCILLATOR, /* crystal starts */
    STAGE_STANDBY,
    STAGE_PLL, /* synthesizer locks */
    STAGE_FS,
    STAGE_CHAIN, /* PA ramps up or receiver starts */
    STAGE_TX,
    STAGE_RX,
    STAGE_CAD_LISTEN,
    STAGE_CAD_CORRELATE,
    STAGE_COUNT
};

enum spi_state {
    SPI_DESELECTED,
    SPI_ADDRESS,
    SPI_READ,
    SPI_WRITE
};

static inline enum sx1276_mode sx1276_mode(const struct sx1276 *chip)
{
    return (enum sx1276_mode)(chip->lora[REG_OP_MODE] & 7u);
}

static inline bool sx1276_is_lora(const struct sx1276 *chip)
{
    return (chip->lora[REG_OP_MODE] & 0x80u) != 0;
}

/* sx1276.c */
void sx1276_run_edges(struct sx1276 *chip, sim_ns until_ns);
void sx1276_set_edge(struct sx1276 *chip, enum sx1276_edge edge, sim_ns at_ns);
void sx1276_fault(
        struct sx1276 *chip, enum sx1276_severity severity, uint8_t address, const char *what);

/* Lets time pass: nearly always nothing happens in between. */
static inline void sx1276_pass_time(struct sx1276 *chip, sim_ns now_ns)
{
    assert(now_ns >= chip->now_ns);
    if (chip->edge_ns <= now_ns) {
        sx1276_run_edges(chip, now_ns);
    }
    chip->now_ns = now_ns;
}

/* sx1276_modem.c: pure functions of the registers. */
sim_ns sx1276_symbols_ns(const struct sx1276_modem *modem, uint32_t symbols);
void sx1276_latch_modem(struct sx1276 *chip, bool transmit);
int32_t sx1276_tx_power_mdbm(const struct sx1276 *chip);
sim_ns sx1276_tx_ramp_ns(const struct sx1276 *chip);
sim_ns sx1276_rx_startup_ns(const struct sx1276 *chip);
uint32_t sx1276_rx_done_latency_ns(const struct sx1276_modem *modem);
uint32_t sx1276_fsk_bandwidth_hz(const struct sx1276 *chip);
void sx1276_check_tx_settings(struct sx1276 *chip, int32_t power_mdbm);
void sx1276_check_modem_settings(struct sx1276 *chip);

uint32_t sx1276_frequency_hz(const struct sx1276 *chip);
double sx1276_rssi_offset_db(uint32_t frequency_hz);

/* sx1276_irq.c */
void sx1276_map_dio(struct sx1276 *chip);
void sx1276_update_dio(struct sx1276 *chip);
void sx1276_raise(struct sx1276 *chip, uint8_t flags);

/* sx1276_modes.c */
void sx1276_set_power(struct sx1276 *chip, enum sx1276_power power);
void sx1276_command_mode(struct sx1276 *chip, enum sx1276_mode mode);
void sx1276_return_to_standby(struct sx1276 *chip, uint8_t irq_flags);
void sx1276_leave_air(struct sx1276 *chip);
void sx1276_stage_ended(struct sx1276 *chip);

/* Start of TX, RX or CAD when the start-up that runs has ended; never for STANDBY and FS. */
sim_ns sx1276_start_up_end_ns(const struct sx1276 *chip);

static inline bool sx1276_starts_up(const struct sx1276 *chip)
{
    return chip->stage == STAGE_OSCILLATOR || chip->stage == STAGE_PLL
           || chip->stage == STAGE_CHAIN;
}

/* sx1276_fifo.c */
void sx1276_fifo_forget(struct sx1276 *chip);
void sx1276_fifo_keep_frame(struct sx1276 *chip);
void sx1276_fifo_hold_frame(
        struct sx1276 *chip, const struct sx1276_rx *rx, uint8_t start, uint8_t size);
void sx1276_fifo_read(struct sx1276 *chip, uint8_t *data, size_t size);
void sx1276_fifo_write(struct sx1276 *chip, const uint8_t *tx, uint8_t *rx, size_t size);
const uint8_t *sx1276_fifo_view(
        struct sx1276 *chip, uint8_t start, uint8_t size, uint8_t scratch[SX1276_FIFO_SIZE]);

/* sx1276_rx.c */
void sx1276_rx_started(struct sx1276 *chip);
void sx1276_rx_done(struct sx1276 *chip);
void sx1276_rx_look(struct sx1276 *chip);
void sx1276_rx_watch(struct sx1276 *chip);

/* Registers that tell of a reception which runs. A burst may begin a little before them. */
static inline bool sx1276_shows_reception(const struct sx1276 *chip, uint8_t address)
{
    return chip->stage == STAGE_RX && (chip->lora[REG_IRQ_FLAGS] & IRQ_RX_DONE) == 0
           && address >= REG_FIFO_RX_CURRENT && address <= REG_HOP_CHANNEL;
}

/* The first register of the LoRa page, `address` or later, that is worked out at a read: those with
 * a hook in the register table. SX1276_BANK_SIZE: none is. */
static inline size_t sx1276_worked_out_from(size_t address)
{
    return address <= REG_RSSI            ? REG_RSSI
           : address <= REG_RSSI_WIDEBAND ? REG_RSSI_WIDEBAND
                                          : SX1276_BANK_SIZE;
}

/* sx1276_hooks.c: of the register table. */
void sx1276_write_op_mode(struct sx1276 *chip, uint8_t address, uint8_t value);
void sx1276_write_dio_map(struct sx1276 *chip, uint8_t address, uint8_t value);
void sx1276_write_irq_mask(struct sx1276 *chip, uint8_t address, uint8_t value);
void sx1276_write_irqs(struct sx1276 *chip, uint8_t address, uint8_t value);
void sx1276_write_image_cal(struct sx1276 *chip, uint8_t address, uint8_t value);
uint8_t sx1276_read_wideband(struct sx1276 *chip, uint8_t address);
uint8_t sx1276_read_rssi(struct sx1276 *chip, uint8_t address);
uint8_t sx1276_read_fsk_rssi(struct sx1276 *chip, uint8_t address);
uint8_t sx1276_read_fsk_irq_flags1(struct sx1276 *chip, uint8_t address);
void sx1276_calibration_ended(struct sx1276 *chip);

#endif
