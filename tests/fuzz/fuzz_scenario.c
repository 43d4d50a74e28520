/* Fuzzes the YAML reader: any bytes must end in a scenario or in messages.
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <stdlib.h>

#include "fuzz/fuzz.h"
#include "scenario/scenario.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct scenario scenario;
    static char messages[64 * 1024];
    struct scenario_errors *errors = scenario_errors_create();
    bool ok = scenario_read(&scenario, "fuzz", (const char *)data, size, NULL, 0, errors);
    FILE *out = fmemopen(messages, sizeof messages, "w");
    scenario_errors_print(errors, out);
    fclose(out);
    if (ok != (scenario_errors_count(errors) == 0)) {
        abort();
    }
    scenario_errors_destroy(errors);
    return 0;
}
