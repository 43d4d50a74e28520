/* HTML that is well-formed XML too: escaped text, the head and the foot of a page.
 * SPDX-License-Identifier: MIT
 */
#ifndef REPORT_MARKUP_H
#define REPORT_MARKUP_H

#include <stdio.h>

/* Text for elements and attributes: markup and quotes are escaped, control characters and bytes
 * that are no UTF-8 become U+FFFD. */
void markup_text(FILE *out, const char *text);

/* The begin of a row of a table, with its name; a cell of it. */
void markup_row(FILE *out, const char *name);
void markup_cell(FILE *out, const char *text);

/* From the doctype to the first heading. `title`: plain text. */
void markup_head(FILE *out, const char *title);
void markup_foot(FILE *out);

#endif
