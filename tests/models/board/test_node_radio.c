/* Radio operations over the real chip model: transmissions, receptions, and what a frame costs.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <string.h>

#include "rig.h"

TestSuite(node_radio, .init = rig_open, .fini = rig_close);

static uint64_t dio0_ticks[64];
static unsigned dio0_count;
static bool read_frames = true;
static uint32_t work_cycles;
static uint8_t received[64][256];
static uint8_t received_size[64];
static unsigned received_count;

static void note_irq(const struct hal *hal, enum fw_irq source, uint64_t edge_ticks)
{
    if (source == FW_IRQ_DIO0) {
        dio0_ticks[dio0_count++ % 64] = edge_ticks;
    }
}

static void wait_for_chip(const struct hal *hal, enum hal_reset_cause cause)
{
    hal_alarm_set(hal, 400); /* 12 ms: SPI is legal 10 ms after power on */
}

static const uint8_t uplink[5] = { 0x40, 1, 2, 3, 4 };

static bool transmit(const struct hal *hal)
{
    static int stage;
    if (hal_rtc_now(hal) < 400) {
        return false;
    }
    if (stage++ == 0) {
        rig_lora_standby(hal);
        rig_transmit(hal, uplink, sizeof uplink);
    } else if (dio0_count > 0) {
        cr_assert_eq(rig_read(hal, 0x12), 0x08, "TxDone");
    }
    return false;
}

Test(node_radio, a_transmission_goes_on_air_and_ends_with_an_edge_at_its_exact_time)
{
    rig.board.tx_antenna_gain_mdb = -2000;
    rig_script.boot = wait_for_chip;
    rig_script.irq = note_irq;
    rig_script.run = transmit;
    rig_start(1);
    rig_run_to(SIM_NS_PER_S);
    cr_assert_eq(rig.transmissions, 1);
    const struct rig_transmission *sent = &rig.sent[0];
    cr_assert_eq(sent->frame.size, 5);
    cr_assert_arr_eq(sent->frame.bytes, uplink, 5);
    cr_assert_eq(sent->frame.modulation.frequency_hz, 868099976u);
    cr_assert_eq(sent->frame.modulation.spreading_factor, 7);
    cr_assert_eq(sent->frame.modulation.sync_word, 0x34);
    cr_assert_eq(sent->frame.power_mdbm, 12000, "14 dBm and a bad antenna");
    cr_assert_not(sent->aborted);
    cr_assert_eq(dio0_count, 1);
    /* SF7, 5 bytes with CRC, CR 4/5: 12.25 + 18 symbols of 1.024 ms */
    sim_ns end_ns = sent->at_ns + 30976000;
    cr_assert_eq(dio0_ticks[0], node_rtc_ticks(rig.fleet, 0, end_ns));
    struct node_fleet_stats stats = rig_stats();
    cr_assert_eq(stats.guest_errors, 0);
    cr_assert_leq(stats.lead_max_ns, NODE_LEAD_MAX_NS);
    cr_assert_gt(stats.lead_max_ns, 0);
}

static bool transmit_and_abort(const struct hal *hal)
{
    static bool done;
    if (hal_rtc_now(hal) >= 400 && !done) {
        done = true;
        rig_lora_standby(hal);
        rig_transmit(hal, uplink, sizeof uplink);
        hal_alarm_set(hal, hal_rtc_now(hal) + 330); /* 10 ms into it */
    } else if (done) {
        rig_write(hal, 0x01, 0x81);
    }
    return false;
}

Test(node_radio, leaving_tx_early_aborts_the_frame)
{
    rig_script.boot = wait_for_chip;
    rig_script.run = transmit_and_abort;
    rig_start(1);
    rig_run_to(SIM_NS_PER_S);
    cr_assert_eq(rig.transmissions, 1);
    cr_assert(rig.sent[0].aborted);
}

static void read_frame(const struct hal *hal)
{
    uint8_t at = rig_read(hal, 0x10); /* RegFifoRxCurrentAddr */
    uint8_t size = rig_read(hal, 0x13);
    uint8_t address = 0;
    rig_write(hal, 0x0D, at);
    hal_radio_select(hal);
    hal_radio_exchange(hal, &address, NULL, 1);
    hal_radio_exchange(hal, NULL, received[received_count % 64], size);
    hal_radio_deselect(hal);
    received_size[received_count % 64] = size;
    received_count++;
}

