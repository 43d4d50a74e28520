/* Text in lines of a terminal's width.
 * SPDX-License-Identifier: MIT
 */
#ifndef SCENARIO_WRAPPED_TEXT_H
#define SCENARIO_WRAPPED_TEXT_H

#include <stdio.h>

#define WRAPPED_TEXT_COLUMNS 80u

/* Breaks `text` between words and ends the last line. `column` is where the first line begins,
 * after what was written before; further lines begin with `indent` blanks. A longer word than a
 * line stays whole. */
void wrapped_text_write(const char *text, unsigned column, unsigned indent, FILE *out);

#endif
