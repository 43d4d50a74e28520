/* Flash content: physics of both kinds, sharing, and a plain array as a second opinion.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "board/flash.h"
#include "board/flash_change.h"
#include "random_stream.h"

#define SIZE (16u * 4096u)

static struct flash_store *store;

static void set_up(void)
{
    store = flash_store_create(NULL);
}

static void tear_down(void)
{
    flash_store_destroy(store);
}

TestSuite(flash, .init = set_up, .fini = tear_down);

static uint8_t byte_at(const struct flash_image *image, uint32_t address)
{
    uint8_t byte;
    flash_image_read(store, image, address, &byte, 1);
    return byte;
}

static bool program(struct flash_image *image, uint32_t address, const void *data, uint32_t size)
{
    return flash_image_program(store, image, address, data, size, true);
}

Test(flash, a_new_region_reads_its_erased_value)
{
    struct flash_image nor, internal;
    flash_image_init(&nor, SIZE, 0xFF);
    flash_image_init(&internal, SIZE, 0x00);
    cr_assert_eq(byte_at(&nor, 12345), 0xFF);
    cr_assert_eq(byte_at(&internal, 12345), 0x00);
    cr_assert_eq(flash_store_pages(store), 0);
    flash_image_finish(store, &nor);
    flash_image_finish(store, &internal);
}

Test(flash, nor_programs_ones_to_zeros_only)
{
    struct flash_image nor;
    flash_image_init(&nor, SIZE, 0xFF);
    cr_assert(program(&nor, 10, "\xF0", 1));
    cr_assert(program(&nor, 10, "\x30", 1), "more bits may go");
    cr_assert_eq(byte_at(&nor, 10), 0x30);
    cr_assert_not(program(&nor, 10, "\x0F", 1), "none comes back");
    cr_assert_eq(byte_at(&nor, 10), 0x00, "the chip computes an AND");
    flash_image_finish(store, &nor);
}

Test(flash, internal_flash_programs_zeros_to_ones_only)
{
    struct flash_image internal;
    flash_image_init(&internal, SIZE, 0x00);
    cr_assert(program(&internal, 10, "\x0F", 1));
    cr_assert_not(program(&internal, 10, "\xF0", 1));
    cr_assert_eq(byte_at(&internal, 10), 0xFF, "an OR");
    flash_image_finish(store, &internal);
}

Test(flash, what_is_not_rewritable_must_be_erased_before)
{
    struct flash_image internal;
    flash_image_init(&internal, SIZE, 0x00);
    cr_assert(flash_image_program(store, &internal, 64, "\x01\x02\x03\x04", 4, false));
    cr_assert_not(flash_image_program(store, &internal, 64, "\x01\x02\x03\x07", 4, false));
    flash_image_erase(store, &internal, 0, 128);
    cr_assert(flash_image_program(store, &internal, 64, "\x08\x08\x08\x08", 4, false));
    flash_image_finish(store, &internal);
}

Test(flash, erasing_half_a_page_leaves_the_other_half)
{
    struct flash_image internal;
    uint8_t data[256], back[256];
    memset(data, 0x5A, sizeof data);
    flash_image_init(&internal, SIZE, 0x00);
    cr_assert(program(&internal, 512, data, 256));
    flash_image_erase(store, &internal, 512, 128);
    flash_image_read(store, &internal, 512, back, 256);
    memset(data, 0, 128);
    cr_assert_arr_eq(back, data, 256);
    flash_image_finish(store, &internal);
}

Test(flash, reads_cross_pages_and_sectors)
{
    struct flash_image nor;
    uint8_t data[9000], back[9000];
    for (unsigned i = 0; i < sizeof data; i++) {
        data[i] = (uint8_t)(i * 7 + i / 251);
    }
    flash_image_init(&nor, SIZE, 0xFF);
    flash_image_set(store, &nor, 4000, data, sizeof data);
    flash_image_read(store, &nor, 4000, back, sizeof back);
    cr_assert_arr_eq(back, data, sizeof data);
    cr_assert_eq(byte_at(&nor, 3999), 0xFF);
    cr_assert_eq(byte_at(&nor, 13000), 0xFF);
    flash_image_finish(store, &nor);
}

Test(flash, nodes_that_store_the_same_fragments_share_pages_and_sectors)
{
    enum {
        NODES = 100,
        FRAGMENTS = 40,
        FRAGMENT = 200
    };
    static struct flash_image nor[NODES];
    uint8_t data[FRAGMENT];
    for (int n = 0; n < NODES; n++) {
        flash_image_init(&nor[n], SIZE, 0xFF);
    }
    for (uint32_t f = 0; f < FRAGMENTS; f++) {
        memset(data, (int)f + 1, sizeof data);
        for (int n = 0; n < NODES; n++) {
            uint32_t at = f * FRAGMENT;
            uint32_t first = 256 - at % 256 < FRAGMENT ? 256 - at % 256 : FRAGMENT;
            cr_assert(program(&nor[n], at, data, first));
            cr_assert(program(&nor[n], at + first, data + first, FRAGMENT - first));
        }
    }
    for (int n = 0; n < NODES; n++) {
        for (uint32_t f = 0; f < FRAGMENTS; f++) {
            cr_assert_eq(byte_at(&nor[n], f * FRAGMENT + 199), f + 1);
        }
    }
    /* 8000 bytes are 32 pages in 2 sectors; the memo holds some of what they were before. */
    uint32_t pages = flash_store_pages(store);
    uint32_t sectors = flash_store_sectors(store);
    cr_assert_leq(pages, 32 + 2 * FRAGMENTS + 2, "%u pages", pages);
    cr_assert_leq(sectors, 2 * FRAGMENTS + 2, "%u sectors", sectors);
    for (int n = 0; n < NODES; n++) {
        flash_image_finish(store, &nor[n]);
    }
}

