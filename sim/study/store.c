/* The database of finished runs (SQLite): opening and writing.
 * SPDX-License-Identifier: MIT
 */
#include "study/store.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "study/store_internal.h"

/* "flct": how a database says that it is one of fleetcast. */
#define APPLICATION_ID 0x666C6374
/* Readers hold the database for the time of a query. */
#define BUSY_MS 60000

static const char schema[] =
        "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
        "CREATE TABLE run (id INTEGER PRIMARY KEY, study TEXT NOT NULL, point INTEGER NOT NULL,"
        " replication INTEGER NOT NULL, seed TEXT NOT NULL, scenario_hash TEXT NOT NULL,"
        " version TEXT NOT NULL, \"commit\" TEXT NOT NULL, dirty INTEGER NOT NULL,"
        " status INTEGER NOT NULL, cpu_s REAL NOT NULL, wall_s REAL NOT NULL,"
        " UNIQUE (study, point, replication));"
        "CREATE TABLE label (run INTEGER NOT NULL REFERENCES run (id), position INTEGER NOT NULL,"
        " key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (run, position)) WITHOUT ROWID;"
        "CREATE TABLE metric (run INTEGER NOT NULL REFERENCES run (id), position INTEGER NOT NULL,"
        " key TEXT NOT NULL, value, PRIMARY KEY (run, position))"
        " WITHOUT ROWID;";

static const char *const statement_sql[STATEMENT_COUNT] = {
    [ADD_RUN] = "INSERT INTO run VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [ADD_LABEL] = "INSERT INTO label VALUES (?, ?, ?, ?)",
    [ADD_METRIC] = "INSERT INTO metric VALUES (?, ?, ?, ?)",
    [ADD_DEVICE] = NULL, /* as many columns as were given */
};

const char *store_path(const struct store *store)
{
    return store->path;
}

const char *store_error(const struct store *store)
{
    return store->error;
}

/* What SQLite says, with what the system says of the file where that tells more. */
bool store_fail(struct store *store, const char *doing)
{
    int system = errno; /* sqlite3_system_errno() does not know it of a commit that failed */
    int code = sqlite3_errcode(store->database) & 0xFF;
    bool use_system = (code == SQLITE_IOERR || code == SQLITE_CANTOPEN) && system != 0;
    snprintf(store->error, sizeof store->error, "cannot %s '%s': %s", doing, store->path,
            use_system ? strerror(system) : sqlite3_errmsg(store->database));
    return false;
}

static bool execute(struct store *store, const char *sql, const char *doing)
{
    return sqlite3_exec(store->database, sql, NULL, NULL, NULL) == SQLITE_OK
           || store_fail(store, doing);
}

static bool number_of(struct store *store, const char *sql, int64_t *number)
{
    sqlite3_stmt *statement = NULL;
    bool ok = sqlite3_prepare_v2(store->database, sql, -1, &statement, NULL) == SQLITE_OK
              && sqlite3_step(statement) == SQLITE_ROW;
    *number = ok ? sqlite3_column_int64(statement, 0) : 0;
    if (!ok) {
        store_fail(store, "read");
    }
    sqlite3_finalize(statement);
    return ok;
}

/* --- opening ---------------------------------------------------------------------------------- */

static bool make_schema(struct store *store)
{
    char sql[sizeof schema + 160];
    snprintf(sql, sizeof sql,
            "BEGIN IMMEDIATE; PRAGMA application_id = %d; PRAGMA user_version = %d; %s COMMIT;",
            APPLICATION_ID, STORE_SCHEMA, schema);
    return execute(store, sql, "write");
}

/* An empty file becomes a new database. */
static bool check_schema(struct store *store, enum store_access how)
{
    int64_t application, version, tables;
    if (!number_of(store, "PRAGMA application_id", &application)
            || !number_of(store, "PRAGMA user_version", &version)
            || !number_of(store, "SELECT count(*) FROM sqlite_schema", &tables)) {
        return false;
    }
    if (application == 0 && tables == 0 && how != STORE_READ) {
        return make_schema(store);
    }
    if (application != APPLICATION_ID) {
        snprintf(
                store->error, sizeof store->error, "'%s' is no database of fleetcast", store->path);
        return false;
    }
    if (version > STORE_SCHEMA) {
        snprintf(store->error, sizeof store->error,
                "'%s' was written by a newer fleetcast: its schema is %" PRId64
                ", this program knows schemas up to %d",
                store->path, version, STORE_SCHEMA);
        return false;
    }
    return true;
}

