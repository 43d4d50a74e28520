/* Driver of an SX1276 that polls, for firmware of the tests: registers and frequencies.
 * SPDX-License-Identifier: MIT
 *
 * Addresses and values as in the datasheet of the SX1276, rev 7. Firmware of one thread.
 */
#ifndef OBJECTS_POLLED_SX1276_H
#define OBJECTS_POLLED_SX1276_H

#include "hal.h"

#define POLL_TICKS 33u /* 1 ms */
#define POLLS_MAX  4000u

#define REG_FIFO          0x00u
#define REG_OP_MODE       0x01u
#define REG_FRF_MSB       0x06u
#define REG_PA_CONFIG     0x09u
#define REG_FIFO_ADDR_PTR 0x0Du
#define REG_FIFO_TX_BASE  0x0Eu
#define REG_FIFO_RX_AT    0x10u
#define REG_IRQ_FLAGS     0x12u
#define REG_RX_BYTES      0x13u
#define REG_CONFIG_1      0x1Du
#define REG_CONFIG_2      0x1Eu
#define REG_CONFIG_3      0x26u
#define REG_PAYLOAD_SIZE  0x22u
#define REG_INVERT_IQ     0x33u
#define REG_SYNC_WORD     0x39u
#define REG_INVERT_IQ_2   0x3Bu
#define WRITE             0x80u

#define LORA_SLEEP   0x80u
#define LORA_STANDBY 0x81u
#define LORA_TX      0x83u
#define LORA_RX      0x85u
#define TX_DONE      0x08u
#define RX_DONE      0x40u

#define SF7  0x74u /* of REG_CONFIG_2: with CRC */
#define SF12 0xC4u

/* Frequencies in steps of 32 MHz / 2^19. */
#define FRF_868_1   0xD90666u
#define FRF_868_3   0xD91333u
#define FRF_868_5   0xD92000u
#define FRF_869_525 0xD9619Au

static struct hal hal;

static void write_register(uint8_t address_of, uint8_t value)
{
    const uint8_t bytes[2] = { (uint8_t)(WRITE | address_of), value };
    hal_radio_select(&hal);
    hal_radio_exchange(&hal, bytes, NULL, sizeof bytes);
    hal_radio_deselect(&hal);
}

static uint8_t read_register(uint8_t address_of)
{
    uint8_t bytes[2] = { address_of, 0 };
    hal_radio_select(&hal);
    hal_radio_exchange(&hal, bytes, bytes, sizeof bytes);
    hal_radio_deselect(&hal);
    return bytes[1];
}

static void delay(uint32_t ticks)
{
    hal.ops->wait(hal.board, hal_rtc_now(&hal) + ticks);
}

static void radio_start(void)
{
    delay(330); /* 10 ms from power on */
    hal_radio_reset_pin(&hal, true);
    delay(5);
    hal_radio_reset_pin(&hal, false);
    delay(197); /* 6 ms */
    write_register(REG_OP_MODE, 0);
    write_register(REG_OP_MODE, LORA_SLEEP);
    delay(10);
    write_register(REG_OP_MODE, LORA_STANDBY);
    delay(10);
    write_register(REG_PA_CONFIG, 0x7E); /* RFO, 14 dBm */
    write_register(REG_CONFIG_1, 0x72);  /* 125 kHz, 4/5 */
    write_register(REG_CONFIG_2, SF7);
    write_register(REG_CONFIG_3, 0x04);
    write_register(REG_SYNC_WORD, 0x34);
    write_register(REG_FIFO_TX_BASE, 0);
    write_register(REG_OP_MODE, LORA_SLEEP);
}

static void frequency_set(uint32_t frf)
{
    for (unsigned i = 0; i < 3; i++) {
        write_register((uint8_t)(REG_FRF_MSB + i), (uint8_t)(frf >> (16 - 8 * i)));
    }
}

/* Returns how often it looked. */
static uint32_t transmit(uint32_t frf, const uint8_t *frame, uint8_t size)
{
    uint32_t polls = 0;
    const uint8_t fifo = WRITE | REG_FIFO;
    write_register(REG_OP_MODE, LORA_STANDBY);
    delay(10);
    frequency_set(frf);
    write_register(REG_FIFO_ADDR_PTR, 0);
    write_register(REG_PAYLOAD_SIZE, size);
    hal_radio_select(&hal);
    hal_radio_exchange(&hal, &fifo, NULL, 1);
    hal_radio_exchange(&hal, frame, NULL, size);
    hal_radio_deselect(&hal);
    hal_radio_antenna(&hal, HAL_ANTENNA_TX_RFO);
    write_register(REG_OP_MODE, LORA_TX);
    while ((read_register(REG_IRQ_FLAGS) & TX_DONE) == 0 && polls < POLLS_MAX) {
        polls++;
        delay(POLL_TICKS);
    }
    write_register(REG_IRQ_FLAGS, 0xFF);
    hal_radio_antenna(&hal, HAL_ANTENNA_OFF);
    write_register(REG_OP_MODE, LORA_SLEEP);
    return polls;
}

#endif
