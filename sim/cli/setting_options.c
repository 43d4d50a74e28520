/* The options of the commands that play a run in this process: how it is played.
 * SPDX-License-Identifier: MIT
 */
#include "cli/setting_options.h"

#include <string.h>

#include "cli/whole_option.h"
#include "run/run.h"

#define OPTION_MEMORY 0x200

static const struct argp_option options_table[] = {
    { "threads", 't', "N", 0,
            "Plays the devices that receive a frame on N threads (default: one); the results of "
            "the run are the same. Devices with firmware from a shared object take turns.",
            0 },
    { "memory", OPTION_MEMORY, "LAYOUT", 0,
            "Chooses where devices lie in memory: 'huge' pages, 'spare' (half as much memory; a "
            "delivery takes about a twentieth longer), or 'auto' (the default: spare where huge "
            "pages would take an eighth of what is left); the results of the run are the same.",
            0 },
    { 0 },
};

static enum memory_layout parse_memory(const char *word, const struct argp_state *state)
{
    static const char *const words[] = {
        [MEMORY_AUTO] = "auto",
        [MEMORY_SPARE] = "spare",
        [MEMORY_HUGE] = "huge",
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(word, words[i]) == 0) {
            return (enum memory_layout)i;
        }
    }
    argp_error(state, "--memory should be auto, spare or huge: '%s'", word);
    return MEMORY_AUTO;
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    struct run_settings *settings = state->input;
    switch (key) {
    case 't':
        settings->threads = whole_option("--threads", argument, RUN_THREADS_MAX, state);
        return 0;
    case OPTION_MEMORY:
        settings->memory = parse_memory(argument, state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp setting_options_argp = { options_table, parse_option, NULL, NULL, NULL, NULL,
    NULL };
