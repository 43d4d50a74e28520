/* A baseline: what the runs of one scenario measured with one revision, kept as a file beside it.
 * SPDX-License-Identifier: MIT
 *
 * JSON, one line for each metric, so that a change of the file can be read as a change of the
 * fleet. FOLDER/NAME.yaml has its baselines in FOLDER/baselines/BASELINE/NAME.json.
 */
#ifndef STUDY_BASELINE_H
#define STUDY_BASELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "study/replications.h"
#include "study/store.h"

#define BASELINE_FORMAT   1
#define BASELINE_PATH_MAX 4096u

struct baseline {
    char scenario_sha256[STORE_HASH_SIZE]; /* of the scenario's text, in hexadecimal digits */
    char version[32];                      /* of the program that measured it */
    char commit[64];
    struct replications *replications; /* owned */
};

/* False: the path of the scenario is too long. */
bool baseline_path(const char *scenario, const char *name, char path[BASELINE_PATH_MAX]);
/* Is `name` one that a folder may have: letters, digits, '.', '_' and '-', no '.' at its start? */
bool baseline_name_is_good(const char *name);

/* Writes the file, whole or not at all, and makes its folders. False: `error` says why. */
bool baseline_save(const char *path, const struct baseline *baseline, char *error, size_t size);

/* Fills `notes` (may be "") with what the file has too much or too little, compared with the
 * headline metrics of this program. False: `error` says why it cannot be used. */
bool baseline_load(const char *path, struct baseline *baseline, char *notes, size_t notes_size,
        char *error, size_t error_size);
void baseline_finish(struct baseline *baseline);

#endif