/* Turns the receiver on as soon as SPI is legal. True: in this step. */
static bool receiver_starts(const struct hal *hal)
{
    static bool listening;
    if (listening || hal_rtc_now(hal) < 400) {
        return false;
    }
    listening = true;
    rig_lora_standby(hal);
    rig_receive_continuous(hal);
    return true;
}

static bool receive(const struct hal *hal)
{
    if (receiver_starts(hal) || hal_rtc_now(hal) < 400) {
        return false;
    }
    if ((rig_read(hal, 0x12) & 0x40) != 0) { /* RxDone */
        rig_write(hal, 0x12, 0xFF);
        if (read_frames) {
            read_frame(hal);
        }
        if (work_cycles != 0) {
            hal_charge(hal, work_cycles);
        }
    }
    return false;
}

static void start_receiver(void)
{
    rig_script.boot = wait_for_chip;
    rig_script.irq = note_irq;
    rig_script.run = receive;
    rig_start(1);
    rig_run_to(100 * SIM_NS_PER_MS);
}

Test(node_radio, continuous_reception_listens_where_the_registers_say)
{
    start_receiver();
    cr_assert_eq(rig.listenings, 1);
    cr_assert(rig.heard[0].on);
    cr_assert_eq(rig.heard[0].what.frequency_hz, 868099976u);
    cr_assert_eq(rig.heard[0].what.bandwidth_hz, 125000u);
    cr_assert_eq(rig.heard[0].what.spreading_factor, 7);
    cr_assert_not(rig.heard[0].what.iq_inverted);
    cr_assert(rig.heard[0].what.silent_detect);
    /* TS_OSC does not count from standby: PLL 60 us and receiver start-up */
    cr_assert_geq(rig.heard[0].at_ns, 12 * SIM_NS_PER_MS);
}

Test(node_radio, a_frame_reaches_the_firmware_byte_by_byte_and_counts_once)
{
    start_receiver();
    uint8_t bytes[100];
    for (unsigned i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)(i * 3);
    }
    rig_frame_at(200 * SIM_NS_PER_MS, bytes, sizeof bytes, false);
    rig_run_to(300 * SIM_NS_PER_MS);
    cr_assert_eq(received_count, 1);
    cr_assert_eq(received_size[0], 100);
    cr_assert_arr_eq(received[0], bytes, 100);
    cr_assert_eq(dio0_ticks[0], node_rtc_ticks(rig.fleet, 0, 200 * SIM_NS_PER_MS));
    cr_assert_eq(rig_stats().deliveries, 1);
    cr_assert_eq(rig_stats().guest_errors, 0);
}

Test(node_radio, detection_may_also_be_told)
{
    start_receiver();
    rig_frame_at(200 * SIM_NS_PER_MS, uplink, sizeof uplink, true);
    rig_run_to(300 * SIM_NS_PER_MS);
    cr_assert_eq(received_count, 1);
}

Test(node_radio, a_delivered_frame_costs_no_event_of_the_node)
{
    start_receiver();
    uint8_t bytes[220] = { 0 };
    work_cycles = 100000; /* 3 ms of crypto: the local clock leads, and no event waits for it */
    uint64_t before = engine_event_count(rig.engine);
    for (int i = 0; i < 50; i++) {
        rig_frame_at((200 + 50 * i) * SIM_NS_PER_MS, bytes, sizeof bytes, false);
    }
    rig_run_to(10 * SIM_NS_PER_S);
    cr_assert_eq(received_count, 50);
    cr_assert_eq(engine_event_count(rig.engine) - before, 50, "the frames' own");
    cr_assert_eq(engine_pending(rig.engine), 0);
    cr_assert_leq(rig_stats().lead_max_ns, NODE_LEAD_MAX_NS);
}

