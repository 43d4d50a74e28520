/* The options of the commands that play a run in this process: how it is played.
 * SPDX-License-Identifier: MIT
 */
#include "cli/setting_options.h"

#include "cli/whole_option.h"
#include "run/run.h"

static const struct argp_option options_table[] = {
    { "threads", 't', "N", 0,
            "Plays the devices that receive a frame on N threads (default: one); the results of "
            "the run are the same. Devices with firmware from a shared object take turns.",
            0 },
    { 0 },
};

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    struct run_settings *settings = state->input;
    switch (key) {
    case 't':
        settings->threads = whole_option("--threads", argument, RUN_THREADS_MAX, state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp setting_options_argp = { options_table, parse_option, NULL, NULL, NULL, NULL,
    NULL };
