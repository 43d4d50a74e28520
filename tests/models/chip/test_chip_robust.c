/* Random traffic against the SX1276: whatever the firmware does, the model stays sound.
 * SPDX-License-Identifier: MIT
 *
 * Method: seeded random SPI frames, resets, time steps and frames from the air. Invariants: outputs
 * in time order (checked by the board), edges ahead of now, DIO levels that agree with a second
 * reading of the registers, transmissions and receptions that begin and end in pairs.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "support/fake_board.h"

static struct fake_board board;
static uint64_t state;

static uint32_t draw(uint32_t below)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 33) % below;
}

static void random_spi(void)
{
    /* Mostly the addresses where something happens. */
    static const uint8_t busy[] = { 0x00, 0x01, 0x01, 0x01, 0x0d, 0x0e, 0x0f, 0x11, 0x12, 0x1d,
        0x1e, 0x1f, 0x22, 0x23, 0x2c, 0x31, 0x33, 0x3b, 0x3e, 0x40, 0x41 };
    uint8_t bytes[300], back[300];
    uint8_t address = draw(3) != 0 ? busy[draw(sizeof busy)] : (uint8_t)draw(128);
    size_t size = draw(4) != 0 ? 1 : draw(300);
    for (size_t i = 0; i < size; i++) {
        bytes[i] = (uint8_t)draw(256);
    }
    if (address == 0x01 && size > 0 && draw(8) != 0) {
        bytes[0] = (uint8_t)(0x88u | draw(8));
    }
    sx1276_select(&board.chip, board.now_ns);
    uint8_t first = (uint8_t)(address | draw(2) << 7);
    if (draw(2) != 0) {
        sx1276_exchange(&board.chip, board.now_ns, &first, back, 1);
        board.now_ns += draw(2000);
        sx1276_exchange(&board.chip, board.now_ns, draw(9) != 0 ? bytes : NULL,
                draw(2) != 0 ? back : NULL, size);
    } else {
        uint8_t both[301];
        both[0] = first;
        memcpy(both + 1, bytes, size);
        sx1276_exchange(&board.chip, board.now_ns, both, NULL, size + 1);
    }
    if (draw(50) != 0) {
        sx1276_deselect(&board.chip, board.now_ns);
    }
}

/* Lent bytes live on the heap and are freed as soon as the loan is over, so that the address
 * sanitizer finds a later access. */
static uint8_t *lent;
static sim_ns lent_until_ns;

static void take_back_lent_bytes(void)
{
    if (lent != NULL && board.now_ns > lent_until_ns) {
        free(lent);
        lent = NULL;
    }
}

static void end_frame(struct sx1276_rx *rx)
{
    uint8_t *bytes = NULL;
    if (rx->bytes != NULL) {
        bytes = malloc(rx->size + 1u);
        cr_assert_not_null(bytes);
        memset(bytes, 0x42, rx->size);
        rx->bytes = bytes;
    }
    if (bytes != NULL && lent == NULL && draw(3) != 0) {
        rx->bytes_until_ns = board.now_ns + draw(300000000);
        lent = bytes;
        lent_until_ns = rx->bytes_until_ns;
        bytes = NULL;
    }
    sx1276_rx_ended(&board.chip, board.now_ns, rx);
    free(bytes);
}

static void random_air(void)
{
    static const uint8_t any[1] = { 0 };
    struct sx1276_rx rx = { .bytes = draw(6) != 0 ? any : NULL,
        .size = (uint16_t)draw(256),
        .coding_rate = (uint8_t)(1 + draw(4)),
        .has_crc = draw(2) != 0,
        .crc_ok = draw(2) != 0,
        .signal_mdbm = -(int32_t)draw(150000),
        .snr_mdb = (int32_t)draw(80000) - 40000,
        .frequency_error_hz = (int32_t)draw(100000) - 50000,
        .header_ns = board.now_ns };
    sx1276_rx_detected(&board.chip, board.now_ns);
    board.preamble_found = draw(3) == 0; /* what a look at the registers finds from here on */
    board.header = rx;
    board.header_broken = draw(2) == 0;
    sx1276_look(&board.chip, board.now_ns);
    fake_run(&board, draw(50000000));
    if (draw(8) == 0) {
        random_spi();
    }
    fake_run_to(&board, board.now_ns);
    take_back_lent_bytes();
    end_frame(&rx);
    board.preamble_found = false;
}