Test(node_radio, a_busy_mcu_serves_a_frame_later_with_the_time_of_its_edge)
{
    start_receiver();
    work_cycles = 3200000; /* 100 ms */
    rig_frame_at(200 * SIM_NS_PER_MS, uplink, 4, false);
    rig_frame_at(250 * SIM_NS_PER_MS, uplink, 5, false);
    rig_run_to(280 * SIM_NS_PER_MS);
    cr_assert_eq(received_count, 1);
    rig_run_to(600 * SIM_NS_PER_MS);
    cr_assert_eq(received_count, 2);
    cr_assert_eq(received_size[1], 5);
    cr_assert_eq(dio0_ticks[1], node_rtc_ticks(rig.fleet, 0, 250 * SIM_NS_PER_MS));
    cr_assert_null(rig_find(OBSERVE_FRAME_LOST, 0));
}

Test(node_radio, a_frame_overwritten_unread_is_lost_to_a_busy_mcu)
{
    start_receiver();
    work_cycles = 3200000;
    rig_frame_at(200 * SIM_NS_PER_MS, uplink, 3, false);
    rig_frame_at(250 * SIM_NS_PER_MS, uplink, 4, false);
    rig_frame_at(280 * SIM_NS_PER_MS, uplink, 5, false);
    rig_run_to(900 * SIM_NS_PER_MS);
    cr_assert_eq(received_count, 2);
    cr_assert_eq(received_size[1], 5, "the last one is there");
    const struct observation *lost = rig_find(OBSERVE_FRAME_LOST, 0);
    cr_assert_not_null(lost);
    cr_assert_eq(lost->b, LOSS_MCU_BUSY);
    cr_assert_eq(lost->a, INT64_C(7) << 32 | 1, "the second of three");
    cr_assert_eq(rig_stats().deliveries, 2);
}

Test(node_radio, a_frame_that_is_not_read_out_is_no_delivery)
{
    start_receiver();
    read_frames = false;
    rig_frame_at(200 * SIM_NS_PER_MS, uplink, 5, false);
    rig_run_to(5 * SIM_NS_PER_S);
    cr_assert_eq(dio0_count, 1);
    cr_assert_eq(rig_stats().deliveries, 0);
}

static bool look_at_dio(const struct hal *hal)
{
    if (receiver_starts(hal)) {
        cr_assert_not(hal_radio_dio(hal, 0));
    } else if (dio0_count > 0) {
        cr_assert(hal_radio_dio(hal, 0));
        received_count++;
        rig_write(hal, 0x12, 0xFF);
        cr_assert_not(hal_radio_dio(hal, 0));
    }
    return false;
}

Test(node_radio, dio_levels_can_be_polled)
{
    rig_script.boot = wait_for_chip;
    rig_script.irq = note_irq;
    rig_script.run = look_at_dio;
    rig_start(1);
    rig_run_to(100 * SIM_NS_PER_MS);
    rig_frame_at(200 * SIM_NS_PER_MS, uplink, 5, false);
    rig_run_to(300 * SIM_NS_PER_MS);
    cr_assert_eq(received_count, 1);
}

static unsigned ready_edges;

static void count_ready(const struct hal *hal, enum fw_irq source, uint64_t edge_ticks)
{
    ready_edges += source == FW_IRQ_DIO5;
}

/* From SLEEP, so that the crystal has to start. DIO5 maps ModeReady. */
static bool wake_the_chip(const struct hal *hal)
{
    static bool done;
    if (hal_rtc_now(hal) >= 400 && !done) {
        done = true;
        rig_lora_standby(hal);
        rig_write(hal, 0x01, 0x80);
        rig_write(hal, 0x01, 0x81);
    }
    return false;
}

static sim_ns wake_with_interrupts(uint32_t interrupts)
{
    ready_edges = 0;
    rig.board.radio_interrupts = interrupts;
    rig_script.boot = wait_for_chip;
    rig_script.irq = count_ready;
    rig_script.run = wake_the_chip;
    rig_start(1);
    uint64_t before = engine_event_count(rig.engine);
    rig_run_to(SIM_NS_PER_S);
    return (sim_ns)(engine_event_count(rig.engine) - before);
}

/* A wired line wakes the processor at each rising edge: the crystal's start ends with one. */
Test(node_radio, a_line_with_an_interrupt_wakes_the_processor)
{
    wake_with_interrupts(6);
    cr_expect_gt(ready_edges, 0);
}

/* The reference board cannot tell DIO5 from DIO0 (device/port/board.h): power on, the end of
 * the reset and the alarm are all that wakes it. */
