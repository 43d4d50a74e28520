/* The uncoded fragments of one transfer, each with a byte per device: how far it got.
 * SPDX-License-Identifier: MIT
 */
#include "record/fragment_rows.h"

#include <assert.h>
#include <stdlib.h>

_Static_assert(LOSS_CAUSE_COUNT <= UINT8_MAX, "a cause is a byte");
_Static_assert(LOSS_GATEWAY_SKIPPED == 0, "a row of zeros was never on the air");

/* Rows of fragments that do not go out are never touched: they cost no memory. */
bool fragment_rows_create(struct fragment_rows *rows, uint32_t device_count, uint32_t nb_frag)
{
    *rows = (struct fragment_rows){ .device_count = device_count, .nb_frag = nb_frag };
    rows->cells = calloc(nb_frag, device_count);
    rows->rounds = calloc(nb_frag, sizeof *rows->rounds);
    rows->changes = calloc(nb_frag, sizeof *rows->changes);
    rows->received = calloc(device_count, sizeof *rows->received);
    return rows->cells != NULL && rows->rounds != NULL && rows->changes != NULL
           && rows->received != NULL;
}

void fragment_rows_destroy(struct fragment_rows *rows)
{
    free(rows->cells);
    free(rows->rounds);
    free(rows->changes);
    free(rows->received);
}

static uint8_t *row_of(const struct fragment_rows *rows, uint32_t n)
{
    assert(n > 0 && n <= rows->nb_frag);
    return rows->cells + (size_t)(n - 1u) * rows->device_count;
}

const uint8_t *fragment_rows_of(const struct fragment_rows *rows, uint32_t n)
{
    return row_of(rows, n);
}

void fragment_rows_set(
        struct fragment_rows *rows, uint32_t n, uint32_t device, enum loss_cause cause)
{
    uint8_t *cell = row_of(rows, n) + device;
    assert(device < rows->device_count);
    if (*cell == (uint8_t)cause) {
        return;
    }
    if (cause == LOSS_NONE) {
        rows->received[device]++;
    } else if (*cell == LOSS_NONE) {
        rows->received[device]--;
    }
    *cell = (uint8_t)cause;
    rows->changes[n - 1u]++;
}

void fragment_rows_fold(struct fragment_rows *rows, uint32_t n, const uint8_t *causes)
{
    uint8_t *row = row_of(rows, n);
    for (uint32_t i = 0; i < rows->device_count; i++) {
        row[i] = row[i] > causes[i] ? row[i] : causes[i];
    }
    rows->changes[n - 1u]++;
}

void fragment_rows_begin(struct fragment_rows *rows, uint32_t n, uint64_t round)
{
    uint8_t *row = row_of(rows, n);
    uint64_t *last = &rows->rounds[n - 1u];
    assert(round != 0);
    if (*last == round) {
        return;
    }
    rows->sent += *last == 0 ? 1u : 0u;
    for (uint32_t i = 0; *last != 0 && i < rows->device_count; i++) {
        row[i] = row[i] == LOSS_NONE ? LOSS_NONE : LOSS_GATEWAY_SKIPPED;
    }
    *last = round;
    rows->changes[n - 1u]++;
}

void fragment_rows_add(
        const struct fragment_rows *rows, uint32_t device, struct cause_counts *counts)
{
    assert(device < rows->device_count);
    const uint8_t *cell = rows->cells + device;
    for (uint32_t i = 0; i < rows->nb_frag; i++, cell += rows->device_count) {
        counts->of[*cell]++;
    }
}
