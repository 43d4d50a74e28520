/* Fuzzes files of temperature: a course that a crystal can follow, or messages.
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <stdlib.h>

#include "fuzz/fuzz.h"
#include "fuzz/fuzz_file.h"
#include "scenario/scenario.h"
#include "scenario/temperature_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct temperature_file file;
    struct scenario_errors *errors = scenario_errors_create();
    bool ok = temperature_file_read(&file, fuzz_file(data, size), FUZZ_PLACE, errors);
    fuzz_check_messages(errors, ok);
    for (uint32_t i = 0; i < file.count; i++) {
        const struct temperature_point *point = &file.points[i];
        bool ascends = i == 0 ? point->at_ns == 0 : point->at_ns > point[-1].at_ns;
        if (!ascends || !isfinite(point->temperature_c)) {
            abort();
        }
    }
    temperature_file_clear(&file);
    scenario_errors_destroy(errors);
    return 0;
}
