/* The reference of parameters, written from their tables: aligned text, and Markdown.
 * SPDX-License-Identifier: MIT
 */
#ifndef SCENARIO_PARAM_REFERENCE_H
#define SCENARIO_PARAM_REFERENCE_H

#include "scenario/param.h"

/* Rows under one heading. */
struct param_part {
    const char *heading;
    const char *introduction; /* what they are keys of, in whole sentences */
    const char *prefix;       /* of each key: "devices[]." */
    const struct param_rows *rows;
};

/* Lines of at most 80 columns. `words` (NULL-terminated) choose the keys that contain one of them;
 * none: all. Returns how many keys were written. */
size_t param_part_write_text(const struct param_part *part, const char *const *words, FILE *out);
/* A table of keys, defaults, values and meanings. */
void param_part_write_markdown(const struct param_part *part, FILE *out);

#endif