/* A reader opens for writing too: after a crash the journal has to be rolled back. */
static bool open_database(struct store *store, enum store_access how)
{
    int create = how == STORE_READ ? 0 : SQLITE_OPEN_CREATE;
    int code = sqlite3_open_v2(store->path, &store->database, SQLITE_OPEN_READWRITE | create, NULL);
    if (code != SQLITE_OK) {
        return store_fail(store, "open");
    }
    sqlite3_busy_timeout(store->database, BUSY_MS);
    if (how != STORE_READ && sqlite3_db_readonly(store->database, "main") == 1) {
        snprintf(store->error, sizeof store->error, "cannot write '%s': it is read-only",
                store->path);
        return false;
    }
    return check_schema(store, how);
}

static bool prepare_file(struct store *store, enum store_access how)
{
    if (how == STORE_READ && access(store->path, R_OK) != 0) {
        snprintf(store->error, sizeof store->error, "cannot read '%s': %s", store->path,
                strerror(errno));
        return false;
    }
    if (how != STORE_READ
            && !store_lock_take(&store->lock, store->path, store->error, sizeof store->error)) {
        return false;
    }
    if (how == STORE_NEW && unlink(store->path) != 0 && errno != ENOENT) {
        snprintf(store->error, sizeof store->error, "cannot replace '%s': %s", store->path,
                strerror(errno));
        return false;
    }
    return true;
}

struct store *store_open(const char *path, enum store_access how, char *error, size_t error_size)
{
    struct store *store = calloc(1, sizeof *store);
    if (store == NULL) {
        snprintf(error, error_size, "out of memory");
        return NULL;
    }
    store->lock.file = -1;
    int length = snprintf(store->path, sizeof store->path, "%s", path);
    if (length < 0 || (size_t)length >= sizeof store->path) {
        snprintf(store->error, sizeof store->error, "the path of a database has at most %u bytes",
                STORE_PATH_SIZE - 1);
    } else if (prepare_file(store, how) && open_database(store, how)) {
        return store;
    }
    snprintf(error, error_size, "%s", store->error);
    store_close(store);
    return NULL;
}

void store_close(struct store *store)
{
    if (store != NULL) {
        for (int i = 0; i < STATEMENT_COUNT; i++) {
            sqlite3_finalize(store->statements[i]);
        }
        sqlite3_close(store->database);
        store_lock_give_up(&store->lock);
        free(store);
    }
}

/* --- facts ------------------------------------------------------------------------------------ */

bool store_fact(struct store *store, const char *key, char *value, size_t size)
{
    sqlite3_stmt *statement = NULL;
    bool found = sqlite3_prepare_v2(store->database, "SELECT value FROM meta WHERE key = ?", -1,
                         &statement, NULL)
                         == SQLITE_OK
                 && sqlite3_bind_text(statement, 1, key, -1, SQLITE_STATIC) == SQLITE_OK
                 && sqlite3_step(statement) == SQLITE_ROW;
    if (found) {
        snprintf(value, size, "%s", (const char *)sqlite3_column_text(statement, 0));
    }
    sqlite3_finalize(statement);
    return found;
}

bool store_set_fact(struct store *store, const char *key, const char *value)
{
    sqlite3_stmt *statement = NULL;
    bool ok = sqlite3_prepare_v2(store->database, "INSERT OR REPLACE INTO meta VALUES (?, ?)", -1,
                      &statement, NULL)
                      == SQLITE_OK
              && sqlite3_bind_text(statement, 1, key, -1, SQLITE_STATIC) == SQLITE_OK
              && sqlite3_bind_text(statement, 2, value, -1, SQLITE_STATIC) == SQLITE_OK
              && sqlite3_step(statement) == SQLITE_DONE;
    if (!ok) {
        store_fail(store, "write");
    }
    sqlite3_finalize(statement);
    return ok;
}

/* --- writing runs ----------------------------------------------------------------------------- */

/* Ready for new values; NULL after a mistake. */
static sqlite3_stmt *statement_of(struct store *store, enum store_statement which)
{
    sqlite3_stmt **statement = &store->statements[which];
    const char *sql = which == ADD_DEVICE ? store->device_sql : statement_sql[which];
    if (*statement == NULL
            && sqlite3_prepare_v2(store->database, sql, -1, statement, NULL) != SQLITE_OK) {
        store_fail(store, "write");
        return NULL;
    }
    return *statement;
}

static bool step(struct store *store, sqlite3_stmt *statement)
{
    bool ok = sqlite3_step(statement) == SQLITE_DONE;
    if (!ok) {
        store_fail(store, "write");
    }
    sqlite3_reset(statement);
    return ok;
}

static void bind_text(sqlite3_stmt *statement, int column, const char *text)
{
    sqlite3_bind_text(statement, column, text, -1, SQLITE_TRANSIENT);
}

