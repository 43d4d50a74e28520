/* Storage of member sets.
 * SPDX-License-Identifier: MIT
 */
#include "air/member_set.h"

#include <stdlib.h>

bool member_set_init(struct member_set *set, uint32_t limit)
{
    set->word_count = limit / 64 + 1;
    set->summary_count = (set->word_count - 1) / 64 + 1;
    set->words = calloc(set->word_count, sizeof *set->words);
    set->summary = calloc(set->summary_count, sizeof *set->summary);
    return set->words != NULL && set->summary != NULL;
}

void member_set_finish(struct member_set *set)
{
    free(set->words);
    free(set->summary);
}
