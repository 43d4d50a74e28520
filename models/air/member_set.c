/* Storage of member sets.
 * SPDX-License-Identifier: MIT
 */
#include "air/member_set.h"

#include <stdlib.h>

#include "run_memory.h"

void member_set_init(struct member_set *set, uint32_t limit, struct run_memory *memory)
{
    set->word_count = limit / 64 + 1;
    set->summary_count = (set->word_count - 1) / 64 + 1;
    set->words = run_memory_take_zeroed(memory, set->word_count * sizeof *set->words);
    set->summary = run_memory_take_zeroed(memory, set->summary_count * sizeof *set->summary);
}

void member_set_finish(struct member_set *set)
{
    free(set->words);
    free(set->summary);
}