static bool add_run(struct store *store, const struct store_run *run)
{
    char seed[24];
    sqlite3_stmt *statement = statement_of(store, ADD_RUN);
    if (statement == NULL) {
        return false;
    }
    snprintf(seed, sizeof seed, "%" PRIu64, run->seed);
    bind_text(statement, 1, run->study);
    sqlite3_bind_int64(statement, 2, run->point);
    sqlite3_bind_int64(statement, 3, run->replication);
    bind_text(statement, 4, seed);
    bind_text(statement, 5, run->scenario_hash);
    bind_text(statement, 6, run->version);
    bind_text(statement, 7, run->commit);
    sqlite3_bind_int(statement, 8, run->dirty);
    sqlite3_bind_int(statement, 9, run->status);
    sqlite3_bind_double(statement, 10, run->cpu_s);
    sqlite3_bind_double(statement, 11, run->wall_s);
    bool ok = step(store, statement);
    store->run = sqlite3_last_insert_rowid(store->database);
    return ok;
}

static bool add_label(struct store *store, size_t position, const struct store_label *label)
{
    sqlite3_stmt *statement = statement_of(store, ADD_LABEL);
    if (statement == NULL) {
        return false;
    }
    sqlite3_bind_int64(statement, 1, store->run);
    sqlite3_bind_int64(statement, 2, (int64_t)position);
    bind_text(statement, 3, label->key);
    bind_text(statement, 4, label->value);
    return step(store, statement);
}

static void bind_item(sqlite3_stmt *statement, int column, const struct summary_item *item)
{
    switch (item->kind) {
    case SUMMARY_NUMBER:
        sqlite3_bind_double(statement, column, item->number);
        break;
    case SUMMARY_COUNT:
    case SUMMARY_BOOL:
        sqlite3_bind_int64(statement, column, (int64_t)item->count);
        break;
    case SUMMARY_TEXT:
        bind_text(statement, column, item->text);
        break;
    case SUMMARY_NULL:
    default:
        sqlite3_bind_null(statement, column);
        break;
    }
}

static bool add_metric(struct store *store, size_t position, const struct summary_item *item)
{
    sqlite3_stmt *statement = statement_of(store, ADD_METRIC);
    if (statement == NULL) {
        return false;
    }
    sqlite3_bind_int64(statement, 1, store->run);
    sqlite3_bind_int64(statement, 2, (int64_t)position);
    bind_text(statement, 3, item->path);
    bind_item(statement, 4, item);
    return step(store, statement);
}

static bool roll_back(struct store *store)
{
    sqlite3_exec(store->database, "ROLLBACK", NULL, NULL, NULL);
    return false;
}

bool store_begin_run(
        struct store *store, const struct store_run *run, const struct summary *summary)
{
    bool ok = execute(store, "BEGIN IMMEDIATE", "write") && add_run(store, run);
    for (size_t i = 0; ok && i < run->label_count; i++) {
        ok = add_label(store, i, &run->labels[i]);
    }
    for (size_t i = 0; ok && i < summary->count; i++) {
        ok = add_metric(store, i, &summary->items[i]);
    }
    return ok || roll_back(store);
}

bool store_commit_run(struct store *store)
{
    return execute(store, "COMMIT", "write") || roll_back(store);
}

bool store_make_devices(struct store *store, const char *const *columns, size_t count)
{
    char *sql = NULL;
    size_t size = 0;
    FILE *out = count > 0 && count < STORE_COLUMNS_MAX ? open_memstream(&sql, &size) : NULL;
    if (out == NULL) {
        snprintf(store->error, sizeof store->error, "out of memory");
        return false;
    }
    int used =
            snprintf(store->device_sql, sizeof store->device_sql, "INSERT INTO device VALUES (?");
    fputs("CREATE TABLE IF NOT EXISTS device (run INTEGER NOT NULL REFERENCES run (id)", out);
    for (size_t i = 0; i < count; i++) {
        fprintf(out, ", %s", columns[i]);
        used += snprintf(store->device_sql + used, sizeof store->device_sql - (size_t)used, ",?");
    }
    snprintf(store->device_sql + used, sizeof store->device_sql - (size_t)used, ")");
    fputs(")", out);
    bool ok = fclose(out) == 0 && execute(store, sql, "write");
    free(sql);
    return ok;
}

bool store_add_device(struct store *store, const struct store_value *values, size_t count)
{
    sqlite3_stmt *statement = statement_of(store, ADD_DEVICE);
    if (statement == NULL) {
        return roll_back(store);
    }
    sqlite3_bind_int64(statement, 1, store->run);
    for (size_t i = 0; i < count; i++) {
        int column = (int)i + 2;
        switch (values[i].kind) {
        case STORE_INTEGER:
            sqlite3_bind_int64(statement, column, values[i].integer);
            break;
        case STORE_REAL:
            sqlite3_bind_double(statement, column, values[i].real);
            break;
        case STORE_TEXT:
            bind_text(statement, column, values[i].text);
            break;
        case STORE_NULL:
        default:
            sqlite3_bind_null(statement, column);
            break;
        }
    }
    return step(store, statement) || roll_back(store);
}
