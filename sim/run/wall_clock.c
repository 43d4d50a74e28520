/* The clock on the wall: for how long something takes, never for what it does.
 * SPDX-License-Identifier: MIT
 */
#include "run/wall_clock.h"

#include <time.h>

double wall_clock_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}
