/* A drawing of gnuplot as part of a page.
 * SPDX-License-Identifier: MIT
 *
 * gnuplot writes colours as rgb(r, g, b), with blanks or without, and gives names to its parts; the
 * same names in each drawing of a page would be wrong. What it draws is kept as it is.
 */
#include "report/svg.h"

#include <stdlib.h>
#include <string.h>

#include "report/markup.h"

#define FIRST_SERIES 16u

void svg_series(char text[SVG_COLOUR_MAX], unsigned index)
{
    snprintf(text, SVG_COLOUR_MAX, "#0000%02x", FIRST_SERIES + index % SVG_SERIES);
}

static void write_colour(FILE *out, unsigned long colour)
{
    static const char *const names[] = { NULL, "--ink", "--faint", "--rule" };
    if (colour >= FIRST_SERIES && colour < FIRST_SERIES + SVG_SERIES) {
        fprintf(out, "var(--s%lu)", colour - FIRST_SERIES);
    } else if (colour > 0 && colour < sizeof names / sizeof names[0]) {
        fprintf(out, "var(%s)", names[colour]);
    } else {
        fprintf(out, "#%06lx", colour & 0xFFFFFFul);
    }
}

/* "rgb( 0, 158, 115)": writes the page's colour and returns what follows. */
static const char *translate_colour(FILE *out, const char *at)
{
    unsigned long colour = 0;
    for (int i = 0; i < 3; i++) {
        char *end;
        colour = (colour << 8) | (strtoul(at, &end, 10) & 0xFFul);
        at = end + (*end != '\0' ? 1 : 0); /* the comma, or the bracket */
    }
    write_colour(out, colour);
    return at;
}

/* What is left out of a drawing: from `from` up to the end of `to`. */
static const struct {
    const char *from, *to;
} omitted[] = {
    { "<title>", "</title>" },
    { "<desc>", "</desc>" },
    { "<defs>", "</defs>" },
    { " id=\"", "\"" },
    { " color=\"", "\"" },
    { " class=\"", "\"" },
    { " font-family=\"", "\"" },
};

static const struct {
    const char *from, *to;
} replaced[] = {
    { "xlink:href='#gpPt6'", "href='#disc'" },
    { "xlink:href='#gpPt8'", "href='#triangle'" },
    { "stroke=\"black\"", "stroke=\"currentColor\"" },
};

static bool starts(const char *at, const char *with)
{
    return strncmp(at, with, strlen(with)) == 0;
}

/* NULL: what starts here stays. */
static const char *end_of_omitted(const char *at)
{
    for (size_t i = 0; i < sizeof omitted / sizeof omitted[0]; i++) {
        if (starts(at, omitted[i].from)) {
            const char *end = strstr(at + strlen(omitted[i].from), omitted[i].to);
            return end != NULL ? end + strlen(omitted[i].to) : NULL;
        }
    }
    return NULL;
}

static const char *replace(FILE *out, const char *at)
{
    for (size_t i = 0; i < sizeof replaced / sizeof replaced[0]; i++) {
        if (starts(at, replaced[i].from)) {
            fputs(replaced[i].to, out);
            return at + strlen(replaced[i].from);
        }
    }
    return NULL;
}

/* Of what stands in a tag: writes what takes its place and returns what follows. NULL: it stays. */
static const char *rewrite(FILE *out, const char *at)
{
    if (starts(at, "rgb(")) {
        return translate_colour(out, at + strlen("rgb("));
    }
    const char *next = end_of_omitted(at);
    return next != NULL ? next : replace(out, at);
}

bool svg_embed(FILE *out, const char *svg, const char *label)
{
    static const char begin[] = "<svg", close[] = "</svg>";
    const char *at = strstr(svg, begin), *end = at != NULL ? strstr(at, close) : NULL;
    if (end == NULL) {
        return false;
    }
    fputs("<svg class=\"plot\" role=\"img\" aria-label=\"", out);
    markup_text(out, label);
    fputs("\" font-family=\"system-ui, sans-serif\"", out);
    bool in_tag = true;
    for (at += strlen(begin); at < end;) {
        in_tag = *at == '<' || (in_tag && *at != '>');
        const char *next = in_tag ? rewrite(out, at) : NULL;
        if (next == NULL) {
            fputc(*at, out);
            next = at + 1;
        }
        at = next;
    }
    fprintf(out, "%s\n", close);
    return true;
}
