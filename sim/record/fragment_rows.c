/* The uncoded fragments of one transfer, each with a byte per device: how far it got.
 * SPDX-License-Identifier: MIT
 */
#include "record/fragment_rows.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

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
    rows->folded = calloc((size_t)nb_frag * fragment_blocks(device_count), sizeof *rows->folded);
    return rows->cells != NULL && rows->rounds != NULL && rows->changes != NULL
           && rows->received != NULL && rows->folded != NULL;
}

void fragment_rows_destroy(struct fragment_rows *rows)
{
    free(rows->cells);
    free(rows->rounds);
    free(rows->changes);
    free(rows->received);
    free(rows->folded);
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

static uint32_t *folded_of(const struct fragment_rows *rows, uint32_t n)
{
    assert(n > 0 && n <= rows->nb_frag);
    return rows->folded + (size_t)(n - 1u) * fragment_blocks(rows->device_count);
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
    if (*cell > (uint8_t)cause) { /* it may lack what was folded before */
        folded_of(rows, n)[device / FRAGMENT_BLOCK_DEVICES] = 0;
    }
    *cell = (uint8_t)cause;
    rows->changes[n - 1u]++;
}

/* Both loops of a block are such that compilers vectorize them. */
static void fold(uint8_t *restrict row, const uint8_t *restrict causes, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        row[i] = row[i] > causes[i] ? row[i] : causes[i];
    }
}

static void fold_capped(uint8_t *restrict row, const uint8_t *restrict causes,
        const uint8_t *restrict caps, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        uint8_t cause = causes[i] < caps[i] ? causes[i] : caps[i];
        row[i] = row[i] > cause ? row[i] : cause;
    }
}

/* Of a block that has got the causes of this version no device gets more: a cap only makes less of
 * a cause. */
static bool lacks(const uint32_t *folded, const struct fragment_unheard *unheard, uint32_t block)
{
    return folded[block] != unheard->versions[block];
}

static void cap_changed(
        const uint32_t *folded, const struct fragment_unheard *unheard, struct fragment_caps *caps)
{
    assert(caps->changes_from >= unheard->first);
    for (uint64_t i = caps->changes_from - unheard->first; i < unheard->change_count; i++) {
        const struct unheard_change *change = &unheard->changes[i];
        if (lacks(folded, unheard, change->device / FRAGMENT_BLOCK_DEVICES)) {
            fragment_caps_lower(caps, change->device, (enum loss_cause)change->was);
        }
    }
}

void fragment_rows_fold(struct fragment_rows *rows, uint32_t n,
        const struct fragment_unheard *unheard, struct fragment_caps *caps)
{
    uint8_t *row = row_of(rows, n);
    uint32_t *folded = folded_of(rows, n);
    uint32_t blocks = fragment_blocks(rows->device_count);
    assert(unheard->device_count == rows->device_count && caps->device_count == rows->device_count);
    cap_changed(folded, unheard, caps);
    for (uint32_t block = 0; block < blocks; block++) {
        if (!lacks(folded, unheard, block)) {
            continue;
        }
        uint32_t first = block * FRAGMENT_BLOCK_DEVICES;
        uint32_t count = fragment_block_devices(rows->device_count, block);
        if (caps->blocks[block] != NULL) {
            fold_capped(row + first, unheard->causes + first, caps->blocks[block], count);
        } else {
            fold(row + first, unheard->causes + first, count);
            folded[block] = unheard->versions[block];
        }
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
    memset(folded_of(rows, n), 0, fragment_blocks(rows->device_count) * sizeof *rows->folded);
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
