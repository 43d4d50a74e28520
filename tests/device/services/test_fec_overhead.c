/* How many coded fragments a device needs: the firmware's parity rows and matrix against tables.
 * SPDX-License-Identifier: MIT
 *
 * Oracle: the Monte Carlo tables of spec-protocol section 5.6 (20,000 trials an entry, 5,000 for
 * M = 1000), made with another generator and decoder. Every entry is compared, within four standard
 * errors of both samples together. A transmission is lost with chance p, whatever it carries; the
 * excess is what a device received of coded fragments beyond the uncoded ones it had lost.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "services/fec_matrix.h"
#include "services/fec_row.h"

#define STANDARD_ERRORS 4.0
#define FRAGMENTS_MAX   1000u
#define ROWS_MAX        2000u
#define WORDS           ((FRAGMENTS_MAX + 63u) / 64u)
#define EXCESS_MAX      63u

/* --- losses ----------------------------------------------------------------------------------- */

/* splitmix64: public domain, S. Vigna. */
static uint64_t draw(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static bool lost(uint64_t *state, double p)
{
    return (double)(draw(state) >> 11) / 9007199254740992.0 < p;
}

/* --- one device ------------------------------------------------------------------------------- */

/* Rows n = 1.. over M fragments, from the firmware. */
struct parity {
    unsigned fragments, version, count;
    uint32_t rows[ROWS_MAX][FRAGMENTS_MAX / 32u + 1u];
};

static struct parity parity;

static void parity_make(unsigned fragments, unsigned version, unsigned count)
{
    struct fec_rows rows;
    uint32_t row[FEC_ROW_WORDS];
    fec_rows_init(&rows, fragments, (uint8_t)version);
    parity.fragments = fragments;
    parity.version = version;
    parity.count = count;
    for (unsigned n = 1; n <= count; n++) {
        fec_row_make(&rows, n, row);
        memcpy(parity.rows[n - 1], row, (fragments + 31u) / 32u * sizeof row[0]);
    }
}

static bool column(unsigned n, unsigned c)
{
    return (parity.rows[n - 1][c / 32u] >> (c % 32u) & 1u) != 0;
}

/* A second elimination, of any size: keeps one vector for each leading bit. */
struct basis {
    unsigned rank;
    bool present[FRAGMENTS_MAX];
    uint64_t vectors[FRAGMENTS_MAX][WORDS];
};

static struct basis basis;

static bool basis_add(uint64_t vector[WORDS], unsigned unknowns)
{
    unsigned words = (unknowns + 63u) / 64u;
    for (unsigned w = 0; w < words; w++) {
        while (vector[w] != 0) {
            unsigned pivot = 64u * w + (unsigned)__builtin_ctzll(vector[w]);
            if (!basis.present[pivot]) {
                basis.present[pivot] = true;
                memcpy(basis.vectors[pivot], vector, words * sizeof vector[0]);
                basis.rank++;
                return true;
            }
            for (unsigned i = w; i < words; i++) {
                vector[i] ^= basis.vectors[pivot][i];
            }
        }
    }
    return false;
}

/* The firmware's matrix must take what the other elimination takes. */
static void compare_matrix(struct fec_matrix *matrix, const uint64_t unreduced[WORDS],
        unsigned unknowns, bool independent)
{
    uint32_t vector[FEC_VECTOR_WORDS] = { 0 };
    uint32_t used[FEC_VECTOR_WORDS];
    for (unsigned i = 0; i < unknowns; i++) {
        vector[i / 32u] |= (uint32_t)(unreduced[i / 64u] >> (i % 64u) & 1u) << (i % 32u);
    }
    int pivot = fec_matrix_reduce(matrix, vector, used);
    cr_assert_eq(pivot >= 0, independent, "the firmware's matrix disagrees");
    if (pivot >= 0) {
        fec_matrix_add(matrix, vector, (uint32_t)pivot, 0);
    }
}

struct trial {
    unsigned sent;   /* coded fragments on the air until the block was whole */
    unsigned excess; /* received beyond the missing */
};

static struct trial one_device(double p, uint64_t *state)
{
    static struct fec_matrix matrix;
    unsigned missing[FRAGMENTS_MAX];
    unsigned unknowns = 0;
    for (unsigned c = 0; c < parity.fragments; c++) {
        if (lost(state, p)) {
            missing[unknowns++] = c;
        }
    }
    basis.rank = 0;
    memset(basis.present, 0, sizeof basis.present);
    bool fits = unknowns <= FEC_UNKNOWNS_MAX;
    fec_matrix_init(&matrix, fits ? unknowns : 0);
    unsigned received = 0, n = 0;
    while (basis.rank < unknowns) {
        n++;
        cr_assert(n <= parity.count, "M %u p %g: not decoded after %u rows", parity.fragments, p,
                parity.count);
        if (lost(state, p)) {
            continue;
        }
        received++;
        uint64_t vector[WORDS] = { 0 };
        uint64_t unreduced[WORDS];
        for (unsigned i = 0; i < unknowns; i++) {
            vector[i / 64u] |= (uint64_t)column(n, missing[i]) << (i % 64u);
        }
        memcpy(unreduced, vector, sizeof unreduced);
        bool independent = basis_add(vector, unknowns);
        if (fits) {
            compare_matrix(&matrix, unreduced, unknowns, independent);
        }
    }
    return (struct trial){ .sent = n, .excess = received - unknowns };
}

/* --- many devices ----------------------------------------------------------------------------- */

struct sample {
    unsigned trials;
    double mean, deviation;
    unsigned at_most[EXCESS_MAX + 1]; /* trials with at most that excess */
    unsigned sent_at_most[ROWS_MAX + 1];
};

static struct sample sample;

static void take_sample(double p, unsigned trials)
{
    memset(&sample, 0, sizeof sample);
    sample.trials = trials;
    uint64_t state =
            (uint64_t)parity.fragments * 1000u + parity.version * 100u + (uint64_t)lround(100 * p);
    double sum = 0, squares = 0;
    for (unsigned i = 0; i < trials; i++) {
        struct trial trial = one_device(p, &state);
        cr_assert_leq(trial.excess, EXCESS_MAX);
        sample.at_most[trial.excess]++;
        sample.sent_at_most[trial.sent]++;
        sum += trial.excess;
        squares += (double)trial.excess * trial.excess;
    }
    for (unsigned e = 1; e <= EXCESS_MAX; e++) {
        sample.at_most[e] += sample.at_most[e - 1];
    }
    for (unsigned n = 1; n <= ROWS_MAX; n++) {
        sample.sent_at_most[n] += sample.sent_at_most[n - 1];
    }
    sample.mean = sum / trials;
    sample.deviation = sqrt(squares / trials - sample.mean * sample.mean);
}

static unsigned published_trials(void)
{
    return parity.fragments == 1000 ? 5000 : 20000;
}

static unsigned our_trials(unsigned fragments)
{
    return fragments <= 100 ? 6000 : fragments == 400 ? 1500 : 600;
}

/* Standard error of a difference: both samples are finite. */
static double standard_error(double deviation)
{
    return deviation * sqrt(1.0 / sample.trials + 1.0 / published_trials());
}

/* An extreme share of n trials is known to about one trial in n. */
static double share_error(double share)
{
    double least = 1.0 / sample.trials;
    double inside = fmin(fmax(share, least), 1 - least);
    return standard_error(sqrt(inside * (1 - inside)));
}

static double share_at_most(int excess)
{
    return excess < 0 ? 0.0 : (double)sample.at_most[excess] / sample.trials;
}

/* `low`..`high`: the published percentile (a range where several loss rates share an entry). */
static void expect_percentile(double share, int low, int high, const char *where)
{
    double error = STANDARD_ERRORS * share_error(share);
    cr_assert_geq(share_at_most(high), share - error, "%s: %.4f within an excess of %d", where,
            share_at_most(high), high);
    cr_assert_leq(share_at_most(low - 1), share + error, "%s: %.4f within an excess of %d", where,
            share_at_most(low - 1), low - 1);
}

struct excess_row {
    unsigned fragments;
    double p;
    struct {
        double mean;
        int p95, p99, p999_low, p999_high;
    } version[2]; /* TS004-1.0.0, -2.0.0 */
};

/* clang-format off */
static const struct excess_row excess_table[] = {
    {   50, 0.01, { { 0.93,  5, 14, 15, 15 }, { 0.50, 4, 6,  7,  7 } } },
    {   50, 0.05, { { 2.75, 12, 14, 15, 15 }, { 1.45, 5, 7, 12, 12 } } },
    {   50, 0.10, { { 3.21, 10, 12, 15, 15 }, { 1.67, 5, 8, 12, 12 } } },
    {   50, 0.20, { { 2.45,  7, 10, 13, 13 }, { 1.66, 5, 7, 11, 11 } } },
    {   50, 0.30, { { 1.78,  5,  8, 12, 12 }, { 1.59, 5, 7, 10, 10 } } },
    {  100, 0.01, { { 1.25,  5, 11, 15, 15 }, { 0.88, 5, 7,  8,  8 } } },
    {  100, 0.05, { { 2.46,  8, 12, 23, 23 }, { 1.74, 5, 7, 11, 11 } } },
    {  100, 0.10, { { 2.15,  7, 12, 19, 19 }, { 1.66, 5, 8, 11, 11 } } },
    {  100, 0.20, { { 1.71,  5,  8, 12, 12 }, { 1.62, 5, 7, 10, 10 } } },
    {  100, 0.30, { { 1.60,  5,  7, 11, 11 }, { 1.59, 5, 7, 10, 10 } } },
    {  400, 0.01, { { 2.29,  7, 13, 17, 17 }, { 1.57, 5, 8, 11, 11 } } },
    {  400, 0.05, { { 1.62,  5,  7, 10, 11 }, { 1.62, 5, 7, 10, 11 } } },
    {  400, 0.10, { { 1.62,  5,  7, 10, 11 }, { 1.62, 5, 7, 10, 11 } } },
    {  400, 0.20, { { 1.62,  5,  7, 10, 11 }, { 1.62, 5, 7, 10, 11 } } },
    {  400, 0.30, { { 1.62,  5,  7, 10, 11 }, { 1.62, 5, 7, 10, 11 } } },
    { 1000, 0.01, { { 1.78,  5,  7, 10, 10 }, { 1.60, 5, 7, 10, 10 } } },
    { 1000, 0.05, { { 1.60,  5,  7, 10, 10 }, { 1.61, 5, 7, 10, 11 } } },
    { 1000, 0.10, { { 1.60,  5,  7, 10, 10 }, { 1.61, 5, 7, 10, 11 } } },
    { 1000, 0.20, { { 1.60,  5,  7, 10, 10 }, { 1.61, 5, 7, 10, 11 } } },
    { 1000, 0.30, { { 1.60,  5,  7, 10, 10 }, { 1.61, 5, 7, 10, 11 } } },
};

/* P(device completes) with R coded fragments, for loss 1, 5, 10, 20, 30 %. */
static const double loss_rates[5] = { 0.01, 0.05, 0.10, 0.20, 0.30 };
static const struct {
    unsigned fragments, coded;
    double version[2][5];
} completion_table[] = {
    {   50,   5, { { .930, .584, .205, .006, 0    }, { .966, .704, .280, .009, 0    } } },
    {   50,  10, { { .980, .886, .685, .135, .003 }, { 1,    .979, .843, .186, .007 } } },
    {   50,  15, { { .990, .946, .876, .477, .058 }, { 1,    .997, .979, .601, .076 } } },
    {   50,  25, { { 1,    1,    1,    .980, .634 }, { 1,    1,    1,    .985, .642 } } },
    {  100,  10, { { .988, .821, .252, .001, 0    }, { .999, .879, .284, .001, 0    } } },
    {  100,  20, { { 1,    .997, .950, .133, 0    }, { 1,    .999, .965, .136, 0    } } },
    {  100,  30, { { 1,    1,    .998, .732, .027 }, { 1,    1,    1,    .729, .029 } } },
    {  100,  50, { { 1,    1,    1,    1,    .750 }, { 1,    1,    1,    1,    .755 } } },
    {  400,  40, { { 1,    .999, .221, 0,    0    }, { 1,    .999, .218, 0,    0    } } },
    {  400,  60, { { 1,    1,    .969, 0,    0    }, { 1,    1,    .971, 0,    0    } } },
    {  400, 120, { { 1,    1,    1,    .943, 0    }, { 1,    1,    1,    .944, 0    } } },
    {  400, 200, { { 1,    1,    1,    1,    .951 }, { 1,    1,    1,    1,    .952 } } },
    { 1000, 100, { { 1,    1,    .135, 0,    0    }, { 1,    1,    .135, 0,    0    } } },
    { 1000, 150, { { 1,    1,    .999, 0,    0    }, { 1,    1,    .999, 0,    0    } } },
    { 1000, 300, { { 1,    1,    1,    .996, 0    }, { 1,    1,    1,    .994, 0    } } },
    { 1000, 500, { { 1,    1,    1,    1,    .996 }, { 1,    1,    1,    1,    .998 } } },
};
/* clang-format on */

static void expect_completion(unsigned loss, const char *where)
{
    for (size_t i = 0; i < sizeof completion_table / sizeof completion_table[0]; i++) {
        if (completion_table[i].fragments == parity.fragments) {
            unsigned coded = completion_table[i].coded;
            double published = completion_table[i].version[parity.version - 1][loss];
            double ours = (double)sample.sent_at_most[coded] / sample.trials;
            double error = STANDARD_ERRORS * share_error(published) + 0.0005;
            cr_assert_float_eq(ours, published, error, "%s: %u coded complete %.4f, published %.3f",
                    where, coded, ours, published);
        }
    }
}

static void expect_row(const struct excess_row *row)
{
    for (unsigned version = 1; version <= 2; version++) {
        parity_make(row->fragments, version, ROWS_MAX);
        take_sample(row->p, our_trials(row->fragments));
        char where[64];
        snprintf(where, sizeof where, "M %u, loss %g, version %u", row->fragments, row->p, version);
        double error = STANDARD_ERRORS * standard_error(sample.deviation) + 0.005;
        cr_assert_float_eq(sample.mean, row->version[version - 1].mean, error,
                "%s: mean excess %.3f, published %.2f", where, sample.mean,
                row->version[version - 1].mean);
        expect_percentile(
                0.95, row->version[version - 1].p95, row->version[version - 1].p95, where);
        expect_percentile(
                0.99, row->version[version - 1].p99, row->version[version - 1].p99, where);
        expect_percentile(0.999, row->version[version - 1].p999_low,
                row->version[version - 1].p999_high, where);
        for (unsigned loss = 0; loss < 5; loss++) {
            if (loss_rates[loss] == row->p) {
                expect_completion(loss, where);
            }
        }
    }
}

static void expect_rows_of(unsigned fragments)
{
    for (size_t i = 0; i < sizeof excess_table / sizeof excess_table[0]; i++) {
        if (excess_table[i].fragments == fragments) {
            expect_row(&excess_table[i]);
        }
    }
}

Test(fec_overhead, of_50_fragments_is_what_the_tables_say)
{
    expect_rows_of(50);
}

Test(fec_overhead, of_100_fragments_is_what_the_tables_say)
{
    expect_rows_of(100);
}

Test(fec_overhead, of_400_fragments_is_what_the_tables_say)
{
    expect_rows_of(400);
}

Test(fec_overhead, of_1000_fragments_is_what_the_tables_say)
{
    expect_rows_of(1000);
}

/* P(not decoded) with e excess fragments where 20 or more are lost. */
Test(fec_overhead, halves_the_chance_of_failure_with_each_fragment_in_the_dense_regime)
{
    static const struct {
        int excess;
        double fails;
    } dense[] = { { 0, 0.71 }, { 1, 0.42 }, { 2, 0.23 }, { 3, 0.12 }, { 4, 0.062 }, { 5, 0.031 },
        { 6, 0.016 }, { 7, 0.008 }, { 8, 0.004 }, { 10, 0.001 } };
    for (unsigned version = 1; version <= 2; version++) {
        parity_make(400, version, ROWS_MAX);
        take_sample(0.20, 6000);
        for (size_t i = 0; i < sizeof dense / sizeof dense[0]; i++) {
            double fails = 1 - share_at_most(dense[i].excess);
            double rounding = dense[i].fails > 0.1 ? 0.005 : 0.0005;
            cr_assert_float_eq(fails, dense[i].fails,
                    STANDARD_ERRORS * share_error(dense[i].fails) + rounding,
                    "version %u, excess %d: %.4f, published %.3f", version, dense[i].excess, fails,
                    dense[i].fails);
        }
    }
}

/* No chance in it: the first row that holds each column. */
Test(fec_overhead, for_a_single_loss_is_worst_at_the_published_columns)
{
    static const struct {
        unsigned fragments, version, rows;
        int worst; /* column, -1: not published */
    } published[] = { { 50, 1, 16, 41 }, { 100, 1, 16, 46 }, { 400, 1, 20, 153 }, { 50, 2, 8, -1 },
        { 100, 2, 9, -1 }, { 400, 2, 13, -1 } };
    for (size_t i = 0; i < sizeof published / sizeof published[0]; i++) {
        unsigned most = 0;
        int worst = -1;
        parity_make(published[i].fragments, published[i].version, 64);
        for (unsigned c = 0; c < published[i].fragments; c++) {
            unsigned n = 1;
            while (n < 64 && !column(n, c)) {
                n++;
            }
            if (n > most) {
                most = n;
                worst = (int)c;
            }
        }
        cr_assert_eq(most, published[i].rows, "M %u, version %u: %u rows", published[i].fragments,
                published[i].version, most);
        cr_assert(published[i].worst < 0 || worst == published[i].worst, "column %d", worst);
    }
}
