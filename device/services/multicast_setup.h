/* TS005, remote multicast setup: FPort 200, package 2; class C sessions of four groups.
 * SPDX-License-Identifier: MIT
 *
 * Its row is multicast_setup_package (services/package.h).
 */
#ifndef DEVICE_SERVICES_MULTICAST_SETUP_H
#define DEVICE_SERVICES_MULTICAST_SETUP_H

#include <stdint.h>

#include "services/answers.h"
#include "services/multicast_session.h"

#define MULTICAST_SETUP_FPORT 200u

struct multicast_setup {
    uint8_t version;
    struct multicast_sessions sessions;
    struct answers answers;
};

#endif
