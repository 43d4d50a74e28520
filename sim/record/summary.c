/* The tree of named numbers that becomes summary.json and the table.
 * SPDX-License-Identifier: MIT
 */
#include "record/summary.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct summary *summary_create(void)
{
    return calloc(1, sizeof(struct summary));
}

void summary_destroy(struct summary *summary)
{
    if (summary != NULL) {
        free(summary->items);
        free(summary);
    }
}

/* NULL: out of memory. */
static struct summary_item *add(struct summary *summary, const char *path)
{
    if (summary->count == summary->capacity) {
        size_t capacity = 2 * summary->capacity + 256;
        struct summary_item *items = realloc(summary->items, capacity * sizeof *items);
        if (items == NULL) {
            summary->incomplete = true;
            return NULL;
        }
        summary->items = items;
        summary->capacity = capacity;
    }
    struct summary_item *item = &summary->items[summary->count++];
    *item = (struct summary_item){ .kind = SUMMARY_NULL };
    int length = snprintf(item->path, sizeof item->path, "%s", path);
    assert(length > 0 && (size_t)length < sizeof item->path);
    (void)length;
    return item;
}

void summary_add_number(struct summary *summary, const char *path, double value)
{
    struct summary_item *item = add(summary, path);
    if (item != NULL) {
        item->kind = isfinite(value) ? SUMMARY_NUMBER : SUMMARY_NULL;
        item->number = value;
    }
}

void summary_add_count(struct summary *summary, const char *path, uint64_t value)
{
    struct summary_item *item = add(summary, path);
    if (item != NULL) {
        item->kind = SUMMARY_COUNT;
        item->number = (double)value;
        item->count = value;
    }
}

void summary_add_text(struct summary *summary, const char *path, const char *text)
{
    struct summary_item *item = add(summary, path);
    if (item != NULL) {
        item->kind = SUMMARY_TEXT;
        snprintf(item->text, sizeof item->text, "%s", text);
    }
}

void summary_add_bool(struct summary *summary, const char *path, bool value)
{
    struct summary_item *item = add(summary, path);
    if (item != NULL) {
        item->kind = SUMMARY_BOOL;
        item->count = value ? 1 : 0;
        item->number = value ? 1.0 : 0.0;
    }
}

void summary_add_item(struct summary *summary, const struct summary_item *item)
{
    struct summary_item *added = add(summary, item->path);
    if (added != NULL) {
        *added = *item;
    }
}

void summary_add_null(struct summary *summary, const char *path)
{
    add(summary, path);
}

bool summary_value(const struct summary *summary, const char *path, double *value)
{
    for (size_t i = 0; i < summary->count; i++) {
        const struct summary_item *item = &summary->items[i];
        if (strcmp(item->path, path) == 0 && item->kind != SUMMARY_TEXT
                && item->kind != SUMMARY_NULL) {
            *value = item->number;
            return true;
        }
    }
    return false;
}

bool summary_has(const struct summary *summary, const char *path)
{
    for (size_t i = 0; i < summary->count; i++) {
        if (strcmp(summary->items[i].path, path) == 0) {
            return true;
        }
    }
    return false;
}

const char *summary_text(const struct summary *summary, const char *path)
{
    for (size_t i = 0; i < summary->count; i++) {
        const struct summary_item *item = &summary->items[i];
        if (item->kind == SUMMARY_TEXT && strcmp(item->path, path) == 0) {
            return item->text;
        }
    }
    return "";
}

void summary_item_text(const struct summary_item *item, char *text, size_t size)
{
    switch (item->kind) {
    case SUMMARY_NUMBER:
        snprintf(text, size, SUMMARY_NUMBER_FORMAT, item->number);
        break;
    case SUMMARY_COUNT:
        snprintf(text, size, "%" PRIu64, item->count);
        break;
    case SUMMARY_BOOL:
        snprintf(text, size, "%s", item->count != 0 ? "true" : "false");
        break;
    case SUMMARY_TEXT:
        snprintf(text, size, "%s", item->text);
        break;
    case SUMMARY_NULL:
    default:
        snprintf(text, size, "null");
        break;
    }
}

size_t summary_head_size(const struct summary *summary)
{
    size_t end = 0;
    while (end < summary->count && strcmp(summary->items[end].path, "partial") != 0) {
        end++;
    }
    return end;
}
