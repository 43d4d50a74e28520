/* The database of finished runs as its files know it.
 * SPDX-License-Identifier: MIT
 */
#ifndef STUDY_STORE_INTERNAL_H
#define STUDY_STORE_INTERNAL_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "study/store.h"
#include "study/store_lock.h"

#define STORE_PATH_SIZE   1024u
#define STORE_COLUMNS_MAX 256u

enum store_statement {
    ADD_RUN,
    ADD_LABEL,
    ADD_METRIC,
    ADD_DEVICE,
    STATEMENT_COUNT
};

struct store {
    sqlite3 *database;
    sqlite3_stmt *statements[STATEMENT_COUNT]; /* prepared when first used */
    struct store_lock lock;
    char path[STORE_PATH_SIZE];
    char device_sql[STORE_COLUMNS_MAX * 2 + 64];
    int64_t run; /* that was begun */
    char error[STORE_ERROR_SIZE];
};

/* Keeps why `doing` ("read", "write", "open") failed, for store_error(). Returns false. */
bool store_fail(struct store *store, const char *doing);

#endif
