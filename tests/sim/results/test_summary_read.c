/* A summary read back from its JSON: the same items in the same order, and what is refused.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/summary_read.h"
#include "results/summary_text.h"

static char *json_of(const struct summary *summary)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    summary_write_json(summary, out);
    fclose(out);
    return text;
}

Test(summary_read, gives_the_same_text_again)
{
    char error[200] = "";
    struct summary *written = summary_create();
    summary_add_text(written, "scenario.name", "a \"city\" \\ \x01");
    summary_add_count(written, "seed", INT64_MAX);
    summary_add_number(written, "energy.day.uplink", -0.125);
    summary_add_number(written, "energy.day.sleep", 1234567.0);
    summary_add_number(written, "energy.sleep", -3.0);
    summary_add_number(written, "lost", NAN);
    summary_add_bool(written, "partial", false);
    char *text = json_of(written);
    struct summary *read = summary_read_json(text, strlen(text), error, sizeof error);
    cr_assert_not_null(read, "%s", error);
    cr_assert_eq(read->count, written->count);
    for (size_t i = 0; i < read->count; i++) {
        cr_expect_str_eq(read->items[i].path, written->items[i].path);
    }
    cr_expect_eq(read->items[1].count, INT64_MAX);
    cr_expect_eq(read->items[2].number, -0.125);
    cr_expect_eq(read->items[5].kind, SUMMARY_NULL);
    cr_expect_eq(read->items[6].kind, SUMMARY_BOOL);
    char *again = json_of(read);
    cr_expect_str_eq(again, text);
    free(again);
    free(text);
    summary_destroy(written);
    summary_destroy(read);
}

static void expect_refused(const char *text, const char *says)
{
    char error[200] = "";
    cr_expect_null(summary_read_json(text, strlen(text), error, sizeof error), "%s", text);
    cr_expect_not_null(strstr(error, says), "%s: %s", text, error);
}

Test(summary_read, refuses_what_a_summary_cannot_hold)
{
    char text[700];
    char word[300];
    memset(word, 'x', sizeof word - 1);
    word[sizeof word - 1] = '\0';
    expect_refused("", "no summary in JSON");
    expect_refused("{\"a\": 1", "no summary in JSON");
    expect_refused("{\"a\": 1} {", "no summary in JSON");
    expect_refused("[1]", "it is no object");
    expect_refused("{\"a\": 1, \"a\": 2}", "duplicate");
    expect_refused("{\"a\": {\"b\": [1]}}", "'a.b' is a list");
    expect_refused("{\"\": 1}", "empty or too long");
    expect_refused("{\"a\": 9223372036854775808}", "too big integer");
    snprintf(text, sizeof text, "{\"%s\": 1}", word);
    expect_refused(text, "empty or too long");
    snprintf(text, sizeof text, "{\"%.100s\": {\"%.100s\": 1}}", word, word);
    expect_refused(text, "empty or too long");
    snprintf(text, sizeof text, "{\"a\": \"%s\"}", word);
    expect_refused(text, "'a' is longer");
}
