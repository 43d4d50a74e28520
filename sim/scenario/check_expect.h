/* Which numbers a scenario's `expect` may name.
 * SPDX-License-Identifier: MIT
 */
#ifndef SCENARIO_CHECK_EXPECT_H
#define SCENARIO_CHECK_EXPECT_H

#include "scenario/expect_keys.h"
#include "scenario/scenario_errors.h"

/* Does a key begin as one of a campaign or of a group, whose names are known when all is read? */
bool expect_key_is_scoped(const char *key);
/* Says that there is no such number, and which was probably meant. */
void expect_key_unknown(const char *key, enum expect_scope scope, struct scenario_place place,
        struct scenario_errors *errors);

#endif
