/* What every mark means, from the tables that the parts draw by: for the help, and docs/view.md.
 * SPDX-License-Identifier: MIT
 */
#ifndef VIEW_MARK_ROWS_H
#define VIEW_MARK_ROWS_H

#include "draw/theme.h"

struct mark_row {
    const char *part;                   /* where it is seen; rows of a part follow each other */
    const char *word;                   /* what is seen */
    const char *meaning;                /* what it says */
    struct colour colours[THEME_COUNT]; /* alpha 0: the mark is told by its form */
};

/* Row `index`, from 0. False: there are no more. */
bool mark_row_get(uint32_t index, struct mark_row *row);

#endif
