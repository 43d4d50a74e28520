/* The application packages: TS003 clock sync, TS005 multicast setup, TS004 fragmentation, TS006
 * firmware management, and the simple block protocol.
 * SPDX-License-Identifier: MIT
 *
 * Pull model: the main loop hands down-link messages in, runs steps when their time has come,
 * and asks for an uplink when the MAC can send one at once, so nothing that carries a time goes
 * stale in a queue.
 */
#ifndef DEVICE_SERVICES_SERVICES_H
#define DEVICE_SERVICES_SERVICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "services/clock_sync.h"
#include "services/firmware_management.h"
#include "services/fragmentation.h"
#include "services/multicast_setup.h"
#include "services/package.h"

struct core;

/* No pointers inside: this may be copied together with the rest of the node's RAM. In order of
 * heat: the fragmentation session ends in its big buffers. */
struct services {
    uint64_t uplink_not_before_ticks; /* after an uplink that had no room for any answer */
    /* Kept up to date after each call of a package, for the main loop asks often: */
    uint64_t uplink_at_ticks[2]; /* earliest uplink; [1]: while a session holds requests back */
    uint64_t step_at_ticks;      /* earliest step of packages without sessions */
    struct package_facts facts;
    uint8_t sessions; /* bit i: row i of the table has a session armed or open */
    bool reboot_planned;
    struct multicast_setup multicast_setup;
    struct clock_sync clock_sync;
    struct firmware_management firmware_management;
    struct fragmentation fragmentation; /* last: all of the others is looked at with each frame */
};

/* Loads the package keys, and resumes a fragmentation session that a reset interrupted. The MAC
 * and the non-volatile store are up already. */
void services_init(struct services *services, struct core *core);

/* One application downlink; `downlink` is valid during the call only. */
void services_on_downlink(
        struct services *services, struct core *core, const struct mac_downlink *downlink);

void services_on_flash_done(struct services *services, struct core *core);

/* RTC time at which services_step() wants to run next; 0: now; HAL_TICKS_NEVER: on input only. */
uint64_t services_step_at(const struct services *services, const struct core *core);

/* One bounded piece of work. True: more is ready now. */
bool services_step(struct services *services, struct core *core, uint64_t now_ticks);

/* The block that was taken is authentic: the server is to prove it before it is used; how far that
 * is says the fragmentation package's block_proof. False: the factory record demands no proof. */
bool services_prove_block(struct services *services, struct core *core);

/* RTC time of the reboot that the server ordered, HAL_TICKS_NEVER: none (firmware_management.h). */
uint64_t services_reboot_at(const struct services *services, const struct core *core);
/* The device reboots now. */
void services_rebooting(struct services *services, struct core *core);

/* RTC time at which an uplink wants to leave, or HAL_TICKS_NEVER. */
uint64_t services_uplink_at(const struct services *services, const struct core *core);

/* The same while a multicast session is open, without a look at the clock, until a call changes
 * the services. False: none is open, or a reboot is planned. */
bool services_uplink_in_session_at(const struct services *services, uint64_t *at_ticks);

/* Builds that uplink into `payload` (at most `size_max` bytes) for transmission at `now_ticks`.
 * Returns its size, 0: nothing after all; sets `*fport`. */
size_t services_build_uplink(struct services *services, struct core *core, uint64_t now_ticks,
        uint8_t *payload, size_t size_max, uint8_t *fport);

/* True while a multicast session is open or about to open: reports and clock sync wait. One that no
 * fragmentation session needs holds nothing back. */
bool services_session_active(
        const struct services *services, const struct core *core, uint64_t now_ticks);

#endif
