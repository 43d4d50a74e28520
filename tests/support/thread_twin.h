/* A run as text, to be compared with the same run on another number of threads.
 * SPDX-License-Identifier: MIT
 */
#ifndef SUPPORT_THREAD_TWIN_H
#define SUPPORT_THREAD_TWIN_H

#include "support/trial.h"

/* Everything that a run leaves: why it failed, if it did; summary.json, devices.csv, and a hash
 * over all observations in the order in which they were shown. The caller frees it. */
char *thread_twin_play(
        const char *text, const char *const *sets, size_t set_count, unsigned threads);

/* Why that run failed; NULL: it did not. The caller frees it. */
char *thread_twin_failure(const char *left);

/* Fails the test, and prints the first line that differs, unless both are the same. */
void thread_twin_expect_same(const char *one, const char *other, unsigned threads);

#endif
