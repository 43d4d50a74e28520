/* Energy of one device through one session, against a computation by hand.
 * SPDX-License-Identifier: MIT
 *
 * From the opening of a class C session to the end of the install; 3.3 V. Nothing is read from the
 * energy meter but the sum that is compared. Sources: spec-physics 8, spec-sx127x 13 (currents and
 * flash times), spec-physics 1 (times on air), the board's file for cycles.
 *
 * The block: 8 KiB of code after a header of 256 B, 8448 B; 43 fragments of 200 B, 8600 B.
 *
 * Class C, radio at 11.5 mA (band 1, LNA boost):
 *   opens at S - (0.25 s + 40 ppm of the clock's age), S the session time;
 *   first fragment at S + 5 s of guard + 0.5 s that a request leaves ahead;
 *   216 B on air (13 + 3 + 200) without CRC take ToA = 4.25 + 8 symbols of preamble and
 *   8 + ceil((8 x 216 - 28 + 28) / 28) x 5 = 318 symbols of 1.024 ms = 338.176 ms;
 *   10 % duty cycle, of which multicast takes 80 %: one every 338.176 / 0.08 = 4227.2 ms;
 *   the last one is decrypted (below), and the group's frame counter kept (13 words), and the
 *   session comes off the record (2 words), before it closes.
 * Class A: 15 B on air (13 + 2) take 46.336 ms with and without CRC; 44 mA at 14 dBm. The answer
 *   comes in RX1. Its window is centred on the fourth symbol: +-3.1 ms of clock and
 *   2 x 6 - 8 symbols make 11 symbols, so it opens 11 / 2 - 4 symbols and 1 ms of wake-up early,
 *   2.536 ms; until the receiver is up, 250 + 60 us (TS_OSC, TS_FS), it draws less.
 *
 * MCU at 3 mA, 32 MHz:
 *   a fragment: MIC over B0 and 212 B, 15 blocks, and 13 blocks of key stream for 203 B, each
 *   3600 cycles, 3.15 ms; 216 B over SPI at 8 MHz, 0.216 ms;
 *   block MIC: B0 and 8448 B are 529 blocks, 59.5 ms; two frames of class A 5 blocks each;
 *   digest: 8192 B are 128 blocks of SHA-256 and one of padding, 9000 cycles each, 36.3 ms, five
 *   times (application, bootloader before and after the copy, old image and its saved copy);
 *   signature 30e6 cycles, 0.9375 s, three times (application, bootloader, of the old image); the
 *   start after the reset is 1 ms; the old image is encrypted and decrypted, 512 blocks each, and
 *   one for the key; the wait for a sector is 43 looks of 1.05 ms, that for a page one;
 *   internal flash stalls it: 3.2 ms for each word, half page of 64 B, and page of 128 B to erase.
 * Internal flash, + 0.5 mA. A record of n bytes is (8 + n) / 4 words: SessionCnt of four sessions
 *   (16 B) 6 with the first fragment, group (44 B) 13, class C sessions (0 B, none is left) 2,
 *   frame counters with the acknowledgement (10 B) 5, session acknowledged (28 B) 9, boot state
 *   (100 B) 27 or, if it holds a whole half page, which takes as long as a word, 12: so at the
 *   commit, and twice in the bootloader, whose digest of the saved image (32 B) is 10 more: 34 of
 *   81 words. Install: 8448 B are 66 pages to erase, 132 half pages.
 * NOR: 8600 B are 34 pages of 0.7 ms at 20 mA, marks of fragments twice (each 32, and at the end),
 *   two milestones; the old image is 3 sectors of 45 ms and 33 pages; read at 4 mA, 500 ns a byte:
 *   block MIC 8448 B, digests 2 x 8192 B, copy 8192 B, headers 3 x 256 B, saved image 8448 B;
 *   1 uA of power-down else. Transfers of 261 B a page at 16 MHz.
 *   Each of the 38 programs and of the reads, 33 + 2 x 32 + 3 of up to 256 B and 128 of a half
 *   page, wakes it and sends it back, a byte and tRES1 of 3 us each time: 7 us of standby, 10 uA.
 * Sleep: MCU 0.9 uA, radio 0.2 uA; the radio stands by (1.6 mA) over the two records after RX1.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "board/node.h"
#include "support/trial.h"
#include "trace.h"

static const char scenario[] =
        "name: one-session\n"
        "duration: 3 h\n"
        "area: {radius: 800 m}\n"
        "propagation: {model: free-space, penetration: 0 dB, shadowing: {sigma: 0 dB}, "
        "fading: none}\n"
        "reception: {errors: threshold}\n"
        "gateways: {count: 1}\n"
        "devices: [{name: d, count: 1, state: commissioned, boot: {spread: 10 min}, "
        "report: {period: 40 d, phase: boot}, data_rate: DR5, rtc: {tolerance: 0 ppm}}]\n"
        "firmware: {image: generated, size: 8 KiB}\n"
        "campaign: {start: 0 s, set_up: {window: 1 h}, redundancy: 0 %, fragment_size: 200 B, "
        "correction: {policy: fixed, timeout: 10 min}, confirm_timeout: 1 h}\n";

#define VOLT        3.3
#define RX_A        11.5e-3
#define TX_14_DBM_A 44e-3
#define RUN_A       3e-3
#define STOP_A      0.9e-6
#define INTERNAL_A  0.5e-3
#define STANDBY_A   1.6e-3
#define SLEEP_A     0.2e-6
#define NOR_WORK_A  20e-3
#define NOR_READ_A  4e-3
#define NOR_IDLE_A  1e-6
#define NOR_AWAKE_A 10e-6

#define SESSION_S   3600.0 /* start + window, a whole GPS second */
#define FRAGMENTS   43.0
#define BLOCK_BYTES 8448.0
#define CODE_BYTES  8192.0
#define FRAGMENT_S  0.338176
#define INTERVAL_S  4.2272
#define ANSWER_S    0.046336 /* 15 B on air, either way */
#define AES_S       (3600 / 32e6)
#define SHA_S       (129 * 9000 / 32e6)
#define SIGNATURE_S (30e6 / 32e6)
#define WORD_S      3.2e-3
#define NOR_BYTE_S  0.5e-6
#define SAVE_NOR_S  (3 * 45e-3 + 33 * 0.7e-3) /* sectors erased, pages programmed */
#define KEPT_WORDS  81
#define BOOT_WORDS  34

