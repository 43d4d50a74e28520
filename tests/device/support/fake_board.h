/* A board for firmware tests: manual time, a small radio chip, nettle crypto, records in RAM.
 * SPDX-License-Identifier: MIT
 *
 * The chip is a reading of the datasheet made for these tests alone: registers of both pages, FIFO
 * pointer, modes, flags, DIO0 and DIO1. It listens with a real preamble rule, so a receive window
 * that opens at the wrong time misses its frame.
 */
#ifndef TESTS_DEVICE_SUPPORT_FAKE_BOARD_H
#define TESTS_DEVICE_SUPPORT_FAKE_BOARD_H

#include <nettle/aes.h>
#include <nettle/cmac.h>

#include "hal.h"
#include "update/nvm.h"

#define FAKE_TRACES_MAX 4096u

struct fake_trace {
    uint16_t id;
    uint32_t a;
    uint32_t b;
};

/* A frame on the air towards the device. */
struct fake_air {
    bool present;
    uint64_t start_ticks; /* first symbol of the preamble */
    uint32_t frequency_hz;
    uint8_t spreading_factor;
    bool inverted;
    uint8_t size;
    int8_t snr_quarter_db;
    uint8_t rssi_raw;
    uint8_t bytes[255];
};

struct fake_board {
    uint64_t now;
    uint64_t alarm_at;

    /* chip */
    uint8_t lora[128];
    uint8_t fsk[128];
    uint8_t fifo[256];
    bool in_reset;
    bool selected;
    bool address_known;
    uint8_t address;
    bool writing;
    bool chip_missing;
    bool deaf;            /* the chip never raises an interrupt */
    uint8_t write_cursor; /* where the next received frame goes */
    unsigned calibration_polls;
    unsigned calibrations;
    uint32_t calibration_frf;
    uint64_t rx_from;
    uint64_t event_at; /* TxDone or RxTimeout */
    enum hal_antenna antenna;
    unsigned spi_frames;
    unsigned fifo_in_sleep; /* accesses that silicon would not serve */
    unsigned resets;

    /* what was sent last */
    unsigned tx_count;
    uint8_t tx[255];
    uint8_t tx_size;
    uint32_t tx_frequency_hz;
    uint8_t tx_spreading_factor;
    uint8_t tx_power_register;
    bool tx_inverted;
    bool tx_crc;
    uint64_t tx_start;
    uint64_t tx_end;

    struct fake_air air;
    unsigned air_heard;

    /* rest */
    struct aes128_ctx keys[HAL_KEY_SLOTS];
    struct cmac_aes128_ctx cmac_keys[HAL_KEY_SLOTS];
    uint16_t keys_loaded;
    uint64_t entropy_state;
    uint8_t battery;
    unsigned panics;
    int panic_line;
    unsigned reboots;
    struct fake_trace traces[FAKE_TRACES_MAX];
    unsigned trace_count;
    size_t join_accept_size; /* in the factory record */
    uint8_t join_accept[33];
    uint16_t join_accept_dev_nonce;
    unsigned nvm_writes;
    unsigned nvm_lost_records; /* what nvm_lost_records_max() answers */
    uint8_t nvm_size[NVM_ID_COUNT];
    uint8_t nvm_data[NVM_ID_COUNT][NVM_RECORD_SIZE_MAX];
};

void fake_board_init(struct fake_board *board, uint64_t seed);
struct hal fake_board_hal(struct fake_board *board);

/* A power cut: the chip and the key slots are cleared, the records stay. */
void fake_board_reset(struct fake_board *board);

/* RTC time of the chip's next edge, or HAL_TICKS_NEVER. */
uint64_t fake_chip_edge_at(const struct fake_board *board);
/* Lets it happen at `board->now`; returns the DIO line that rises, or -1. */
int fake_chip_edge(struct fake_board *board);

/* Traces of an event since the start. */
unsigned fake_trace_count(const struct fake_board *board, unsigned id);
const struct fake_trace *fake_trace_last(const struct fake_board *board, unsigned id);

/* Time on air by the textbook formula, in microseconds; bandwidth 125 kHz. */
double fake_airtime_us(unsigned spreading_factor, unsigned size, bool crc);

#endif
