/* The runs of a database as files for other programs.
 * SPDX-License-Identifier: MIT
 */
#include "study/export.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/column.h"

/* --- CSV -------------------------------------------------------------------------------------- */

/* As in summary.json; counts in full. */
static void write_number(FILE *out, double value)
{
    if (value == floor(value) && fabs(value) < 1e15) {
        fprintf(out, "%.0f", value);
    } else if (!isnan(value)) {
        fprintf(out, "%.6g", value);
    }
}

static void write_head(const struct run_table *table, FILE *out)
{
    fputs("study,point,replication,seed,status", out);
    for (size_t i = 0; i < table->label_count; i++) {
        fputc(',', out);
        column_write_text(table->label_keys[i], out);
    }
}

static void write_run(const struct run_table *table, const struct table_run *run, FILE *out)
{
    column_write_text(table->study, out);
    fprintf(out, ",%" PRIu32 ",%" PRIu32 ",%s,%d", run->point, run->replication, run->seed,
            run->status);
    for (size_t i = 0; i < table->label_count; i++) {
        fputc(',', out);
        column_write_text(run->labels[i], out);
    }
}

bool export_tidy(const struct run_table *table, FILE *out)
{
    write_head(table, out);
    fputs(",metric,value\n", out);
    for (size_t i = 0; i < table->run_count; i++) {
        for (size_t m = 0; m < table->metric_count; m++) {
            write_run(table, &table->runs[i], out);
            fputc(',', out);
            column_write_text(table->metric_keys[m], out);
            fputc(',', out);
            write_number(out, table->runs[i].metrics[m]);
            fputc('\n', out);
        }
    }
    return true;
}

bool export_wide(const struct run_table *table, FILE *out)
{
    write_head(table, out);
    for (size_t m = 0; m < table->metric_count; m++) {
        fputc(',', out);
        column_write_text(table->metric_keys[m], out);
    }
    fputc('\n', out);
    for (size_t i = 0; i < table->run_count; i++) {
        write_run(table, &table->runs[i], out);
        for (size_t m = 0; m < table->metric_count; m++) {
            fputc(',', out);
            write_number(out, table->runs[i].metrics[m]);
        }
        fputc('\n', out);
    }
    return true;
}

/* --- NumPy ------------------------------------------------------------------------------------ */

#define NPY_ALIGNMENT 64u
#define SEED_SIZE     20u

/* The longest value of each label; at least one byte. NULL: out of memory. */
static size_t *label_sizes(const struct run_table *table)
{
    size_t *sizes = calloc(table->label_count + 1, sizeof *sizes);
    for (size_t k = 0; sizes != NULL && k < table->label_count; k++) {
        sizes[k] = 1;
        for (size_t i = 0; i < table->run_count; i++) {
            size_t length = strlen(table->runs[i].labels[k]);
            sizes[k] = length > sizes[k] ? length : sizes[k];
        }
    }
    return sizes;
}

/* A Python string. */
static void write_name(FILE *out, const char *name)
{
    fputc('\'', out);
    for (; *name != '\0'; name++) {
        if (*name == '\'' || *name == '\\') {
            fputc('\\', out);
        }
        fputc(*name, out);
    }
    fputc('\'', out);
}

static void write_description(const struct run_table *table, const size_t *sizes, FILE *out)
{
    fprintf(out,
            "{'descr': [('point', '<u4'), ('replication', '<u4'), ('status', '<i4'), ('seed', "
            "'S%u')",
            SEED_SIZE);
    for (size_t i = 0; i < table->label_count; i++) {
        fputs(", (", out);
        write_name(out, table->label_keys[i]);
        fprintf(out, ", 'S%zu')", sizes[i]);
    }
    for (size_t m = 0; m < table->metric_count; m++) {
        fputs(", (", out);
        write_name(out, table->metric_keys[m]);
        fputs(", '<f8')", out);
    }
    fprintf(out, "], 'fortran_order': False, 'shape': (%zu,), }", table->run_count);
}

static void write_little(FILE *out, uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        fputc((int)(value >> 8 * i & 0xFF), out);
    }
}

static void write_padded(FILE *out, const char *text, size_t size)
{
    size_t length = strlen(text);
    for (size_t i = 0; i < size; i++) {
        fputc(i < length ? text[i] : 0, out);
    }
}

static void write_double(FILE *out, double value)
{
    uint64_t bits;
    _Static_assert(sizeof bits == sizeof value, "a double has 8 bytes");
    memcpy(&bits, &value, sizeof bits);
    write_little(out, bits, sizeof bits);
}

/* Magic, version, length of the description with its filling, description; the data are aligned.
 * numpy/lib/format.py describes it. */
static void write_npy_head(FILE *out, const char *description, size_t length)
{
    bool is_long = length + 1 + NPY_ALIGNMENT > 0xFFFF;
    size_t before = is_long ? 12 : 10;
    size_t whole = (before + length + 1 + NPY_ALIGNMENT - 1) / NPY_ALIGNMENT * NPY_ALIGNMENT;
    fputs("\x93NUMPY", out);
    fputc(is_long ? 2 : 1, out);
    fputc(0, out);
    write_little(out, whole - before, is_long ? 4 : 2);
    fwrite(description, 1, length, out);
    for (size_t i = before + length + 1; i < whole; i++) {
        fputc(' ', out);
    }
    fputc('\n', out);
}

static void write_record(
        const struct run_table *table, const struct table_run *run, const size_t *sizes, FILE *out)
{
    write_little(out, run->point, 4);
    write_little(out, run->replication, 4);
    write_little(out, (uint32_t)run->status, 4);
    write_padded(out, run->seed, SEED_SIZE);
    for (size_t k = 0; k < table->label_count; k++) {
        write_padded(out, run->labels[k], sizes[k]);
    }
    for (size_t m = 0; m < table->metric_count; m++) {
        write_double(out, run->metrics[m]);
    }
}

bool export_npy(const struct run_table *table, FILE *out)
{
    char *description = NULL;
    size_t length = 0;
    size_t *sizes = label_sizes(table);
    FILE *text = sizes != NULL ? open_memstream(&description, &length) : NULL;
    bool ok = text != NULL;
    if (ok) {
        write_description(table, sizes, text);
        ok = fclose(text) == 0;
    }
    if (ok) {
        write_npy_head(out, description, length);
    }
    for (size_t i = 0; ok && i < table->run_count; i++) {
        write_record(table, &table->runs[i], sizes, out);
    }
    free(description);
    free(sizes);
    return ok;
}
