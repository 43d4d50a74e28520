/* The database of finished runs: what was committed is there, what was not is not, and files that
 * it must not touch.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <math.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "study/store.h"

static char folder[64], path[100];
static char error[STORE_ERROR_SIZE];

static void make_folder(void)
{
    snprintf(folder, sizeof folder, "/tmp/fleetcast-store-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/a.db", folder);
}

static void remove_folder(void)
{
    char command[100];
    snprintf(command, sizeof command, "rm -r %s", folder);
    cr_assert_eq(system(command), 0);
}

TestSuite(store, .init = make_folder, .fini = remove_folder);

static struct store *open_store(enum store_access how)
{
    struct store *store = store_open(path, how, error, sizeof error);
    cr_assert_not_null(store, "%s", error);
    return store;
}

static struct summary *some_summary(void)
{
    struct summary *summary = summary_create();
    summary_add_text(summary, "scenario.name", "city");
    summary_add_count(summary, "devices.total", 9);
    summary_add_number(summary, "energy.day", 0.25);
    summary_add_number(summary, "completion.p95_s", (double)NAN);
    summary_add_bool(summary, "partial", true);
    return summary;
}

static bool begin(struct store *store, uint32_t point, uint32_t replication)
{
    static const struct store_label labels[] = { { "z.rate", "DR5" }, { "a.count", "10" } };
    const struct store_run run = { "study", point, replication, UINT64_MAX, "abcd", "0.1.0",
        "0123456789ab", true, 1, 2.5, 3.5, 2, labels };
    struct summary *summary = some_summary();
    bool ok = store_begin_run(store, &run, summary);
    summary_destroy(summary);
    return ok;
}

static void add(struct store *store, uint32_t point, uint32_t replication)
{
    cr_assert(begin(store, point, replication), "%s", store_error(store));
    cr_assert(store_commit_run(store), "%s", store_error(store));
}

struct seen {
    size_t count;
    struct store_row rows[8];
    char text[200];
};

static bool see(void *context, const struct store_row *row)
{
    struct seen *seen = context;
    seen->rows[seen->count++] = *row;
    snprintf(seen->text, sizeof seen->text, "%s %s %s %s", row->seed, row->scenario_hash,
            row->version, row->commit);
    return true;
}

static bool see_label(void *context, const char *key, const char *value)
{
    struct seen *seen = context;
    size_t used = strlen(seen->text);
    snprintf(seen->text + used, sizeof seen->text - used, " %s=%s", key, value);
    return true;
}

static bool count(void *context, const struct store_row *row)
{
    (void)row;
    ++*(size_t *)context;
    return true;
}

static size_t run_count(struct store *store)
{
    size_t runs = 0;
    cr_assert(store_each_run(store, count, &runs), "%s", store_error(store));
    return runs;
}

Test(store, holds_what_was_committed_in_the_order_of_points)
{
    struct store *store = open_store(STORE_WRITE);
    cr_assert(store_set_fact(store, "study", "rates"));
    add(store, 1, 0);
    add(store, 0, 1);
    add(store, 0, 0);
    store_close(store);
    store = open_store(STORE_READ);
    struct seen seen = { 0 };
    char fact[20];
    cr_assert(store_fact(store, "study", fact, sizeof fact));
    cr_expect_str_eq(fact, "rates");
    cr_expect_not(store_fact(store, "none", fact, sizeof fact));
    cr_assert(store_each_run(store, see, &seen));
    cr_assert_eq(seen.count, 3);
    cr_expect_eq(seen.rows[0].id, 3);
    cr_expect_eq(seen.rows[1].replication, 1);
    cr_expect_eq(seen.rows[2].point, 1);
    cr_expect(seen.rows[0].dirty && seen.rows[0].status == 1);
    cr_expect_eq(seen.rows[0].cpu_s + seen.rows[0].wall_s, 6.0);
    cr_expect_str_eq(seen.text, "18446744073709551615 abcd 0.1.0 0123456789ab");
    seen.text[0] = '\0';
    cr_assert(store_each_label(store, 1, see_label, &seen));
    cr_expect_str_eq(seen.text, " z.rate=DR5 a.count=10");
    store_close(store);
}

Test(store, gives_a_summary_back_in_its_order)
{
    struct store *store = open_store(STORE_WRITE);
    add(store, 0, 0);
    struct summary *written = some_summary();
    struct summary *read = store_summary(store, 1);
    cr_assert_not_null(read);
    cr_assert_eq(read->count, written->count);
    for (size_t i = 0; i < read->count; i++) {
        cr_expect_str_eq(read->items[i].path, written->items[i].path);
        cr_expect(read->items[i].kind == SUMMARY_NULL
                  || read->items[i].number == written->items[i].number);
    }
    cr_expect_eq(read->items[0].kind, SUMMARY_TEXT);
    cr_expect_str_eq(read->items[0].text, "city");
    cr_expect_eq(read->items[2].kind, SUMMARY_NUMBER);
    cr_expect_eq(read->items[3].kind, SUMMARY_NULL);
    summary_destroy(written);
    summary_destroy(read);
    store_close(store);
}

/* A process that is killed in the middle of a run loses that run only. */
Test(store, keeps_what_was_committed_when_its_process_is_killed)
{
    pid_t child = fork();
    if (child == 0) {
        struct store *store = store_open(path, STORE_WRITE, error, sizeof error);
        add(store, 0, 0);
        begin(store, 0, 1);
        raise(SIGKILL);
    }
    int status = 0;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    struct store *store = open_store(STORE_WRITE); /* the lock ended with its process */
    cr_expect_eq(run_count(store), 1);
    add(store, 0, 1);
    cr_expect_eq(run_count(store), 2);
    store_close(store);
}

