/* Tables of parameters: their rows and defaults.
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
