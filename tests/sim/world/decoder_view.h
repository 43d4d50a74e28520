/* What the firmware's decoder does.
 * SPDX-License-Identifier: MIT
 *
 * Apart from the tests that ask, since the firmware and the models have some names in common.
 */
#ifndef TESTS_SIM_WORLD_DECODER_VIEW_H
#define TESTS_SIM_WORLD_DECODER_VIEW_H

#include <stdbool.h>

/* Is a row in the works, between two steps? */
bool decoder_adds_rows(const void *ram);

#endif
