/* What a service may touch beside its own state: handed to every call, never kept.
 * SPDX-License-Identifier: MIT
 *
 * The services hold no pointers, so that the RAM block of a node can be copied; the main loop
 * builds this on its stack.
 */
#ifndef DEVICE_SERVICES_ENV_H
#define DEVICE_SERVICES_ENV_H

struct hal;
struct mac;
struct mac_downlink;
struct gps_clock;
struct factory;
struct nvm;
struct update;

struct services_env {
    const struct hal *hal;
    struct mac *mac;
    struct gps_clock *clock;
    const struct factory *factory;
    struct nvm *nvm;
    struct update *update;
};

#endif
