/* SX1276 at register level: SPI, FIFO, mode machine, interrupts, DIO lines.
 * SPDX-License-Identifier: MIT
 *
 * Pure in time: every call says when; the chip knows no engine, no air and no board. It is
 * advanced lazily to the time of each access, and tells the time of its next own edge. Times of
 * calls never go back (asserted): a board whose local clock leads the engine passes the later of
 * the two. The board advances the chip no later than at each sx1276_next_output().
 * Source: SX1276/77/78/79 datasheet rev 4.
 *
 * How the model reads the datasheet where it leaves room:
 * - RegOpMode reads back the commanded mode at once; ModeReady follows after the start-up times
 *   (crystal 250 us, PLL 60 us, TX 5 us + 1.25 x PaRamp, RX 59.4 us + 11.807 s/BW[Hz]: the
 *   hyperbola through both ends of the TS_RE table, always below one symbol).
 * - TX and RX settings are latched when the mode is commanded. Commanding the mode that already
 *   runs changes nothing.
 * - A masked interrupt flag does not latch. Changing LongRangeMode clears all flags.
 * - FIFO content is lost in SLEEP and at each entry to RX; lost bytes read 0.
 */
#ifndef CHIP_SX1276_H
#define CHIP_SX1276_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim_time.h"

#define SX1276_FIFO_SIZE    256u
#define SX1276_DIO_COUNT    6u
#define SX1276_SIGNAL_COUNT 10u /* that lines can show: interrupt flags, ModeReady, PllLock */
#define SX1276_BANK_SIZE    128u
#define SX1276_PAGE_FIRST   0x0du /* 0D..3F exist twice: LoRa page and FSK page */
#define SX1276_PAGE_LAST    0x3fu

/* What the chip's supply current depends on. */
enum sx1276_power {
    SX1276_POWER_RESET,
    SX1276_POWER_SLEEP,
    SX1276_POWER_STANDBY, /* also while the crystal starts */
    SX1276_POWER_FS,      /* also while the PLL locks and the TX or RX chain starts */
    SX1276_POWER_TX,
    SX1276_POWER_RX,  /* also the listening part of CAD */
    SX1276_POWER_CAD, /* the correlating part of CAD */
    SX1276_POWER_COUNT
};

/* Modem settings latched at TX or RX start, decoded from registers. */
struct sx1276_modem {
    uint32_t frequency_hz; /* Frf x 61.03515625, rounded to the nearest Hz */
    uint32_t bandwidth_hz;
    uint8_t spreading_factor;
    uint8_t coding_rate; /* 1..4 */
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
    SX1276_GUEST_ERROR,   /* the firmware broke a rule of the datasheet: fatal by default */
    SX1276_SEVERITY_COUNT
};

struct sx1276_rx; /* from the air, below */

/* What the receiver has found of a frame by now. */
enum sx1276_found {
    SX1276_FOUND_NOTHING,
    SX1276_FOUND_PREAMBLE,
    SX1276_FOUND_HEADER,
    SX1276_FOUND_BROKEN_HEADER /* its block has ended and could not be read */
};

/* Outputs of the chip, none NULL. All are called from inside an access or an advance, in time
 * order, and must not call the chip back (its const functions excepted). */
struct sx1276_outputs {
    /* The first preamble symbol leaves at `at_ns` (in the future by the start-up times). The chip
     * stays in TX for `duration` that the callee returns: it knows the time on air. `bytes` are
     * valid during the call. */
    sim_ns (*tx_begin)(void *context, sim_ns at_ns, const struct sx1276_modem *modem,
            int32_t power_mdbm, const uint8_t *bytes, uint16_t size);
    /* TX was left before its end, perhaps before its start. */
    void (*tx_abort)(void *context, sim_ns at_ns);
    /* The receiver hears from `at_ns` on (RXCONTINUOUS or RXSINGLE). sx1276_next_edge() already
     * tells the symbol timeout. */
    void (*rx_begin)(void *context, sim_ns at_ns, const struct sx1276_modem *modem);
    void (*rx_end)(void *context, sim_ns at_ns);
    /* Was a LoRa signal of this frequency, bandwidth, SF and polarity on the air, above the
     * demodulation threshold here, while the receiver of a CAD ran? Asked at its end. */
    bool (*cad)(void *context, sim_ns from_ns, sim_ns to_ns, const struct sx1276_modem *modem);
    /* Firmware, or the receiver itself, looks at the state of a reception. Of a header that was
     * read, `header` tells size, coding_rate and has_crc, and its `bytes` is not NULL. Not called
     * while RxDone stands: registers then show that frame. */
    enum sx1276_found (*reception)(void *context, sim_ns at_ns, struct sx1276_rx *header);
    /* A line shows ValidHeader, or RXSINGLE is to end with a broken header, from now on, until
     * rx_end: sx1276_look() is to be called at the end of each header. Else no such call is
     * needed. */
    void (*watch_header)(void *context, sim_ns at_ns);
    /* Power of all signals in a band at the antenna, in mW; 0: none. Asked when firmware reads an
     * RSSI in RX. */
    double (*channel_power_mw)(
            void *context, sim_ns at_ns, uint32_t frequency_hz, uint32_t bandwidth_hz);
    void (*dio)(void *context, sim_ns at_ns, unsigned dio, bool level);  /* on change only */
    void (*power)(void *context, sim_ns at_ns, enum sx1276_power power); /* on change only */
    void (*fault)(void *context, sim_ns at_ns, enum sx1276_severity severity, uint8_t address,
            const char *what); /* `what`: static text */
    /* A fresh byte of wideband RSSI noise. */
    uint8_t (*noise)(void *context);
};

