/* The recorders of a run, one line each, in the order of their keys in summary.json.
 * SPDX-License-Identifier: MIT
 */
#include <stddef.h>

#include "record/recorder.h"

/* clang-format off */
#define RECORDERS(X)                                                                               \
    X(head)                                                                                        \
    X(devices)                                                                                     \
    X(set_up_times)                                                                                \
    X(fragment_counts)                                                                             \
    X(fragment_causes)                                                                             \
    X(fragments)                                                                                   \
    X(completion)                                                                                  \
    X(energy)                                                                                      \
    X(energy_phases)                                                                               \
    X(battery)                                                                                     \
    X(airtime)                                                                                     \
    X(uplinks)                                                                                     \
    X(reports)                                                                                     \
    X(gateways)                                                                                    \
    X(estimate)                                                                                    \
    X(clock)                                                                                       \
    X(installs)                                                                                    \
    X(guest)

#define X(name) extern const struct recorder_ops name##_recorder;
RECORDERS(X)
#undef X

const struct recorder_ops *const recorder_rows[] = {
#define X(name) &name##_recorder,
    RECORDERS(X)
#undef X
    NULL,
};
/* clang-format on */