Test(flash, one_different_bit_is_never_shared)
{
    struct flash_image a, b;
    uint8_t data[200];
    memset(data, 0x77, sizeof data);
    flash_image_init(&a, SIZE, 0xFF);
    flash_image_init(&b, SIZE, 0xFF);
    cr_assert(program(&a, 0, data, sizeof data));
    data[123] ^= 0x10;
    cr_assert(program(&b, 0, data, sizeof data));
    cr_assert_eq(byte_at(&a, 123), 0x77);
    cr_assert_eq(byte_at(&b, 123), 0x67);
    flash_image_finish(store, &a);
    flash_image_finish(store, &b);
}

Test(flash, writing_to_shared_content_changes_one_node_only)
{
    struct flash_image factory, a, b;
    uint8_t data[4096];
    memset(data, 0x11, sizeof data);
    flash_image_init(&factory, SIZE, 0xFF);
    flash_image_set(store, &factory, 8192, data, sizeof data);
    uint32_t pages = flash_store_pages(store);
    flash_image_init(&a, SIZE, 0xFF);
    flash_image_init(&b, SIZE, 0xFF);
    flash_image_share(store, &a, &factory);
    flash_image_share(store, &b, &factory);
    cr_assert_eq(flash_store_pages(store), pages, "sharing costs no page");
    flash_image_erase(store, &a, 8192, 4096);
    cr_assert(program(&b, 8300, "\x01", 1));
    cr_assert_eq(byte_at(&a, 8300), 0xFF);
    cr_assert_eq(byte_at(&b, 8300), 0x01);
    cr_assert_eq(byte_at(&factory, 8300), 0x11);
    flash_image_finish(store, &a);
    flash_image_finish(store, &b);
    flash_image_finish(store, &factory);
}

/* Many nodes, random operations that often coincide, against arrays. */
static void compare_with_arrays(uint8_t erased_value)
{
    enum {
        NODES = 12,
        OPERATIONS = 60000,
        BYTES = 3 * 4096
    };
    static struct flash_image image[NODES];
    static uint8_t plain[NODES][BYTES];
    struct random_stream stream;
    random_stream_init(&stream, 3, erased_value, RANDOM_TEST, 0);
    for (int n = 0; n < NODES; n++) {
        flash_image_init(&image[n], BYTES, erased_value);
        memset(plain[n], erased_value, BYTES);
    }
    uint8_t data[256];
    uint32_t address = 0;
    uint32_t size = 0;
    for (int i = 0; i < OPERATIONS; i++) {
        uint32_t n = random_stream_u32(&stream) % NODES;
        if (random_stream_u32(&stream) % 8 == 0) { /* else the last one again, elsewhere */
            address = random_stream_u32(&stream) % BYTES;
            size = 1 + random_stream_u32(&stream) % 256;
            size = size < BYTES - address ? size : BYTES - address;
            random_stream_bytes(&stream, data, size);
        }
        if (random_stream_u32(&stream) % 40 == 0) {
            uint32_t unit = random_stream_u32(&stream) % 4 == 0 ? 4096 : 128;
            uint32_t at = address / unit * unit;
            flash_image_erase(store, &image[n], at, unit);
            memset(plain[n] + at, erased_value, unit);
        } else {
            bool allowed = true;
            for (uint32_t k = 0; k < size; k++) {
                uint8_t old = plain[n][address + k];
                uint8_t now = erased_value != 0 ? old & data[k] : old | data[k];
                plain[n][address + k] = now;
                allowed &= now == data[k];
            }
            cr_assert_eq(program(&image[n], address, data, size), allowed);
        }
        if (i % 64 == 0) {
            uint8_t back[BYTES];
            flash_image_read(store, &image[n], 0, back, BYTES);
            cr_assert_arr_eq(back, plain[n], BYTES);
        }
    }
    for (int n = 0; n < NODES; n++) {
        uint8_t back[BYTES];
        flash_image_read(store, &image[n], 0, back, BYTES);
        cr_assert_arr_eq(back, plain[n], BYTES);
        flash_image_finish(store, &image[n]);
    }
}

Test(flash, random_operations_on_nor_equal_those_on_arrays)
{
    compare_with_arrays(0xFF);
}

