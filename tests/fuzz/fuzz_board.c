/* Fuzzes files of boards: one that the models can run, or messages.
 * SPDX-License-Identifier: MIT
 */
#include <stdlib.h>

#include "fuzz/fuzz.h"
#include "fuzz/fuzz_file.h"
#include "scenario/board_file.h"
#include "scenario/scenario.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct board_file file;
    struct scenario_errors *errors = scenario_errors_create();
    bool ok = board_file_read(&file, fuzz_file(data, size), FUZZ_PLACE, errors);
    fuzz_check_messages(errors, ok);
    if (ok && (board_type_fault(&file.type) != NULL || file.type.name != file.name)) {
        abort();
    }
    scenario_errors_destroy(errors);
    return 0;
}