struct times {
    const struct world *world;
    double set_s, opened_s, first_s, closed_s, reset_s, installing_s, installed_s;
    struct energy_states opened, installed;
};

static void observe(void *context, const struct observation *o)
{
    struct times *times = context;
    double at_s = (double)o->at_ns / (double)SIM_NS_PER_S;
    if (o->entity != times->world->first_device || times->installed_s > 0) {
        return;
    }
    if (o->kind == OBSERVE_NODE_RESET) {
        times->reset_s = at_s;
    } else if (o->a == FW_TRACE_CLOCK_SET) {
        times->set_s = at_s;
    } else if (o->a == FW_TRACE_SESSION_OPENED) {
        times->opened_s = at_s;
        node_energy_states(times->world->nodes, 0, o->at_ns, &times->opened);
    } else if (o->a == FW_TRACE_FRAGMENT_STORED && o->b == 1) {
        times->first_s = at_s;
    } else if (o->a == FW_TRACE_SESSION_CLOSED) {
        times->closed_s = at_s;
    } else if (o->a == FW_TRACE_INSTALL_STARTED) {
        times->installing_s = at_s;
    } else if (o->a == FW_TRACE_INSTALLED) {
        times->installed_s = at_s;
        node_energy_states(times->world->nodes, 0, o->at_ns, &times->installed);
    }
}

static struct trial *play(struct times *times)
{
    struct trial *trial = trial_create(scenario, NULL, 0);
    *times = (struct times){ .world = trial->world };
    engine_observer_add(trial->world->engine,
            OBSERVE_BIT(OBSERVE_FIRMWARE) | OBSERVE_BIT(OBSERVE_NODE_RESET), observe, times);
    trial_play(trial);
    cr_assert_gt(times->installed_s, 0, "nothing was installed");
    return trial;
}

