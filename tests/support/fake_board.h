/* A board without firmware: pokes registers of one SX1276 and keeps a log of what it puts out.
 * SPDX-License-Identifier: MIT
 */
#ifndef SUPPORT_FAKE_BOARD_H
#define SUPPORT_FAKE_BOARD_H

#include "chip/sx1276.h"

enum fake_output {
    FAKE_TX_BEGIN,
    FAKE_TX_ABORT,
    FAKE_RX_BEGIN,
    FAKE_RX_END,
    FAKE_DIO_UP,
    FAKE_DIO_DOWN,
    FAKE_POWER,
    FAKE_FAULT,
    FAKE_CAD, /* value: from when on the receiver ran, in ns before */
    FAKE_WATCH_HEADER
};

struct fake_record {
    enum fake_output output;
    sim_ns at_ns;
    unsigned value; /* DIO number, power or severity */
    uint8_t address;
};

#define FAKE_LOG_SIZE 4096u

struct fake_board {
    struct sx1276 chip;
    sim_ns now_ns;
    sim_ns tx_duration_ns; /* what tx_begin answers */
    uint32_t noise_state;
    bool channel_active; /* what cad answers */
    bool preamble_found; /* what reception answers, with the header */
    bool header_broken;
    struct sx1276_rx header;
    unsigned receptions_asked;
    double channel_power_mw; /* what channel_power_mw answers, and where it was asked */
    uint32_t power_frequency_hz, power_bandwidth_hz;
    unsigned log_size;
    bool log_wrapped; /* it was full and starts over */
    struct fake_record log[FAKE_LOG_SIZE];
    /* of the last tx_begin or rx_begin */
    struct sx1276_modem modem;
    bool rx_ends_itself; /* an edge was pending at rx_begin */
    int32_t power_mdbm;
    uint16_t tx_size;
    uint8_t tx_bytes[256];
    unsigned counts[SX1276_SEVERITY_COUNT]; /* faults */
    uint8_t fault_address;                  /* of the last one */
};

/* Power-on at time 0; now is 10 ms later, when SPI is legal. */
void fake_board_init(struct fake_board *board);
/* Also selects the LoRa modem and returns in LoRa SLEEP. */
void fake_board_init_lora(struct fake_board *board);

uint8_t fake_read(struct fake_board *board, uint8_t address);
void fake_write(struct fake_board *board, uint8_t address, uint8_t value);
void fake_read_burst(struct fake_board *board, uint8_t address, uint8_t *data, size_t size);
void fake_write_burst(struct fake_board *board, uint8_t address, const uint8_t *data, size_t size);
void fake_pulse_reset(struct fake_board *board); /* 1 ms low, 6 ms wait */

/* Advances edge by edge to `at_ns`, or by `ns`. */
void fake_run_to(struct fake_board *board, sim_ns at_ns);
void fake_run(struct fake_board *board, sim_ns ns);

void fake_forget(struct fake_board *board); /* empties log and fault counts */
/* The n-th record (from 0) of this kind in the log, NULL if there are fewer. */
const struct fake_record *fake_find(
        const struct fake_board *board, enum fake_output output, unsigned n);
/* Time of the first edge of a line, -1 if none. */
sim_ns fake_dio_edge(const struct fake_board *board, enum fake_output direction, unsigned dio);
unsigned fake_faults(const struct fake_board *board); /* of any severity */

/* --- radio shortcuts, LoRa ------------------------------------------------------------------- */
/* Modem at 868.1 MHz, CR 4/5, explicit header, payload CRC on; LDRO as mandated; in STANDBY. */
void fake_set_up_modem(struct fake_board *board, unsigned spreading_factor, unsigned bandwidth);
/* A good frame of `size` bytes at -80 dBm and 8 dB: detected, then ended after 10 symbols. */
struct sx1276_rx fake_good_frame(const uint8_t *bytes, uint16_t size);
void fake_receive(struct fake_board *board, const struct sx1276_rx *rx);

#endif
