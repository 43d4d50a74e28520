/* A firmware as vendors ship it: variables, a main loop that never returns, a polled radio.
 * SPDX-License-Identifier: MIT
 */
#include "object.h"

#define POLLS         20u
#define LOOPS_TO_BOOT 50u
#define TRACE_LOOP    100u

static struct hal hal;
static uint32_t loops;
static uint32_t history[256] = { 7 };

static void boot(void *ram, const struct hal *board, enum hal_reset_cause cause)
{
    (void)ram;
    (void)cause;
    hal = *board;
}

static void delay(uint32_t ticks)
{
    hal.ops->wait(hal.board, hal_rtc_now(&hal) + ticks);
}

static uint8_t op_mode(void)
{
    uint8_t bytes[2] = { 0x01, 0 };
    hal_radio_select(&hal);
    hal_radio_exchange(&hal, bytes, bytes, sizeof bytes);
    hal_radio_deselect(&hal);
    return bytes[1];
}

static bool run(void *ram)
{
    (void)ram;
    while (loops <= LOOPS_TO_BOOT) {
        history[++loops % 256u] += history[0];
        hal_trace(&hal, TRACE_LOOP, loops, history[loops % 256u]);
        for (unsigned i = 0; i < POLLS; i++) {
            (void)op_mode();
            delay(33);
        }
        for (unsigned i = 0; i < 400; i++) {
            (void)op_mode(); /* several milliseconds without a delay */
        }
        delay(HAL_RTC_HZ);
        if (loops == LOOPS_TO_BOOT) {
            hal_reboot(&hal);
        }
    }
    return false;
}

FIRMWARE_OBJECT("blocking", provision_nothing, FIRMWARE_BOTH_EDGES);
