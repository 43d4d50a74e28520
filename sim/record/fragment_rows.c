/* The fragments of one transfer, each with a byte per device: how far it got.
 * SPDX-License-Identifier: MIT
 */
#include "record/fragment_rows.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

_Static_assert((FRAGMENT_WINDOW & (FRAGMENT_WINDOW - 1u)) == 0, "rows are found by a mask");
_Static_assert(LOSS_CAUSE_COUNT <= UINT8_MAX, "a cause is a byte");

bool fragment_rows_create(struct fragment_rows *rows, uint32_t device_count)
{
    *rows = (struct fragment_rows){ .device_count = device_count };
    rows->cells = malloc((size_t)FRAGMENT_WINDOW * device_count);
    rows->counters = calloc(device_count, sizeof *rows->counters);
    return rows->cells != NULL && rows->counters != NULL;
}

void fragment_rows_destroy(struct fragment_rows *rows)
{
    free(rows->cells);
    free(rows->counters);
}

static uint8_t *row_at(const struct fragment_rows *rows, uint32_t n)
{
    return rows->cells + (size_t)(n & (FRAGMENT_WINDOW - 1u)) * rows->device_count;
}

static void close_row(struct fragment_rows *rows, uint32_t n)
{
    const uint8_t *row = row_at(rows, n);
    for (uint32_t i = 0; i < rows->device_count; i++) {
        rows->counters[i][row[i]]++;
    }
}

bool fragment_rows_open(struct fragment_rows *rows, uint32_t n)
{
    assert(n > 0);
    uint32_t *row_n = &rows->row_n[n & (FRAGMENT_WINDOW - 1u)];
    if (*row_n == n) {
        return true;
    }
    if (*row_n > n) {
        return false;
    }
    if (*row_n != 0) {
        close_row(rows, *row_n);
    }
    *row_n = n;
    rows->begun++;
    memset(row_at(rows, n), LOSS_GATEWAY_SKIPPED, rows->device_count);
    return true;
}

uint8_t *fragment_rows_of(const struct fragment_rows *rows, uint32_t n)
{
    bool is_open = n > 0 && rows->row_n[n & (FRAGMENT_WINDOW - 1u)] == n;
    return is_open ? row_at(rows, n) : NULL;
}

void fragment_rows_add(
        const struct fragment_rows *rows, uint32_t device, struct cause_counts *counts)
{
    assert(device < rows->device_count);
    for (int cause = 0; cause < LOSS_CAUSE_COUNT; cause++) {
        counts->of[cause] += rows->counters[device][cause];
    }
    for (uint32_t slot = 0; slot < FRAGMENT_WINDOW; slot++) {
        if (rows->row_n[slot] != 0) {
            counts->of[rows->cells[(size_t)slot * rows->device_count + device]]++;
        }
    }
}
