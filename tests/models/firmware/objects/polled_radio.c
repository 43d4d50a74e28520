/* A firmware that reports over a polled radio: its state is in variables, its main loop never ends.
 * SPDX-License-Identifier: MIT
 *
 * Unconfirmed LoRaWAN uplinks, without a session: a network server drops them. Addresses as in the
 * datasheet of the SX1276, rev 7.
 */
#include "firmware/firmware_object.h"

#define PERIOD_TICKS   (300u * HAL_RTC_HZ)
#define POLL_TICKS     33u /* 1 ms */
#define POLLS_MAX      4000u
#define FRAME_BYTES    41u
#define CHANNELS       3u
#define TRACE_REPORTED 101u

#define REG_FIFO          0x00u
#define REG_OP_MODE       0x01u
#define REG_FRF_MSB       0x06u
#define REG_PA_CONFIG     0x09u
#define REG_FIFO_ADDR_PTR 0x0Du
#define REG_FIFO_TX_BASE  0x0Eu
#define REG_IRQ_FLAGS     0x12u
#define REG_CONFIG_1      0x1Du
#define REG_CONFIG_2      0x1Eu
#define REG_CONFIG_3      0x26u
#define REG_PAYLOAD_SIZE  0x22u
#define REG_SYNC_WORD     0x39u
#define WRITE             0x80u

#define LORA_SLEEP   0x80u
#define LORA_STANDBY 0x81u
#define LORA_TX      0x83u
#define TX_DONE      0x08u

/* Channel frequencies 868.1, 868.3 and 868.5 MHz in steps of 32 MHz / 2^19. */
static const uint32_t channels[CHANNELS] = { 0xD90666, 0xD91333, 0xD92000 };

static struct hal hal;
static uint32_t reports;
static uint32_t address;
static uint8_t frame[FRAME_BYTES];
static uint32_t history[1024]; /* of polls that a report took: as much RAM as such a stack has */

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
    write_register(REG_CONFIG_2, 0x74);  /* SF7, CRC */
    write_register(REG_CONFIG_3, 0x04);
    write_register(REG_SYNC_WORD, 0x34);
    write_register(REG_FIFO_TX_BASE, 0);
    write_register(REG_OP_MODE, LORA_SLEEP);
}

static void frame_make(void)
{
    hal_entropy(&hal, frame, sizeof frame); /* payload and MIC of no session */
    frame[0] = 0x40;
    for (unsigned i = 0; i < 4; i++) {
        frame[1 + i] = (uint8_t)(address >> 8 * i);
    }
    frame[5] = 0;
    frame[6] = (uint8_t)reports;
    frame[7] = (uint8_t)(reports >> 8);
    frame[8] = 1;
}

/* Returns how often it looked. */
static uint32_t send(void)
{
    uint32_t polls = 0;
    uint32_t frf = channels[reports % CHANNELS];
    const uint8_t fifo = WRITE | REG_FIFO;
    write_register(REG_OP_MODE, LORA_STANDBY);
    delay(10);
    for (unsigned i = 0; i < 3; i++) {
        write_register((uint8_t)(REG_FRF_MSB + i), (uint8_t)(frf >> (16 - 8 * i)));
    }
    write_register(REG_FIFO_ADDR_PTR, 0);
    write_register(REG_PAYLOAD_SIZE, FRAME_BYTES);
    hal_radio_select(&hal);
    hal_radio_exchange(&hal, &fifo, NULL, 1);
    hal_radio_exchange(&hal, frame, NULL, sizeof frame);
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

static void boot(void *ram, const struct hal *board, enum hal_reset_cause cause)
{
    (void)ram;
    (void)cause;
    hal = *board;
}

static void irq(void *ram, enum fw_irq source, uint64_t edge_ticks)
{
    (void)ram;
    (void)source;
    (void)edge_ticks;
}

static bool run(void *ram)
{
    uint32_t draw = 0;
    (void)ram;
    hal_entropy(&hal, &draw, sizeof draw);
    address = 0xFC000000u | (draw >> 8 & 0x1FFFFFu);
    radio_start();
    delay(draw % PERIOD_TICKS);
    for (;;) {
        frame_make();
        history[reports % 1024u] = send();
        reports++;
        hal_trace(&hal, TRACE_REPORTED, reports, history[(reports - 1) % 1024u]);
        delay(PERIOD_TICKS);
    }
    return false;
}

static const struct fw_ops application = {
    .version = FW_OPS_VERSION,
    .size = sizeof(struct fw_ops),
    .name = "polled-radio",
    .ram_align_bytes = 1,
    .boot = boot,
    .irq = irq,
    .run = run,
};

static void provision(const struct firmware_flash *flash, const struct device_identity *identity,
        const struct device_configuration *configuration)
{
    (void)flash;
    (void)identity;
    (void)configuration;
}

static const struct firmware_build build = {
    FIRMWARE_BUILD_HEADER,
    .name = "polled-radio",
    .application = &application,
    .provision = provision,
    .flags = FIRMWARE_BLOCKS | FIRMWARE_GLOBALS,
};

firmware_entry_point_fn fleetcast_firmware;

const struct firmware_build *fleetcast_firmware(void)
{
    return &build;
}
