/* The tree of named numbers that becomes summary.json and the table.
 * SPDX-License-Identifier: MIT
 *
 * Items of one section are added one after another: "devices.total", "devices.joined".
 */
#ifndef RECORD_SUMMARY_H
#define RECORD_SUMMARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SUMMARY_PATH_SIZE 160u

/* A number as text. Six digits: more than any result means, fewer than where the mathematical
 * functions of two systems differ. */
#define SUMMARY_NUMBER_FORMAT "%.6g"

enum summary_kind {
    SUMMARY_NUMBER,
    SUMMARY_COUNT,
    SUMMARY_BOOL,
    SUMMARY_TEXT,
    SUMMARY_NULL
};

struct summary_item {
    char path[SUMMARY_PATH_SIZE];
    enum summary_kind kind;
    double number;
    uint64_t count;
    char text[72];
};

struct summary {
    size_t count, capacity;
    struct summary_item *items;
    bool incomplete; /* there was no memory for an item */
};

struct summary *summary_create(void); /* NULL: out of memory */
void summary_destroy(struct summary *summary);
void summary_add_number(struct summary *summary, const char *path, double value); /* NaN: null */
void summary_add_count(struct summary *summary, const char *path, uint64_t value);
void summary_add_text(struct summary *summary, const char *path, const char *text);
void summary_add_bool(struct summary *summary, const char *path, bool value);
void summary_add_item(struct summary *summary, const struct summary_item *item);
void summary_add_null(struct summary *summary, const char *path); /* nothing was measured */

/* Value at a dotted path; false: no such key, or not a number. */
bool summary_value(const struct summary *summary, const char *path, double *value);
/* Text at a dotted path; "": no such key, or no text. */
const char *summary_text(const struct summary *summary, const char *path);
/* Is there such a key, even if it is null or text? */
bool summary_has(const struct summary *summary, const char *path);

/* A value as text. */
void summary_item_text(const struct summary_item *item, char *text, size_t size);
/* How many items are the head, which ends with `partial`: it names the run and counts how the
 * engine played it, and holds no result. */
size_t summary_head_size(const struct summary *summary);

#endif
