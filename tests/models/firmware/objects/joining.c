/* A firmware as vendors ship it, of the size of a test: variables, a main loop that never ends, a
 * polled radio. It joins, and reports with no regard to a duty cycle.
 * SPDX-License-Identifier: MIT
 *
 * LoRaWAN 1.0.4: OTAA (section 6.2), unconfirmed uplinks at SF7 on the three default channels of
 * EU868. Its trace events have numbers of its own, which those of device/trace.h have too.
 *
 * Flash: what the factory writes at address 0 of the internal region, see struct provisioned. The
 * image that it runs lies at IMAGE_AT, as the factory wrote it.
 */
#include <string.h>

#include "object.h"
#include "polled_sx1276.h"

#define CHANNELS       3u
#define REPORT_BYTES   180u /* 282 ms on air: more than 1 % of 10 s */
#define REPORT_FPORT   2u
#define MIC_BYTES      4u
#define JOIN_BYTES     23u
#define ACCEPT_MAX     33u
#define SECOND_TICKS   HAL_RTC_HZ
#define RX1_FROM_TICKS (49u * SECOND_TICKS / 10u)
#define RX1_TO_TICKS   (58u * SECOND_TICKS / 10u)
#define RX2_FROM_TICKS (59u * SECOND_TICKS / 10u)
#define RX2_TO_TICKS   (86u * SECOND_TICKS / 10u)
#define RETRY_TICKS    (10u * SECOND_TICKS)
#define TRACE_ATTEMPT  2u  /* JOINED in device/trace.h */
#define TRACE_REPORT   20u /* FRAG_FROZEN */
#define TRACE_JOINED   26u /* INSTALLED */

struct provisioned {
    uint8_t dev_eui[8], join_eui[8]; /* as on air */
    uint8_t app_key[16];
    uint32_t period_s;
};

enum {
    KEY_APP,
    KEY_NWK_S,
    KEY_APP_S
};

static const uint32_t channels[CHANNELS] = { FRF_868_1, FRF_868_3, FRF_868_5 };

static struct provisioned own;
static uint8_t frame[13u + REPORT_BYTES + MIC_BYTES];
static uint8_t dev_addr[4];
static uint16_t dev_nonce;
static uint32_t counter;

/* --- joining --------------------------------------------------------------------------------- */

static void mic(
        unsigned key, const uint8_t *prefix, const uint8_t *bytes, size_t size, uint8_t *out)
{
    uint8_t mac[16];
    struct hal_span spans[2] = { { prefix, prefix != NULL ? 16u : 0u }, { bytes, size } };
    (void)hal_aes_cmac(&hal, key, spans, 2, mac);
    memcpy(out, mac, MIC_BYTES);
}

static uint32_t send_join_request(void)
{
    uint32_t draw;
    hal_entropy(&hal, &draw, sizeof draw);
    frame[0] = 0x00;
    memcpy(frame + 1, own.join_eui, 8);
    memcpy(frame + 9, own.dev_eui, 8);
    frame[17] = (uint8_t)dev_nonce;
    frame[18] = (uint8_t)(dev_nonce >> 8);
    mic(KEY_APP, NULL, frame, 19, frame + 19);
    uint32_t frf = channels[draw % CHANNELS];
    (void)transmit(frf, frame, JOIN_BYTES);
    return frf;
}

/* Returns the size of a frame that came until then, 0: none. */
static uint8_t receive(uint32_t frf, uint8_t config_2, uint64_t until_ticks, uint8_t *bytes)
{
    uint8_t size = 0;
    const uint8_t fifo = REG_FIFO;
    write_register(REG_OP_MODE, LORA_STANDBY);
    delay(10);
    frequency_set(frf);
    write_register(REG_CONFIG_2, config_2);
    write_register(REG_CONFIG_3, config_2 == SF12 ? 0x0C : 0x04); /* low data rate optimisation */
    write_register(REG_INVERT_IQ, 0x67);
    write_register(REG_INVERT_IQ_2, 0x19);
    hal_radio_antenna(&hal, HAL_ANTENNA_RX);
    write_register(REG_OP_MODE, LORA_RX);
    while (size == 0 && hal_rtc_now(&hal) < until_ticks) {
        delay(POLL_TICKS);
        if ((read_register(REG_IRQ_FLAGS) & RX_DONE) != 0) {
            size = read_register(REG_RX_BYTES);
        }
    }
    write_register(REG_OP_MODE, LORA_STANDBY);
    delay(10);
    if (size > 0 && size <= ACCEPT_MAX) {
        write_register(REG_FIFO_ADDR_PTR, read_register(REG_FIFO_RX_AT));
        hal_radio_select(&hal);
        hal_radio_exchange(&hal, &fifo, NULL, 1);
        hal_radio_exchange(&hal, NULL, bytes, size);
        hal_radio_deselect(&hal);
    }
    write_register(REG_IRQ_FLAGS, 0xFF);
    write_register(REG_CONFIG_2, SF7);
    write_register(REG_CONFIG_3, 0x04);
    write_register(REG_INVERT_IQ, 0x27);
    write_register(REG_INVERT_IQ_2, 0x1D);
    hal_radio_antenna(&hal, HAL_ANTENNA_OFF);
    write_register(REG_OP_MODE, LORA_SLEEP);
    return size;
}