Test(node_radio, a_line_without_an_interrupt_costs_no_event)
{
    sim_ns events = wake_with_interrupts(board_stm32l072_sx1276.radio_interrupts);
    cr_expect_eq(ready_edges, 0);
    cr_expect_eq(events, 3, "%lld events", (long long)events);
}

static bool listen_once(const struct hal *hal)
{
    static bool done;
    if (hal_rtc_now(hal) >= 400 && !done) {
        done = true;
        rig_lora_standby(hal);
        rig_receive_continuous(hal);
    }
    return false;
}

/* Of steps that no event was spent on: supply currents of FS and RX are 5.8 mA and 10.3 mA
 * (spec-sx127x section 13), and the last step before RX takes 154 us at 125 kHz. */
Test(node_radio, a_start_up_shows_in_power_and_energy_at_any_time)
{
    rig_script.boot = wait_for_chip;
    rig_script.run = listen_once;
    rig_start(1);
    while (rig.listenings == 0) {
        rig_run_to(engine_now(rig.engine) + 10 * SIM_NS_PER_US);
        if (rig.listenings == 0 && node_radio_power(rig.fleet, 0) == SX1276_POWER_FS) {
            double before_j = node_energy_total_j(rig.fleet, 0, engine_now(rig.engine));
            rig_run_to(engine_now(rig.engine) + 100 * SIM_NS_PER_US);
            double spent_j = node_energy_total_j(rig.fleet, 0, engine_now(rig.engine)) - before_j;
            cr_expect_float_eq(spent_j, 3.3 * 5.8e-3 * 100e-6, 0.1e-6, "%g J", spent_j);
            return;
        }
    }
    cr_expect_fail("the synthesizer was never seen");
}

static bool touch_fifo_asleep(const struct hal *hal)
{
    static bool done;
    if (hal_rtc_now(hal) >= 400 && !done) {
        done = true;
        rig_lora_standby(hal);
        rig_write(hal, 0x01, 0x80);
        (void)rig_read(hal, 0x00);
    }
    return false;
}

Test(node_radio, a_broken_rule_of_the_chip_is_counted_and_named)
{
    rig.params.guest_errors_fatal = true;
    rig_script.boot = wait_for_chip;
    rig_script.run = touch_fifo_asleep;
    rig_start(1);
    cr_assert_not(engine_run(rig.engine, SIM_NS_PER_S), "the run is stopped");
    struct node_fleet_stats stats = rig_stats();
    cr_assert_eq(stats.guest_errors, 1);
    cr_assert_eq(strncmp(stats.first_fault, "GUEST ERROR register 0x00: ", 27), 0, "%s",
            stats.first_fault);
    cr_assert_not_null(
            strstr(stats.first_fault, "dev 0 at 0d 00:00:00.012 s"), "%s", stats.first_fault);
    cr_assert_eq(rig_find(OBSERVE_GUEST_ERROR, 0)->a, SX1276_GUEST_ERROR);
}

static uint64_t spi_ticks[2];

static bool time_spi(const struct hal *hal)
{
    static uint8_t buffer[200];
    if (hal_rtc_now(hal) >= 400) {
        spi_ticks[0] = hal_rtc_now(hal);
        for (int i = 0; i < 100; i++) {
            hal_radio_select(hal);
            hal_radio_exchange(hal, buffer, buffer, 200);
            hal_radio_deselect(hal);
        }
        spi_ticks[1] = hal_rtc_now(hal);
    }
    return false;
}

Test(node_radio, spi_takes_its_time)
{
    rig_script.boot = wait_for_chip;
    rig_script.run = time_spi;
    rig_start(1);
    rig_run_to(SIM_NS_PER_S);
    /* 20000 bytes at 8 MHz and 301 calls of 40 cycles */
    double ms = 1000.0 * (double)(spi_ticks[1] - spi_ticks[0]) / 32768.0;
    cr_assert_float_eq(ms, 20.0 + 301 * 0.00125, 0.07);
}

