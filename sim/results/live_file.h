/* Files that are written while a run goes on, and streams that a reader may follow.
 * SPDX-License-Identifier: MIT
 *
 * A file is whole or not there (results/whole_file.h). A target that is no file gets what is
 * written at each live_file_settle(); when its reader closes it the rest is dropped, provided that
 * SIGPIPE is ignored.
 */
#ifndef RESULTS_LIVE_FILE_H
#define RESULTS_LIVE_FILE_H

#include "results/whole_file.h"

struct live_file {
    struct whole_file whole;
    int failure; /* errno of the first write that failed; 0: none */
};

/* `path` "-": standard output. False: `error` says why and nothing is left. */
bool live_file_open(struct live_file *file, const char *path, char *error, size_t error_size);
/* Where to write; NULL once a write has failed. */
FILE *live_file_stream(const struct live_file *file);
/* After each whole piece. */
void live_file_settle(struct live_file *file);
bool live_file_reader_gone(const struct live_file *file);
/* False: `error` says why, and nothing is left. A reader that has gone is no failure. */
bool live_file_close(struct live_file *file, char *error, size_t error_size);
/* Gives up; nothing is left. */
void live_file_discard(struct live_file *file);
/* What to unlink when the program has to end at once; "": the target is no file. */
const char *live_file_temporary(const struct live_file *file);

#endif