/* --- by hand ---------------------------------------------------------------------------------- */

struct by_hand {
    double rx_j, tx_j, run_j, stop_j, flash_j, idle_j;
    double opened_s, first_s, closed_s; /* when the session opens, holds one fragment, closes */
};

static double fragment_work_s(void)
{
    return 28 * AES_S + 216e-6;
}

static double words_s(double words)
{
    return words * WORD_S;
}

/* The bootloader saves the old image, without what it reads of it and of the saved copy. */
static double save_run_s(void)
{
    double waits_s = (3 * 43 + 33) * 1.05e-3;
    return 2 * SHA_S + SIGNATURE_S + 1025 * AES_S + waits_s + 33 * 261 * NOR_BYTE_S;
}

static struct by_hand compute(const struct times *times)
{
    struct by_hand h = { 0 };
    double first_end_s = SESSION_S + 5 + 0.5 + FRAGMENT_S;
    double install_s = (66 + 132) * WORD_S;
    double total_s;
    h.opened_s = SESSION_S - 0.25 - 40e-6 * (SESSION_S - times->set_s);
    h.first_s = first_end_s + fragment_work_s() + words_s(6);
    h.closed_s = first_end_s + (FRAGMENTS - 1) * INTERVAL_S + fragment_work_s() + words_s(13 + 2);
    total_s = times->installed_s - h.opened_s;

    double window_s = ANSWER_S + 1.5 * 1.024e-3 + 1e-3 - 310e-6;
    h.rx_j = VOLT * RX_A * (h.closed_s - h.opened_s + window_s);
    h.tx_j = VOLT * TX_14_DBM_A * ANSWER_S;
    double read_bytes = BLOCK_BYTES + 3 * CODE_BYTES + 3 * 256 + BLOCK_BYTES;
    double wakes_s = (38 + 33 + 2 * 32 + 3 + 128) * 2 * (NOR_BYTE_S + 3e-6);
    double run_s = FRAGMENTS * fragment_work_s() + 529 * AES_S + 10 * AES_S + 3 * SHA_S
                   + 2 * SIGNATURE_S + 1e-3 + words_s(KEPT_WORDS) + install_s + save_run_s()
                   + read_bytes * NOR_BYTE_S + 34 * 261 * NOR_BYTE_S + wakes_s;
    h.run_j = VOLT * RUN_A * run_s;
    h.stop_j = VOLT * STOP_A * (total_s - run_s);
    double nor_s = 38 * 0.7e-3 + SAVE_NOR_S;
    h.flash_j = VOLT
                * (INTERNAL_A * (words_s(KEPT_WORDS) + install_s) + NOR_WORK_A * nor_s
                        + NOR_READ_A * read_bytes * NOR_BYTE_S
                        + NOR_AWAKE_A * (34 * 261 * NOR_BYTE_S + wakes_s)
                        + NOR_IDLE_A * (total_s - nor_s - read_bytes * NOR_BYTE_S));
    h.idle_j = VOLT * (STANDBY_A * words_s(14) + SLEEP_A * (times->installed_s - h.closed_s));
    return h;
}

/* --- compared --------------------------------------------------------------------------------- */

static double between_j(const struct times *times, enum energy_component component)
{
    double sum_j = 0;
    for (int state = 0; state < ENERGY_STATE_COUNT; state++) {
        if (energy_state_component((enum energy_state)state) == component) {
            sum_j += times->installed.joule[state] - times->opened.joule[state];
        }
    }
    return sum_j;
}

static void expect_close(const char *what, double measured_j, double expected_j, double share)
{
    printf("# %-12s %10.4f mJ, by hand %10.4f mJ\n", what, measured_j * 1e3, expected_j * 1e3);
    cr_expect_float_eq(measured_j, expected_j, share * expected_j, "%s: %f J, by hand %f J", what,
            measured_j, expected_j);
}

