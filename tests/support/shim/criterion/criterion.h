/* Lets programs of their own use what supports the tests: a failed assertion ends the process.
 * SPDX-License-Identifier: MIT
 *
 * Stands in for Criterion's header, which needs its runner: for fuzz targets, and for what forks.
 */
#ifndef SUPPORT_SHIM_CRITERION_H
#define SUPPORT_SHIM_CRITERION_H

#include <stdio.h>
#include <stdlib.h>

#define SHIM_FAIL(text)                                                                            \
    do {                                                                                           \
        fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, text);                                  \
        abort();                                                                                   \
    } while (0)
#define SHIM_CHECK(condition)                                                                      \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            SHIM_FAIL(#condition);                                                                 \
        }                                                                                          \
    } while (0)

#define cr_assert(condition, ...)  SHIM_CHECK(condition)
#define cr_assert_eq(a, b, ...)    SHIM_CHECK((a) == (b))
#define cr_assert_lt(a, b, ...)    SHIM_CHECK((a) < (b))
#define cr_assert_leq(a, b, ...)   SHIM_CHECK((a) <= (b))
#define cr_assert_gt(a, b, ...)    SHIM_CHECK((a) > (b))
#define cr_assert_geq(a, b, ...)   SHIM_CHECK((a) >= (b))
#define cr_assert_null(p, ...)     SHIM_CHECK((p) == NULL)
#define cr_assert_not_null(p, ...) SHIM_CHECK((p) != NULL)
#define cr_assert_fail(...)        SHIM_FAIL("failed")
#define cr_expect_eq(a, b, ...)    SHIM_CHECK((a) == (b))
#define cr_expect_gt(a, b, ...)    SHIM_CHECK((a) > (b))

#endif
