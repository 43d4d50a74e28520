/* Tables of parameters: their rows, defaults, and the reference that is printed from them.
 * SPDX-License-Identifier: MIT
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "scenario/param.h"

const struct param *param_table_row(const struct param_table *table, size_t n)
{
    for (size_t i = 0; i < table->section_count; i++) {
        if (n < table->sections[i]->count) {
            return &table->sections[i]->params[n];
        }
        n -= table->sections[i]->count;
    }
    return NULL;
}

const struct param *param_table_find(const struct param_table *table, const char *path)
{
    const struct param *param;
    for (size_t i = 0; (param = param_table_row(table, i)) != NULL; i++) {
        if (strcmp(param->path, path) == 0) {
            return param;
        }
    }
    return NULL;
}

void params_set_defaults(const struct param_rows *rows, void *object)
{
    struct scenario_place nowhere = { "default", 0, 0 };
    /* A default that does not parse is a mistake in the table: no errors are collected. */
    struct scenario_errors *errors = scenario_errors_create();
    assert(errors != NULL);
    for (size_t i = 0; i < rows->count; i++) {
        const struct param *param = &rows->params[i];
        /* An empty text or list is what a cleared object has. */
        bool ok = param->standard[0] == '\0'
                  || param_set(param, object, "", param->standard, nowhere, errors);
        assert(ok);
        (void)ok;
    }
    scenario_errors_destroy(errors);
}

void param_table_set_defaults(const struct param_table *table, void *object)
{
    for (size_t i = 0; i < table->section_count; i++) {
        params_set_defaults(table->sections[i], object);
    }
    for (size_t i = 0; i < table->list_count; i++) {
        const struct param_list *list = &table->lists[i];
        *(uint32_t *)(void *)((char *)object + list->count_offset) = list->keep_one ? 1 : 0;
        if (list->keep_one) {
            params_set_defaults(list->rows, (char *)object + list->offset);
        }
    }
}

static void print_rows(const struct param_rows *rows, const char *prefix, FILE *out)
{
    for (size_t i = 0; i < rows->count; i++) {
        const struct param *p = &rows->params[i];
        char key[80], range[360] = "";
        snprintf(key, sizeof key, "%s%s", prefix, p->path);
        if (p->type->print != NULL) {
            p->type->print(p, range, sizeof range);
        }
        fprintf(out, "%-40s %-18s %-32s %s\n", key, p->standard, range, p->help);
    }
}

void param_table_print(const struct param_table *table, const char *prefix, FILE *out)
{
    for (size_t i = 0; i < table->section_count; i++) {
        print_rows(table->sections[i], prefix, out);
    }
    for (size_t i = 0; i < table->list_count; i++) {
        const struct param_list *list = &table->lists[i];
        char item[80];
        if (list->single != NULL) {
            snprintf(item, sizeof item, "%s%s.", prefix, list->single);
            print_rows(list->rows, item, out);
            snprintf(item, sizeof item, "%s%s[].KEY", prefix, list->path);
            fprintf(out, "%-40s %-18s 0 .. %-27u the keys of '%s' for each of several: %s\n", item,
                    "", list->max, list->single, list->item_help);
        } else {
            snprintf(item, sizeof item, "%s%s[].", prefix, list->path);
            print_rows(list->rows, item, out);
        }
    }
}
