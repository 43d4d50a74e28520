/* Text in lines of a terminal's width.
 * SPDX-License-Identifier: MIT
 */
#include "scenario/wrapped_text.h"

#include <string.h>

void wrapped_text_write(const char *text, unsigned column, unsigned indent, FILE *out)
{
    size_t used = column, begin = column;
    for (const char *word = text; *word != '\0'; word += strspn(word, " ")) {
        size_t length = strcspn(word, " ");
        if (used > begin && used + 1 + length > WRAPPED_TEXT_COLUMNS) {
            fprintf(out, "\n%*s", (int)indent, "");
            used = begin = indent;
        }
        fprintf(out, "%s%.*s", used > begin ? " " : "", (int)length, word);
        used += length + (used > begin ? 1 : 0);
        word += length;
    }
    fputc('\n', out);
}
