/* Numbers under dotted keys, kept in a file of nested JSON objects.
 * SPDX-License-Identifier: MIT
 */
#include "bench_store.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FILE_SIZE_MAX = 64 * 1024,
    DEPTH_MAX = 8,
    INDENT = 2
};

/* A key that is a step above the other in the tree: "a" above "a.b". */
static bool key_above(const char *upper, const char *lower)
{
    size_t length = strlen(upper);
    return strncmp(upper, lower, length) == 0 && lower[length] == '.';
}

static void remove_clashing(struct bench_store *store, const char *key)
{
    size_t kept = 0;
    for (size_t i = 0; i < store->count; i++) {
        const char *other = store->entries[i].key;
        if (strcmp(other, key) != 0 && !key_above(other, key) && !key_above(key, other)) {
            store->entries[kept++] = store->entries[i];
        }
    }
    store->count = kept;
}

void bench_store_set(struct bench_store *store, const char *key, double value)
{
    assert(strlen(key) > 0 && strlen(key) < BENCH_KEY_SIZE);
    assert(isfinite(value));
    remove_clashing(store, key);
    assert(store->count < BENCH_ENTRY_MAX);
    size_t place = store->count++;
    while (place > 0 && strcmp(store->entries[place - 1].key, key) > 0) {
        store->entries[place] = store->entries[place - 1];
        place--;
    }
    memcpy(store->entries[place].key, key, strlen(key) + 1);
    store->entries[place].value = value;
}

const double *bench_store_get(const struct bench_store *store, const char *key)
{
    for (size_t i = 0; i < store->count; i++) {
        if (strcmp(store->entries[i].key, key) == 0) {
            return &store->entries[i].value;
        }
    }
    return NULL;
}

struct reader {
    struct bench_store *store;
    const char *at;
    char key[BENCH_KEY_SIZE]; /* of the object being read, "" at the top */
};

static bool accept(struct reader *reader, char wanted)
{
    while (isspace((unsigned char)*reader->at)) {
        reader->at++;
    }
    if (*reader->at != wanted) {
        return false;
    }
    reader->at++;
    return true;
}

/* Appends `"name":` to the reader's key. */
static bool read_name(struct reader *reader)
{
    if (!accept(reader, '"')) {
        return false;
    }
    size_t length = strcspn(reader->at, "\"\\");
    size_t used = strlen(reader->key);
    if (length == 0 || reader->at[length] != '"' || used + length + 2 > BENCH_KEY_SIZE) {
        return false;
    }
    if (used > 0) {
        reader->key[used++] = '.';
    }
    memcpy(reader->key + used, reader->at, length);
    reader->key[used + length] = '\0';
    reader->at += length + 1;
    return accept(reader, ':');
}

static bool read_number(struct reader *reader)
{
    char *end = NULL;
    double value = strtod(reader->at, &end);
    if (end == reader->at || !isfinite(value) || reader->store->count == BENCH_ENTRY_MAX) {
        return false;
    }
    reader->at = end;
    bench_store_set(reader->store, reader->key, value);
    return true;
}

static bool read_object(struct reader *reader, int depth)
{
    if (depth > DEPTH_MAX || !accept(reader, '{')) {
        return false;
    }
    if (accept(reader, '}')) {
        return true;
    }
    size_t length = strlen(reader->key);
    do {
        reader->key[length] = '\0';
        if (!read_name(reader)) {
            return false;
        }
        bool object = accept(reader, '{');
        reader->at -= object ? 1 : 0;
        if (!(object ? read_object(reader, depth + 1) : read_number(reader))) {
            return false;
        }
    } while (accept(reader, ','));
    return accept(reader, '}');
}

bool bench_store_read(struct bench_store *store, const char *path)
{
    static char text[FILE_SIZE_MAX + 1];
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        return errno == ENOENT;
    }
    size_t size = fread(text, 1, FILE_SIZE_MAX, file);
    fclose(file);
    text[size] = '\0';
    struct reader reader = { .store = store, .at = text };
    return read_object(&reader, 1) && (accept(&reader, '\0'));
}

/* Writes entries [begin, end), which share the first `skip` characters of their keys. */
static void write_object(FILE *file, const struct bench_entry *begin, const struct bench_entry *end,
        size_t skip, int depth)
{
    fputs("{\n", file);
    while (begin < end) {
        const char *name = begin->key + skip;
        size_t length = strcspn(name, ".");
        const struct bench_entry *next = begin + 1;
        while (next < end && strncmp(next->key, begin->key, skip + length + 1) == 0) {
            next++;
        }
        fprintf(file, "%*s\"%.*s\": ", depth * INDENT, "", (int)length, name);
        if (name[length] == '.') {
            write_object(file, begin, next, skip + length + 1, depth + 1);
        } else {
            fprintf(file, "%.9g", begin->value);
        }
        fputs(next < end ? ",\n" : "\n", file);
        begin = next;
    }
    fprintf(file, "%*s}", (depth - 1) * INDENT, "");
}

bool bench_store_write(const struct bench_store *store, const char *path)
{
    char temporary[4096];
    int length = snprintf(temporary, sizeof temporary, "%s.new", path);
    if (length < 0 || (size_t)length >= sizeof temporary) {
        errno = ENAMETOOLONG;
        return false;
    }
    FILE *file = fopen(temporary, "w");
    if (file == NULL) {
        return false;
    }
    write_object(file, store->entries, store->entries + store->count, 0, 1);
    fputc('\n', file);
    bool written = ferror(file) == 0;
    written = fclose(file) == 0 && written;
    return written && rename(temporary, path) == 0;
}
