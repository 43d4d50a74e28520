/* A firmware that reports over a polled radio: its state is in variables, its main loop never ends.
 * SPDX-License-Identifier: MIT
 *
 * Unconfirmed LoRaWAN uplinks, without a session: a network server drops them.
 */
#include "object.h"
#include "polled_sx1276.h"

#define PERIOD_TICKS   (300u * HAL_RTC_HZ)
#define FRAME_BYTES    41u
#define CHANNELS       3u
#define TRACE_REPORTED 101u

/* Channels 868.1, 868.3 and 868.5 MHz. */
static const uint32_t channels[CHANNELS] = { FRF_868_1, FRF_868_3, FRF_868_5 };

static uint32_t reports;
static uint32_t address;
static uint8_t frame[FRAME_BYTES];
static uint32_t history[1024]; /* of polls that a report took: as much RAM as such a stack has */

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

static void boot(void *ram, const struct hal *board, enum hal_reset_cause cause)
{
    (void)ram;
    (void)cause;
    hal = *board;
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
        history[reports % 1024u] = transmit(channels[reports % CHANNELS], frame, FRAME_BYTES);
        reports++;
        hal_trace(&hal, TRACE_REPORTED, reports, history[(reports - 1) % 1024u]);
        delay(PERIOD_TICKS);
    }
    return false;
}

FIRMWARE_OBJECT("polled-radio", provision_nothing, 0);
