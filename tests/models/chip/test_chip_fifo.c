/* FIFO of the SX1276: pointer, wrapping, loss of content, borrowed frames.
 * SPDX-License-Identifier: MIT
 *
 * Oracle: a plain array of 256 bytes that the test keeps beside it.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "support/fake_board.h"

#define MS SIM_NS_PER_MS

static struct fake_board board;
static uint8_t frame[255];

static void fill_frame(uint8_t first)
{
    for (unsigned i = 0; i < sizeof frame; i++) {
        frame[i] = (uint8_t)(first + i * 3);
    }
}

static void listen(void)
{
    fill_frame(1);
    fake_board_init_lora(&board);
    fake_set_up_modem(&board, 7, 7);
    fake_write(&board, 0x01, 0x8d);
    fake_run(&board, MS);
    fake_forget(&board);
}

static void read_fifo(uint8_t start, uint8_t *data, size_t size)
{
    fake_write(&board, 0x0d, start);
    fake_read_burst(&board, 0x00, data, size);
}

static struct sx1276_rx lent_frame(uint16_t size, sim_ns ns)
{
    struct sx1276_rx rx = fake_good_frame(frame, size);
    rx.bytes_until_ns = board.now_ns + 10 * MS + ns; /* fake_receive takes 10 ms */
    return rx;
}

static void expect_frame_at(uint8_t start, uint16_t size)
{
    uint8_t bytes[255];
    read_fifo(start, bytes, size);
    cr_expect_arr_eq(bytes, frame, size);
}

Test(chip_fifo, pointer_moves_with_each_byte_and_wraps)
{
    uint8_t data[256], back[256];
    fake_board_init_lora(&board);
    fake_write(&board, 0x01, 0x89);
    for (unsigned i = 0; i < 256; i++) {
        data[i] = (uint8_t)(i ^ 0x5a);
    }
    fake_write(&board, 0x0d, 0xf0);
    fake_write_burst(&board, 0x00, data, 100);
    cr_expect_eq(fake_read(&board, 0x0d), 0x54);
    for (unsigned i = 100; i < 256; i++) { /* one byte a frame, as arduino-LoRa does */
        fake_write(&board, 0x00, data[i]);
    }
    cr_expect_eq(fake_read(&board, 0x0d), 0xf0);
    read_fifo(0xf0, back, 256);
    cr_expect_arr_eq(back, data, 256);
    fake_write(&board, 0x0d, 0x10);
    cr_expect_eq(fake_read(&board, 0x00), data[0x20]);
    cr_expect_eq(fake_read(&board, 0x0d), 0x11, "a read moves it too");
    cr_expect_eq(fake_faults(&board), 0);
}

/* What was received with errors is copied at once. The second frame crosses the end of the FIFO. */
Test(chip_fifo, copied_frame_reads_the_same_in_one_burst_and_byte_by_byte)
{
    listen();
    for (unsigned i = 0; i < 2; i++) {
        fill_frame((uint8_t)(17 * i));
        struct sx1276_rx rx = fake_good_frame(frame, 200);
        rx.bytes_until_ns = 0;
        fake_receive(&board, &rx);
        uint8_t start = fake_read(&board, 0x10);
        cr_assert_eq(start, 200 * i);
        expect_frame_at(start, 200);
        fake_write(&board, 0x0d, start);
        for (unsigned at = 0; at < 200; at++) {
            cr_assert_eq(fake_read(&board, 0x00), frame[at], "byte %u of frame %u", at, i);
        }
    }
    cr_expect_eq(fake_faults(&board), 0);
}

