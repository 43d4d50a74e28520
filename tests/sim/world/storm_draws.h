/* What a storm draws: keys of the scenario storm-and-heal, by the number of the fleet.
 * SPDX-License-Identifier: MIT
 */
#ifndef WORLD_STORM_DRAWS_H
#define WORLD_STORM_DRAWS_H

#include <stdint.h>
#include <stdio.h>

#define STORM_SETS_MAX  96u /* fewer than the command line takes */
#define STORM_SET_SIZE  192u
#define STORM_ROWS_MAX  80u
#define STORM_WORDS_MAX 8u

/* The keys of one storm. */
struct storm_draw {
    uint32_t seed;
    uint32_t set_count;
    const char *set[STORM_SETS_MAX]; /* "key=value"; the first is the seed */
    char text[STORM_SETS_MAX][STORM_SET_SIZE];
};

/* How often each value was drawn. */
struct storm_tally {
    uint32_t count[STORM_ROWS_MAX][STORM_WORDS_MAX];
};

/* Draws a storm and adds it to the tally. */
void storm_draw(struct storm_draw *draw, uint32_t seed, struct storm_tally *tally);
/* The command line that plays it. */
void storm_print_command(const struct storm_draw *draw, FILE *out);
/* A line for each key: its values, and how often each was drawn. */
void storm_print_tally(const struct storm_tally *tally, FILE *out);

#endif
