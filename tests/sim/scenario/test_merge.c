/* Templates in scenarios: anchors, merge keys and keys of the root that begin with "x-".
 * SPDX-License-Identifier: MIT
 *
 * Goal: a scenario with templates reads to the same bytes as the one that is written out; mistakes
 * are told where they stand in the file; no file makes the reader work long.
 * Source of the right values: yaml.org/type/merge.html, example 1 and its rules.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sim/scenario/reading.h"

static void expect_same(const char *text, const char *written_out)
{
    static struct scenario expected;
    cr_assert(read_text(written_out), "%s", messages);
    expected = scenario;
    cr_assert(read_text(text), "%s", messages);
    cr_expect_eq(warnings, 0, "%s", messages);
    cr_expect_eq(memcmp(&scenario, &expected, sizeof scenario), 0, "%s", text);
}

Test(merge, stands_for_the_keys_that_it_names)
{
    expect_same("x-meter: &meter {count: 7, report: {period: 6 h}, rtc: {tolerance: 30 ppm}}\n"
                "devices:\n"
                "  - {<<: *meter, name: a}\n"
                "  - {name: b, <<: *meter, count: 9}\n",
            "devices:\n"
            "  - {name: a, count: 7, report: {period: 6 h}, rtc: {tolerance: 30 ppm}}\n"
            "  - {name: b, count: 9, report: {period: 6 h}, rtc: {tolerance: 30 ppm}}\n");
}

Test(merge, works_at_each_level_and_through_templates_of_templates)
{
    expect_same("x-one: &one {count: 2, height: 40 m}\n"
                "x-two: &two {<<: *one, height: 50 m}\n"
                "x-all: &all {seed: 5, duration: 9 h}\n"
                "<<: *all\n"
                "gateways: {<<: *two, radius: 1 km}\n",
            "seed: 5\nduration: 9 h\ngateways: {count: 2, height: 50 m, radius: 1 km}\n");
    expect_same("seed: 3\npropagation: {<<: {penetration: 9 dB, fading: none}, fading: rician}\n",
            "seed: 3\npropagation: {penetration: 9 dB, fading: rician}\n");
}

Test(merge, prefers_own_keys_then_the_first_of_a_list)
{
    expect_same("x-a: &a {count: 2, height: 40 m}\nx-b: &b {height: 50 m, radius: 2 km, count: 5}\n"
                "gateways: {count: 3, <<: [*a, *b]}\n",
            "gateways: {count: 3, height: 40 m, radius: 2 km}\n");
    expect_same("x-a: &a {report: {period: 1 h, payload: 30 B}}\n"
                "devices: [{report.period: 2 h, <<: *a}]\n",
            "devices: [{report: {period: 2 h, payload: 30 B}}]\n");
    expect_same("x-a: &a {report: {period: 1 h}}\ndevices: [{<<: *a, report: {payload: 30 B}}]\n",
            "devices: [{report: {payload: 30 B}}]\n");
}

Test(merge, reaches_expectations_and_campaigns)
{
    expect_same("x-expect: &safe {security.bad_installs: \"== 0\"}\n"
                "x-update: &update {start: 3 h, redundancy: 20 %}\n"
                "campaign: {<<: *update}\nexpect: {<<: *safe}\n",
            "campaign: {start: 3 h, redundancy: 20 %}\n"
            "expect: {security.bad_installs: \"== 0\"}\n");
}

Test(merge, tells_mistakes_where_they_stand)
{
    expect_refused("x-meter: &meter {count: 0}\ndevices:\n  - {<<: *meter, name: a}\n",
            "city.yaml:1:25: error: count = 0 is outside 1 .. 1000000");
    expect_refused("x-meter: &meter {cuont: 3}\ndevices:\n  - {<<: *meter}\n",
            "city.yaml:1:18: error: unknown key 'cuont' (did you mean 'count'?)");
    expect_refused("x-meter: &meter {count: 4}\ndevices:\n  - {<<: *meter, count: 5, count: 6}\n",
            "city.yaml:3:28: error: key 'count' stands twice");
}

Test(merge, refuses_what_is_no_template)
{
    expect_refused("x-a: &a 5\ngateways: {<<: *a}\n",
            "city.yaml:2:12: error: '<<' should merge keys, or a list of such, as in <<: *meters "
            "or "
            "<<: [*a, *b]");
    expect_refused("x-a: &a {count: 2}\ngateways: {<<: [*a, 5]}\n", "city.yaml:2:12: error: '<<' ");
    expect_refused("gateways:\n  <<:\n", "city.yaml:2:3: error: '<<' should merge keys");
    expect_refused(
            "gateways: {<<: *a}\n", "city.yaml:1:16: error: not YAML: found undefined alias");
    expect_refused("x-a: &a {count: 2}\ngateways: {<<: *a, <<: *a}\n",
            "city.yaml:2:20: error: key '<<' stands twice; it takes a list");
    expect_refused(
            "gateways: {\"<<\": {count: 2}}\n", "city.yaml:1:12: error: unknown key 'gateways.<<'");
}

Test(merge, refuses_a_template_of_itself)
{
    expect_refused("gateways: &a {<<: *a}\n", "city.yaml:1:15: error: '<<' merges a mapping into "
                                              "itself");
    expect_refused("x-a: &a {b: &b {<<: *a}, <<: *b}\nname: x\n",
            "city.yaml:1:17: error: '<<' merges a mapping into itself");
    expect_refused("gateways: &a {backhaul: {<<: *a}}\n", "gateways.backhaul.backhaul");
}

Test(merge, leaves_templates_alone_at_the_top_only)
{
    expect_same("x-notes: [anything, {at: all}]\nx-: {}\nseed: 4\n", "seed: 4\n");
    expect_refused("gateways: {x-count: 3}\n", "unknown key 'gateways.x-count'");
    expect_refused("xcount: 3\n", "unknown key 'xcount'");
}

/* Processor time is what a hostile file would take; a busy machine adds none. */
static void expect_refused_soon(char *text, const char *message)
{
    clock_t before = clock();
    expect_refused(text, message);
    cr_expect_lt((double)(clock() - before) / CLOCKS_PER_SEC, 5.0, "%.60s", text);
    free(text);
}