/* What the chip does by itself; ties in this order. */
enum sx1276_edge {
    SX1276_EDGE_BORROW,      /* a borrowed frame becomes invalid: it is copied into the FIFO */
    SX1276_EDGE_RX_DONE,     /* demodulation of a received frame is complete */
    SX1276_EDGE_STAGE,       /* start-up step, TX end, symbol timeout, CAD step */
    SX1276_EDGE_CALIBRATION, /* image calibration is complete */
    SX1276_EDGE_COUNT
};

/* A received frame between its end on the air and RxDone. */
struct sx1276_pending {
    uint32_t fei; /* 20 bit two's complement */
    uint8_t start;
    uint8_t size;
    uint8_t irq_flags;
    uint8_t snr;
    uint8_t rssi;
    bool valid; /* counts in RegRxPacketCnt */
};

/* Members are in order of heat: a frame in a bulk session touches the members up to the LoRa
 * bank, not the FIFO. All are private to the model. */
struct sx1276 {
    const struct sx1276_outputs *outputs;
    void *context;
    sim_ns now_ns;
    sim_ns edge_ns;                         /* earliest of edges_ns[] */
    const uint8_t *rx_bytes;                /* borrowed frame, NULL: none */
    uint16_t rx_size;                       /* of the last frame */
    uint8_t rx_fifo_start;                  /* FIFO position of its first byte */
    bool rx_unread;                         /* its last byte was not read yet */
    uint8_t dio_lines[SX1276_SIGNAL_COUNT]; /* lines that show each signal, a bit each */
    uint16_t dio_signals;                   /* of dio_shown */
    uint8_t dio_shown;                      /* levels of the lines as mapped now */
    uint8_t dio_levels;                     /* as told to the board */
    uint8_t spi_state;                      /* enum spi_state */
    uint8_t spi_address;
    uint8_t stage;       /* enum sx1276_stage */
    bool receiving;      /* a preamble was detected */
    bool header_seen;    /* its header was accepted */
    bool fifo_blank;     /* fifo[] counts as zeros, whatever it holds */
    bool fifo_dropped;   /* a frame was read and left the FIFO without a copy */
    uint8_t rx_write;    /* next FIFO position of the receiver */
    uint8_t power;       /* enum sx1276_power */
    bool listening;      /* rx_begin was called without rx_end */
    bool header_watched; /* watch_header was called since */
    bool reset_asserted;
    bool spi_unused;    /* since its last reset */
    bool tx_begun;      /* tx_begin was called and TX has not ended */
    sim_ns rx_until_ns; /* last time at which rx_bytes may be read */
    sim_ns edges_ns[SX1276_EDGE_COUNT];
    uint32_t rx_latency_ns;    /* end of frame to RxDone */
    struct sx1276_modem modem; /* of the running TX, RX or CAD */
    struct sx1276_pending pending;
    uint8_t lora[SX1276_BANK_SIZE]; /* common registers and the LoRa page */
    /* --- cold from here -------------------------------------------------------------------- */
    uint8_t fsk[SX1276_PAGE_LAST - SX1276_PAGE_FIRST + 1u];
    bool cad_detected;
    sim_ns tx_duration_ns;
    sim_ns reset_ns;     /* when the pin was asserted */
    sim_ns spi_ready_ns; /* no SPI before: reset or power-on recovery */
    uint32_t fault_counts[SX1276_SEVERITY_COUNT];
    uint8_t fifo[SX1276_FIFO_SIZE];
};

/* Power-on reset at `now_ns`: FSK standby, all lines low. Calls no output. SPI is legal from
 * 10 ms later on, or from 5 ms after a reset pulse. */
void sx1276_init(
        struct sx1276 *chip, const struct sx1276_outputs *outputs, void *context, sim_ns now_ns);
void sx1276_reset_pin(struct sx1276 *chip, sim_ns now_ns, bool asserted);

