/* A summary as JSON.
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "results/summary_text.h"

void json_write_text(FILE *out, const char *text)
{
    fputc('"', out);
    for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++) {
        if (*c == '"' || *c == '\\') {
            fprintf(out, "\\%c", *c);
        } else if (*c < 0x20) {
            fprintf(out, "\\u%04x", *c);
        } else {
            fputc(*c, out);
        }
    }
    fputc('"', out);
}

static void write_value(FILE *out, const struct summary_item *item)
{
    char text[sizeof item->text];
    summary_item_text(item, text, sizeof text);
    if (item->kind == SUMMARY_TEXT) {
        json_write_text(out, text);
    } else {
        fputs(text, out);
    }
}

/* Length of the dotted section path that `a` and `b` share, in whole names. */
static size_t shared_sections(const char *a, const char *b)
{
    size_t shared = 0;
    for (size_t i = 0; a[i] != '\0' && a[i] == b[i]; i++) {
        if (a[i] == '.') {
            shared = i + 1;
        }
    }
    return shared;
}

static unsigned count_dots(const char *text, size_t length)
{
    unsigned dots = 0;
    for (size_t i = 0; i < length; i++) {
        dots += text[i] == '.' ? 1u : 0u;
    }
    return dots;
}

static void indent(FILE *out, unsigned depth)
{
    fprintf(out, "\n%*s", (int)(2 * depth), "");
}

void summary_write_json(const struct summary *summary, FILE *out)
{
    const char *previous = "";
    unsigned depth = 1;
    fputc('{', out);
    for (size_t i = 0; i < summary->count; i++) {
        const struct summary_item *item = &summary->items[i];
        size_t shared = shared_sections(previous, item->path);
        unsigned shared_depth = 1 + count_dots(item->path, shared);
        for (; depth > shared_depth; depth--) {
            indent(out, depth - 1);
            fputc('}', out);
        }
        if (i > 0) {
            fputc(',', out);
        }
        const char *rest = item->path + shared;
        for (const char *dot = strchr(rest, '.'); dot != NULL; dot = strchr(rest, '.')) {
            indent(out, depth++);
            fprintf(out, "\"%.*s\": {", (int)(dot - rest), rest);
            rest = dot + 1;
        }
        indent(out, depth);
        fprintf(out, "\"%s\": ", rest);
        write_value(out, item);
        previous = item->path;
    }
    for (; depth > 0; depth--) {
        indent(out, depth - 1);
        fputc('}', out);
    }
    fputc('\n', out);
}