static void session_key(uint8_t type, const uint8_t *accept, unsigned slot)
{
    uint8_t block[16] = { type };
    memcpy(block + 1, accept + 1, 6); /* JoinNonce, NetID */
    block[7] = (uint8_t)dev_nonce;
    block[8] = (uint8_t)(dev_nonce >> 8);
    (void)hal_aes_block(&hal, KEY_APP, block, block);
    (void)hal_key_load(&hal, slot, block);
}

static bool take_join_accept(uint8_t *accept, uint8_t size)
{
    uint8_t expected[MIC_BYTES];
    if ((size != 17u && size != ACCEPT_MAX) || accept[0] != 0x20) {
        return false;
    }
    for (unsigned at = 1; at < size; at += 16) {
        (void)hal_aes_block(&hal, KEY_APP, accept + at, accept + at);
    }
    mic(KEY_APP, NULL, accept, size - MIC_BYTES, expected);
    if (memcmp(expected, accept + size - MIC_BYTES, MIC_BYTES) != 0) {
        return false;
    }
    memcpy(dev_addr, accept + 7, sizeof dev_addr);
    session_key(1, accept, KEY_NWK_S);
    session_key(2, accept, KEY_APP_S);
    return true;
}

static void join(void)
{
    uint8_t accept[ACCEPT_MAX];
    for (;;) {
        hal_trace(&hal, TRACE_ATTEMPT, dev_nonce, 0);
        uint32_t frf = send_join_request();
        uint64_t sent_at = hal_rtc_now(&hal);
        hal.ops->wait(hal.board, sent_at + RX1_FROM_TICKS);
        uint8_t size = receive(frf, SF7, sent_at + RX1_TO_TICKS, accept);
        if (size == 0) {
            hal.ops->wait(hal.board, sent_at + RX2_FROM_TICKS);
            size = receive(FRF_869_525, SF12, sent_at + RX2_TO_TICKS, accept);
        }
        if (take_join_accept(accept, size)) {
            hal_trace(&hal, TRACE_JOINED, dev_nonce, 0);
            return;
        }
        uint32_t draw;
        hal_entropy(&hal, &draw, sizeof draw);
        delay(RETRY_TICKS + draw % RETRY_TICKS);
        dev_nonce++;
    }
}

/* --- reports --------------------------------------------------------------------------------- */

static void report(void)
{
    uint8_t block[16] = { 0x49 }; /* B0, section 4.4 */
    size_t at = 9;
    frame[0] = 0x40;
    memcpy(frame + 1, dev_addr, sizeof dev_addr);
    frame[5] = 0;
    frame[6] = (uint8_t)counter;
    frame[7] = (uint8_t)(counter >> 8);
    frame[8] = REPORT_FPORT;
    hal_entropy(&hal, frame + at, REPORT_BYTES); /* as good as encrypted */
    at += REPORT_BYTES;
    memcpy(block + 6, dev_addr, sizeof dev_addr);
    memcpy(block + 10, &counter, sizeof counter);
    block[15] = (uint8_t)at;
    mic(KEY_NWK_S, block, frame, at, frame + at);
    hal_trace(&hal, TRACE_REPORT, counter, 0);
    (void)transmit(channels[counter % CHANNELS], frame, (uint8_t)(at + MIC_BYTES));
    counter++;
}

static void boot(void *ram, const struct hal *board, enum hal_reset_cause cause)
{
    (void)ram;
    (void)cause;
    hal = *board;
    (void)hal_flash_read(&hal, HAL_FLASH_INTERNAL, 0, &own, sizeof own);
    (void)hal_key_load(&hal, KEY_APP, own.app_key);
}

static bool run(void *ram)
{
    (void)ram;
    radio_start();
    join();
    for (;;) {
        report();
        delay(own.period_s * SECOND_TICKS);
    }
    return false;
}

/* --- the description --------------------------------------------------------------------------
 */

static void provision(const struct firmware_flash *flash, const struct device_identity *identity,
        const struct device_configuration *configuration)
{
    struct provisioned record = { .period_s = configuration->report_period_s };
    for (unsigned i = 0; i < 8; i++) {
        record.dev_eui[i] = (uint8_t)(identity->dev_eui >> 8 * i);
        record.join_eui[i] = (uint8_t)(identity->join_eui >> 8 * i);
    }
    memcpy(record.app_key, identity->app_key, sizeof record.app_key);
    flash->write(flash->context, HAL_FLASH_INTERNAL, 0, &record, sizeof record);
}

FIRMWARE_OBJECT("joining", provision, 0);
