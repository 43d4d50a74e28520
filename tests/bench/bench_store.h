/* Numbers under dotted keys, kept in a file of nested JSON objects.
 * SPDX-License-Identifier: MIT
 *
 * Reads what it wrote itself, no JSON in general: objects and numbers, keys without escapes.
 */
#ifndef BENCH_BENCH_STORE_H
#define BENCH_BENCH_STORE_H

#include <stdbool.h>
#include <stddef.h>

enum {
    BENCH_KEY_SIZE = 96,
    BENCH_ENTRY_MAX = 256
};

struct bench_entry {
    char key[BENCH_KEY_SIZE]; /* "events_per_s.n1e4" */
    double value;
};

struct bench_store {
    size_t count;
    struct bench_entry entries[BENCH_ENTRY_MAX]; /* sorted by key */
};

/* Sets a key, replacing what it held and whatever stood below or above it in the tree. */
void bench_store_set(struct bench_store *store, const char *key, double value);

/* NULL if there is no such key. */
const double *bench_store_get(const struct bench_store *store, const char *key);

/* Adds what `path` holds. A missing file holds nothing; false: it is not a file of ours. */
bool bench_store_read(struct bench_store *store, const char *path);

/* Writes the whole file beside `path`, then puts it in its place. False: errno says why. */
bool bench_store_write(const struct bench_store *store, const char *path);

#endif
