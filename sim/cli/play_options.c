/* The options that check and compare share.
 * SPDX-License-Identifier: MIT
 */
#include "cli/play_options.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/whole_option.h"
#include "scenario/quantity.h"
#include "study/replications.h"

#define SEEDS_DEFAULT 8u
#define WORKERS_MAX   1024u

/* A whole number at `*text`, which is moved to what follows it. */
static bool read_whole(const char **text, uint64_t *value)
{
    char *end;
    if (!isdigit((unsigned char)**text)) {
        return false;
    }
    errno = 0;
    *value = strtoull(*text, &end, 10);
    *text = end;
    return errno == 0;
}

bool seed_range_parse(const char *text, struct seed_range *range)
{
    static const char dots[] = "..";
    uint64_t first = 1, last;
    if (!read_whole(&text, &last)) {
        return false;
    }
    if (strncmp(text, dots, strlen(dots)) == 0) {
        text += strlen(dots);
        first = last;
        if (!read_whole(&text, &last)) {
            return false;
        }
    }
    if (*text != '\0' || last <= first || last - first >= REPLICATIONS_MAX
            || last > (uint64_t)INT64_MAX) {
        return false;
    }
    *range = (struct seed_range){ first, (size_t)(last - first) + 1 };
    return true;
}

uint64_t *seed_range_list(const struct seed_range *range)
{
    uint64_t *seeds = calloc(range->count, sizeof *seeds);
    for (size_t i = 0; seeds != NULL && i < range->count; i++) {
        seeds[i] = range->first + i;
    }
    return seeds;
}

struct seed_range play_options_seeds(const struct play_options *options)
{
    return options->seeds.count > 0 ? options->seeds : (struct seed_range){ 1, SEEDS_DEFAULT };
}

/* --- arguments -------------------------------------------------------------------------------- */

static const struct argp_option options_table[] = {
    { "seeds", 'n', "N|FIRST..LAST", 0,
            "Plays seeds 1 to N, or FIRST to LAST (default: those of the baseline, else 1 to 8).",
            0 },
    { "threshold", 't', "RATIO", 0,
            "Ignores changes of at most this share of the mean, as in '2 %' (the default).", 0 },
    { "workers", 'w', "N", 0, "Plays N runs at one time (default: one for each processor).", 0 },
    { "quiet", 'q', NULL, 0, "Shows no progress, and of 'check' only what fails.", 0 },
    { 0 },
};

static void parse_threshold(
        struct play_options *options, const char *text, const struct argp_state *state)
{
    if (quantity_parse(text, DIMENSION_RATIO, &options->threshold) != QUANTITY_OK
            || !(options->threshold >= 0 && options->threshold < 1)) {
        argp_error(
                state, "--threshold should be a ratio from 0 to below 1, as in '2 %%': '%s'", text);
    }
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    struct play_options *options = state->input;
    switch (key) {
    case 'n':
        if (!seed_range_parse(argument, &options->seeds)) {
            argp_error(state,
                    "--seeds should be a number of seeds from 2 to %u, or FIRST..LAST: "
                    "'%s'",
                    REPLICATIONS_MAX, argument);
        }
        return 0;
    case 't':
        parse_threshold(options, argument, state);
        return 0;
    case 'w':
        options->workers = whole_option("--workers", argument, WORKERS_MAX, state);
        return 0;
    case 'q':
        options->quiet = true;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp play_options_argp = { options_table, parse_option, NULL, NULL, NULL, NULL, NULL };
