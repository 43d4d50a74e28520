/* How often a device completes with fixed redundancy, beside the published table.
 * SPDX-License-Identifier: MIT
 *
 * spec-protocol 5.6: P(complete) for M fragments, R coded ones and i.i.d. loss, from 20 000 trials.
 * Rows and elimination are those of the firmware; the data is left out.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "fake_board.h"
#include "services/bits.h"
#include "services/fec_matrix.h"
#include "services/fec_row.h"

#define TRIALS 2000

struct cell {
    unsigned fragments;
    unsigned coded;
    unsigned loss_percent;
    double v1;
    double v2;
};

static const struct cell cells[] = {
    { 50, 5, 5, .584, .704 },
    { 50, 10, 10, .685, .843 },
    { 50, 15, 20, .477, .601 },
    { 50, 25, 30, .634, .642 },
    { 100, 10, 5, .821, .879 },
    { 100, 10, 10, .252, .284 },
    { 100, 30, 20, .732, .729 },
    { 100, 50, 30, .750, .755 },
    { 400, 40, 10, .221, .218 },
    { 400, 120, 20, .943, .944 },
};

static bool completes(struct rig *rig, const struct cell *cell, const struct fec_rows *rows)
{
    static struct fec_matrix matrix;
    uint8_t unknown_of[400];
    unsigned unknowns = 0;
    for (unsigned c = 0; c < cell->fragments; c++) {
        bool lost = rig_random(rig) % 100 < cell->loss_percent;
        unknown_of[c] = lost ? (uint8_t)unknowns : 255;
        unknowns += lost;
    }
    fec_matrix_init(&matrix, unknowns);
    for (unsigned n = 1; n <= cell->coded && matrix.rank < unknowns; n++) {
        uint32_t row[FEC_ROW_WORDS];
        uint32_t vector[FEC_VECTOR_WORDS] = { 0 };
        uint32_t used[FEC_VECTOR_WORDS];
        if (rig_random(rig) % 100 < cell->loss_percent) {
            continue;
        }
        fec_row_make(rows, n, row);
        for (unsigned c = 0; c < cell->fragments; c++) {
            if (unknown_of[c] != 255 && bits_get(row, c)) {
                bits_set(vector, unknown_of[c]);
            }
        }
        int pivot = fec_matrix_reduce(&matrix, vector, used);
        if (pivot >= 0) {
            fec_matrix_add(&matrix, vector, (uint32_t)pivot, 0);
        }
    }
    return matrix.rank == unknowns;
}

Test(completion, equals_the_published_table_within_sampling_error)
{
    struct rig *rig = rig_create();
    for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++) {
        for (uint8_t version = 1; version <= 2; version++) {
            const struct cell *cell = &cells[i];
            struct fec_rows rows;
            unsigned complete = 0;
            fec_rows_init(&rows, cell->fragments, version);
            for (unsigned trial = 0; trial < TRIALS; trial++) {
                complete += completes(rig, cell, &rows);
            }
            double p = version == 1 ? cell->v1 : cell->v2;
            double measured = (double)complete / TRIALS;
            /* 4 standard errors of both samples, and the table's rounding. */
            double bound = 4 * sqrt(p * (1 - p) * (1.0 / TRIALS + 1.0 / 20000)) + 0.0005;
            cr_expect(fabs(measured - p) < bound, "M %u R %u loss %u %% v%u: %.3f, table %.3f",
                    cell->fragments, cell->coded, cell->loss_percent, version, measured, p);
        }
    }
    rig_destroy(rig);
}
