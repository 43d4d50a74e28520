/* The one table of scenario keys, put together from its sections.
 * SPDX-License-Identifier: MIT
 */
#include "scenario/scenario_table.h"

#include <assert.h>
#include <string.h>

static const struct param_rows *const scenario_sections[] = { &general_rows, &air_rows,
    &gateway_rows, &campaign_rows };
static const struct param_rows *const group_sections[] = { &device_rows };

#define LIST(path, items, count, type, max, rows, keep_one, named, help)                           \
    {                                                                                              \
        path, offsetof(struct scenario, items), offsetof(struct scenario, count), sizeof(type),    \
                max, rows, keep_one, named, help                                                   \
    }

static const struct param_list scenario_lists[] = {
    LIST("devices", groups, group_count, struct scenario_device_group, SCENARIO_DEVICE_GROUPS_MAX,
            &device_rows, true, true, "a group of devices, as in - {count: 20}"),
    LIST("interferers", interferers, interferer_count, struct scenario_interferer,
            SCENARIO_INTERFERERS_MAX, &interferer_rows, false, false,
            "an interferer, as in - {frequency: 868.1 MHz}"),
    LIST("gateways.outages", gateways.outages, gateways.outage_count, struct scenario_outage,
            SCENARIO_OUTAGES_MAX, &outage_rows, false, false,
            "an outage, as in - {from: 2 h, duration: 30 min}"),
};

const struct param_table scenario_table = { scenario_sections,
    sizeof scenario_sections / sizeof scenario_sections[0], scenario_lists,
    sizeof scenario_lists / sizeof scenario_lists[0] };
const struct param_table group_table = { group_sections,
    sizeof group_sections / sizeof group_sections[0], NULL, 0 };

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
                  || param_set(param, object, param->standard, nowhere, errors);
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
