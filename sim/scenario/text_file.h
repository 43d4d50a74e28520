/* Whole files of text, as scenarios and what they name.
 * SPDX-License-Identifier: MIT
 */
#ifndef SCENARIO_TEXT_FILE_H
#define SCENARIO_TEXT_FILE_H

#include <stddef.h>

#include "scenario/scenario_errors.h"

/* The file's bytes followed by a 0, freed by the caller; "-" is standard input. NULL after a
 * mistake at `place`: it cannot be read, or has more than `size_max` bytes. */
char *text_file_read(const char *path, size_t size_max, size_t *size, struct scenario_place place,
        struct scenario_errors *errors);

/* Bytes of the byte order mark (UTF-8) at the start of `text`: 3, or 0 without one. */
size_t text_file_mark(const char *text, size_t size);

#endif
