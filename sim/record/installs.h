/* What devices installed, compared with what was sent.
 * SPDX-License-Identifier: MIT
 */
#ifndef RECORD_INSTALLS_H
#define RECORD_INSTALLS_H

#include "record/recorder_set.h"

struct device_install {
    sim_ns first_ns; /* SIM_NS_NEVER: none */
    bool compared;
    bool matches; /* the running image equals what was sent, byte for byte */
};

/* Members are for reading. */
struct installs {
    const struct recorder_view *view;
    uint64_t wrong; /* installed images that differ from what was sent */
    struct device_install devices[];
};

const struct installs *installs_of(const struct recorder_set *set);

struct measure; /* record/measure.h */

/* Has any of the devices that count a build that shows the image that it runs? */
bool installs_seen(const struct measure *m);

#endif