Test(node_radio, energy_of_a_receiver_agrees_with_a_hand_computation)
{
    start_receiver();
    sim_ns on_ns = rig.heard[0].at_ns;
    rig_run_to(3600 * SIM_NS_PER_S);
    struct energy_account account;
    node_energy(rig.fleet, 0, 3600 * SIM_NS_PER_S, &account);
    double rx_s = 3600.0 - (double)on_ns * 1e-9;
    /* 125 kHz, band 1, LnaBoostHf off as after reset: 10.3 mA (spec-sx127x section 13) */
    cr_assert_float_eq(account.joule[ENERGY_RADIO_RX] / (3.3 * 10.3e-3 * rx_s), 1.0, 1e-3);
    double sleep_j = 3.3 * 0.9e-6 * 3600;
    cr_assert_float_eq(account.joule[ENERGY_MCU_SLEEP] / sleep_j, 1.0, 1e-3);
    cr_assert_float_eq(account.joule[ENERGY_FLASH] / (3.3 * 1e-6 * 3600), 1.0, 1e-3);
    cr_assert_eq(account.joule[ENERGY_RADIO_TX], 0.0);
    double sum_j = 0;
    for (int i = 0; i < ENERGY_COMPONENT_COUNT; i++) {
        sum_j += account.joule[i];
    }
    cr_assert_float_eq(energy_total_j(&account), sum_j, 1e-12);
}

static uint8_t cad_flags;

/* DIO0 maps CadDone in CAD. */
static bool sense_channel(const struct hal *hal)
{
    static int stage;
    if (hal_rtc_now(hal) < 400) {
        return false;
    }
    if (stage++ == 0) {
        rig_lora_standby(hal);
        rig_write(hal, 0x33, 0x67); /* inverted: what downlinks are */
        hal_radio_antenna(hal, HAL_ANTENNA_RX);
        rig_write(hal, 0x40, 0x80);
        rig_write(hal, 0x01, 0x87);
    } else if (dio0_count > 0) {
        cad_flags = rig_read(hal, 0x12);
    }
    return false;
}

Test(node_radio, channel_activity_is_a_question_to_the_air)
{
    rig.channel_active = true;
    rig_script.boot = wait_for_chip;
    rig_script.irq = note_irq;
    rig_script.run = sense_channel;
    rig_start(1);
    rig_run_to(SIM_NS_PER_S);
    cr_assert_eq(rig.sensings, 1);
    cr_assert_eq(cad_flags, 0x05, "CadDone and CadDetected");
    cr_assert_eq(rig.sensed.what.frequency_hz, 868099976u);
    cr_assert_eq(rig.sensed.what.spreading_factor, 7);
    cr_assert_eq(rig.sensed.what.bandwidth_hz, 125000);
    cr_assert(rig.sensed.what.iq_inverted);
    /* spec-sx127x section 9: the receiver runs for 1.28 ms at SF7, 125 kHz */
    cr_assert_eq(rig.sensed.at_ns - rig.sensed_from_ns, 1280000);
    cr_assert_eq(rig.listenings, 0, "it can't lock on a frame");
    cr_assert_eq(rig_find(OBSERVE_GUEST_ERROR, 0), NULL);
    /* 1.28 ms at 10.3 mA, then 3/4 of a symbol of 1.024 ms at 6 mA */
    struct energy_states states;
    node_energy_states(rig.fleet, 0, SIM_NS_PER_S, &states);
    cr_assert_float_eq(states.joule[ENERGY_STATE_RADIO_RX], 3.3 * 10.3e-3 * 1.28e-3, 1e-12);
    cr_assert_float_eq(states.joule[ENERGY_STATE_RADIO_CAD], 3.3 * 6e-3 * 0.768e-3, 1e-12);
}

static uint32_t fei;

static bool read_fei(const struct hal *hal)
{
    if (!receiver_starts(hal) && dio0_count > 0) {
        fei = (uint32_t)rig_read(hal, 0x28) << 16 | (uint32_t)rig_read(hal, 0x29) << 8
              | rig_read(hal, 0x2A);
    }
    return false;
}

Test(node_radio, the_frequency_error_of_a_frame_reaches_its_register)
{
    rig.frequency_error_hz = 1000;
    rig_script.boot = wait_for_chip;
    rig_script.irq = note_irq;
    rig_script.run = read_fei;
    rig_start(1);
    rig_run_to(100 * SIM_NS_PER_MS);
    rig_frame_at(200 * SIM_NS_PER_MS, uplink, 5, false);
    rig_run_to(300 * SIM_NS_PER_MS);
    cr_assert_eq(fei, 0x01DCD, "spec-sx127x section 10: +1000 Hz at 125 kHz");
}
