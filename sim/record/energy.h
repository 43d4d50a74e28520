/* Energy of devices, by component and by state.
 * SPDX-License-Identifier: MIT
 */
#ifndef RECORD_ENERGY_H
#define RECORD_ENERGY_H

#include <stdbool.h>

/* Are two sums of the same energy equal, but for the order of their doubles (1e-9)? */
bool energy_is_equal(double sum_j, double total_j);

#endif
