/* What must hold between the keys of a study, and between them and its scenario.
 * SPDX-License-Identifier: MIT
 */
#ifndef STUDY_STUDY_CHECK_H
#define STUDY_STUDY_CHECK_H

#include "scenario/scenario_places.h"
#include "study/study_file.h"

/* `whole`: the study was read without a mistake. Keys and values of the scenario are checked in any
 * case. */
void study_check(const struct study *study, const struct scenario_places *places, bool whole,
        struct scenario_errors *errors);

/* The axis that has a key of that name. False: none. */
bool study_find_key(const struct study *study, const char *name, size_t *axis, size_t *key);

#endif