Test(flash, random_operations_on_internal_flash_equal_those_on_arrays)
{
    compare_with_arrays(0x00);
}

Test(flash, nodes_that_lost_different_fragments_share_again_when_they_recovered)
{
    enum {
        NODES = 200,
        FRAGMENTS = 41,
        FRAGMENT = 200
    };
    static struct flash_image nor[NODES];
    static uint8_t block[FRAGMENTS * FRAGMENT], back[sizeof block];
    struct random_stream stream;
    random_stream_init(&stream, 4, 0, RANDOM_TEST, 0);
    random_stream_bytes(&stream, block, sizeof block);
    static bool lost[NODES][FRAGMENTS];
    for (int n = 0; n < NODES; n++) {
        flash_image_init(&nor[n], SIZE, 0xFF);
    }
    for (uint32_t pass = 0; pass < 2; pass++) { /* as received, then what was lost */
        for (uint32_t f = 0; f < FRAGMENTS; f++) {
            for (int n = 0; n < NODES; n++) {
                if (pass == 0) {
                    lost[n][f] = random_stream_u32(&stream) % 10 == 0;
                }
                if (lost[n][f] == (pass == 1)) {
                    program(&nor[n], f * FRAGMENT, block + f * FRAGMENT, FRAGMENT);
                }
            }
        }
    }
    for (int n = 0; n < NODES; n++) {
        flash_image_read(store, &nor[n], 0, back, sizeof back);
        cr_assert_arr_eq(back, block, sizeof block);
        for (uint32_t k = 0; k < 3; k++) {
            cr_assert_eq(flash_image_sector(store, &nor[n], k * FLASH_SECTOR_BYTES),
                    flash_image_sector(store, &nor[0], k * FLASH_SECTOR_BYTES),
                    "node %d, sector %u", n, k);
        }
    }
    for (int n = 0; n < NODES; n++) {
        flash_image_finish(store, &nor[n]);
    }
}

/* A region of 1 MiB has sixteen tables; what is erased in 64 KiB of it costs none. */
Test(flash, only_what_holds_content_has_a_table)
{
    struct flash_image factory, a, b;
    flash_image_init(&factory, FLASH_REGION_BYTES_MAX, 0xFF);
    cr_assert_eq(flash_store_tables(store), 0);
    program(&factory, 0, "factory", 7);
    program(&factory, FLASH_REGION_BYTES_MAX - 1u, "\x12", 1);
    cr_assert_eq(flash_store_tables(store), 2);
    flash_image_init(&a, FLASH_REGION_BYTES_MAX, 0xFF);
    flash_image_init(&b, FLASH_REGION_BYTES_MAX, 0xFF);
    flash_image_share(store, &a, &factory);
    flash_image_share(store, &b, &factory);
    cr_assert_eq(flash_store_tables(store), 2, "shared");
    program(&a, FLASH_TABLE_BYTES, "a", 1);
    program(&a, FLASH_SECTOR_BYTES, "a", 1);
    cr_assert_eq(flash_store_tables(store), 4, "a new one, and one of its own for the shared one");
    cr_assert_eq(byte_at(&b, FLASH_SECTOR_BYTES), 0xFF);
    cr_assert_eq(byte_at(&a, 0), 'f');
    flash_image_erase(store, &a, 0, FLASH_TABLE_BYTES);
    flash_image_erase(store, &a, FLASH_REGION_BYTES_MAX - FLASH_SECTOR_BYTES, FLASH_SECTOR_BYTES);
    cr_assert_eq(flash_store_tables(store), 3, "those of the factory, and one of a");
    cr_assert_eq(byte_at(&a, FLASH_TABLE_BYTES), 'a');
    cr_assert_eq(byte_at(&b, FLASH_REGION_BYTES_MAX - 1u), 0x12);
    flash_image_finish(store, &a);
    flash_image_finish(store, &b);
    flash_image_finish(store, &factory);
    cr_assert_eq(flash_store_tables(store), 0);
}

/* What remains is what the memo holds: two sides of each entry, each at most a sector. */
Test(flash, pages_come_back_when_content_is_erased)
{
    struct flash_image nor;
    uint8_t data[16];
    const uint32_t rounds = 3200, entries = FLASH_MEMO_SETS * FLASH_MEMO_WAYS;
    flash_image_init(&nor, SIZE, 0xFF);
    for (uint32_t round = 0; round < rounds; round++) {
        for (uint32_t at = 0; at < SIZE; at += 16) {
            memset(data, (int)(at / 16 + round), sizeof data);
            memcpy(data, &round, sizeof round); /* never the same page again */
            program(&nor, at, data, sizeof data);
        }
        flash_image_erase(store, &nor, 0, SIZE);
    }
    cr_assert_leq(flash_store_sectors(store), 2 * entries);
    cr_assert_lt(flash_store_pages(store), rounds * (SIZE / 256) / 5, "of those ever written");
    flash_image_finish(store, &nor);
}
