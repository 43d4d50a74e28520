/* Reads of the flash that return wrong bits.
 * SPDX-License-Identifier: MIT
 *
 * Each bit of a read is wrong with the same probability, independently; the next read of the same
 * address draws again, as the cells hold what they held. The draws of a read are those of (seed,
 * node, number of the read among those with errors).
 */
#include <assert.h>
#include <math.h>

#include "board/node_internal.h"

/* Whole steps of 2^-63, so that an end takes away what its begin had added. */
static uint64_t steps_of(const struct node_read_errors *errors)
{
    assert(errors->region < HAL_FLASH_REGION_COUNT);
    assert(errors->bit_errors >= 0.0 && errors->bit_errors <= 0.5);
    return (uint64_t)(errors->bit_errors * 0x1p63);
}

static uint64_t *flips_of(
        struct node_fleet *fleet, uint32_t index, const struct node_read_errors *errors)
{
    assert(index < fleet->count);
    return &node_faults_of(node_at(fleet, index))->flips_q63[errors->region];
}

void node_fleet_read_errors_begin(
        struct node_fleet *fleet, uint32_t index, const struct node_read_errors *errors)
{
    *flips_of(fleet, index, errors) += steps_of(errors);
}

void node_fleet_read_errors_end(
        struct node_fleet *fleet, uint32_t index, const struct node_read_errors *errors)
{
    uint64_t *flips = flips_of(fleet, index, errors);
    assert(*flips >= steps_of(errors));
    *flips -= steps_of(errors);
}

/* Right bits before the next wrong one: geometric. */
static double gap_bits(struct random_stream *stream, double bit_errors)
{
    return floor(log(random_stream_uniform_open(stream)) / log1p(-bit_errors));
}

void node_read_with_errors(
        struct node *node, enum hal_flash_region region, void *data, size_t size, size_t row_size)
{
    struct node_faults *faults = node->faults;
    if (faults->flips_q63[region] == 0) {
        return;
    }
    double bit_errors = fmin((double)faults->flips_q63[region] * 0x1p-63, 0.5);
    struct random_stream stream;
    random_stream_init(&stream, engine_seed(node->fleet->engine), node_entity(node),
            RANDOM_READ_ERROR, faults->reads++);
    uint8_t *bytes = data;
    double bits = (double)size * 8.0;
    for (double at = gap_bits(&stream, bit_errors); at < bits;
            at += 1.0 + gap_bits(&stream, bit_errors)) {
        size_t bit = (size_t)at;
        bytes[bit / 8 % row_size] ^= (uint8_t)(1u << bit % 8);
        faults->flipped_bits++;
    }
}

uint64_t node_flipped_bits(const struct node_fleet *fleet, uint32_t index)
{
    assert(index < fleet->count);
    const struct node_faults *faults = node_at(fleet, index)->faults;
    return faults != NULL ? faults->flipped_bits : 0;
}
