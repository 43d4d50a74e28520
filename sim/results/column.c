/* Columns of the tables that a run writes, each as a row of a table.
 * SPDX-License-Identifier: MIT
 */
#include "results/column.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "sim_time.h"

static void get_count(const uint64_t *count, struct column_value *value)
{
    value->known = *count != COLUMN_NO_COUNT;
    value->number = (double)*count;
    snprintf(value->buffer, sizeof value->buffer, "%" PRIu64, *count);
}

static void get_number(const double *number, struct column_value *value)
{
    value->known = !isnan(*number);
    value->number = *number;
    snprintf(value->buffer, sizeof value->buffer, "%.6g", *number);
}

/* Rounded to the nearest millisecond; ties go away from 0. */
static void get_time(const sim_ns *time_ns, struct column_value *value)
{
    value->known = *time_ns != SIM_NS_NEVER;
    if (!value->known) {
        return;
    }
    const sim_ns half_ns = SIM_NS_PER_MS / 2;
    int64_t ms = (*time_ns + (*time_ns < 0 ? -half_ns : half_ns)) / SIM_NS_PER_MS;
    uint64_t size = (uint64_t)(ms < 0 ? -ms : ms);
    value->number = (double)ms / 1e3;
    snprintf(value->buffer, sizeof value->buffer, "%s%" PRIu64 ".%03u", ms < 0 ? "-" : "",
            size / 1000u, (unsigned)(size % 1000u));
}

void column_get(const struct column *column, const void *line, struct column_value *value)
{
    const void *member = (const char *)line + column->offset;
    *value = (struct column_value){ .text = value->buffer };
    switch (column->type) {
    case COLUMN_COUNT:
        get_count(member, value);
        break;
    case COLUMN_NUMBER:
        get_number(member, value);
        break;
    case COLUMN_TIME:
        get_time(member, value);
        break;
    case COLUMN_EUI:
        value->known = true;
        snprintf(value->buffer, sizeof value->buffer, "%016" PRIx64, *(const uint64_t *)member);
        break;
    case COLUMN_TEXT:
        value->text = *(const char *const *)member;
        value->known = value->text != NULL;
        break;
    }
    value->text = value->known ? value->text : "";
}

/* --- CSV -------------------------------------------------------------------------------------- */

void column_write_text(const char *text, FILE *out)
{
    if (strpbrk(text, ",\"\r\n") == NULL) {
        fputs(text, out);
        return;
    }
    fputc('"', out);
    for (; *text != '\0'; text++) {
        fputs(*text == '"' ? "\"\"" : (const char[]){ *text, '\0' }, out);
    }
    fputc('"', out);
}

void column_write_names(const struct column_table *table, FILE *out)
{
    for (size_t i = 0; i < table->count; i++) {
        fputs(i > 0 ? "," : "", out);
        column_write_text(table->columns[i].name, out);
    }
    fputc('\n', out);
}

void column_write_line(const struct column_table *table, const void *line, FILE *out)
{
    for (size_t i = 0; i < table->count; i++) {
        struct column_value value;
        column_get(&table->columns[i], line, &value);
        fputs(i > 0 ? "," : "", out);
        column_write_text(value.text, out);
    }
    fputc('\n', out);
}
