/* An option whose value is a whole number.
 * SPDX-License-Identifier: MIT
 */
#ifndef CLI_WHOLE_OPTION_H
#define CLI_WHOLE_OPTION_H

#include <argp.h>

/* From 1 to `most`; anything else ends the program with a message that names the option, as
 * "--workers". */
unsigned whole_option(
        const char *option, const char *text, unsigned most, const struct argp_state *state);

#endif
