/* The options of the commands that play a run in this process: how it is played.
 * SPDX-License-Identifier: MIT
 */
#ifndef CLI_SETTING_OPTIONS_H
#define CLI_SETTING_OPTIONS_H

#include <argp.h>

/* A child parser whose input is a struct run_settings. None of its options changes a result. */
extern const struct argp setting_options_argp;

#endif
