/* The numbers of summary.json that a scenario may expect something of.
 * SPDX-License-Identifier: MIT
 */
#ifndef SCENARIO_EXPECT_KEYS_H
#define SCENARIO_EXPECT_KEYS_H

#include <stdbool.h>

/* Dotted keys in the order of summary.json, NULL-terminated. Scenarios are read before there are
 * results, so the list stands here; a test of sim/results holds it against a run's summary. */
extern const char *const expect_keys[];

bool expect_key_known(const char *key);

#endif
