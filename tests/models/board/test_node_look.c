/* What firmware sees of a frame that is still on the air, by interrupt and by polling.
 * SPDX-License-Identifier: MIT
 *
 * Oracle: SX1276 datasheet rev 4, table 18 (DIO3 = 01: ValidHeader) and the header's place in a
 * frame: eight symbols after the preamble, long before RxDone.
 */
#include <criterion/criterion.h>
#include <math.h>

#include "rig.h"

TestSuite(node_look, .init = rig_open, .fini = rig_close);

#define FRAME_END_NS  (200 * SIM_NS_PER_MS)
#define HEADER_END_NS (FRAME_END_NS - 4 * SIM_NS_PER_MS) /* rig_frame_at() */

static const uint8_t bytes[30] = { 0x60, 1, 2, 3 };
static uint8_t mapping; /* RegDioMapping1 */
static uint64_t edge_ticks[2];
static unsigned edges[2]; /* of DIO0 and DIO3 */

static void note_irq(const struct hal *hal, enum fw_irq source, uint64_t ticks)
{
    unsigned line = source == FW_IRQ_DIO0 ? 0 : 1;
    if (source == FW_IRQ_DIO0 || source == FW_IRQ_DIO0 + 3) {
        edges[line]++;
        edge_ticks[line] = ticks;
    }
}

static void wait_for_chip(const struct hal *hal, enum hal_reset_cause cause)
{
    hal_alarm_set(hal, 400); /* 12 ms: SPI is legal 10 ms after power on */
}

static bool listening;

static bool receive(const struct hal *hal)
{
    if (!listening && hal_rtc_now(hal) >= 400) {
        listening = true;
        rig_lora_standby(hal);
        rig_receive_continuous(hal);
        rig_write(hal, 0x40, mapping);
    }
    return false;
}

static void start(bool (*run)(const struct hal *hal))
{
    rig_script.boot = wait_for_chip;
    rig_script.irq = note_irq;
    rig_script.run = run;
    rig_start(1);
    rig_run_to(100 * SIM_NS_PER_MS);
}

Test(node_look, valid_header_interrupts_when_the_header_has_ended)
{
    mapping = 0x01;
    start(receive);
    cr_assert_eq(rig.detections_asked, 1, "the medium reports preambles now");
    rig_frame_at(FRAME_END_NS, bytes, sizeof bytes, true);
    rig_run_to(FRAME_END_NS - SIM_NS_PER_MS);
    cr_assert_eq(edges[1], 1);
    cr_expect_eq(edge_ticks[1], node_rtc_ticks(rig.fleet, 0, HEADER_END_NS));
    cr_expect_eq(edges[0], 0, "RxDone comes with the end");
    rig_run_to(FRAME_END_NS + SIM_NS_PER_MS);
    cr_expect_eq(edges[0], 1);
    cr_expect_eq(edge_ticks[0], node_rtc_ticks(rig.fleet, 0, FRAME_END_NS));
}

Test(node_look, a_line_without_valid_header_costs_no_event_and_no_question)
{
    mapping = 0x00;
    start(receive);
    uint64_t before = engine_event_count(rig.engine);
    rig_frame_at(FRAME_END_NS, bytes, sizeof bytes, false);
    rig_run_to(FRAME_END_NS + SIM_NS_PER_MS);
    cr_expect_eq(edges[0], 1);
    cr_expect_eq(rig.detections_asked, 0);
    cr_expect_eq(rig.receptions_asked, 0);
    cr_expect_eq(engine_event_count(rig.engine) - before, 1, "the end of the frame");
}

static bool receive_single(const struct hal *hal)
{
    if (!listening && hal_rtc_now(hal) >= 400) {
        listening = true;
        rig_lora_standby(hal);
        hal_radio_antenna(hal, HAL_ANTENNA_RX);
        rig_write(hal, 0x1f, 0xff); /* 255 symbols of 1 ms */
        rig_write(hal, 0x40, 0x00); /* DIO0: RxDone, DIO1: RxTimeout */
        rig_write(hal, 0x01, 0x86);
    }
    return false;
}

static uint64_t timeout_ticks;

static void note_timeout(const struct hal *hal, enum fw_irq source, uint64_t ticks)
{
    cr_expect_neq(source, FW_IRQ_DIO0, "no RxDone");
    timeout_ticks = source == FW_IRQ_DIO1 ? ticks : timeout_ticks;
}

/* Else it draws 10.8 mA to the end of the frame, for up to 2.5 s at SF12. */
Test(node_look, a_single_receiver_stops_at_the_end_of_a_header_that_it_cannot_read)
{
    rig.headers_broken = true;
    rig_script.boot = wait_for_chip;
    rig_script.irq = note_timeout;
    rig_script.run = receive_single;
    rig_start(1);
    rig_run_to(100 * SIM_NS_PER_MS);
    rig_frame_at(FRAME_END_NS, bytes, sizeof bytes, true);
    rig_run_to(FRAME_END_NS + SIM_NS_PER_MS);
    cr_expect_eq(timeout_ticks, node_rtc_ticks(rig.fleet, 0, HEADER_END_NS));
}

static uint8_t modem_stat, irq_flags, rssi;

static bool poll_once(const struct hal *hal)
{
    if (!listening) {
        (void)receive(hal);
        if (listening) { /* look 2 ms after the end of the header */
            hal_alarm_set(
                    hal, (uint64_t)(HEADER_END_NS + 2 * SIM_NS_PER_MS) * 32768u / 1000000000u);
        }
    } else if (irq_flags == 0) {
        modem_stat = rig_read(hal, 0x18);
        irq_flags = rig_read(hal, 0x12);
        rssi = rig_read(hal, 0x1b);
    }
    return false;
}

Test(node_look, a_driver_that_polls_sees_the_header_before_the_frame_ends)
{
    rig.channel_power_mw = pow(10, -90.0 / 10);
    start(poll_once);
    rig_frame_at(FRAME_END_NS, bytes, sizeof bytes, true);
    rig_run_to(FRAME_END_NS - SIM_NS_PER_MS);
    cr_expect_eq(modem_stat, 0x2f, "coding rate 1, header valid, receiving");
    cr_expect_eq(irq_flags, 0x10, "ValidHeader alone");
    cr_expect_eq(rssi, 67, "-90 dBm + 157");
    cr_expect_eq(edges[0], 0);
}
