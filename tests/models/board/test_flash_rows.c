/* Sums of rows of flash, whose shared content is put together once.
 * SPDX-License-Identifier: MIT
 *
 * Goal: a sum is that of the bytes that the image holds now, whatever lay there before and
 * whichever node else holds the same or other content, and whether a row was added before. Right
 * values: the bytes as they are read, added one by one.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "board/flash_rows.h"
#include "random_stream.h"

#define SIZE      (8u * 4096u)
#define IMAGES    5u
#define ROW_BYTES 200u
#define ROUNDS    4000u
#define RUNS      12u
#define SUM_BYTES 300u

static struct flash_store *store;
static struct flash_image images[IMAGES];
static struct random_stream stream;

static void set_up(void)
{
    store = flash_store_create(NULL);
    for (unsigned i = 0; i < IMAGES; i++) {
        flash_image_init(&images[i], SIZE, 0xFF);
    }
    random_stream_init(&stream, 7, 1, 1, 1);
}

static void tear_down(void)
{
    for (unsigned i = 0; i < IMAGES; i++) {
        flash_image_finish(store, &images[i]);
    }
    flash_store_destroy(store);
}

TestSuite(flash_rows, .init = set_up, .fini = tear_down);

static uint32_t below(uint32_t limit)
{
    return random_stream_u32(&stream) % limit;
}

/* Byte `at` of the block that the server sends: fragments are pieces of it. */
static uint8_t block_byte(uint32_t at)
{
    return (uint8_t)(at * 167u ^ at >> 5);
}

static void program_fragment(struct flash_image *image, uint32_t index, uint8_t other)
{
    uint8_t data[ROW_BYTES];
    for (uint32_t i = 0; i < ROW_BYTES; i++) {
        data[i] = block_byte(index * ROW_BYTES + i) ^ other;
    }
    flash_image_program(store, image, index * ROW_BYTES, data, ROW_BYTES, true);
}

static void expect_sum(const struct flash_image *image, const struct hal_flash_rows *runs,
        size_t run_count, uint32_t row_bytes)
{
    uint8_t sum[SUM_BYTES], right[SUM_BYTES];
    for (uint32_t i = 0; i < SUM_BYTES; i++) {
        sum[i] = right[i] = (uint8_t)(i * 3u);
    }
    for (size_t run = 0; run < run_count; run++) {
        for (uint32_t row = 0; row < runs[run].count; row++) {
            for (uint32_t i = 0; i < row_bytes; i++) {
                uint8_t byte;
                flash_image_read(store, image, runs[run].address + row * row_bytes + i, &byte, 1);
                right[i] ^= byte;
            }
        }
    }
    flash_image_add(store, image, runs, run_count, sum, row_bytes);
    cr_assert_arr_eq(sum, right, SUM_BYTES, "rows of %u bytes", row_bytes);
}

static void expect_random_sum(const struct flash_image *image, uint32_t row_bytes)
{
    struct hal_flash_rows runs[RUNS];
    for (unsigned i = 0; i < RUNS; i++) {
        uint32_t first = below(SIZE / row_bytes - 4u);
        runs[i] = (struct hal_flash_rows){ first * row_bytes, below(4) };
    }
    expect_sum(image, runs, below(RUNS + 1u), row_bytes);
}

/* Nodes take the same fragments and lose others, some take other data, and some begin again. */
Test(flash_rows, sums_are_those_of_what_the_image_holds_now)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct flash_image *image = &images[below(IMAGES)];
        uint32_t index = below(SIZE / ROW_BYTES);
        if (below(3) == 0) {
            for (unsigned i = 0; i < IMAGES; i++) {
                program_fragment(&images[i], index, 0);
            }
        } else if (below(20) == 0) {
            flash_image_erase(store, image, below(SIZE / 4096u) * 4096u, 4096u);
        } else {
            program_fragment(image, index, below(5) == 0 ? 0x5A : 0);
        }
        expect_random_sum(&images[below(IMAGES)], ROW_BYTES);
    }
}

Test(flash_rows, rows_have_any_size)
{
    const uint32_t sizes[] = { 1, 15, 16, 48, 63, 64, 113, 200, 239, 255, 256, 257, 300 };
    for (uint32_t index = 0; index < SIZE / ROW_BYTES; index++) {
        for (unsigned i = 0; i < IMAGES; i++) {
            program_fragment(&images[i], index, 0);
        }
    }
    for (unsigned round = 0; round < 40; round++) {
        for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            expect_random_sum(&images[round % IMAGES], sizes[i]);
        }
    }
}

/* A row that is kept holds its pages: what another node makes of them is another page. */
Test(flash_rows, a_row_that_was_added_follows_a_change_of_its_pages)
{
    const struct hal_flash_rows run = { 3u * ROW_BYTES, 1 };
    for (unsigned i = 0; i < 2; i++) {
        program_fragment(&images[i], 3, 0);
    }
    expect_sum(&images[0], &run, 1, ROW_BYTES);
    flash_image_program(store, &images[0], 3u * ROW_BYTES + 7u, "\0", 1, true);
    expect_sum(&images[0], &run, 1, ROW_BYTES);
    expect_sum(&images[1], &run, 1, ROW_BYTES);
    flash_image_erase(store, &images[1], 0, 4096);
    expect_sum(&images[1], &run, 1, ROW_BYTES);
}
