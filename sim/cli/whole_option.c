/* An option whose value is a whole number.
 * SPDX-License-Identifier: MIT
 */
#include "cli/whole_option.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

unsigned whole_option(
        const char *option, const char *text, unsigned most, const struct argp_state *state)
{
    char *end;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    if (!isdigit((unsigned char)text[0]) || *end != '\0' || errno != 0 || value == 0
            || value > most) {
        argp_error(state, "%s should be a whole number from 1 to %u: '%s'", option, most, text);
    }
    return (unsigned)value;
}
