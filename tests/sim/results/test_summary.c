/* The tree of numbers and its JSON: order, nesting, escapes, null; parsed back by a small reader.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/summary_text.h"

static char *json_of(const struct summary *tree)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    summary_write_json(tree, out);
    fclose(out);
    return text;
}

/* RFC 8259, by descent. Returns what follows the value, NULL: not JSON. */
static const char *skip_value(const char *at);

static const char *skip_space(const char *at)
{
    return at + strspn(at, " \t\r\n");
}

static const char *skip_string(const char *at)
{
    if (*at++ != '"') {
        return NULL;
    }
    for (; *at != '"'; at++) {
        if ((unsigned char)*at < 0x20) {
            return NULL; /* also the end */
        }
        if (*at == '\\') {
            at++;
            if (*at == 'u' && strspn(at + 1, "0123456789abcdefABCDEF") >= 4) {
                at += 4;
            } else if (*at == '\0' || strchr("\"\\/bfnrt", *at) == NULL) {
                return NULL;
            }
        }
    }
    return at + 1;
}

static const char *skip_object(const char *at)
{
    at = skip_space(at + 1);
    if (*at == '}') {
        return at + 1;
    }
    for (;;) {
        at = skip_string(skip_space(at));
        at = at == NULL ? NULL : skip_space(at);
        if (at == NULL || *at != ':' || (at = skip_value(at + 1)) == NULL) {
            return NULL;
        }
        at = skip_space(at);
        if (*at == '}') {
            return at + 1;
        }
        if (*at++ != ',') {
            return NULL;
        }
    }
}

static const char *skip_value(const char *at)
{
    static const char *const words[] = { "true", "false", "null" };
    at = skip_space(at);
    if (*at == '{') {
        return skip_object(at);
    }
    if (*at == '"') {
        return skip_string(at);
    }
    for (size_t i = 0; i < 3; i++) {
        if (strncmp(at, words[i], strlen(words[i])) == 0) {
            return at + strlen(words[i]);
        }
    }
    char *end;
    bool number = *at == '-' || (*at >= '0' && *at <= '9');
    strtod(at, &end);
    return number && end != at ? end : NULL;
}

static bool is_json(const char *text)
{
    const char *end = skip_value(text);
    return end != NULL && *skip_space(end) == '\0';
}

static void expect_json(struct summary *tree, const char *expected)
{
    char *text = json_of(tree);
    cr_expect(is_json(text), "not JSON: %s", text);
    cr_expect_str_eq(text, expected);
    free(text);
    summary_destroy(tree);
}

Test(summary, the_reader_of_these_tests_refuses_what_is_no_json)
{
    cr_expect(is_json("{}"));
    cr_expect(is_json("{\"a\": {\"b\": -1.5e3, \"c\": [1]}}") == false, "no arrays here");
    cr_expect(is_json("{\"a\": {\"b\": -1.5e3, \"c\": null}}"));
    cr_expect_not(is_json("{\"a\": nan}"));
    cr_expect_not(is_json("{\"a\": inf}"));
    cr_expect_not(is_json("{\"a\": 1,}"));
    cr_expect_not(is_json("{\"a\": 1"));
    cr_expect_not(is_json("{\"a\n\": 1}"));
}

Test(summary, an_empty_tree_is_an_empty_object)
{
    expect_json(summary_create(), "{\n}\n");
}

Test(summary, nests_by_dots_and_keeps_the_order_of_adding)
{
    struct summary *tree = summary_create();
    summary_add_count(tree, "z", 1);
    summary_add_count(tree, "a.b.c", 2);
    summary_add_count(tree, "a.b.d", 3);
    summary_add_count(tree, "a.e", 4);
    summary_add_count(tree, "ab.c", 5);
    summary_add_bool(tree, "end", true);
    expect_json(tree, "{\n"
                      "  \"z\": 1,\n"
                      "  \"a\": {\n"
                      "    \"b\": {\n"
                      "      \"c\": 2,\n"
                      "      \"d\": 3\n"
                      "    },\n"
                      "    \"e\": 4\n"
                      "  },\n"
                      "  \"ab\": {\n"
                      "    \"c\": 5\n"
                      "  },\n"
                      "  \"end\": true\n"
                      "}\n");
}

Test(summary, closes_what_ends_with_the_tree)
{
    struct summary *tree = summary_create();
    summary_add_number(tree, "a.b.c", 0.5);
    expect_json(tree, "{\n  \"a\": {\n    \"b\": {\n      \"c\": 0.5\n    }\n  }\n}\n");
}

Test(summary, writes_null_for_what_is_no_number)
{
    struct summary *tree = summary_create();
    double value = 7.0;
    summary_add_number(tree, "nan", NAN);
    summary_add_number(tree, "inf", -INFINITY);
    cr_expect_not(summary_value(tree, "nan", &value));
    cr_expect(summary_has(tree, "nan"));
    cr_expect_not(summary_has(tree, "none"));
    cr_expect_float_eq(value, 7.0, 0.0, "untouched");
    expect_json(tree, "{\n  \"nan\": null,\n  \"inf\": null\n}\n");
}

Test(summary, escapes_what_json_needs_escaped)
{
    struct summary *tree = summary_create();
    summary_add_text(tree, "t",
            "a\"b\\c\nd\x01"
            "e\xc3\xa9");
    expect_json(tree, "{\n  \"t\": \"a\\\"b\\\\c\\u000ad\\u0001e\xc3\xa9\"\n}\n");
}

Test(summary, keeps_counts_to_the_last_digit)
{
    struct summary *tree = summary_create();
    summary_add_count(tree, "seed", UINT64_MAX);
    summary_add_number(tree, "big", 1234567890.0);
    summary_add_number(tree, "small", 1.0 / 3.0);
    expect_json(tree, "{\n  \"seed\": 18446744073709551615,\n  \"big\": 1.23457e+09,\n"
                      "  \"small\": 0.333333\n}\n");
}

Test(summary, finds_values_by_their_whole_path)
{
    struct summary *tree = summary_create();
    double value;
    summary_add_count(tree, "a.total", 12);
    summary_add_bool(tree, "partial", true);
    summary_add_text(tree, "name", "x");
    cr_assert(summary_value(tree, "a.total", &value));
    cr_expect_float_eq(value, 12.0, 0.0);
    cr_assert(summary_value(tree, "partial", &value));
    cr_expect_float_eq(value, 1.0, 0.0);
    cr_expect_not(summary_value(tree, "a", &value));
    cr_expect_not(summary_value(tree, "a.tot", &value));
    cr_expect_not(summary_value(tree, "name", &value), "text is no number");
    summary_destroy(tree);
}