Test(chip_fifo, access_in_sleep_is_an_error_and_reads_zero)
{
    uint8_t data[4] = { 1, 2, 3, 4 };
    fake_board_init_lora(&board);
    fake_write(&board, 0x01, 0x89);
    fake_write_burst(&board, 0x00, data, 4);
    fake_write(&board, 0x01, 0x88);
    fake_read_burst(&board, 0x00, data, 4);
    cr_expect_eq(board.counts[SX1276_GUEST_ERROR], 1);
    cr_expect_eq(data[0] | data[1] | data[2] | data[3], 0);
    fake_write(&board, 0x00, 9);
    cr_expect_eq(board.counts[SX1276_GUEST_ERROR], 2);
    cr_expect_eq(fake_read(&board, 0x0d), 4, "the pointer keeps its value");
}

Test(chip_fifo, content_is_lost_in_sleep_and_at_entry_to_rx)
{
    static const uint8_t ways[] = { 0x88, 0x8d, 0x8e };
    for (unsigned i = 0; i < sizeof ways; i++) {
        uint8_t data[4] = { 1, 2, 3, 4 };
        listen();
        fake_write(&board, 0x01, 0x89);
        fake_write(&board, 0x0d, 0);
        fake_write_burst(&board, 0x00, data, 4);
        fake_write(&board, 0x01, 0x8a);
        read_fifo(0, data, 4);
        cr_expect_eq(data[3], 4, "FS keeps it");
        fake_write(&board, 0x01, ways[i]);
        fake_write(&board, 0x01, 0x89);
        read_fifo(0, data, 4);
        cr_expect_eq(data[0] | data[1] | data[2] | data[3], 0, "%02x", ways[i]);
        fake_write(&board, 0x00, 7); /* and a write does not bring the rest back */
        read_fifo(0, data, 4);
        cr_expect_eq(data[0] | data[1] | data[2] | data[3], 0, "%02x", ways[i]);
    }
}

Test(chip_fifo, of_the_fsk_modem_is_counted_as_not_modelled)
{
    fake_board_init(&board);
    cr_expect_eq(fake_read(&board, 0x00), 0);
    fake_write(&board, 0x00, 1);
    cr_expect_eq(board.counts[SX1276_UNIMPLEMENTED], 2);
}

/* --- borrowed frames -------------------------------------------------------------------------- */

Test(chip_fifo, lent_frame_is_read_in_place_and_never_copied)
{
    uint8_t untouched[SX1276_FIFO_SIZE];
    listen();
    memset(board.chip.fifo, 0xcd, sizeof untouched);
    memset(untouched, 0xcd, sizeof untouched);
    for (unsigned i = 0; i < 10; i++) {
        fill_frame((uint8_t)i);
        struct sx1276_rx rx = lent_frame(230, 250 * MS);
        fake_receive(&board, &rx);
        cr_expect(sx1276_rx_unread(&board.chip));
        expect_frame_at(fake_read(&board, 0x10), 230);
        cr_expect(!sx1276_rx_unread(&board.chip));
        cr_expect_eq(sx1276_next_edge(&board.chip), SIM_NS_NEVER, "no event is left");
        fake_run(&board, 400 * MS);
    }
    cr_expect_arr_eq(board.chip.fifo, untouched, sizeof untouched);
    cr_expect_eq(fake_faults(&board), 0);
}

Test(chip_fifo, unread_frame_is_copied_before_the_lender_takes_it_back)
{
    listen();
    struct sx1276_rx rx = lent_frame(100, 250 * MS);
    fake_receive(&board, &rx);
    cr_expect_eq(sx1276_next_edge(&board.chip), rx.bytes_until_ns);
    uint8_t half[50];
    read_fifo(0, half, 50);
    cr_expect_eq(sx1276_next_edge(&board.chip), rx.bytes_until_ns, "half read is unread");
    fake_run_to(&board, rx.bytes_until_ns);
    memset(frame, 0, sizeof frame);
    uint8_t bytes[100];
    read_fifo(0, bytes, 100);
    fill_frame(1);
    cr_expect_arr_eq(bytes, frame, 100);
    cr_expect_eq(fake_faults(&board), 0);
}

