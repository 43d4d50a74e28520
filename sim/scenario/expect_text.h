/* Conditions of `expect:` as scenarios write them: ">= 99 %", "between 3 h and 4 h", "12 +- 1".
 * SPDX-License-Identifier: MIT
 */
#ifndef SCENARIO_EXPECT_TEXT_H
#define SCENARIO_EXPECT_TEXT_H

#include <stdbool.h>

#include "scenario/scenario.h"

/* Reads one condition on the number `expect->key` into the other members. Numbers are plain, per
 * cent, or, where the key counts seconds, times with a unit. A tolerance in per cent is relative to
 * the value before it. False: `text` is no condition. */
bool expect_text_parse(const char *text, struct scenario_expect *expect);

#endif
