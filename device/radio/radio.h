/* Driver of the SX1276 LoRa modem: registers over SPI, no waiting.
 * SPDX-License-Identifier: MIT
 *
 * The driver remembers what it wrote, so that arming the receiver again costs few SPI frames.
 * DIO0 rises on TxDone or RxDone, DIO1 on RxTimeout.
 */
#ifndef DEVICE_RADIO_RADIO_H
#define DEVICE_RADIO_RADIO_H

#include "hal.h"

/* How one LoRa frame is modulated; coding rate 4/5, preamble of 8 symbols, explicit header. */
struct lora_modulation {
    uint32_t frequency_hz;
    uint16_t bandwidth_khz;   /* 125, 250 or 500 */
    uint8_t spreading_factor; /* 7..12 */
    bool downlink;            /* inverted IQ and no payload CRC */
};

enum radio_start {
    RADIO_START_RESET,
    RADIO_START_BOOTING,
    RADIO_START_CALIBRATING,
    RADIO_STARTED
};

struct radio {
    uint32_t frf;
    uint8_t modem_config[3]; /* 0x1D, 0x1E, 0x1F */
    uint8_t modem_config_3;
    uint8_t invert_iq;
    uint8_t dio_mapping;
    uint8_t pa_config;
    uint8_t pa_dac;
    uint8_t fifo_pointer; /* RegFifoAddrPtr as it stands now */
    uint8_t mode;         /* enum radio_mode; the chip leaves TX and RXSINGLE by itself */
    uint8_t antenna;      /* enum hal_antenna */
    uint8_t start;        /* enum radio_start */
};

enum radio_event {
    RADIO_NOTHING, /* a spurious edge */
    RADIO_TX_DONE,
    RADIO_RX_DONE,
    RADIO_RX_BAD_CRC,
    RADIO_RX_TIMEOUT
};

struct radio_frame {
    uint8_t size;
    int8_t snr_db;
    int16_t rssi_dbm;
};

/* Puts the chip into reset; radio_start_step() does the rest. */
void radio_start(struct radio *radio);

/* One step of reset, image calibration of the 868 MHz band and set-up. Returns the RTC ticks to
 * wait before the next step; 0: the chip sleeps in LoRa mode and may be used. */
uint32_t radio_start_step(struct radio *radio, const struct hal *hal);

void radio_sleep(struct radio *radio, const struct hal *hal);

/* Leaves SLEEP or a running reception. Returns the RTC ticks until the FIFO may be written. */
uint32_t radio_wake(struct radio *radio, const struct hal *hal);

/* Sends `frame` (1..255 bytes) from STANDBY at the conducted power `power_dbm` (-4..20). */
void radio_transmit(struct radio *radio, const struct hal *hal,
        const struct lora_modulation *modulation, int power_dbm, const uint8_t *frame, size_t size);

/* Listens for one frame; gives up when no preamble is found in `timeout_symbols` (4..1023). */
void radio_receive_single(struct radio *radio, const struct hal *hal,
        const struct lora_modulation *modulation, uint16_t timeout_symbols);

void radio_receive_continuous(
        struct radio *radio, const struct hal *hal, const struct lora_modulation *modulation);

/* What the last edge on DIO0 or DIO1 meant; after RADIO_RX_DONE the frame is in `bytes` and
 * `frame`. Clears the flags. A continuous reception keeps running. */
enum radio_event radio_service(
        struct radio *radio, const struct hal *hal, uint8_t bytes[256], struct radio_frame *frame);

/* What radio_service() asks of the hardware for one frame. */
struct radio_accesses {
    uint8_t calls; /* of the HAL */
    uint16_t spi_bytes;
};
/* The same without the hardware, for a frame of `size` bytes (not 0) at `start` of the FIFO that a
 * continuous reception has brought: a simulated board has read it. */
struct radio_accesses radio_pass_over(struct radio *radio, uint8_t start, uint8_t size);

#endif
