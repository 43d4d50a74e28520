/* A check as JUnit's XML, which CI servers show as tests.
 * SPDX-License-Identifier: MIT
 *
 * A scenario is a test suite. Its cases: "runs" (an error if a run did not come to its end), one
 * for each expectation, one for each metric (a failure if it regressed).
 */
#include <stdint.h>

#include "results/expectation.h"
#include "study/check.h"

/* Bytes of the character that UTF-8 `text` starts with; 0: it starts with none that XML allows. */
static size_t character_length(const unsigned char *text)
{
    static const struct {
        unsigned char first, mask;
        uint32_t code_min;
    } rows[] = { { 0x00, 0x80, 0x20 }, { 0xC0, 0xE0, 0x80 }, { 0xE0, 0xF0, 0x800 },
        { 0xF0, 0xF8, 0x10000 } };
    size_t row = 0;
    while (row < 4 && (text[0] & rows[row].mask) != rows[row].first) {
        row++;
    }
    if (row == 4) {
        return 0;
    }
    uint32_t code = text[0] & (unsigned char)~rows[row].mask;
    for (size_t i = 1; i <= row; i++) {
        if ((text[i] & 0xC0) != 0x80) {
            return 0;
        }
        code = code << 6 | (text[i] & 0x3Fu);
    }
    bool allowed = code >= rows[row].code_min && code <= 0x10FFFF
                   && (code < 0xD800 || code > 0xDFFF) && code != 0xFFFE && code != 0xFFFF;
    return allowed ? row + 1 : 0;
}

/* As the value of an attribute, or between tags. What XML 1.0 does not allow becomes '?'. */
static void write_escaped(FILE *out, const char *text)
{
    static const struct {
        char character;
        const char *reference;
    } rows[] = { { '<', "&lt;" }, { '>', "&gt;" }, { '&', "&amp;" }, { '"', "&quot;" },
        { '\n', "&#10;" }, { '\t', "&#9;" } };
    while (*text != '\0') {
        size_t row = 0;
        while (row < sizeof rows / sizeof rows[0] && rows[row].character != *text) {
            row++;
        }
        size_t length = character_length((const unsigned char *)text);
        if (row < sizeof rows / sizeof rows[0]) {
            fputs(rows[row].reference, out);
        } else if (length > 0) {
            fwrite(text, 1, length, out);
        } else {
            fputc('?', out);
        }
        text += length > 0 ? length : 1;
    }
}

static void write_attribute(FILE *out, const char *name, const char *value)
{
    fprintf(out, " %s=\"", name);
    write_escaped(out, value);
    fputc('"', out);
}

/* `kind` NULL: the case passed; else "failure" or "error". */
static void write_case(FILE *out, const char *suite, const char *name, const char *kind,
        const char *type, const char *text)
{
    fputs("    <testcase", out);
    write_attribute(out, "classname", suite);
    write_attribute(out, "name", name);
    if (kind == NULL) {
        fputs(">\n      <system-out>", out);
        write_escaped(out, text);
        fputs("</system-out>\n    </testcase>\n", out);
        return;
    }
    fprintf(out, ">\n      <%s", kind);
    write_attribute(out, "type", type);
    write_attribute(out, "message", text);
    fputs("/>\n    </testcase>\n", out);
}

static size_t count_failures(const struct checked *checked)
{
    size_t count = checked_count_unmet(checked);
    for (size_t i = 0; i < checked->change_count; i++) {
        count += checked->changes[i].verdict == CHANGE_REGRESSED ? 1u : 0u;
    }
    return count;
}

static void write_suite(const struct checked *checked, FILE *out)
{
    const struct subject *subject = checked->subject;
    const char *suite = subject->scenario->path;
    bool broken = subject->broken > 0;
    char text[JOB_MESSAGE_SIZE + 160], name[256];
    fputs("  <testsuite", out);
    write_attribute(out, "name", suite);
    fprintf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"%d\">\n",
            1 + checked->expect_count + checked->change_count, count_failures(checked),
            broken ? 1 : 0);
    snprintf(text, sizeof text, "%zu runs came to their end", subject->done);
    if (broken) {
        check_broken_format(subject, text, sizeof text);
    }
    write_case(out, suite, "runs", broken ? "error" : NULL, "run", text);
    for (uint32_t e = 0; e < checked->expect_count; e++) {
        expectation_format(&subject->scenario->expect[e], name, sizeof name);
        check_expectation_format(subject, e, text, sizeof text);
        write_case(out, suite, name, subject->expectations[e].failed > 0 ? "failure" : NULL,
                "expectation", text);
    }
    for (size_t i = 0; i < checked->change_count; i++) {
        const struct change *change = &checked->changes[i];
        change_format(change, text, sizeof text);
        write_case(out, suite, change->metric->key,
                change->verdict == CHANGE_REGRESSED ? "failure" : NULL, "regression", text);
    }
    fputs("  </testsuite>\n", out);
}

void check_write_junit(const struct check *check, FILE *out)
{
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"fleetcast check\">\n",
            out);
    for (size_t i = 0; i < check->count; i++) {
        write_suite(&check->items[i], out);
    }
    fputs("</testsuites>\n", out);
}
