/* The reference of scenario keys, printed from the table.
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>

#include "scenario/board_file.h"
#include "scenario/scenario_table.h"

static void print_names(char *text, size_t size, const char *const *names)
{
    size_t used = 0;
    for (size_t n = 0; names[n] != NULL && used < size; n++) {
        used += (size_t)snprintf(text + used, size - used, "%s%s", n == 0 ? "" : " | ", names[n]);
    }
}

static bool is_number(const struct param *param)
{
    return param->type == PARAM_DOUBLE || param->type == PARAM_TIME || param->type == PARAM_U32
           || param->type == PARAM_I32 || param->type == PARAM_CHANNELS
           || param->type == PARAM_TX_LEVELS || param->type == PARAM_SENSITIVITY;
}

/* "low .. high", the words, or both. */
static void print_range(const struct param *param, char *text, size_t size)
{
    char low[32], high[32], numbers[80] = "", names[256] = "";
    if (is_number(param)) {
        quantity_format(low, sizeof low, param->dimension, param->min);
        quantity_format(high, sizeof high, param->dimension, param->max);
        snprintf(numbers, sizeof numbers, "%s .. %s", low, high);
    }
    if (param->names != NULL) {
        print_names(names, sizeof names, param->names);
    } else if (param->type == PARAM_BOOL) {
        snprintf(names, sizeof names, "true | false");
    }
    snprintf(text, size, "%s%s%s", numbers, numbers[0] != '\0' && names[0] != '\0' ? " | " : "",
            names);
}

static void print_rows(const struct param_rows *rows, const char *prefix, FILE *out)
{
    for (size_t i = 0; i < rows->count; i++) {
        const struct param *p = &rows->params[i];
        char key[80], range[360];
        snprintf(key, sizeof key, "%s%s", prefix, p->path);
        print_range(p, range, sizeof range);
        fprintf(out, "%-40s %-18s %-32s %s\n", key, p->standard, range, p->help);
    }
}

void param_table_print(const struct param_table *table, const char *prefix, FILE *out)
{
    for (size_t i = 0; i < table->section_count; i++) {
        print_rows(table->sections[i], prefix, out);
    }
    for (size_t i = 0; i < table->list_count; i++) {
        char item[80];
        snprintf(item, sizeof item, "%s%s[].", prefix, table->lists[i].path);
        print_rows(table->lists[i].rows, item, out);
    }
}

void scenario_print_reference(FILE *out)
{
    fprintf(out, "%-40s %-18s %-32s %s\n", "key", "default", "range", "what");
    param_table_print(&scenario_table, "", out);
    board_print_reference(out);
    fprintf(out, "%-40s %-18s %-32s %s\n", "expect.SUMMARY.KEY", "", "== != >= > <= < NUMBER [%]",
            "checked against summary.json");
}
