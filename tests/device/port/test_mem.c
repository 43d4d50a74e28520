/* The memory functions of the target, under other names, against the C library's.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <string.h>

#include "draw.h"

void *port_memcpy(void *restrict to, const void *restrict from, size_t size);
void *port_memmove(void *to, const void *from, size_t size);
void *port_memset(void *to, int value, size_t size);
int port_memcmp(const void *a, const void *b, size_t size);

#define AREA 64u

static int sign(int value)
{
    return (value > 0) - (value < 0);
}

Test(mem, behaves_as_the_c_library_for_all_offsets_and_sizes)
{
    struct draw draw = { 5 };
    _Alignas(8) uint8_t ours[AREA];
    _Alignas(8) uint8_t theirs[AREA];
    _Alignas(8) uint8_t source[AREA];
    for (size_t to = 0; to < 9; ++to) {
        for (size_t from = 0; from < 9; ++from) {
            for (size_t size = 0; size < AREA - 9; ++size) {
                draw_bytes(&draw, source, AREA);
                draw_bytes(&draw, ours, AREA);
                memcpy(theirs, ours, AREA);
                cr_assert_eq(port_memcpy(ours + to, source + from, size), ours + to);
                memcpy(theirs + to, source + from, size);
                cr_assert_arr_eq(ours, theirs, AREA);
                port_memmove(ours + to, ours + from, size);
                memmove(theirs + to, theirs + from, size);
                cr_assert_arr_eq(ours, theirs, AREA);
                port_memset(ours + to, 0x1C3, size);
                memset(theirs + to, 0x1C3, size);
                cr_assert_arr_eq(ours, theirs, AREA);
                memcpy(ours, source, AREA);
                ours[to] ^= (uint8_t)(size % 3);
                cr_assert_eq(
                        sign(port_memcmp(ours, source, size)), sign(memcmp(ours, source, size)));
            }
        }
    }
}