/* SPI: one frame is select, exchange pieces, deselect. `tx` NULL sends zeros, `rx` NULL drops. */
void sx1276_select(struct sx1276 *chip, sim_ns now_ns);
void sx1276_exchange(
        struct sx1276 *chip, sim_ns now_ns, const uint8_t *tx, uint8_t *rx, size_t size);
void sx1276_deselect(struct sx1276 *chip, sim_ns now_ns);
/* An SPI frame may begin, and up to and including `until_ns` nothing happens in the chip by itself.
 */
bool sx1276_opens_quietly(const struct sx1276 *chip, sim_ns until_ns);
/* Select and exchange in one step: only where it opens quietly until then. */
void sx1276_open(struct sx1276 *chip, sim_ns now_ns, const uint8_t *tx, uint8_t *rx, size_t size);

/* Lets time pass: TX end, mode ready, symbol timeout, calibration end, RxDone. */
void sx1276_advance(struct sx1276 *chip, sim_ns now_ns);
/* Time of the next thing the chip does by itself, SIM_NS_NEVER if none. */
sim_ns sx1276_next_edge(const struct sx1276 *chip);
/* Time of the next edge but for those steps of a start-up (crystal, PLL) after which nothing begins
 * yet: they change the supply current, and lines that show ModeReady or PllLock. They count where
 * one of `lines` (a bit for each DIO line) shows those. Steps that were passed over are told at the
 * next call, with their own times. */
sim_ns sx1276_next_output(const struct sx1276 *chip, unsigned lines);
/* Takes the steps up to `now_ns` that come before the next output. */
void sx1276_settle(struct sx1276 *chip, sim_ns now_ns, unsigned lines);
bool sx1276_dio_level(const struct sx1276 *chip, unsigned dio);
/* RegLna asks for the high supply current of the low-noise amplifier (LnaBoostHf, band 1). */
bool sx1276_lna_boost(const struct sx1276 *chip);
/* A common register or one of the LoRa page, for observers: what the last access or edge left
 * there. Nothing is read out or cleared, and what the chip works out at a read is as it was at the
 * last one. */
uint8_t sx1276_peek(const struct sx1276 *chip, uint8_t address);
/* The last received frame was not read to its end: the next one may overwrite it. */
bool sx1276_rx_unread(const struct sx1276 *chip);

/* --- from the air ---------------------------------------------------------------------------- */
struct sx1276_rx {
    const uint8_t *bytes; /* NULL: header failed or signal lost; not NULL for an empty frame */
    uint16_t size;        /* 0..255 */
    uint8_t coding_rate;
    bool has_crc; /* from the explicit header */
    bool crc_ok;
    int32_t signal_mdbm;
    int32_t snr_mdb;
    int32_t frequency_error_hz;
    sim_ns header_ns; /* end of the header block, not after the call */
    /* The chip may keep `bytes` and read them in any call up to and including this time. It
     * copies at this edge what the firmware has not read by then (hence the rule that the board
     * advances the chip at each edge), and never looks at the pointer later. Not after RxDone,
     * for example 0: the bytes are valid during this call only and are copied at once. A frame
     * read to its end is not copied at all: should the firmware read it again later, that read
     * is counted as SX1276_UNIMPLEMENTED and gives zeros. */
    sim_ns bytes_until_ns;
};

/* The frame that RXCONTINUOUS has just brought, where it was lent and nothing of it was read yet,
 * and RxDone is up without PayloadCrcError; NULL: there is no such one. */
const uint8_t *sx1276_rx_waiting(const struct sx1276 *chip, uint8_t *start, uint8_t *size);
/* What a driver does with that frame, in one step: it is read whole, and all flags are cleared by
 * the last SPI frame, which ends at `now_ns`. Nothing happens in the chip by itself up to then. */
void sx1276_rx_take(struct sx1276 *chip, sim_ns now_ns);

/* A preamble with the right sync word is being received: a symbol timeout no longer fires, not
 * even one of this very instant. Ignored unless the receiver is on. */
void sx1276_rx_detected(struct sx1276 *chip, sim_ns now_ns);
/* Takes in what the receiver has found by `now_ns`, as an SPI access to the status registers does.
 * RXSINGLE ends with a header that cannot be read: RxTimeout. In RXCONTINUOUS it shows at
 * sx1276_rx_ended(). */
void sx1276_look(struct sx1276 *chip, sim_ns now_ns);
/* The frame ended at `now_ns`: sets RxDone (after the demodulation latency), PayloadCrcError,
 * counters, packet SNR and RSSI; drops it where the datasheet does. Ignored unless a preamble was
 * detected and the receiver stayed on since. */
void sx1276_rx_ended(struct sx1276 *chip, sim_ns now_ns, const struct sx1276_rx *rx);

#endif
