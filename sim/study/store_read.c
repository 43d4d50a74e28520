/* What a database of finished runs holds: runs, their labels and summaries.
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "study/store_internal.h"

/* The rows of a statement by `use`; false after a mistake. Owns the statement. */
static bool each_row(struct store *store, sqlite3_stmt *statement,
        bool (*use)(void *context, sqlite3_stmt *statement), void *context)
{
    int code = SQLITE_ROW;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW && use(context, statement)) {
    }
    bool ok = code == SQLITE_DONE || code == SQLITE_ROW;
    if (!ok) {
        store_fail(store, "read");
    }
    sqlite3_finalize(statement);
    return ok;
}

static sqlite3_stmt *prepare(struct store *store, const char *sql, int64_t run)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(store->database, sql, -1, &statement, NULL) != SQLITE_OK) {
        store_fail(store, "read");
        return NULL;
    }
    if (sqlite3_bind_parameter_count(statement) > 0) {
        sqlite3_bind_int64(statement, 1, run);
    }
    return statement;
}

/* "" of null. */
static const char *text_of(sqlite3_stmt *statement, int column)
{
    const char *text = (const char *)sqlite3_column_text(statement, column);
    return text != NULL ? text : "";
}

struct run_use {
    bool (*use)(void *context, const struct store_row *row);
    void *context;
};

static bool use_run(void *context, sqlite3_stmt *statement)
{
    const struct run_use *run = context;
    const struct store_row row = {
        .id = sqlite3_column_int64(statement, 0),
        .point = (uint32_t)sqlite3_column_int64(statement, 1),
        .replication = (uint32_t)sqlite3_column_int64(statement, 2),
        .seed = text_of(statement, 3),
        .scenario_hash = text_of(statement, 4),
        .version = text_of(statement, 5),
        .commit = text_of(statement, 6),
        .dirty = sqlite3_column_int(statement, 7) != 0,
        .status = sqlite3_column_int(statement, 8),
        .cpu_s = sqlite3_column_double(statement, 9),
        .wall_s = sqlite3_column_double(statement, 10),
    };
    return run->use(run->context, &row);
}

bool store_each_run(
        struct store *store, bool (*use)(void *context, const struct store_row *row), void *context)
{
    struct run_use run = { use, context };
    sqlite3_stmt *statement = prepare(store,
            "SELECT id, point, replication, seed, scenario_hash, version, \"commit\", dirty,"
            " status, cpu_s, wall_s FROM run ORDER BY point, replication",
            0);
    return statement != NULL && each_row(store, statement, use_run, &run);
}

struct label_use {
    bool (*use)(void *context, const char *key, const char *value);
    void *context;
};

static bool use_label(void *context, sqlite3_stmt *statement)
{
    const struct label_use *label = context;
    return label->use(label->context, text_of(statement, 0), text_of(statement, 1));
}

bool store_each_label(struct store *store, int64_t run,
        bool (*use)(void *context, const char *key, const char *value), void *context)
{
    struct label_use label = { use, context };
    sqlite3_stmt *statement =
            prepare(store, "SELECT key, value FROM label WHERE run = ? ORDER BY position", run);
    return statement != NULL && each_row(store, statement, use_label, &label);
}

/* The file may hold anything: a key too long for a summary is left out. */
static bool use_metric(void *context, sqlite3_stmt *statement)
{
    struct summary *summary = context;
    const char *key = text_of(statement, 0);
    if (key[0] == '\0' || strlen(key) >= SUMMARY_PATH_SIZE) {
        return true;
    }
    switch (sqlite3_column_type(statement, 1)) {
    case SQLITE_INTEGER:
        summary_add_count(summary, key, (uint64_t)sqlite3_column_int64(statement, 1));
        break;
    case SQLITE_FLOAT:
        summary_add_number(summary, key, sqlite3_column_double(statement, 1));
        break;
    case SQLITE_TEXT:
        summary_add_text(summary, key, text_of(statement, 1));
        break;
    default:
        summary_add_null(summary, key);
        break;
    }
    return true;
}

struct summary *store_summary(struct store *store, int64_t run)
{
    struct summary *summary = summary_create();
    sqlite3_stmt *statement =
            prepare(store, "SELECT key, value FROM metric WHERE run = ? ORDER BY position", run);
    bool ok =
            summary != NULL && statement != NULL && each_row(store, statement, use_metric, summary);
    if (!ok || summary->incomplete) {
        summary_destroy(summary);
        return NULL;
    }
    return summary;
}