static void check_invariants(uint64_t seed)
{
    const struct sx1276 *chip = &board.chip;
    cr_assert(sx1276_next_edge(chip) > chip->now_ns, "seed %llu", (unsigned long long)seed);
    cr_assert_eq(chip->now_ns, board.now_ns);
    bool lora = (chip->lora[1] & 0x80) != 0;
    bool rx_done_on_dio0 = lora && chip->lora[0x40] >> 6 == 0 && (chip->lora[0x12] & 0x40) != 0;
    if (lora && chip->lora[0x40] >> 6 == 0) {
        cr_assert_eq(sx1276_dio_level(chip, 0), rx_done_on_dio0);
    }
    cr_assert_eq(chip->lora[0x42], 0x12);
    cr_assert(!chip->listening || (chip->lora[1] & 7) >= 5);
    cr_assert(!chip->tx_begun || (chip->lora[1] & 7) == 3);
}

static void check_pairs(void)
{
    bool hearing = false;
    for (unsigned i = 0; i < board.log_size; i++) {
        if (board.log[i].output == FAKE_RX_BEGIN) {
            cr_assert(!hearing);
            hearing = true;
        } else if (board.log[i].output == FAKE_RX_END) {
            cr_assert(hearing);
            hearing = false;
        }
    }
    cr_assert_eq(hearing, board.chip.listening);
}

Test(chip_robust, survives_random_traffic)
{
    for (uint64_t seed = 1; seed <= 300; seed++) {
        state = seed * UINT64_C(0x9e3779b97f4a7c15);
        fake_board_init_lora(&board);
        fake_set_up_modem(&board, 7 + draw(6), 7);
        for (unsigned step = 0; step < 400; step++) {
            unsigned what = draw(20);
            if (what < 13) {
                random_spi();
            } else if (what < 17) {
                random_air();
            } else if (what == 19 && draw(10) == 0) {
                fake_pulse_reset(&board);
            } else {
                fake_run(&board, draw(2) != 0 ? draw(100000) : draw(400000000));
            }
            fake_run_to(&board, board.now_ns);
            take_back_lent_bytes();
            check_invariants(seed);
        }
        if (!board.log_wrapped) {
            check_pairs();
        }
        free(lent);
        lent = NULL;
    }
}

/* The same accesses with and without an advance at each edge: only the call that reports an
 * output may differ, never its time. */
Test(chip_robust, lazy_and_eager_boards_see_the_same_history)
{
    static struct fake_record eager[FAKE_LOG_SIZE];
    for (uint64_t seed = 1; seed <= 100; seed++) {
        unsigned eager_size = 0;
        for (unsigned lazy = 0; lazy < 2; lazy++) {
            state = seed * UINT64_C(0x9e3779b97f4a7c15);
            fake_board_init_lora(&board);
            fake_set_up_modem(&board, 7, 7);
            fake_forget(&board);
            for (unsigned step = 0; step < 60; step++) {
                fake_write(&board, 0x01, (uint8_t)(0x88u | draw(8)));
                fake_write(&board, 0x40, (uint8_t)draw(256));
                sim_ns pause_ns = draw(3) == 0 ? draw(1000000) : draw(80000000);
                if (lazy != 0) {
                    board.now_ns += pause_ns;
                } else {
                    fake_run(&board, pause_ns);
                }
            }
            sx1276_advance(&board.chip, board.now_ns);
            if (lazy == 0) {
                eager_size = board.log_size;
                memcpy(eager, board.log, sizeof eager);
            }
        }
        cr_assert_eq(board.log_size, eager_size, "seed %llu", (unsigned long long)seed);
        for (unsigned i = 0; i < eager_size; i++) {
            cr_assert_eq(board.log[i].output, eager[i].output);
            cr_assert_eq(board.log[i].at_ns, eager[i].at_ns);
            cr_assert_eq(board.log[i].value, eager[i].value);
        }
    }
}
