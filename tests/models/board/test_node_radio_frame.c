/* SPI frames of one piece in one call.
 * SPDX-License-Identifier: MIT
 *
 * Goal: what such a frame costs, what it writes and reads, and what the chip does meanwhile are
 * those of select, exchange and deselect.
 * Right values: a node that calls these.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "rig.h"

#define FRAMES_MAX 64u
#define END_NS     (2 * SIM_NS_PER_S)

struct outcome {
    sim_ns at_ns[FRAMES_MAX]; /* local time after each frame */
    uint8_t value[FRAMES_MAX];
    unsigned frames;
    uint64_t dio0_ticks;
    sim_ns sent_ns;
    uint8_t sent[4];
    uint32_t frequency_hz;
    double joule;
    struct node_fleet_stats stats;
};

static bool by_pieces;
static bool too_early; /* SPI before the chip is ready: a guest error, once */
static struct outcome *outcome;

static void frame(const struct hal *hal, const uint8_t *tx, uint8_t *rx, size_t size)
{
    if (by_pieces) {
        hal_radio_select(hal);
        hal_radio_exchange(hal, tx, rx, size);
        hal_radio_deselect(hal);
    } else {
        hal_radio_frame(hal, tx, rx, size);
    }
    hal_trace(hal, 0, 0, 0);
    cr_assert_lt(outcome->frames, FRAMES_MAX);
    outcome->at_ns[outcome->frames] = rig.observed[(rig.observations - 1) % RIG_LOG_SIZE].at_ns;
    outcome->value[outcome->frames++] = rx != NULL ? rx[size - 1] : 0;
}

static void put(const struct hal *hal, uint8_t address, uint8_t value)
{
    const uint8_t bytes[2] = { (uint8_t)(address | 0x80u), value };
    frame(hal, bytes, NULL, 2);
}

static void get(const struct hal *hal, uint8_t address)
{
    uint8_t bytes[2] = { address, 0 };
    frame(hal, bytes, bytes, 2);
}

static void start(const struct hal *hal, enum hal_reset_cause cause)
{
    if (too_early) {
        get(hal, 0x42);
    }
    hal_alarm_set(hal, 400); /* 12 ms: SPI is legal 10 ms after power on */
}

/* Modes that end by themselves between two frames, and within one. */
static void set_up(const struct hal *hal)
{
    static const uint8_t frf[4] = { 0x86, 0xD9, 0x06, 0x66 };
    static const uint8_t wraps[3] = { 0xFF, 0x00, 0x5A }; /* from the last register to the FIFO */
    static const uint8_t fifo[5] = { 0x80, 1, 2, 3, 4 };
    put(hal, 0x01, 0x08);
    put(hal, 0x01, 0x80);
    put(hal, 0x01, 0x81);
    for (unsigned i = 0; i < 20; i++) { /* the crystal starts */
        get(hal, 0x01);
    }
    frame(hal, frf, NULL, sizeof frf);
    put(hal, 0x09, 0x8C);
    put(hal, 0x1D, 0x72);
    put(hal, 0x1E, 0x74);
    put(hal, 0x40, 0x40); /* DIO0: TxDone */
    put(hal, 0x0E, 0x00);
    put(hal, 0x0D, 0x00);
    frame(hal, wraps, NULL, sizeof wraps);
    get(hal, 0x0D);
    put(hal, 0x0D, 0x00);
    frame(hal, fifo, NULL, sizeof fifo);
    put(hal, 0x22, 4);
    hal_radio_antenna(hal, HAL_ANTENNA_TX_BOOST);
    put(hal, 0x01, 0x83);
    put(hal, 0x1D, 0x82); /* too late, and told so */
    get(hal, 0x1D);
}

static bool run(const struct hal *hal)
{
    static unsigned stage;
    stage = outcome->frames <= 1 ? 0 : stage;
    if (hal_rtc_now(hal) >= 400 && stage == 0) {
        stage = 1;
        set_up(hal);
    }
    return false;
}

static void on_irq(const struct hal *hal, enum fw_irq source, uint64_t edge_ticks)
{
    if (source == FW_IRQ_DIO0) {
        outcome->dio0_ticks = edge_ticks;
        get(hal, 0x12);
        put(hal, 0x12, 0xFF);
        get(hal, 0x12);
    }
}

static struct outcome play(bool pieces)
{
    static struct outcome result;
    memset(&result, 0, sizeof result);
    by_pieces = pieces;
    outcome = &result;
    rig_open();
    rig_script.boot = start;
    rig_script.run = run;
    rig_script.irq = on_irq;
    rig_start(1);
    rig_run_to(END_NS);
    cr_assert_eq(rig.transmissions, 1);
    result.sent_ns = rig.sent[0].at_ns;
    result.frequency_hz = rig.sent[0].frame.modulation.frequency_hz;
    memcpy(result.sent, rig.sent[0].frame.bytes, sizeof result.sent);
    result.joule = node_energy_total_j(rig.fleet, 0, END_NS);
    result.stats = rig_stats();
    rig_close();
    return result;
}

static void expect_same(void)
{
    struct outcome pieces = play(true);
    struct outcome frames = play(false);
    cr_assert_gt(pieces.frames, 40);
    cr_assert_eq(pieces.frames, frames.frames);
    cr_assert_arr_eq(pieces.at_ns, frames.at_ns, sizeof pieces.at_ns);
    cr_assert_arr_eq(pieces.value, frames.value, sizeof pieces.value);
    cr_assert_gt(pieces.dio0_ticks, 0);
    cr_assert_eq(pieces.dio0_ticks, frames.dio0_ticks);
    cr_assert_eq(pieces.sent_ns, frames.sent_ns);
    cr_assert_eq(pieces.frequency_hz, frames.frequency_hz);
    cr_assert_arr_eq(pieces.sent, frames.sent, sizeof pieces.sent);
    cr_assert_eq(memcmp(&pieces.joule, &frames.joule, sizeof pieces.joule), 0);
    cr_assert_eq(pieces.stats.guest_errors > 0, too_early);
    cr_assert_eq(memcmp(&pieces.stats, &frames.stats, sizeof pieces.stats), 0);
}

Test(node_radio_frame, is_what_its_calls_are)
{
    expect_same();
}

Test(node_radio_frame, breaks_the_rules_that_its_calls_break)
{
    too_early = true;
    expect_same();
}
