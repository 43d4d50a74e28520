/* What devices installed, compared with what was sent.
 * SPDX-License-Identifier: MIT
 *
 * Flash is looked at whenever an application starts, where the build of the device says where the
 * running image lies (firmware_build.image). What the firmware says of it does not count.
 */
#ifndef RECORD_INSTALLS_H
#define RECORD_INSTALLS_H

#include "record/recorder_set.h"

struct device_install {
    sim_ns first_ns;    /* first boot with another image than the factory's; SIM_NS_NEVER: none */
    uint32_t campaigns; /* bit c: it has started with the image of campaign c, byte for byte */
    bool wrong;         /* it started last with an image that was not sent to it */
    bool known;         /* the rest is: */
    bool whole;         /* there was a whole image when it started last: */
    uint32_t version;
    uint8_t sha256[32];
    uint32_t factory_version;
    uint8_t factory_sha256[32];
};

/* Members are for reading. */
struct installs {
    const struct recorder_view *view;
    uint64_t wrong;       /* installed images that differ from what was sent to the device */
    sim_ns *installed_ns; /* [campaign][device]: installs_ns() */
    struct device_install devices[];
};

const struct installs *installs_of(const struct recorder_set *set);
/* When a device first started with the image of a campaign; SIM_NS_NEVER: it has not. */
sim_ns installs_ns(const struct recorder_set *set, uint32_t campaign, uint32_t device);

#endif
