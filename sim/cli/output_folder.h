/* Folders that a command writes into: known to be writable before a run, and gone again if nothing
 * comes of it.
 * SPDX-License-Identifier: MIT
 *
 * Every function that returns false has said why on standard error, after the name of `option`.
 */
#ifndef CLI_OUTPUT_FOLDER_H
#define CLI_OUTPUT_FOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "results/whole_file.h"

struct output_folder {
    const char *option;
    const char *path; /* outlives the folder; NULL: none is wanted */
    bool created;     /* by us */
};

/* "fleetcast: OPTION: ERROR". Returns false. */
bool output_failed(const char *option, const char *error);

/* Tells that the reader of a stream has closed it: no failure. */
void output_reader_gone(const char *option);

bool output_folder_open(struct output_folder *folder, const char *option, const char *path);
bool output_folder_is_empty(const struct output_folder *folder);
/* Removes it if it was created and is empty. */
void output_folder_discard(struct output_folder *folder);

/* Opens and drops a file as it will be written: permissions, read-only file systems and folders of
 * that name all show up now and not after a long run. */
bool output_folder_try(const struct output_folder *folder, const char *name);
/* False, too: the path is too long for `path`. */
bool output_folder_path(
        const struct output_folder *folder, const char *name, char path[WHOLE_FILE_PATH_MAX]);
bool output_folder_write(const struct output_folder *folder, const char *name,
        void (*write)(FILE *out, void *context), void *context);

#endif
