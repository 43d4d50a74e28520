/* Output files, whole or not at all.
 * SPDX-License-Identifier: MIT
 */
#include "results/whole_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool cannot(const char *path, int why, char *error, size_t error_size)
{
    snprintf(error, error_size, "cannot write '%s': %s", path, strerror(why));
    return false;
}

/* mkstemp() gives permissions to the owner only; an output gets those that open() would give. */
static mode_t usual_mode(void)
{
    mode_t mask = umask(0);
    umask(mask);
    return 0666 & ~mask;
}

static int open_temporary(struct whole_file *file)
{
    snprintf(file->temporary, sizeof file->temporary, "%s.XXXXXX", file->path);
    int descriptor = mkstemp(file->temporary);
    if (descriptor < 0) {
        file->temporary[0] = '\0';
    } else {
        fchmod(descriptor, usual_mode());
    }
    return descriptor;
}

/* Where `path` leads: a rename must replace what a link points to, not the link. */
static bool resolve(struct whole_file *file, const char *path, bool exists)
{
    char *real = exists ? realpath(path, NULL) : NULL;
    int length = snprintf(file->path, sizeof file->path, "%s", real != NULL ? real : path);
    free(real);
    return length > 0 && (size_t)length < sizeof file->path;
}

bool whole_file_open(struct whole_file *file, const char *path, char *error, size_t error_size)
{
    struct stat status;
    bool exists = stat(path, &status) == 0;
    file->temporary[0] = '\0';
    if (!resolve(file, path, exists)) {
        return cannot(path, path[0] == '\0' ? ENOENT : ENAMETOOLONG, error, error_size);
    }
    if (exists && S_ISDIR(status.st_mode)) {
        return cannot(path, EISDIR, error, error_size);
    }
    if (exists && !S_ISREG(status.st_mode)) {
        file->stream = fopen(path, "wb");
        return file->stream != NULL || cannot(path, errno, error, error_size);
    }
    int descriptor = open_temporary(file);
    if (descriptor < 0) {
        return cannot(path, errno, error, error_size);
    }
    file->stream = fdopen(descriptor, "wb");
    if (file->stream == NULL) {
        cannot(path, errno, error, error_size);
        close(descriptor);
        unlink(file->temporary);
        return false;
    }
    return true;
}

bool whole_file_standard_output(struct whole_file *file, char *error, size_t error_size)
{
    *file = (struct whole_file){ .path = "standard output" };
    int descriptor = dup(STDOUT_FILENO);
    file->stream = descriptor < 0 ? NULL : fdopen(descriptor, "wb");
    if (file->stream == NULL) {
        cannot(file->path, errno, error, error_size);
        if (descriptor >= 0) {
            close(descriptor);
        }
        return false;
    }
    return true;
}

bool whole_file_commit(struct whole_file *file, char *error, size_t error_size)
{
    errno = 0;
    bool written = ferror(file->stream) == 0;
    written = fclose(file->stream) == 0 && written;
    if (written && file->temporary[0] != '\0') {
        written = rename(file->temporary, file->path) == 0;
    }
    if (written) {
        return true;
    }
    /* An earlier write that failed set no errno here; a full disk is what does that. */
    cannot(file->path, errno != 0 ? errno : ENOSPC, error, error_size);
    if (file->temporary[0] != '\0') {
        unlink(file->temporary);
    }
    return false;
}

bool whole_file_fail(struct whole_file *file, int failure, char *error, size_t error_size)
{
    whole_file_discard(file);
    return cannot(file->path, failure, error, error_size);
}

void whole_file_discard(struct whole_file *file)
{
    fclose(file->stream);
    if (file->temporary[0] != '\0') {
        unlink(file->temporary);
    }
}

bool whole_file_write(const char *path, void (*write)(FILE *out, void *context), void *context,
        char *error, size_t error_size)
{
    struct whole_file file;
    if (!whole_file_open(&file, path, error, error_size)) {
        return false;
    }
    write(file.stream, context);
    return whole_file_commit(&file, error, error_size);
}
