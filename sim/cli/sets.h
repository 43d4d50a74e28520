/* The options --set and --seed, which several commands take.
 * SPDX-License-Identifier: MIT
 */
#ifndef CLI_SETS_H
#define CLI_SETS_H

#include <argp.h>
#include <stddef.h>

#define SETS_MAX 128u

struct sets {
    size_t count;
    const char *items[SETS_MAX]; /* "key.path=value", in the order of the arguments */
    char seed[64];
};

/* End the program on a mistake. */
void sets_add(struct sets *sets, const char *set, const struct argp_state *state);
void sets_add_seed(struct sets *sets, const char *seed, const struct argp_state *state);

#endif
