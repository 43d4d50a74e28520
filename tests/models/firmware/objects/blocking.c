/* A firmware as vendors ship it: variables, a main loop that never returns, a polled radio.
 * SPDX-License-Identifier: MIT
 */
#include "firmware/firmware_object.h"

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

static void irq(void *ram, enum fw_irq source, uint64_t edge_ticks)
{
    (void)ram;
    (void)source;
    (void)edge_ticks;
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

static const struct fw_ops application = {
    .version = FW_OPS_VERSION,
    .size = sizeof(struct fw_ops),
    .name = "blocking",
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
    .name = "blocking",
    .application = &application,
    .provision = provision,
    .flags = FIRMWARE_BLOCKS | FIRMWARE_GLOBALS | FIRMWARE_BOTH_EDGES,
};

firmware_entry_point_fn fleetcast_firmware;

const struct firmware_build *fleetcast_firmware(void)
{
    return &build;
}
