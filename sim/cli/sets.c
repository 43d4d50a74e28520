/* The options --set and --seed, which several commands take.
 * SPDX-License-Identifier: MIT
 */
#include "cli/sets.h"

#include <stdio.h>

void sets_add(struct sets *sets, const char *set, const struct argp_state *state)
{
    if (sets->count == SETS_MAX) {
        argp_error(state, "more than %u times --set", SETS_MAX);
    }
    sets->items[sets->count++] = set;
}

void sets_add_seed(struct sets *sets, const char *seed, const struct argp_state *state)
{
    int length = snprintf(sets->seed, sizeof sets->seed, "seed=%s", seed);
    if (length < 0 || (size_t)length >= sizeof sets->seed) {
        argp_error(state, "--seed should be a whole number from 0 to 2^64 - 1");
    }
    sets_add(sets, sets->seed, state);
}
