/* A path to bytes in memory, and what a reader's messages must be like.
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE /* memfd_create */
#include "fuzz/fuzz_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "scenario/scenario.h"

const char *fuzz_file(const uint8_t *data, size_t size)
{
    static char path[64];
    static int handle = -1;
    if (handle < 0) {
        handle = memfd_create("fuzz", 0);
        snprintf(path, sizeof path, "/proc/self/fd/%d", handle);
    }
    if (handle < 0 || ftruncate(handle, 0) != 0 || pwrite(handle, data, size, 0) != (ssize_t)size) {
        perror("fuzz_file");
        abort();
    }
    return path;
}

void fuzz_check_messages(const struct scenario_errors *errors, bool ok)
{
    static char messages[64 * 1024];
    FILE *out = fmemopen(messages, sizeof messages, "w");
    scenario_errors_print(errors, out);
    fclose(out);
    if (ok != (scenario_errors_count(errors) == 0)) {
        fprintf(stderr, "%s, with %zu messages\n", ok ? "taken" : "refused",
                scenario_errors_count(errors));
        abort();
    }
}