Test(store, refuses_the_same_run_twice_and_keeps_the_first)
{
    struct store *store = open_store(STORE_WRITE);
    add(store, 0, 0);
    cr_expect_not(begin(store, 0, 0));
    cr_expect_not_null(strstr(store_error(store), "UNIQUE"), "%s", store_error(store));
    add(store, 0, 1);
    cr_expect_eq(run_count(store), 2);
    store_close(store);
}

Test(store, has_one_writer_and_readers_beside_it)
{
    struct store *writer = open_store(STORE_WRITE);
    add(writer, 0, 0);
    cr_expect_null(store_open(path, STORE_WRITE, error, sizeof error));
    char expected[200];
    snprintf(expected, sizeof expected, "'%s' is being written by another sweep (process %ld on ",
            path, (long)getpid());
    cr_expect_eq(strncmp(error, expected, strlen(expected)), 0, "%s", error);
    struct store *reader = open_store(STORE_READ);
    cr_expect_eq(run_count(reader), 1);
    add(writer, 0, 1);
    cr_expect_eq(run_count(reader), 2);
    store_close(reader);
    store_close(writer);
    store_close(open_store(STORE_WRITE));
    char lock[120];
    snprintf(lock, sizeof lock, "%s.lock", path);
    cr_expect_neq(access(lock, F_OK), 0, "the lock file stays");
}

static void change(const char *sql)
{
    sqlite3 *database = NULL;
    cr_assert_eq(sqlite3_open(path, &database), SQLITE_OK);
    cr_assert_eq(sqlite3_exec(database, sql, NULL, NULL, NULL), SQLITE_OK, "%s",
            sqlite3_errmsg(database));
    sqlite3_close(database);
}

static void expect_refused(enum store_access how, const char *says)
{
    cr_expect_null(store_open(path, how, error, sizeof error));
    cr_expect_not_null(strstr(error, says), "%s", error);
}

Test(store, refuses_what_is_newer_than_this_program)
{
    struct store *store = open_store(STORE_WRITE);
    add(store, 0, 0);
    store_close(store);
    change("PRAGMA user_version = 2");
    expect_refused(STORE_READ, "was written by a newer fleetcast: its schema is 2, this program "
                               "knows schemas up to 1");
    expect_refused(STORE_WRITE, "was written by a newer fleetcast");
    change("PRAGMA user_version = 1");
    store = open_store(STORE_WRITE);
    cr_expect_eq(run_count(store), 1, "nothing was lost");
    store_close(store);
}

Test(store, refuses_what_is_not_its_own)
{
    expect_refused(STORE_READ, "No such file");
    FILE *file = fopen(path, "w");
    fputs("name: city\nduration: 2 h\n", file);
    fclose(file);
    expect_refused(STORE_READ, "file is not a database");
    expect_refused(STORE_WRITE, "file is not a database");
    unlink(path);
    change("CREATE TABLE letters (a)");
    expect_refused(STORE_WRITE, "is no database of fleetcast");
    snprintf(path, sizeof path, "%s/none/a.db", folder);
    expect_refused(STORE_WRITE, "No such file or directory");
}

/* A full disk: a limit of the file's size stands for it. */
Test(store, says_that_the_disk_is_full_and_keeps_what_was_there)
{
    struct store *store = open_store(STORE_WRITE);
    struct rlimit limit = { 32768, 32768 };
    uint32_t kept = 0;
    signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    while (kept < 1000 && begin(store, 0, kept) && store_commit_run(store)) {
        kept++;
    }
    cr_expect(kept > 0 && kept < 1000);
    cr_expect_not_null(strstr(store_error(store), "File too large"), "%s", store_error(store));
    cr_expect_eq(run_count(store), kept);
    store_close(store);
    store = open_store(STORE_READ);
    cr_expect_eq(run_count(store), kept);
    store_close(store);
}

Test(store, holds_rows_of_devices_with_the_columns_that_were_given)
{
    static const char *const columns[] = { "device INTEGER", "place TEXT", "energy_j REAL" };
    const struct store_value values[] = { { .kind = STORE_INTEGER, .integer = 7 },
        { .kind = STORE_TEXT, .text = "north" }, { .kind = STORE_REAL, .real = 0.5 } };
    struct store *store = open_store(STORE_NEW);
    cr_assert(store_make_devices(store, columns, 3), "%s", store_error(store));
    cr_assert(begin(store, 0, 0));
    cr_assert(store_add_device(store, values, 3), "%s", store_error(store));
    cr_assert(store_commit_run(store));
    store_close(store);
    sqlite3 *database = NULL;
    sqlite3_stmt *row = NULL;
    cr_assert_eq(sqlite3_open(path, &database), SQLITE_OK);
    cr_assert_eq(sqlite3_prepare_v2(database,
                         "SELECT device, place, energy_j FROM device JOIN run ON run = id", -1,
                         &row, NULL),
            SQLITE_OK);
    cr_assert_eq(sqlite3_step(row), SQLITE_ROW);
    cr_expect_eq(sqlite3_column_int(row, 0), 7);
    cr_expect_str_eq((const char *)sqlite3_column_text(row, 1), "north");
    cr_expect_eq(sqlite3_column_double(row, 2), 0.5);
    sqlite3_finalize(row);
    sqlite3_close(database);
}
