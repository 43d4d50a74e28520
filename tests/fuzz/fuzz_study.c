/* Study files: any bytes are read or refused with messages, and so are the values that they have
 * for keys of a scenario.
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE /* memfd_create */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz/fuzz.h"
#include "fuzz/fuzz_file.h"
#include "study/study_file.h"

static const char scenario[] = "name: small\n"
                               "duration: 2 h\n"
                               "devices: [{name: d, count: 3}]\n"
                               "campaign: {start: 10 min}\n";

/* Every name is that of one scenario. */
static bool find(const char *name, char path[SCENARIO_PATH_MAX], char *near, size_t near_size)
{
    static int handle = -1;
    (void)name;
    (void)near;
    (void)near_size;
    if (handle < 0) {
        handle = memfd_create("scenario", 0);
        if (write(handle, scenario, strlen(scenario)) != (ssize_t)strlen(scenario)) {
            return false;
        }
    }
    snprintf(path, SCENARIO_PATH_MAX, "/proc/self/fd/%d", handle);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scenario_errors *errors = scenario_errors_create();
    struct study *study = study_read(fuzz_file(data, size), find, errors);
    fuzz_check_messages(errors, study != NULL);
    study_destroy(study);
    scenario_errors_destroy(errors);
    return 0;
}
