/* Simulated time: integer nanoseconds since the start of the run.
 * SPDX-License-Identifier: MIT
 */
#ifndef ENGINE_SIM_TIME_H
#define ENGINE_SIM_TIME_H

#include <stdint.h>

typedef int64_t sim_ns; /* 292 years in 63 bits */

#define SIM_NS_PER_US INT64_C(1000)
#define SIM_NS_PER_MS INT64_C(1000000)
#define SIM_NS_PER_S  INT64_C(1000000000)
#define SIM_NS_NEVER  INT64_MAX

#endif
