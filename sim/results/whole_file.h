/* Output files, whole or not at all.
 * SPDX-License-Identifier: MIT
 *
 * What is written goes to a temporary beside the target and is renamed into place when it is
 * whole. A target that is no ordinary file (a pipe, /dev/stdout) is written as it is.
 */
#ifndef RESULTS_WHOLE_FILE_H
#define RESULTS_WHOLE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define WHOLE_FILE_PATH_MAX 4096u

struct whole_file {
    FILE *stream;
    char path[WHOLE_FILE_PATH_MAX];          /* links followed */
    char temporary[WHOLE_FILE_PATH_MAX + 8]; /* empty: the target is written as it is */
};

/* False: `error` says why and nothing is left. */
bool whole_file_open(struct whole_file *file, const char *path, char *error, size_t error_size);
/* The same with a stream of its own on standard output. */
bool whole_file_standard_output(struct whole_file *file, char *error, size_t error_size);
/* Closes and renames into place. False: `error` says why and nothing is left. */
bool whole_file_commit(struct whole_file *file, char *error, size_t error_size);
/* Gives up after a write that failed with that errno: `error` says it. Returns false. */
bool whole_file_fail(struct whole_file *file, int failure, char *error, size_t error_size);
/* Gives up: nothing is left. */
void whole_file_discard(struct whole_file *file);

/* All of the above around one call of `write`. */
bool whole_file_write(const char *path, void (*write)(FILE *out, void *context), void *context,
        char *error, size_t error_size);

#endif
