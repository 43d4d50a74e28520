/* The results file of the benchmarks survives being read, changed and written by several programs.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench_store.h"

static struct bench_store store;
static char path[] = "/tmp/bench-store-XXXXXX";

static void start(void)
{
    int file = mkstemp(path);
    cr_assert_geq(file, 0);
    close(file);
    store.count = 0;
}

static void finish(void)
{
    unlink(path);
}

TestSuite(bench_store, .init = start, .fini = finish);

static void put_text(const char *text)
{
    FILE *file = fopen(path, "w");
    fputs(text, file);
    fclose(file);
}

static void expect_text(const char *expected)
{
    static char text[4096];
    FILE *file = fopen(path, "r");
    cr_assert_not_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    cr_assert_str_eq(text, expected);
}

static void expect_value(const char *key, double expected)
{
    const double *value = bench_store_get(&store, key);
    cr_assert_not_null(value, "%s", key);
    cr_assert_float_eq(*value, expected, 1e-9 * expected);
}

Test(bench_store, writes_nested_objects)
{
    bench_store_set(&store, "floor.events_per_s.n1e6", 1.5e6);
    bench_store_set(&store, "events_per_s.n1e4", 3e7);
    bench_store_set(&store, "bytes_per_node", 9000);
    bench_store_set(&store, "events_per_s.n1e6", 1.25);
    cr_assert(bench_store_write(&store, path));
    expect_text("{\n"
                "  \"bytes_per_node\": 9000,\n"
                "  \"events_per_s\": {\n"
                "    \"n1e4\": 30000000,\n"
                "    \"n1e6\": 1.25\n"
                "  },\n"
                "  \"floor\": {\n"
                "    \"events_per_s\": {\n"
                "      \"n1e6\": 1500000\n"
                "    }\n"
                "  }\n"
                "}\n");
}

Test(bench_store, reads_back_what_it_wrote_and_keeps_the_rest)
{
    bench_store_set(&store, "a.x", 1);
    bench_store_set(&store, "a.y", 2);
    bench_store_set(&store, "b", 3);
    cr_assert(bench_store_write(&store, path));
    store.count = 0;
    cr_assert(bench_store_read(&store, path));
    bench_store_set(&store, "a.y", 20);
    cr_assert(bench_store_write(&store, path));
    store.count = 0;
    cr_assert(bench_store_read(&store, path));
    cr_assert_eq(store.count, 3);
    expect_value("a.x", 1);
    expect_value("a.y", 20);
    expect_value("b", 3);
}

Test(bench_store, leaves_no_second_file)
{
    char beside[sizeof path + 8];
    snprintf(beside, sizeof beside, "%s.new", path);
    bench_store_set(&store, "a", 1);
    cr_assert(bench_store_write(&store, path));
    cr_assert_neq(access(beside, F_OK), 0);
}

Test(bench_store, keeps_keys_apart_that_begin_alike)
{
    bench_store_set(&store, "ab", 1);
    bench_store_set(&store, "a.b", 2);
    bench_store_set(&store, "a-b", 3);
    bench_store_set(&store, "a.bc", 4);
    cr_assert(bench_store_write(&store, path));
    store.count = 0;
    cr_assert(bench_store_read(&store, path));
    cr_assert_eq(store.count, 4);
    expect_value("ab", 1);
    expect_value("a.b", 2);
    expect_value("a-b", 3);
    expect_value("a.bc", 4);
}

Test(bench_store, replaces_an_object_by_a_number_and_back)
{
    bench_store_set(&store, "a.x.y", 1);
    bench_store_set(&store, "a", 2);
    cr_assert_eq(store.count, 1);
    bench_store_set(&store, "a.x", 3);
    cr_assert_eq(store.count, 1);
    expect_value("a.x", 3);
}

Test(bench_store, takes_a_missing_file_for_an_empty_one)
{
    unlink(path);
    cr_assert(bench_store_read(&store, path));
    cr_assert_eq(store.count, 0);
    cr_assert(bench_store_write(&store, path));
    expect_text("{\n}\n");
    cr_assert(bench_store_read(&store, path));
}

Test(bench_store, refuses_what_is_no_results_file)
{
    static const char *const texts[] = { "", "[]", "{", "{\"a\": }", "{\"a\": 1", "{\"a\": \"b\"}",
        "{\"a\" 1}", "{\"\": 1}", "{\"a\": 1,}", "{\"a\": 1} x", "{\"a\": {\"b\": 1}",
        "{\"a\": nan}",
        "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":1}}}}}}}}}" };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        put_text(texts[i]);
        store.count = 0;
        cr_assert_not(bench_store_read(&store, path), "%s", texts[i]);
    }
}

Test(bench_store, reports_a_path_that_it_cannot_write)
{
    cr_assert_not(bench_store_write(&store, "/nonexistent/bench.json"));
}
