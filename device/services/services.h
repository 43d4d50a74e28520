/* The application packages: TS003 clock sync, TS005 multicast setup, TS004 fragmentation.
 * SPDX-License-Identifier: MIT
 *
 * Pull model: the main loop hands down-link messages in, runs steps when their time has come,
 * and asks for an uplink when the MAC can send one at once, so nothing that carries a time goes
 * stale in a queue.
 */
#ifndef DEVICE_SERVICES_SERVICES_H
#define DEVICE_SERVICES_SERVICES_H

#include "clock.h"
#include "mac/mac.h"
#include "services/clock_sync.h"
#include "services/fragmentation.h"
#include "services/multicast_setup.h"
#include "update/update.h"

struct services {
    struct hal hal;
    struct mac *mac;
    struct gps_clock *clock;
    struct clock_sync clock_sync;
    struct multicast_setup multicast_setup;
    struct fragmentation fragmentation;
};

void services_init(struct services *services, const struct hal *hal, struct mac *mac,
        struct gps_clock *clock, const struct factory *factory, struct nvm *nvm,
        struct update *update);

/* One application downlink; `downlink` is valid during the call only. */
void services_on_downlink(struct services *services, const struct mac_downlink *downlink);

void services_on_flash_done(struct services *services);

/* RTC time at which services_step() wants to run next; 0: now; HAL_TICKS_NEVER: on input only. */
uint64_t services_step_at(const struct services *services);

/* One bounded piece of work. True: more is ready now. */
bool services_step(struct services *services, uint64_t now_ticks);

/* RTC time at which an uplink wants to leave, or HAL_TICKS_NEVER. */
uint64_t services_uplink_at(const struct services *services);

/* Builds that uplink into `payload` (at most `size_max` bytes) for transmission at `now_ticks`.
 * Returns its size, 0: nothing after all; sets `*fport`. */
size_t services_build_uplink(struct services *services, uint64_t now_ticks, uint8_t *payload,
        size_t size_max, uint8_t *fport);

/* True while a multicast session is open or about to open: reports and clock sync wait. */
bool services_session_active(const struct services *services, uint64_t now_ticks);

#endif
