/* Numbers as the view writes them: with units, and of a width that does not jump.
 * SPDX-License-Identifier: MIT
 */
#ifndef VIEW_FORMAT_H
#define VIEW_FORMAT_H

#include <stddef.h>

#include "sim_time.h"

/* Of each text below, with its end. */
#define FORMAT_MAX 32u

/* "1 d 06:12:44", down to whole seconds. */
void format_time(char *text, size_t size, sim_ns at_ns);
/* The same with as many decimals of a second as tell apart times that are `step_ns` apart; without
 * the day where `step_ns` is a minute or less. */
void format_tick(char *text, size_t size, sim_ns at_ns, sim_ns step_ns);
/* "413.7 ms", "12.3 min": four digits at most. */
void format_span(char *text, size_t size, sim_ns span_ns);
/* "12.34 mJ": a base unit with the prefix that leaves 1 to 999 before the point. A NaN is "-", as
 * below. */
void format_unit(char *text, size_t size, double value, const char *unit);
/* "12.3 %" of a share 0..1. */
void format_share(char *text, size_t size, double share);
/* "-118.5 dBm": one decimal, with its sign. */
void format_level(char *text, size_t size, double value, const char *unit);

#endif