Test(session_energy, of_a_device_is_the_sum_by_hand)
{
    struct times times;
    struct trial *trial = play(&times);
    struct by_hand h = compute(&times);
    double total_j = 0;
    cr_expect_float_eq(times.opened_s, h.opened_s, 2e-3);
    cr_expect_float_eq(times.first_s, h.first_s, 2e-3);
    cr_expect_float_eq(times.closed_s, h.closed_s, 2e-3);
    for (int c = 0; c < ENERGY_COMPONENT_COUNT; c++) {
        total_j += between_j(&times, (enum energy_component)c);
    }
    expect_close("rx", between_j(&times, ENERGY_RADIO_RX), h.rx_j, 0.0001);
    expect_close("tx", between_j(&times, ENERGY_RADIO_TX), h.tx_j, 0.0001);
    expect_close("mcu run", between_j(&times, ENERGY_MCU_RUN), h.run_j, 0.003);
    expect_close("mcu stop", between_j(&times, ENERGY_MCU_SLEEP), h.stop_j, 0.001);
    expect_close("flash", between_j(&times, ENERGY_FLASH), h.flash_j, 0.002);
    /* What is left is the oscillator's and the synthesizer's starts, 10 uJ each. */
    expect_close("radio idle", between_j(&times, ENERGY_RADIO_IDLE), h.idle_j, 0.1);
    expect_close(
            "in all", total_j, h.rx_j + h.tx_j + h.run_j + h.stop_j + h.flash_j + h.idle_j, 0.001);
    trial_destroy(trial);
}

/* Class C before the end of the first fragment on the air, and from there to the close of the
 * session; after it what is left of the sum. */
Test(session_energy, of_each_phase_is_its_part_by_hand)
{
    struct times times;
    struct trial *trial = play(&times);
    struct by_hand h = compute(&times);
    double waiting_w = VOLT * (RX_A + STOP_A + NOR_IDLE_A);
    double first_end_s = h.first_s - fragment_work_s() - words_s(6);
    double listening_j = waiting_w * (first_end_s - h.opened_s);
    double bulk_j = waiting_w * (h.closed_s - first_end_s)
                    + VOLT * RUN_A * (FRAGMENTS * fragment_work_s() + words_s(6 + 13 + 2))
                    + VOLT * INTERNAL_A * words_s(6 + 13 + 2) + VOLT * NOR_WORK_A * 34 * 0.7e-3;
    double all_j = h.rx_j + h.tx_j + h.run_j + h.stop_j + h.flash_j + h.idle_j;
    expect_close(
            "listening", trial_value(trial, "energy_j.by_phase.listening"), listening_j, 0.001);
    expect_close("bulk", trial_value(trial, "energy_j.by_phase.bulk"), bulk_j, 0.001);
    expect_close("after",
            trial_value(trial, "energy_j.by_phase.verification")
                    + trial_value(trial, "energy_j.by_phase.install"),
            all_j - listening_j - bulk_j, 0.015);
    trial_destroy(trial);
}

/* docs/summary.md: "verification" lasts from the whole block to the restart, "install" is the
 * bootloader's work. It checks the candidate before it touches the running slot (digest and
 * signature), saves the old image, erases 66 pages, programs 132 half pages, digests the copy again
 * and keeps its state; what the application keeps when it starts is no install. Whatever else there
 * is, waking the NOR and sleep, is below 1 %. */
Test(session_energy, of_the_install_holds_all_of_the_bootloaders_work)
{
    double flash_s = words_s(66 + 132 + BOOT_WORDS);
    double read_s = 3 * BLOCK_BYTES * NOR_BYTE_S;
    double run_s = 2 * SHA_S + SIGNATURE_S + save_run_s() + flash_s + read_s;
    double expected_j = VOLT
                        * (RUN_A * run_s + INTERNAL_A * flash_s + NOR_READ_A * read_s
                                + NOR_WORK_A * SAVE_NOR_S);
    struct trial *trial = trial_create(scenario, NULL, 0);
    trial_play(trial);
    double install_j = trial_value(trial, "energy_j.by_phase.install");
    printf("# install %.3f mJ, by hand %.3f mJ\n", install_j * 1e3, expected_j * 1e3);
    cr_expect_float_eq(
            install_j, expected_j, 0.01 * expected_j, "%f J, by hand %f J", install_j, expected_j);
    trial_destroy(trial);
}
