/* Whole files of text, as scenarios and what they name.
 * SPDX-License-Identifier: MIT
 */
#include "scenario/text_file.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK (64u << 10)

/* Reads to the end, in a buffer that grows. NULL: out of memory, or errno of the reading. */
static char *read_all(FILE *file, size_t size_max, size_t *size)
{
    size_t room = CHUNK;
    char *text = malloc(room);
    *size = 0;
    while (text != NULL) {
        *size += fread(text + *size, 1, room - 1 - *size, file);
        if (ferror(file)) {
            free(text);
            return NULL;
        }
        if (feof(file) || *size > size_max) {
            text[*size] = '\0';
            return text;
        }
        if (*size + 1 == room) {
            room *= 2;
            char *larger = realloc(text, room);
            if (larger == NULL) {
                free(text);
            }
            text = larger;
        }
    }
    return NULL;
}

char *text_file_read(const char *path, size_t size_max, size_t *size, struct scenario_place place,
        struct scenario_errors *errors)
{
    bool standard_input = strcmp(path, "-") == 0;
    bool named = strcmp(place.source, path) == 0 || standard_input;
    const char *before = named ? "" : path, *between = named ? "" : ": ";
    errno = 0;
    FILE *file = standard_input ? stdin : fopen(path, "rb");
    char *text = file != NULL ? read_all(file, size_max, size) : NULL;
    if (text == NULL) {
        scenario_errors_add(errors, place, "%s%scannot read: %s", before, between,
                errno != 0 ? strerror(errno) : "out of memory");
    } else if (*size > size_max) {
        scenario_errors_add(
                errors, place, "%s%slarger than %zu MiB", before, between, size_max >> 20);
        free(text);
        text = NULL;
    }
    if (file != NULL && !standard_input) {
        fclose(file);
    }
    return text;
}

size_t text_file_mark(const char *text, size_t size)
{
    static const char mark[] = "\xEF\xBB\xBF";
    return size >= strlen(mark) && memcmp(text, mark, strlen(mark)) == 0 ? strlen(mark) : 0;
}
