/* SX1276 at register level: SPI, FIFO, mode machine, interrupts, DIO lines.
 * SPDX-License-Identifier: MIT
 *
 * Pure in time: every call says when; the chip knows no engine, no air and no board. It is
 * advanced lazily to the time of each access, and tells the time of its next own edge. Times of
 * calls never go back. Source: SX1276/77/78/79 datasheet rev 4.
 */
#ifndef CHIP_SX1276_H
#define CHIP_SX1276_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim_time.h"

#define SX1276_FIFO_SIZE 256u
#define SX1276_DIO_COUNT 6u

/* What the chip's supply current depends on. */
enum sx1276_power {
    SX1276_POWER_RESET,
    SX1276_POWER_SLEEP,
    SX1276_POWER_STANDBY,
    SX1276_POWER_FS,
    SX1276_POWER_TX,
    SX1276_POWER_RX,
    SX1276_POWER_CAD,
    SX1276_POWER_COUNT
};

/* Modem settings latched at TX or RX start, decoded from registers. */
struct sx1276_modem {
    uint32_t frequency_hz;     /* Frf x 61.03515625, rounded to the nearest Hz */
    uint32_t bandwidth_hz;
    uint8_t spreading_factor;
    uint8_t coding_rate;       /* 1..4 */
    uint16_t preamble_symbols;
    uint8_t sync_word;
    bool implicit_header;
    bool payload_crc;
    bool low_data_rate;
    bool iq_inverted;
};

enum sx1276_severity {
    SX1276_UNIMPLEMENTED, /* a register we have not modelled was relied on: counted */
    SX1276_GUEST_WARNING, /* the firmware did something without effect on silicon */
    SX1276_GUEST_ERROR    /* the firmware broke a rule of the datasheet: fatal by default */
};

/* Outputs of the chip. All are called from inside an access or an advance, in time order. */
struct sx1276_outputs {
    /* The first preamble symbol leaves at `at_ns` (in the future by the start-up times). The chip
     * stays in TX for `duration` that the callee returns: it knows the time on air. */
    sim_ns (*tx_begin)(void *context, sim_ns at_ns, const struct sx1276_modem *modem,
            int32_t power_mdbm, const uint8_t *bytes, uint16_t size);
    /* TX was left before its end. */
    void (*tx_abort)(void *context, sim_ns at_ns);
    /* The receiver hears from `at_ns` on (RXCONTINUOUS, RXSINGLE or CAD). */
    void (*rx_begin)(void *context, sim_ns at_ns, const struct sx1276_modem *modem);
    void (*rx_end)(void *context, sim_ns at_ns);
    void (*dio)(void *context, sim_ns at_ns, unsigned dio, bool level); /* on change only */
    void (*power)(void *context, sim_ns at_ns, enum sx1276_power power);
    void (*fault)(void *context, sim_ns at_ns, enum sx1276_severity severity, uint8_t address,
            const char *what); /* `what`: static text */
    /* A fresh byte of wideband RSSI noise. */
    uint8_t (*noise)(void *context);
};

struct sx1276 {
    const struct sx1276_outputs *outputs;
    void *context;
    sim_ns now_ns;
    sim_ns mode_ready_ns;  /* when the commanded mode is reached */
    sim_ns tx_end_ns;      /* SIM_NS_NEVER: not transmitting */
    sim_ns rx_timeout_ns;  /* RXSINGLE: when the symbol timeout fires, else SIM_NS_NEVER */
    sim_ns cad_end_ns;
    sim_ns calibration_end_ns;
    sim_ns header_ns;      /* ValidHeader of the frame being received */
    sim_ns rx_done_ns;     /* RxDone of it: end plus demodulation latency */
    /* FIFO contents: bytes, or a borrowed received frame until the FIFO is written or slept. */
    const uint8_t *rx_bytes;
    uint16_t rx_size;
    uint8_t rx_fifo_start;
    uint8_t dio_levels;
    uint8_t spi_address;
    uint8_t spi_state;     /* 0 deselected, 1 expects the address byte, 2 read, 3 write */
    bool reset_asserted;
    bool receiving;        /* a preamble was detected */
    uint8_t power;         /* enum sx1276_power */
    uint8_t rx_write;      /* next FIFO position of the receiver */
    uint8_t pending_irq_flags; /* set with rx_done_ns */
    int8_t pending_snr_quarter_db;
    uint8_t pending_rssi;
    uint16_t symbol_ns_cache_key;
    uint8_t lora[128];     /* register bank seen with LongRangeMode, common registers too */
    uint8_t fsk[128];      /* 0x0D..0x3F of the FSK page */
    uint32_t unimplemented_count;
    uint8_t fifo[SX1276_FIFO_SIZE];
};

/* Power-on reset at `now_ns`: FSK standby. */
void sx1276_init(struct sx1276 *chip, const struct sx1276_outputs *outputs, void *context,
        sim_ns now_ns);
void sx1276_reset_pin(struct sx1276 *chip, sim_ns now_ns, bool asserted);

/* SPI: one frame is select, exchange pieces, deselect. `tx` NULL sends zeros, `rx` NULL drops. */
void sx1276_select(struct sx1276 *chip, sim_ns now_ns);
void sx1276_exchange(
        struct sx1276 *chip, sim_ns now_ns, const uint8_t *tx, uint8_t *rx, size_t size);
void sx1276_deselect(struct sx1276 *chip, sim_ns now_ns);

/* Lets time pass: TX end, mode ready, symbol timeout, calibration end, RxDone. */
void sx1276_advance(struct sx1276 *chip, sim_ns now_ns);
/* Time of the next thing the chip does by itself, SIM_NS_NEVER if none. */
sim_ns sx1276_next_edge(const struct sx1276 *chip);
bool sx1276_dio_level(const struct sx1276 *chip, unsigned dio);

/* --- from the air ---------------------------------------------------------------------------- */
/* A preamble is being received; header at `header_ns` if it is good. */
void sx1276_rx_detected(struct sx1276 *chip, sim_ns now_ns);

struct sx1276_rx {
    const uint8_t *bytes;   /* stays valid until the next event of this chip; NULL: header failed
                               or signal lost */
    uint16_t size;
    uint8_t coding_rate;
    bool has_crc;           /* from the explicit header */
    bool crc_ok;
    int32_t signal_mdbm;
    int32_t snr_mdb;
    int32_t frequency_error_hz;
    sim_ns header_ns;
};

/* The frame ended at `now_ns`: sets RxDone (after the demodulation latency), PayloadCrcError,
 * counters, packet SNR and RSSI; drops it where the datasheet does. */
void sx1276_rx_ended(struct sx1276 *chip, sim_ns now_ns, const struct sx1276_rx *rx);

#endif
