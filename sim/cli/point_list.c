/* The points of a study as a list for people: for each metric an aligned table.
 * SPDX-License-Identifier: MIT
 */
#include "cli/point_list.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "study/statistics.h"

#define CELL_SIZE 64u

/* What a list shows if it is not told. */
static const char *const usual[] = { "devices.confirmed", "completion_time_s.mean", "energy_j.mean",
    "uplinks.pdr", NULL };

/* After the labels. */
static const char *const heads[] = { "n", "mean", "95 % interval", "5 %", "50 %", "95 %" };
#define HEAD_COUNT (sizeof heads / sizeof heads[0])

/* A table of texts: the first row holds the names of the columns. */
struct cells {
    size_t columns, rows;
    char (*texts)[CELL_SIZE];
    double *values; /* of one point */
};

static char *cell(const struct cells *cells, size_t row, size_t column)
{
    return cells->texts[row * cells->columns + column];
}

static void put_number(char *text, double value)
{
    if (isnan(value)) {
        snprintf(text, CELL_SIZE, "-");
    } else {
        snprintf(text, CELL_SIZE, "%.6g", value);
    }
}

/* The runs of a point stand together. */
static size_t runs_of_point(const struct run_table *table, size_t first)
{
    size_t end = first;
    while (end < table->run_count && table->runs[end].point == table->runs[first].point) {
        end++;
    }
    return end - first;
}

static size_t count_points(const struct run_table *table)
{
    size_t count = 0;
    for (size_t i = 0; i < table->run_count; i += runs_of_point(table, i)) {
        count++;
    }
    return count;
}

/* Values that were measured, in order. */
static size_t collect(
        const struct run_table *table, size_t first, size_t count, size_t metric, double *values)
{
    size_t measured = 0;
    for (size_t i = first; i < first + count; i++) {
        double value = table->runs[i].metrics[metric];
        if (!isnan(value)) {
            values[measured++] = value;
        }
    }
    return measured;
}

static void put_statistics(struct cells *cells, size_t row, size_t column, size_t count)
{
    static const double fractions[] = { 0.05, 0.5, 0.95 };
    struct mean_estimate estimate = statistics_estimate(cells->values, count);
    snprintf(cell(cells, row, column), CELL_SIZE, "%zu", count);
    put_number(cell(cells, row, column + 1), estimate.mean);
    if (isnan(estimate.low)) {
        snprintf(cell(cells, row, column + 2), CELL_SIZE, "-");
    } else {
        snprintf(cell(cells, row, column + 2), CELL_SIZE, "%.6g .. %.6g", estimate.low,
                estimate.high);
    }
    statistics_sort(cells->values, count);
    for (size_t i = 0; i < sizeof fractions / sizeof fractions[0]; i++) {
        put_number(cell(cells, row, column + 3 + i),
                count > 0 ? statistics_quantile(cells->values, count, fractions[i]) : NAN);
    }
}

static void fill(struct cells *cells, const struct run_table *table, size_t metric)
{
    size_t row = 1;
    for (size_t first = 0; first < table->run_count; row++) {
        size_t count = runs_of_point(table, first);
        const struct table_run *run = &table->runs[first];
        snprintf(cell(cells, row, 0), CELL_SIZE, "%" PRIu32, run->point);
        for (size_t k = 0; k < table->label_count; k++) {
            snprintf(cell(cells, row, k + 1), CELL_SIZE, "%s", run->labels[k]);
        }
        size_t measured = collect(table, first, count, metric, cells->values);
        put_statistics(cells, row, table->label_count + 1, measured);
        first += count;
    }
}

/* Labels to the left, numbers to the right. */
static void print_cells(const struct cells *cells, size_t label_count, FILE *out)
{
    for (size_t row = 0; row < cells->rows; row++) {
        for (size_t column = 0; column < cells->columns; column++) {
            int width = 0;
            bool left = column > 0 && column <= label_count;
            for (size_t i = 0; i < cells->rows; i++) {
                int length = (int)strlen(cell(cells, i, column));
                width = length > width ? length : width;
            }
            fprintf(out, left ? "  %-*s" : "  %*s", width, cell(cells, row, column));
        }
        fputc('\n', out);
    }
}

static void print_metric(
        struct cells *cells, const struct run_table *table, size_t metric, FILE *out)
{
    fprintf(out, "\n%s\n", table->metric_keys[metric]);
    fill(cells, table, metric);
    print_cells(cells, table->label_count, out);
}

static bool is_measured(const struct run_table *table, size_t metric)
{
    for (size_t i = 0; i < table->run_count; i++) {
        if (!isnan(table->runs[i].metrics[metric])) {
            return true;
        }
    }
    return false;
}

static bool is_usual(const struct run_table *table, size_t metric)
{
    for (size_t i = 0; usual[i] != NULL; i++) {
        if (strcmp(usual[i], table->metric_keys[metric]) == 0) {
            return is_measured(table, metric);
        }
    }
    return false;
}

static bool open_cells(struct cells *cells, const struct run_table *table)
{
    cells->columns = 1 + table->label_count + HEAD_COUNT;
    cells->rows = count_points(table) + 1;
    cells->texts = calloc(cells->columns * cells->rows, sizeof cells->texts[0]);
    cells->values = calloc(table->run_count + 1, sizeof *cells->values);
    if (cells->texts == NULL || cells->values == NULL) {
        return false;
    }
    snprintf(cell(cells, 0, 0), CELL_SIZE, "point");
    for (size_t k = 0; k < table->label_count; k++) {
        snprintf(cell(cells, 0, k + 1), CELL_SIZE, "%s", table->label_keys[k]);
    }
    for (size_t i = 0; i < HEAD_COUNT; i++) {
        snprintf(cell(cells, 0, table->label_count + 1 + i), CELL_SIZE, "%s", heads[i]);
    }
    return true;
}

bool point_list_print(const struct run_table *table, bool all, FILE *out)
{
    struct cells cells = { 0 };
    bool any_usual = false;
    bool ok = open_cells(&cells, table);
    if (ok && table->run_count == 0) {
        fprintf(out, "%s: no run yet\n", table->study);
    } else if (ok) {
        fprintf(out, "%s: %zu point%s, %zu run%s, program %s\n", table->study, cells.rows - 1,
                cells.rows == 2 ? "" : "s", table->run_count, table->run_count == 1 ? "" : "s",
                table->program);
    }
    for (size_t m = 0; m < table->metric_count; m++) {
        any_usual = any_usual || is_usual(table, m);
    }
    for (size_t m = 0; ok && m < table->metric_count; m++) {
        if (all || !any_usual || is_usual(table, m)) {
            print_metric(&cells, table, m, out);
        }
    }
    free(cells.texts);
    free(cells.values);
    return ok;
}
