/* A firmware that faults on some boards, some loops after each boot: FAULT says how.
 * SPDX-License-Identifier: MIT
 */
#include "object.h"

#define ACCESS 0
#define STACK  1
#define SPIN   2
#define RULE   3 /* of the radio: the FIFO is read in SLEEP; then a broken assertion */

#define LOOPS_TO_FAULT 5u
#define DEPTH_MAX      1000000u
#define TRACE_BOOTED   102u

static struct hal hal;
static uint32_t loops;
static bool faults;
static volatile unsigned char *volatile last_frame;

static void boot(void *ram, const struct hal *board, enum hal_reset_cause cause)
{
    uint8_t id[8];
    (void)ram;
    hal = *board;
    hal_unique_id(&hal, id);
    for (unsigned i = 0; i < sizeof id; i++) {
        faults ^= __builtin_parity(id[i]) != 0;
    }
    hal_trace(&hal, TRACE_BOOTED, faults, (uint32_t)cause);
}

static unsigned deeper(unsigned depth)
{
    volatile unsigned char frame[256];
    frame[depth % sizeof frame] = (unsigned char)depth;
    last_frame = frame;
    return (depth < DEPTH_MAX ? deeper(depth + 1) : 0) + frame[depth % sizeof frame];
}

static void break_rule(void)
{
    static const uint8_t sleep[2][2] = { { 0x81, 0x00 }, { 0x81, 0x80 } }; /* FSK, then LoRa */
    uint8_t fifo[2] = { 0x00, 0x00 };
    for (unsigned i = 0; i < 2; i++) {
        hal_radio_select(&hal);
        hal_radio_exchange(&hal, sleep[i], NULL, sizeof sleep[i]);
        hal_radio_deselect(&hal);
    }
    hal_radio_select(&hal);
    hal_radio_exchange(&hal, fifo, fifo, sizeof fifo);
    hal_radio_deselect(&hal);
    hal_panic(&hal, "faulty.c", __LINE__);
}

static void fault(void)
{
    volatile int *volatile nowhere = NULL;
    if (FAULT == STACK) {
        (void)deeper(0);
    }
    while (FAULT == SPIN) {
    }
    if (FAULT == RULE) {
        break_rule();
    }
    *nowhere = 1;
}

static bool run(void *ram)
{
    (void)ram;
    for (;;) {
        hal.ops->wait(hal.board, hal_rtc_now(&hal) + HAL_RTC_HZ);
        if (++loops == LOOPS_TO_FAULT && faults) {
            fault();
        }
    }
    return false;
}

FIRMWARE_OBJECT("faulty", provision_nothing, 0);
