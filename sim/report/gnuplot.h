/* Has gnuplot draw a script as SVG.
 * SPDX-License-Identifier: MIT
 */
#ifndef REPORT_GNUPLOT_H
#define REPORT_GNUPLOT_H

#include <stdbool.h>
#include <stddef.h>

/* Runs `gnuplot` on `script`, which sets its terminal, without the user's settings and in the
 * locale "C". `drawing` gets what it writes, ending with a 0; the caller frees it. False: `error`
 * says why: gnuplot is not installed, a mistake of the script, no memory. */
bool gnuplot_draw(const char *script, size_t size, char **drawing, char *error, size_t error_size);

#endif
