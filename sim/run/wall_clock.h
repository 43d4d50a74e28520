/* The clock on the wall: for how long something takes, never for what it does.
 * SPDX-License-Identifier: MIT
 */
#ifndef RUN_WALL_CLOCK_H
#define RUN_WALL_CLOCK_H

/* Seconds since some time, never set back. */
double wall_clock_s(void);

#endif