static char *chain_of_templates(unsigned count)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    fputs("x-all:\n  k0: &a0 {count: 1}\n", out);
    for (unsigned i = 1; i <= count; i++) {
        fprintf(out, "  k%u: &a%u {<<: *a%u}\n", i, i, i - 1);
    }
    fprintf(out, "gateways: {<<: *a%u}\n", count);
    fclose(out);
    return text;
}

static char *nested_merges(unsigned count)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    fputs("gateways: ", out);
    for (unsigned i = 0; i < count; i++) {
        fputs("{<<: ", out);
    }
    fputs("{count: 2}", out);
    for (unsigned i = 0; i < count; i++) {
        fputs("}", out);
    }
    fclose(out);
    return text;
}

/* Each template merges the one before it ten times, and a mapping of many keys. */
static char *bomb(unsigned keys, unsigned templates)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    fputs("x-0: &a0\n", out);
    for (unsigned i = 0; i < keys; i++) {
        fprintf(out, "  key%u: 1\n", i);
    }
    for (unsigned i = 1; i <= templates; i++) {
        fprintf(out, "x-%u: &a%u {<<: [", i, i);
        for (unsigned k = 0; k < 10; k++) {
            fprintf(out, "*a%u, ", i - 1);
        }
        fputs("]}\n", out);
    }
    fclose(out);
    return text;
}

Test(merge, bounds_recursion_and_work)
{
    char *chain = chain_of_templates(50);
    cr_expect(read_text(chain), "%s", messages);
    cr_expect_eq(scenario.gateways.count, 1);
    free(chain);
    expect_refused_soon(nested_merges(40), "'<<' leads through too many templates");
    expect_refused_soon(bomb(1, 300), "more than 200 keys that begin with 'x-'");
    expect_refused_soon(bomb(5000, 10), "'<<' merges too many keys");
}
