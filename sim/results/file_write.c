/* Output files, whole or not at all.
 * SPDX-License-Identifier: MIT
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "results/summary.h"

bool file_write_whole(const char *path, void (*write)(FILE *out, void *context), void *context,
        char *error, size_t error_size)
{
    char temporary[4096];
    int length = snprintf(temporary, sizeof temporary, "%s.XXXXXX", path);
    if (length < 0 || (size_t)length >= sizeof temporary) {
        snprintf(error, error_size, "cannot write '%s': the path is too long", path);
        return false;
    }
    int descriptor = mkstemp(temporary);
    FILE *file = descriptor < 0 ? NULL : fdopen(descriptor, "wb");
    if (file == NULL) {
        snprintf(error, error_size, "cannot write '%s': %s", path, strerror(errno));
        if (descriptor >= 0) {
            close(descriptor);
            unlink(temporary);
        }
        return false;
    }
    write(file, context);
    bool written = ferror(file) == 0 && fflush(file) == 0 && fchmod(descriptor, 0644) == 0;
    written = fclose(file) == 0 && written;
    if (!written || rename(temporary, path) != 0) {
        snprintf(error, error_size, "cannot write '%s': %s", path, strerror(errno));
        unlink(temporary);
        return false;
    }
    return true;
}
