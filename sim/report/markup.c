/* HTML that is well-formed XML too: escaped text, the head and the foot of a page.
 * SPDX-License-Identifier: MIT
 *
 * Series colours: Okabe and Ito, Color Universal Design (2008), figure 16, in an order in which
 * neighbours differ in lightness, too; yellow gives way to a grey, as it is faint on white.
 */
#include "report/markup.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Bytes of the character that starts here; 0: it is no UTF-8, or none that XML may have. */
static size_t character(const unsigned char *at)
{
    static const struct {
        unsigned char mask, value;
        size_t size;
        uint32_t least;
    } forms[] = {
        { 0x80, 0x00, 1, 0 },
        { 0xE0, 0xC0, 2, 0x80 },
        { 0xF0, 0xE0, 3, 0x800 },
        { 0xF8, 0xF0, 4, 0x10000 },
    };
    for (size_t f = 0; f < sizeof forms / sizeof forms[0]; f++) {
        if ((at[0] & forms[f].mask) != forms[f].value) {
            continue;
        }
        uint32_t code = at[0] & (uint32_t)(unsigned char)~forms[f].mask;
        for (size_t i = 1; i < forms[f].size; i++) {
            if ((at[i] & 0xC0) != 0x80) {
                return 0;
            }
            code = (code << 6) | (at[i] & 0x3Fu);
        }
        bool printable = code >= 0x20 ? code != 0x7F : code == '\t' || code == '\n';
        bool allowed = printable && code >= forms[f].least && code <= 0x10FFFF
                       && (code < 0xD800 || code > 0xDFFF) && (code & 0xFFFE) != 0xFFFE;
        return allowed ? forms[f].size : 0;
    }
    return 0;
}

void markup_text(FILE *out, const char *text)
{
    static const char special[] = "&<>\"'";
    static const char *const entities[] = { "&amp;", "&lt;", "&gt;", "&quot;", "&#39;" };
    while (*text != '\0') {
        const char *found = strchr(special, *text);
        size_t size = character((const unsigned char *)text);
        if (found != NULL) {
            fputs(entities[found - special], out);
        } else if (size == 0) {
            fputs("\xEF\xBF\xBD", out);
        } else {
            fwrite(text, 1, size, out);
        }
        text += size > 0 ? size : 1;
    }
}

void markup_row(FILE *out, const char *name)
{
    fputs("<tr><td class=\"name\">", out);
    markup_text(out, name);
    fputs("</td>", out);
}

void markup_cell(FILE *out, const char *text)
{
    fputs("<td>", out);
    markup_text(out, text);
    fputs("</td>", out);
}

#define SERIES_ON_WHITE                                                                            \
    " --s0: #0072b2; --s1: #d55e00; --s2: #009e73; --s3: #cc79a7; --s4: #e69f00;\n"                \
    "  --s5: #56b4e9; --s6: #4a525c; --s7: #8a939e; }\n"

static const char style[] =
        ":root { color-scheme: light dark; --page: #ffffff; --ink: #171c22; --faint: #5d6875;\n"
        "  --rule: #d5dade; --panel: #f4f5f6;" SERIES_ON_WHITE
        "@media (prefers-color-scheme: dark) {\n"
        "  :root { --page: #12161c; --ink: #e8ecf1; --faint: #a3aebb; --rule: #343d49;\n"
        "  --panel: #1b212a; --s0: #56b4e9; --s1: #e8763a; --s2: #1fbf92; --s3: #d998bd;\n"
        "  --s4: #e69f00; --s5: #6f9fd8; --s6: #cbccd5; --s7: #8a939e; } }\n"
        "* { box-sizing: border-box; }\n"
        "body { margin: 0 auto; max-width: 76rem; padding: 1.5rem; background: var(--page);\n"
        "  color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }\n"
        "h1 { margin: 0; font-size: 1.7rem; line-height: 1.25; overflow-wrap: anywhere; }\n"
        "h2 { margin: 2rem 0 0.5rem; font-size: 1.2rem; }\n"
        "h3 { margin: 0 0 0.25rem; font-size: 1rem; }\n"
        "p { margin: 0.25rem 0; max-width: 60rem; }\n"
        ".facts, figcaption { color: var(--faint); font-size: 0.875rem; }\n"
        ".facts { overflow-wrap: anywhere; }\n"
        ".scroll { overflow-x: auto; }\n"
        ".tables { display: flex; flex-wrap: wrap; gap: 1.5rem 3rem; margin-top: 1.5rem;\n"
        "  align-items: flex-start; }\n"
        "table { border-collapse: collapse; font-variant-numeric: tabular-nums; }\n"
        "th, td { padding: 0.2rem 1rem 0.2rem 0; border-bottom: 1px solid var(--rule);\n"
        "  text-align: right; white-space: nowrap; }\n"
        "th { font-weight: 600; white-space: normal; vertical-align: bottom; }\n"
        "th.name, td.name { text-align: left; white-space: normal; }\n"
        ".points { font-size: 0.8125rem; }\n"
        ".figures { display: grid; gap: 1.25rem; margin-top: 2rem;\n"
        "  grid-template-columns: repeat(auto-fit, minmax(min(100%, 30rem), 1fr)); }\n"
        "figure { margin: 0; padding: 0.9rem 1rem; border: 1px solid var(--rule);\n"
        "  border-radius: 6px; background: var(--panel); break-inside: avoid; }\n"
        ".tall { grid-row: span 2; }\n"
        ".legend { display: flex; flex-wrap: wrap; gap: 0 1rem; margin: 0; padding: 0;\n"
        "  list-style: none; font-size: 0.875rem; }\n"
        ".legend svg { width: 0.7em; height: 0.7em; margin-right: 0.4em; }\n"
        "svg.plot { display: block; width: 100%; height: auto; }\n"
        "@media print {\n"
        "  :root { color-scheme: light; --page: #ffffff; --ink: #000000; --faint: #3a424c;\n"
        "  --rule: #c3c8ce; --panel: #ffffff;" SERIES_ON_WHITE
        "  body { max-width: none; padding: 0; font-size: 10pt; }\n"
        "  .scroll { overflow: visible; } .points { font-size: 6.5pt; }\n"
        "  .figures { display: block; } figure { max-width: 15cm; margin: 0 0 0.5cm; }\n"
        "  h2 { break-after: avoid; } tr { break-inside: avoid; } }\n";

void markup_head(FILE *out, const char *title)
{
    fputs("<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">\n<head>\n"
          "<meta charset=\"utf-8\"/>\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n<title>",
            out);
    markup_text(out, title);
    fputs("</title>\n<style>\n", out);
    fputs(style, out);
    fputs("</style>\n</head>\n<body>\n", out);
    /* The marks of points, once for all plots. */
    fputs("<svg width=\"0\" height=\"0\" style=\"position:absolute\" aria-hidden=\"true\" "
          "xmlns=\"http://www.w3.org/2000/svg\"><defs><circle id=\"disc\" cx=\"0\" cy=\"0\" "
          "r=\"1\" fill=\"currentColor\"/><path id=\"triangle\" fill=\"currentColor\" "
          "d=\"M0,-1.33 L-1.33,0.67 L1.33,0.67 z\"/></defs></svg>\n<h1>",
            out);
    markup_text(out, title);
    fputs("</h1>\n", out);
}

void markup_foot(FILE *out)
{
    fputs("</body>\n</html>\n", out);
}
