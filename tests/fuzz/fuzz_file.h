/* Readers of files under fuzzing: a path to bytes in memory, and what their messages must be like.
 * SPDX-License-Identifier: MIT
 */
#ifndef FUZZ_FUZZ_FILE_H
#define FUZZ_FUZZ_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scenario/scenario_errors.h"

/* Where the file is named. */
#define FUZZ_PLACE ((struct scenario_place){ "fuzz.yaml", 1, 1 })

/* A path that reads as these bytes until the next call; a file without a name. */
const char *fuzz_file(const uint8_t *data, size_t size);
/* Ends the program unless there is a message exactly when the reader failed; prints them all. */
void fuzz_check_messages(const struct scenario_errors *errors, bool ok);

#endif
