/* A comparison as an aligned table for people.
 * SPDX-License-Identifier: MIT
 */
#ifndef STUDY_COMPARISON_TABLE_H
#define STUDY_COMPARISON_TABLE_H

#include <stdio.h>

#include "study/comparison.h"

/* One line for each change: metric and unit, both means, the difference with its 95 % interval (in
 * per cent of the first mean where that is not 0), the adjusted p value, the verdict on the
 * second. */
void comparison_write_table(const struct change *changes, size_t count, FILE *out);

#endif
