/* Files that are written while a run goes on, and streams that a reader may follow.
 * SPDX-License-Identifier: MIT
 */
#include "results/live_file.h"

#include <errno.h>
#include <string.h>

bool live_file_open(struct live_file *file, const char *path, char *error, size_t error_size)
{
    file->failure = 0;
    return strcmp(path, "-") == 0 ? whole_file_standard_output(&file->whole, error, error_size)
                                  : whole_file_open(&file->whole, path, error, error_size);
}

FILE *live_file_stream(const struct live_file *file)
{
    return file->failure == 0 ? file->whole.stream : NULL;
}

void live_file_settle(struct live_file *file)
{
    bool is_file = file->whole.temporary[0] != '\0';
    if (file->failure == 0
            && (ferror(file->whole.stream) != 0 || (!is_file && fflush(file->whole.stream) != 0))) {
        file->failure = errno;
    }
}

bool live_file_reader_gone(const struct live_file *file)
{
    return file->failure == EPIPE;
}

bool live_file_close(struct live_file *file, char *error, size_t error_size)
{
    if (file->failure == 0) {
        return whole_file_commit(&file->whole, error, error_size);
    }
    return whole_file_fail(&file->whole, file->failure, error, error_size)
           || live_file_reader_gone(file);
}

void live_file_discard(struct live_file *file)
{
    whole_file_discard(&file->whole);
}

const char *live_file_temporary(const struct live_file *file)
{
    return file->whole.temporary;
}
