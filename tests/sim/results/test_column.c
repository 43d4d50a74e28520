/* Columns: values as text, lines of CSV, and docs/outputs.md.
 * SPDX-License-Identifier: MIT
 *
 * Goal: a value that is not there is an empty cell, a cell with a comma or a quote is quoted as RFC
 * 4180 section 2 says, and a time is rounded to the millisecond without a detour over doubles. The
 * document has exactly the columns that are written, in their order, with their units and meanings.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/campaign_table.h"
#include "results/device_table.h"
#include "results/gateway_table.h"
#include "results/round_table.h"
#include "sim_time.h"

struct line {
    uint64_t count;
    double number;
    sim_ns time_ns;
    uint64_t eui;
    const char *text;
};

static const struct column columns[] = {
    { "count", "", COLUMN_COUNT, "", offsetof(struct line, count) },
    { "number", "", COLUMN_NUMBER, "", offsetof(struct line, number) },
    { "time", "s", COLUMN_TIME, "", offsetof(struct line, time_ns) },
    { "eui", "", COLUMN_EUI, "", offsetof(struct line, eui) },
    { "a,b", "", COLUMN_TEXT, "", offsetof(struct line, text) },
};
static const struct column_table table = { "", columns, sizeof columns / sizeof columns[0] };

static void expect_line(const struct line *line, const char *expected)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    column_write_line(&table, line, out);
    fclose(out);
    cr_expect_str_eq(text, expected);
    free(text);
}

Test(column, values_are_written_as_csv)
{
    expect_line(&(struct line){ 7, -0.125, 1500 * SIM_NS_PER_MS, 0xAB, "plain" },
            "7,-0.125,1.500,00000000000000ab,plain\n");
    expect_line(&(struct line){ UINT64_MAX - 1, 1e-9 / 3, 0, UINT64_MAX, "two, \"three\"" },
            "18446744073709551614,3.33333e-10,0.000,ffffffffffffffff,\"two, \"\"three\"\"\"\n");
}

Test(column, what_is_not_known_is_an_empty_cell)
{
    expect_line(&(struct line){ COLUMN_NO_COUNT, NAN, SIM_NS_NEVER, 0, NULL },
            ",,,0000000000000000,\n");
}

Test(column, times_are_rounded_to_the_millisecond)
{
    expect_line(&(struct line){ .time_ns = 1499999, .text = "" }, "0,0,0.001,0000000000000000,\n");
    expect_line(&(struct line){ .time_ns = 1500000, .text = "" }, "0,0,0.002,0000000000000000,\n");
    expect_line(&(struct line){ .time_ns = -20 * SIM_NS_PER_MS, .text = "" },
            "0,0,-0.020,0000000000000000,\n");
    /* A double has no room for this many digits of nanoseconds. */
    expect_line(&(struct line){ .time_ns = INT64_C(9007199254740993499), .text = "" },
            "0,0,9007199254.741,0000000000000000,\n");
}

Test(column, the_first_line_has_the_names)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    column_write_names(&table, out);
    fclose(out);
    cr_expect_str_eq(text, "count,number,time,eui,\"a,b\"\n");
    free(text);
}

/* --- docs/outputs.md -------------------------------------------------------------------------- */

static void read_document(char *text, size_t size)
{
    char path[4096];
    const char *scenarios = getenv("FLEETCAST_SCENARIOS");
    cr_assert_not_null(scenarios, "meson sets it");
    snprintf(path, sizeof path, "%s/../docs/outputs.md", scenarios);
    FILE *in = fopen(path, "rb");
    cr_assert_not_null(in, "%s", path);
    size_t length = fread(text, 1, size - 1, in);
    cr_assert_lt(length, size - 1, "the document outgrew this test");
    text[length] = '\0';
    fclose(in);
}

/* The lines of the table in the section "## FILE" are those of the columns. */
static void expect_documented(const struct column_table *of)
{
    static char document[1 << 18];
    char heading[64], row[1024];
    read_document(document, sizeof document);
    snprintf(heading, sizeof heading, "\n## %s\n", of->file);
    char *section = strstr(document, heading);
    cr_assert_not_null(section, "%s has no section", of->file);
    char *end = strstr(section + 1, "\n## ");
    if (end != NULL) {
        *end = '\0';
    }
    const char *at = section;
    for (size_t i = 0; i < of->count; i++) {
        const struct column *column = &of->columns[i];
        snprintf(row, sizeof row, "\n| `%s` | %s | %s |\n", column->name, column->unit,
                column->what);
        const char *found = strstr(at, row);
        cr_assert_not_null(found, "docs/outputs.md, %s, expected there or later:%s", of->file, row);
        at = found + strlen(row) - 1;
    }
    size_t rows = 0;
    for (at = strstr(section, "\n| `"); at != NULL; at = strstr(at + 1, "\n| `")) {
        rows++;
    }
    cr_expect_eq(
            rows, of->count, "%s has %zu columns, the document %zu", of->file, of->count, rows);
}

Test(column, the_document_has_the_columns_of_devices)
{
    expect_documented(&device_table);
}

Test(column, the_document_has_the_columns_of_gateways)
{
    expect_documented(&gateway_table);
}

Test(column, the_document_has_the_columns_of_rounds)
{
    expect_documented(&round_table);
}

Test(column, the_document_has_the_columns_of_campaigns)
{
    expect_documented(&campaign_table);
}
