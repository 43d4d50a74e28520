/* What a study file may say, written from the tables that read it.
 * SPDX-License-Identifier: MIT
 */
#ifndef STUDY_STUDY_REFERENCE_H
#define STUDY_STUDY_REFERENCE_H

#include <jansson.h>
#include <stdio.h>

/* Every key of a study file in lines of at most 80 columns, or those that contain one of `words`
 * (NULL-terminated). Returns how many keys were written. */
size_t study_write_reference(const char *const *words, FILE *out);
/* The JSON Schema (2020-12) of a study file; NULL: out of memory. Released by json_decref(). */
json_t *study_schema(void);

#endif