Test(chip_fifo, unread_frame_survives_the_next_one)
{
    uint8_t first[100];
    listen();
    struct sx1276_rx rx = lent_frame(100, 250 * MS);
    fake_receive(&board, &rx);
    memcpy(first, frame, 100);
    struct sx1276_rx next = lent_frame(100, 250 * MS);
    sx1276_rx_detected(&board.chip, board.now_ns);
    fake_run(&board, 10 * MS);
    fill_frame(77);
    /* The first frame's bytes are still lent here; in this test both share one buffer. */
    fill_frame(1);
    sx1276_rx_ended(&board.chip, board.now_ns, &next);
    fill_frame(77);
    uint8_t back[100];
    read_fifo(0, back, 100);
    cr_expect_arr_eq(back, first, 100);
    expect_frame_at(100, 100);
    cr_expect_eq(fake_faults(&board), 0);
}

Test(chip_fifo, frame_for_the_call_only_is_copied_at_once)
{
    listen();
    struct sx1276_rx rx = fake_good_frame(frame, 100);
    fake_receive(&board, &rx);
    memset(frame, 0, sizeof frame);
    uint8_t bytes[100];
    read_fifo(0, bytes, 100);
    fill_frame(1);
    cr_expect_arr_eq(bytes, frame, 100);
    cr_expect_eq(sx1276_next_edge(&board.chip), SIM_NS_NEVER);
}

Test(chip_fifo, second_late_reading_of_a_returned_frame_is_counted)
{
    listen();
    struct sx1276_rx rx = lent_frame(100, 250 * MS);
    fake_receive(&board, &rx);
    expect_frame_at(0, 100);
    expect_frame_at(0, 100); /* again while it is lent: fine */
    cr_expect_eq(fake_faults(&board), 0);
    fake_run_to(&board, rx.bytes_until_ns);
    expect_frame_at(0, 100); /* the last instant */
    cr_expect_eq(fake_faults(&board), 0);
    fake_run(&board, 1);
    uint8_t bytes[100];
    read_fifo(0, bytes, 100);
    cr_expect_eq(board.counts[SX1276_UNIMPLEMENTED], 1);
    cr_expect_eq(bytes[0] | bytes[99], 0);
}

Test(chip_fifo, write_beside_a_lent_frame_keeps_the_frame)
{
    listen();
    struct sx1276_rx rx = lent_frame(100, 250 * MS);
    fake_receive(&board, &rx);
    fake_write(&board, 0x01, 0x89);
    fake_write(&board, 0x0d, 99);
    fake_write(&board, 0x00, 0xaa); /* over its last byte */
    fake_write(&board, 0x00, 0xbb);
    cr_expect_eq(sx1276_next_edge(&board.chip), SIM_NS_NEVER);
    uint8_t bytes[101];
    read_fifo(0, bytes, 101);
    cr_expect_arr_eq(bytes, frame, 99);
    cr_expect_eq(bytes[99], 0xaa);
    cr_expect_eq(bytes[100], 0xbb);
}

Test(chip_fifo, received_bytes_can_be_sent_on)
{
    listen();
    struct sx1276_rx rx = lent_frame(100, 250 * MS);
    fake_receive(&board, &rx);
    fake_write(&board, 0x0e, 10);
    fake_write(&board, 0x22, 90);
    fake_write(&board, 0x01, 0x8b);
    cr_expect_eq(board.tx_size, 90);
    cr_expect_arr_eq(board.tx_bytes, frame + 10, 90);
}

Test(chip_fifo, peeking_restores_the_pointer)
{
    listen();
    struct sx1276_rx rx = lent_frame(10, 250 * MS);
    fake_receive(&board, &rx);
    fake_write(&board, 0x0d, 3);
    uint8_t pointer = fake_read(&board, 0x0d);
    cr_expect_eq(fake_read(&board, 0x00), frame[3]);
    fake_write(&board, 0x0d, pointer);
    cr_expect_eq(fake_read(&board, 0x00), frame[3]);
}
