/* A run as text, to be compared with the same run with other settings that change nothing in it.
 * SPDX-License-Identifier: MIT
 */
#ifndef SUPPORT_THREAD_TWIN_H
#define SUPPORT_THREAD_TWIN_H

#include "support/trial.h"

/* Everything that a run leaves: why it failed, if it did; summary.json, devices.csv, and a hash
 * over all observations in the order in which they were shown. The caller frees it. */
char *thread_twin_play(
        const char *text, const char *const *sets, size_t set_count, unsigned threads);

/* The same with all settings; `stats` (may be NULL): of its devices, at the end. */
char *thread_twin_play_as(
        const char *text, struct run_settings settings, struct node_fleet_stats *stats);

/* Why that run failed; NULL: it did not. The caller frees it. */
char *thread_twin_failure(const char *left);

/* Fails the test, and prints the first line that differs, unless both are the same. */
void thread_twin_expect_same(const char *one, const char *other, unsigned threads);
/* The same; `how` names the other. */
void thread_twin_expect_same_as(const char *one, const char *other, const char *how);

#endif
