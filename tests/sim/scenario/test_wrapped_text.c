/* Text that is broken into lines.
 * SPDX-License-Identifier: MIT
 *
 * Goal: no line is longer than a terminal, unless one word is; no word is lost or cut.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "scenario/wrapped_text.h"

static char *wrapped(const char *text, unsigned column, unsigned indent)
{
    char *written = NULL;
    size_t size;
    FILE *out = open_memstream(&written, &size);
    wrapped_text_write(text, column, indent, out);
    fclose(out);
    return written;
}

Test(wrapped_text, fills_lines_up_to_the_last_column)
{
    char *text = wrapped("aaaa bbbb cc dddd", 70, 2);
    cr_expect_str_eq(text, "aaaa bbbb\n  cc dddd\n", "80 columns hold no word more");
    free(text);
    text = wrapped("aaaa bbbbb cc", 70, 0);
    cr_expect_str_eq(text, "aaaa bbbbb\ncc\n", "column 80 is filled");
    free(text);
    text = wrapped("", 3, 3);
    cr_expect_str_eq(text, "\n");
    free(text);
}

Test(wrapped_text, keeps_a_long_word_whole)
{
    char word[101];
    memset(word, 'x', 100);
    word[100] = '\0';
    char *text = wrapped(word, 4, 4);
    cr_expect_eq(strlen(text), 101);
    cr_expect_eq(text[100], '\n');
    free(text);
}
